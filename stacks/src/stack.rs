//! A stack being defined: resources, functions and their links, one call each.

mod alarm;
mod api;
mod backlog;
mod data;
mod facts;
mod function;
mod graph;
mod known;
mod queue;
mod site;
mod template;
mod workflow;

pub use api::{Api, OpenEndpoint, Sender, Webhook};
pub use backlog::IssueWires;
pub use facts::{
    CodeParameter, FunctionSpec, ParameterSource, Registration, Replaced, SecretSource, SecretSpec, Signing, SourceLine,
};
pub use known::{FurtherStack, KnownStack, RetiredStack};
pub use queue::{Feeding, Publishers};
pub use site::{Site, SiteFile, SiteSettings};
pub use template::DeployedTemplate;
pub use workflow::MachineRef;

use crate::lookup::Lookup;
use crate::resource::{Resource, Secret, SecretRef, TemplateResource, Throttle};
use crate::stage::{Region, SenderList, Stage, TopicArn};
use crate::test_plan::TestPlan;
use contracts::{Kind, Origin, Saas, SecretValue, Setting, SettingValue, Wire};
use graph::Edge;
use policies::{CfnString, PolicyDocument};
use std::collections::BTreeMap;
use std::panic::Location;

/// How a test of the stack is made from the text of an event, and from a word that no event had before.
type PlanTest = fn(&Stage, &str, Option<&str>) -> Result<TestPlan, String>;

/// A stack of one stage.
pub struct Stack {
    name: &'static str,
    /// The integration that it belongs to, by name.
    integration: &'static str,
    region: Region,
    stage: Stage,
    /// What stays when something else takes its place.
    replaced: Option<Replaced>,
    site: Option<Site>,
    /// How many requests its API takes.
    throttle: Throttle,
    /// Where its alarms go, if not where those of every stack go.
    own_alarms: Option<CfnString>,
    /// Warnings for the deployer.
    warnings: Vec<String>,
    resources: BTreeMap<String, TemplateResource>,
    source_lines: BTreeMap<String, SourceLine>,
    outputs: BTreeMap<&'static str, CfnString>,
    parameters: BTreeMap<String, ParameterSource>,
    /// What handlers know by its name in Backlog, without its number.
    named_in_backlog: Vec<Lookup>,
    /// The published list of those who may call its webhook, if there is one.
    sender_list: Option<SenderList>,
    /// Topics outside the stack that feed its queues.
    existing_topics: Vec<TopicArn>,
    functions: Vec<FunctionSpec>,
    policies: BTreeMap<String, PolicyDocument>,
    variables: BTreeMap<&'static str, BTreeMap<&'static str, CfnString>>,
    secrets: Vec<SecretSpec>,
    registrations: Vec<Registration>,
    edges: Vec<Edge>,
    plan_test: Option<(&'static str, PlanTest)>,
}

impl Stack {
    /// An empty stack, the own one of the integration of this name.
    pub fn new(name: &'static str, stage: &Stage) -> Self {
        Self {
            name,
            integration: name,
            region: stage.region.clone(),
            stage: stage.clone(),
            replaced: None,
            site: None,
            throttle: Throttle::WEBHOOK,
            own_alarms: None,
            warnings: Vec::new(),
            resources: BTreeMap::new(),
            source_lines: BTreeMap::new(),
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            named_in_backlog: Vec::new(),
            sender_list: None,
            existing_topics: Vec::new(),
            functions: Vec::new(),
            policies: BTreeMap::new(),
            variables: BTreeMap::new(),
            secrets: Vec::new(),
            registrations: Vec::new(),
            edges: Vec::new(),
            plan_test: None,
        }
    }

    /// An empty stack that its integration has beside its own.
    pub(crate) fn further(stack: FurtherStack, stage: &Stage) -> Self {
        Self { region: stack.region(), ..Self::new(stack.name, stage) }
    }

    /// The same stack as one of an integration.
    pub(crate) fn of_integration(self, integration: &'static str) -> Self {
        Self { integration, ..self }
    }

    /// A secret that a person gives at deploy.
    ///
    /// Stacks that need a secret of the same name get the same value, asked for once.
    #[track_caller]
    pub fn given_secret<T: SecretValue>(&mut self, logical_id: &str) -> SecretRef<T> {
        self.add(logical_id, &Secret::given(format!("{} of {}", T::NAME, self.name)));
        self.secret(logical_id, SecretSource::Given)
    }

    /// A secret that Secrets Manager makes.
    #[track_caller]
    pub fn generated_secret<T: SecretValue>(&mut self, logical_id: &str) -> SecretRef<T> {
        self.add(logical_id, &Secret::generated(format!("{} of {}", T::NAME, self.name)));
        self.secret(logical_id, SecretSource::Generated)
    }

    fn secret<T: SecretValue>(&mut self, logical_id: &str, source: SecretSource) -> SecretRef<T> {
        let logical_id_owned = logical_id.to_owned();
        self.secrets.push(SecretSpec {
            logical_id: logical_id_owned,
            name: T::NAME,
            saas: T::SAAS,
            form: T::FORM,
            place: T::ORIGIN,
            source,
            refusal: T::refusal,
        });
        SecretRef::new(logical_id)
    }

    /// Where a SaaS answers, as a setting.
    pub fn service_url(&mut self, saas: &'static Saas) -> Wire<Setting<Origin>> {
        self.parameter(format!("{}Url", saas.word()), ParameterSource::ServiceUrl(saas))
    }

    fn parameter<T>(&mut self, name: String, source: ParameterSource) -> Wire<Setting<T>>
    where
        Setting<T>: Kind,
    {
        let value = CfnString::reference(&name);
        self.parameters.insert(name, source);
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(value, vec![])
    }

    /// A setting with a value of the stage.
    pub fn setting<T: SettingValue>(&self, value: &T) -> Wire<Setting<T>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(CfnString::text(value.render()), vec![])
    }

    /// How `publish-test-event` tests the stack, and the event it uses when none is given.
    pub fn tested_by(&mut self, event: &'static str, plan: PlanTest) {
        self.plan_test = Some((event, plan));
    }

    /// Adds a warning for the deployer, which does not stop the deployment.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    fn full_name(&self) -> CfnString {
        CfnString::reference("AWS::StackName")
    }

    #[track_caller]
    fn add<R: Resource>(&mut self, logical_id: &str, resource: &R) {
        let is_allowed = logical_id.starts_with(|c: char| c.is_ascii_uppercase())
            && logical_id.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_allowed, "stack `{}`: `{logical_id}` is not a logical id", self.name);
        let previous = self.resources.insert(logical_id.to_owned(), TemplateResource::new(resource));
        assert!(previous.is_none(), "stack `{}`: two resources are called `{logical_id}`", self.name);
        let caller = Location::caller();
        let definition = SourceLine { file: caller.file(), line: caller.line() };
        self.source_lines.insert(logical_id.to_owned(), definition);
    }

    fn keep_when_replaced(&mut self, logical_id: &str) {
        if let Some(entry) = self.resources.get_mut(logical_id) {
            entry.update_replace_policy = Some("Retain");
            // Said as well, lest it look forgotten: it goes with the stack.
            entry.deletion_policy = Some("Delete");
        }
    }

    fn depends(&mut self, logical_id: &str, on: &str) {
        if let Some(entry) = self.resources.get_mut(logical_id) {
            entry.depends_on.push(on.to_owned());
        }
    }
}
