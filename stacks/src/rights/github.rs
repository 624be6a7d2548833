//! Who may take on the role of a pipeline on GitHub.

use serde_json::{Value as Json, json};

/// The issuer of GitHub's tokens, without its scheme.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// From where in a repository a pipeline may deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitHubSource {
    /// A branch.
    Branch(String),
    /// An environment of the repository, which may have rules of its own.
    Environment(String),
}

/// The trust policy of a role for one repository's pipeline.
///
/// `repository` is `OWNER/NAME`, or `OWNER@ID/NAME@ID` where the repository uses immutable subject claims.
/// Both are compared as they are: a wildcard would let other branches or repositories in.
///
/// Source: GitHub's documentation, "Configuring OpenID Connect in Amazon Web Services" and "OpenID Connect".
pub fn github_trust(account: &str, repository: &str, source: &GitHubSource) -> Json {
    let subject = match source {
        GitHubSource::Branch(branch) => format!("repo:{repository}:ref:refs/heads/{branch}"),
        GitHubSource::Environment(environment) => format!("repo:{repository}:environment:{environment}"),
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{ISSUER}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{ISSUER}:aud"): "sts.amazonaws.com",
                format!("{ISSUER}:sub"): subject,
            }},
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_branch_or_environment_of_one_repository_is_trusted() {
        for (source, subject) in [
            (GitHubSource::Branch("main".into()), "repo:octo/tsugite:ref:refs/heads/main"),
            (GitHubSource::Environment("prod".into()), "repo:octo/tsugite:environment:prod"),
        ] {
            let trust = github_trust("111122223333", "octo/tsugite", &source);
            assert_eq!(
                trust["Statement"][0]["Condition"],
                json!({"StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": subject,
                }})
            );
            assert_eq!(trust["Statement"].as_array().unwrap().len(), 1);
        }
    }
}
