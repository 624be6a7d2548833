//! `cargo xtask policy`.

use crate::cli::{Audience, Output, PolicyOptions};
use crate::context::Context;
use crate::failure::Failure;
use crate::result::{print, write_result};
use deployer::{LocalStage, counted, permissions_to_deploy};
use serde_json::{Value as Json, json};
use stacks::rights::{GitHubSource, Policy, SIZE_LIMIT, github_trust, needs_every_resource, policies};
use stacks::{AccountId, Stage};
use std::collections::BTreeSet;

/// A document with the name of its file.
struct Document {
    name: String,
    characters: usize,
    content: Json,
}

/// Prints the permissions that deploying a stage needs. Reads nothing but the stage file.
pub async fn run(options: &PolicyOptions, context: &Context) -> Result<(), Failure> {
    let stage = context.stage(&options.stage.stage)?;
    let account = account(options, &stage)?;
    let trust = trust(options, &account)?;
    let policies = policies(&permissions_to_deploy(&stage, &account));
    note_size(context, &stage, &policies);
    let permissions = documents(&stage, &policies);
    context.close_display().await;
    if let Some(folder) = &options.out {
        for document in &permissions {
            write_result(&folder.join(format!("{}.json", document.name)), &pretty(&document.content))?;
        }
        return match &trust {
            Some(trust) => write_result(&folder.join(format!("tsugite-{}-trust.json", stage.name)), &pretty(trust)),
            None => Ok(()),
        };
    }
    match options.output.output {
        Output::Json => print(&pretty(&as_json(&stage, &account, &permissions, trust.as_ref()))),
        Output::Text => print(&as_text(&permissions, trust.as_ref())),
    }
    Ok(())
}

/// The permissions that deploying a stage in an account needs, as `--output json` prints them.
pub fn permissions_json(stage: &Stage, account: &str) -> Json {
    let policies = policies(&permissions_to_deploy(stage, account));
    as_json(stage, account, &documents(stage, &policies), None)
}

fn documents(stage: &Stage, policies: &[Policy]) -> Vec<Document> {
    let numbered = policies.iter().enumerate().map(|(n, policy)| Document {
        name: format!("tsugite-{}-deployer-{}", stage.name, n + 1),
        characters: policy.size(),
        content: json!(policy),
    });
    numbered.collect()
}

/// The id of the account whose resources the policies name.
fn account(options: &PolicyOptions, stage: &Stage) -> Result<String, Failure> {
    let named = options.account.as_ref().or(stage.account.as_ref()).map(AccountId::as_str);
    match named.or(stage.is_local().then_some(LocalStage::ACCOUNT)) {
        Some(account) => Ok(account.to_owned()),
        None => Err(Failure::nothing_changed(format!("the account of stage `{}` is not known", stage.name))
            .with_hint("set `account` in the stage file, or use `--account`")),
    }
}

/// The trust policy of the role, if it is for a pipeline.
fn trust(options: &PolicyOptions, account: &str) -> Result<Option<Json>, Failure> {
    let repository = match (options.audience, &options.repository) {
        (Audience::Person, None) => return Ok(None),
        (Audience::Person, Some(_)) => {
            return Err(Failure::nothing_changed("`--repository` is for a pipeline").with_hint("add `--for github`"));
        }
        (Audience::Github, None) => {
            let failure = Failure::nothing_changed("the repository of the pipeline is not known");
            return Err(failure.with_hint("add `--repository OWNER/NAME`"));
        }
        (Audience::Github, Some(repository)) => repository,
    };
    let source = match &options.environment {
        Some(environment) => GitHubSource::Environment(environment.clone()),
        None => GitHubSource::Branch(options.branch.clone()),
    };
    Ok(Some(github_trust(account, repository, &source)))
}

fn note_size(context: &Context, stage: &Stage, policies: &[Policy]) {
    let documents = counted(policies.len(), "document");
    context.reporter.note(format!(
        "stage `{}`: {documents}, each within IAM's limit of {SIZE_LIMIT} characters; attach all of them to one role or user",
        stage.name
    ));
    let statements = policies.iter().flat_map(|policy| &policy.statement);
    let all: BTreeSet<&str> = statements
        .flat_map(|statement| &statement.action)
        .map(String::as_str)
        .filter(|a| needs_every_resource(a))
        .collect();
    let all: Vec<&str> = all.into_iter().collect();
    context.reporter.note(format!("on all resources, because IAM cannot restrict them: {}", all.join(", ")));
}

fn pretty(document: &Json) -> String {
    format!("{document:#}\n")
}

fn as_text(permissions: &[Document], trust: Option<&Json>) -> String {
    let documents = permissions.iter().map(|document| {
        let Document { name, characters, content } = document;
        format!("# {name}: {characters} of {SIZE_LIMIT} characters\n{}", pretty(content))
    });
    let trust = trust.map(|trust| format!("# trust policy of the role\n{}", pretty(trust)));
    documents.chain(trust).collect()
}

fn as_json(stage: &Stage, account: &str, permissions: &[Document], trust: Option<&Json>) -> Json {
    let policies: Vec<Json> = permissions
        .iter()
        .map(|document| json!({"name": document.name, "characters": document.characters, "document": document.content}))
        .collect();
    json!({"stage": stage.name.as_str(), "account": account, "policies": policies, "trust": trust})
}
