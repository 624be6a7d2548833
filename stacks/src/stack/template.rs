//! A finished stack: its template, and answers to the deployer's questions.

use super::{FunctionSpec, ParameterSource, Registration, Replaced, SecretSpec, Site, SourceLine, Stack};
use crate::lookup::Lookup;
use crate::resource::{ApiStage, Deployment, TemplateResource, deployment_id, reaches_the_api};
use crate::stage::{Region, SenderList, Stage, TopicArn};
use crate::test_plan::TestPlan;
use crate::yaml;
use policies::CfnString;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<&'a str, Parameter>,
    resources: BTreeMap<String, TemplateResource>,
    outputs: BTreeMap<&'a str, Output<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    #[serde(rename = "Type")]
    kind: &'static str,
    description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    value: &'a CfnString,
}

/// A template, and how the stack is recognized that was deployed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedTemplate {
    /// The template as YAML.
    pub text: String,
    /// SHA-256 of the template without the output that holds it, in hexadecimal.
    pub digest: String,
}

impl Stack {
    /// The output of every deployed stack that holds the digest of its template.
    pub const DIGEST_OUTPUT: &str = "TemplateDigest";

    /// Name of the stack in the sources, such as `backlog-files`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The integration that the stack belongs to, by name; the integration's own stack has the same name.
    pub fn integration(&self) -> &'static str {
        self.integration
    }

    /// The region that the stack is in.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Name of the stack in the account.
    pub fn full_stack_name(&self) -> String {
        Self::full_name_on(&self.stage, self.name)
    }

    /// Name in the account of a stack of a stage.
    pub(super) fn full_name_on(stage: &Stage, name: &str) -> String {
        format!("{}{name}", Self::name_prefix(stage))
    }

    /// What the names of all stacks of a stage begin with.
    pub fn name_prefix(stage: &Stage) -> String {
        format!("tsugite-{}-", stage.name)
    }

    /// The template as YAML; the same bytes for the same sources and stage.
    ///
    /// Panics on a contradiction in the definition, which a test of this crate finds.
    pub fn template(&self) -> String {
        self.template_with(self.outputs.clone())
    }

    /// The template with its own digest as the output [`Stack::DIGEST_OUTPUT`], as it is deployed: with the parameters
    /// and tags, the digest says whether a stack is as this definition wants it.
    pub fn deployed_template(&self) -> DeployedTemplate {
        let digest = hex::encode(Sha256::digest(self.template()));
        let mut outputs = self.outputs.clone();
        outputs.insert(Self::DIGEST_OUTPUT, CfnString::text(&digest));
        DeployedTemplate { text: self.template_with(outputs), digest }
    }

    fn template_with(&self, outputs: BTreeMap<&'static str, CfnString>) -> String {
        let template = Template {
            version: "2010-09-09",
            description: format!("Tsugite: {}", self.name),
            parameters: self.parameters.iter().map(|(name, source)| (name.as_str(), Parameter::new(source))).collect(),
            resources: self.deployed_resources(),
            outputs: outputs.iter().map(|(name, value)| (*name, Output { value })).collect(),
        };
        yaml::write(&template)
    }

    /// The number of its resources.
    pub fn n_resources(&self) -> usize {
        self.deployed_resources().len()
    }

    /// All resources, with the API's deployment if there is an API.
    pub(crate) fn deployed_resources(&self) -> BTreeMap<String, TemplateResource> {
        let mut resources = self.resources.clone();
        if !resources.contains_key("Api") {
            return resources;
        }
        let api = || CfnString::reference("Api");
        let id = deployment_id(&resources);
        let mut deployment = TemplateResource::new(&Deployment { rest_api_id: api() });
        deployment.depends_on = resources
            .iter()
            .filter(|(id, entry)| reaches_the_api(entry.kind) && id.as_str() != "Api")
            .map(|(id, _)| id.clone())
            .collect();
        let stage = TemplateResource::new(&ApiStage::new(api(), CfnString::reference(&id), self.throttle));
        resources.insert(id, deployment);
        resources.insert("ApiStage".into(), stage);
        resources
    }

    /// Logical ids and properties of the resources of a type, except what follows from an API.
    pub(crate) fn resources_of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Json)> {
        let entries = self.resources.iter().filter(move |(_, entry)| entry.kind == kind);
        entries.map(|(logical_id, entry)| (logical_id.as_str(), &entry.properties))
    }

    /// The policy of each function by its logical id, as JSON for a reader.
    pub fn policy_files(&self) -> BTreeMap<String, String> {
        self.policies
            .iter()
            .map(|(logical_id, policy)| {
                let text = serde_json::to_string_pretty(policy).unwrap_or_default();
                (logical_id.clone(), text + "\n")
            })
            .collect()
    }

    /// Where a resource is defined; the deployment and stage of an API count as the API.
    pub fn source_line_of(&self, logical_id: &str) -> Option<SourceLine> {
        let of_api = || logical_id.starts_with("Deployment") || logical_id == "ApiStage";
        let found = self.source_lines.get(logical_id);
        found.or_else(|| of_api().then(|| self.source_lines.get("Api")).flatten()).copied()
    }

    /// The functions.
    pub fn functions(&self) -> &[FunctionSpec] {
        &self.functions
    }

    /// The published list of those who may call its webhook; fetched at deploy, and then part of the stage.
    pub fn sender_list(&self) -> Option<SenderList> {
        self.sender_list
    }

    /// Topics outside the stack that it subscribes to.
    pub fn existing_topics(&self) -> &[TopicArn] {
        &self.existing_topics
    }

    /// Variables of a function with made-up values of the right form, to run it by itself.
    pub fn sample_variables(&self, logical_id: &str) -> BTreeMap<&'static str, String> {
        let sample = |id: &str| match self.parameters.get(id) {
            Some(ParameterSource::ServiceUrl(_)) => "https://service.invalid".to_owned(),
            Some(ParameterSource::LookedUp(lookup)) => lookup.placeholder().to_owned(),
            _ => format!("sample-{}", id.to_lowercase()),
        };
        let variables = self.variables.get(logical_id).into_iter().flatten();
        variables.map(|(name, value)| (*name, value.with_samples(sample))).collect()
    }

    /// Parameters of the template, and who knows their values.
    pub fn parameters(&self) -> &BTreeMap<String, ParameterSource> {
        &self.parameters
    }

    /// Everything that the stack names in a SaaS, with or without need of what is found.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        let numbers = self.parameters.values().filter_map(|source| match source {
            ParameterSource::LookedUp(lookup) => Some(lookup),
            _ => None,
        });
        numbers.chain(&self.named_in_backlog)
    }

    /// The outputs of other stacks that its parameters take, each behind the name of its stack.
    pub fn needed_outputs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.parameters.values().filter_map(|source| match source {
            ParameterSource::OutputOf { stack, output } => Some((*stack, *output)),
            _ => None,
        })
    }

    /// Whether the stack has an output of this name.
    pub(crate) fn has_output(&self, name: &str) -> bool {
        self.outputs.contains_key(name)
    }

    /// What stays when something else takes its place in the stack, if anything does.
    pub fn replaced(&self) -> Option<Replaced> {
        self.replaced
    }

    /// The files of its site, if it has one.
    pub fn site_files(&self) -> Option<&Site> {
        self.site.as_ref()
    }

    /// Logical ids of what outlives the stack until `destroy` removes it.
    pub fn retained_ids(&self) -> impl Iterator<Item = &str> {
        let is_retained = |entry: &TemplateResource| entry.deletion_policy.is_some_and(|policy| policy != "Delete");
        self.resources.iter().filter(move |(_, entry)| is_retained(entry)).map(|(logical_id, _)| logical_id.as_str())
    }

    /// The secrets.
    pub fn secrets(&self) -> &[SecretSpec] {
        &self.secrets
    }

    /// What has to be registered in a SaaS.
    pub fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// Warnings for the deployer; none on the local stage, where no alarm is awaited.
    pub fn warnings(&self) -> &[String] {
        if self.stage.is_local() { &[] } else { &self.warnings }
    }

    /// The stage it is for.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The event with which the stack is tested unless another one is given.
    pub fn test_event(&self) -> Option<&'static str> {
        self.plan_test.map(|(event, _)| event)
    }

    /// What is to be sent and checked for an event; the error says why it cannot be used.
    ///
    /// `fresh` is a word that no earlier event had; an event that is sent as it was given gets none.
    pub fn plan_test(&self, event: &str, fresh: Option<&str>) -> Result<TestPlan, String> {
        match self.plan_test {
            Some((_, plan)) => plan(&self.stage, event, fresh),
            None => Err(format!("stack `{}` has no test", self.name)),
        }
    }
}

impl Parameter {
    fn new(source: &ParameterSource) -> Self {
        let description = match source {
            ParameterSource::ArtifactBucket => "Bucket that holds the archives".into(),
            ParameterSource::CodeKey(package) => format!("Key of the archive of {package}"),
            ParameterSource::ServiceUrl(saas) => format!("Where {} answers", saas.name),
            ParameterSource::OutputOf { stack, output } => format!("Output {output} of the stack {stack}"),
            ParameterSource::LookedUp(lookup) => lookup.description(),
        };
        Self { kind: "String", description }
    }
}
