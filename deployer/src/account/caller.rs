//! The caller of AWS, as IAM knows it.

use super::Account;
use crate::error::{Error, Outcome};

/// Whose permissions IAM can simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A user or role by its ARN.
    Principal(String),
    /// A caller whose permissions IAM does not simulate, and why.
    Unknown(String),
}

/// What the ARN of a caller says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity<'a> {
    Principal,
    /// A session of the role with this name.
    Session(&'a str),
    Root,
    Other,
}

impl Identity<'_> {
    /// Reads it.
    ///
    /// Source: IAM user guide, "IAM identifiers".
    fn of(arn: &str) -> Identity<'_> {
        let kind = arn.splitn(6, ':').nth(5).unwrap_or_default();
        match kind.split('/').collect::<Vec<_>>()[..] {
            ["root"] => Identity::Root,
            ["assumed-role", role, _] => Identity::Session(role),
            ["user" | "role", ..] => Identity::Principal,
            _ => Identity::Other,
        }
    }
}

impl Account {
    /// Who the credentials are of.
    pub(crate) async fn caller(&self) -> Outcome<Caller> {
        let call = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send();
        let arn = call.await.map_err(Error::aws("sts:GetCallerIdentity"))?.arn.unwrap_or_default();
        let role = match Identity::of(&arn) {
            Identity::Principal => return Ok(Caller::Principal(arn)),
            Identity::Root => return Ok(Caller::Unknown("the credentials are of the account's root user".into())),
            Identity::Other => return Ok(Caller::Unknown(format!("IAM does not simulate `{arn}`"))),
            Identity::Session(role) => role,
        };
        // The ARN of a session lacks the path of its role, which the role's ARN has.
        let answer = self.iam.get_role().role_name(role).send().await.map_err(Error::aws("iam:GetRole"));
        Ok(match answer {
            Ok(answer) => match answer.role {
                Some(role) => Caller::Principal(role.arn),
                None => Caller::Unknown(format!("the role `{role}` is unknown")),
            },
            Err(error) => Caller::Unknown(error.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_who_calls() {
        for (arn, expected) in [
            ("arn:aws:iam::111122223333:root", Identity::Root),
            ("arn:aws:iam::111122223333:user/division/anna", Identity::Principal),
            ("arn:aws:sts::111122223333:assumed-role/deployer/GitHubActions", Identity::Session("deployer")),
            ("arn:aws:sts::111122223333:federated-user/anna", Identity::Other),
            ("", Identity::Other),
        ] {
            assert_eq!(Identity::of(arn), expected, "{arn}");
        }
    }
}
