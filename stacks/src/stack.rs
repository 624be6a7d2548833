//! A stack being defined: resources, functions and their links, one call each.

mod definition;
mod template;

pub use definition::{
    CodeParameter, Definition, FunctionSpec, ParameterSource, Registration, SecretSource, SecretSpec,
};

use crate::resource::function::{Code, Environment, ScalingConfig};
use crate::resource::{
    ApiStage, Bucket, BucketPolicy, BucketRef, DeadLetters, Deployment, Entry, EventSourceMapping, Function,
    GatewayResponse, LogGroup, Method, Path, Permission, Queue, QueueRef, Resource, RestApi, Role, Secret, SecretRef,
    deployment_id, reaches_the_api,
};
use crate::stage::{Service, Stage};
use crate::test_plan::TestPlan;
use contracts::{
    Contract, Http, Message, NamedWire, Origin, SecretValue, Setting, SettingValue, Sqs, Wire, Wires, trigger_variables,
};
use policies::{Grant, PolicyDocument, Statement, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

/// How a test of the stack is made from the text of an event.
type PlanTest = fn(&Stage, &str) -> Result<TestPlan, String>;

/// A stack of one stage.
pub struct Stack {
    name: &'static str,
    stage: Stage,
    resources: BTreeMap<String, Entry>,
    definitions: BTreeMap<String, Definition>,
    outputs: BTreeMap<&'static str, Value>,
    parameters: BTreeMap<String, ParameterSource>,
    functions: Vec<FunctionSpec>,
    policies: BTreeMap<String, PolicyDocument>,
    variables: BTreeMap<&'static str, BTreeMap<&'static str, Value>>,
    secrets: Vec<SecretSpec>,
    registrations: Vec<Registration>,
    /// Queues without a consumer, with their dead-letter queues.
    unconsumed: BTreeSet<String>,
    plan_test: Option<(&'static str, PlanTest)>,
}

/// What a consumer's queue may do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feeding {
    /// Most messages at a time, 1 to 10.
    pub batch_size: u32,
    /// Most copies of the function at a time, 2 to 1,000.
    pub maximum_concurrency: u32,
}

/// An endpoint: who registers it where, and who may call it.
pub struct Endpoint<'a> {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// Its screen and field where the URL goes, and what else to set there.
    pub place: &'static str,
    /// Secret whose value is the last part of the URL.
    pub token: &'a SecretRef<contracts::WebhookToken>,
    /// Ranges of addresses that may call it; all if there are none.
    pub senders: Vec<String>,
}

/// The parameter that holds the artifact bucket's name.
const ARTIFACT_BUCKET: &str = "ArtifactBucket";
/// The output that holds an endpoint's address, without its token.
const ENDPOINT: &str = "Endpoint";

impl Stack {
    /// An empty stack.
    pub fn new(name: &'static str, stage: &Stage) -> Self {
        Self {
            name,
            stage: stage.clone(),
            resources: BTreeMap::new(),
            definitions: BTreeMap::new(),
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            functions: Vec::new(),
            policies: BTreeMap::new(),
            variables: BTreeMap::new(),
            secrets: Vec::new(),
            registrations: Vec::new(),
            unconsumed: BTreeSet::new(),
            plan_test: None,
        }
    }

    /// A work queue of messages `M` with its dead-letter queue; a consumer must follow.
    #[track_caller]
    pub fn queue<M: Message>(&mut self, logical_id: &str) -> QueueRef<M> {
        let queue = QueueRef::new(logical_id);
        let dead_letters = queue.dead_letters();
        self.add(&dead_letters, &DeadLetters::new());
        // The visibility timeout follows from the consumer.
        self.add(logical_id, &Queue::new(Value::attribute(&dead_letters, "Arn"), 0));
        self.unconsumed.insert(logical_id.to_owned());
        queue
    }

    /// A secret that somebody gives at deploy.
    #[track_caller]
    pub fn given_secret<T: SecretValue>(&mut self, logical_id: &str) -> SecretRef<T> {
        self.add(logical_id, &Secret::given(format!("{} of {}", T::NAME, self.name)));
        self.secrets.push(SecretSpec {
            logical_id: logical_id.to_owned(),
            name: T::NAME,
            origin: T::ORIGIN,
            source: SecretSource::Given,
        });
        SecretRef::new(logical_id)
    }

    /// A secret that Secrets Manager makes.
    #[track_caller]
    pub fn generated_secret<T: SecretValue>(&mut self, logical_id: &str) -> SecretRef<T> {
        self.add(logical_id, &Secret::generated(format!("{} of {}", T::NAME, self.name)));
        self.secrets.push(SecretSpec {
            logical_id: logical_id.to_owned(),
            name: T::NAME,
            origin: T::ORIGIN,
            source: SecretSource::Generated,
        });
        SecretRef::new(logical_id)
    }

    /// A private bucket that outlives mistakes; its name becomes the output `<logical id>Name`.
    #[track_caller]
    pub fn bucket(&mut self, logical_id: &str, output: &'static str) -> BucketRef {
        let bucket = BucketRef::new(logical_id);
        self.add(logical_id, &Bucket::new());
        self.add(&format!("{logical_id}Policy"), &BucketPolicy::tls_only(&bucket));
        self.outputs.insert(output, bucket.name());
        bucket
    }

    /// Where a SaaS answers, as a setting.
    pub fn service_url(&mut self, service: Service) -> Wire<Setting<Origin>> {
        let parameter = format!("{service:?}Url");
        let value = Value::reference(&parameter);
        self.parameters.insert(parameter, ParameterSource::ServiceUrl(service));
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(value, vec![])
    }

    /// A setting with a value of the stage.
    pub fn setting<T: SettingValue>(&self, value: &T) -> Wire<Setting<T>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(Value::text(value.render()), vec![])
    }

    /// A function behind `POST /<stack>/{token}`.
    #[track_caller]
    pub fn endpoint<W>(&mut self, logical_id: &'static str, endpoint: Endpoint<'_>, wiring: W)
    where
        W: Wires,
        W::Contract: Contract<Trigger = Http>,
    {
        self.function::<W::Contract>(logical_id, wiring.wires(), vec![], vec![]);
        let api = || Value::reference("Api");
        self.add("Api", &RestApi::new(self.full_name(), &endpoint.senders));
        self.add("ApiNotFound", &GatewayResponse::not_found(api()));
        self.add(
            "ApiPath",
            &Path {
                parent_id: Value::attribute("Api", "RootResourceId"),
                path_part: self.name.into(),
                rest_api_id: api(),
            },
        );
        self.add(
            "ApiToken",
            &Path { parent_id: Value::reference("ApiPath"), path_part: "{token}".into(), rest_api_id: api() },
        );
        self.add("ApiPost", &Method::post(api(), Value::reference("ApiToken"), Value::attribute(logical_id, "Arn")));
        self.add(
            &format!("{logical_id}Permission"),
            &Permission {
                action: "lambda:InvokeFunction",
                function_name: Value::reference(logical_id),
                principal: "apigateway.amazonaws.com",
                source_arn: Value::text("arn:")
                    .join(Value::reference("AWS::Partition"))
                    .then(":execute-api:")
                    .join(Value::reference("AWS::Region"))
                    .then(":")
                    .join(Value::reference("AWS::AccountId"))
                    .then(":")
                    .join(api())
                    .then(format!("/{}/POST/{}/*", ApiStage::NAME, self.name)),
            },
        );
        let address = Value::text("https://")
            .join(api())
            .then(".execute-api.")
            .join(Value::reference("AWS::Region"))
            .then(".")
            .join(Value::reference("AWS::URLSuffix"))
            .then(format!("/{}/{}", ApiStage::NAME, self.name));
        self.outputs.insert(ENDPOINT, address);
        self.registrations.push(Registration {
            saas: endpoint.saas,
            place: endpoint.place,
            address_output: ENDPOINT,
            token_secret: endpoint.token.logical_id.clone(),
        });
    }

    /// A function that is fed from a queue of what it takes.
    #[track_caller]
    pub fn consumer<W, M>(&mut self, logical_id: &'static str, queue: &QueueRef<M>, feeding: Feeding, wiring: W)
    where
        W: Wires,
        W::Contract: Contract<Trigger = Sqs<M>>,
    {
        assert!(
            self.unconsumed.remove(&queue.logical_id),
            "stack `{}`: queue `{}` has two consumers",
            self.name,
            queue.logical_id
        );
        let dead_letters = queue.dead_letters();
        let dead_letters_arn = Value::attribute(&dead_letters, "Arn");
        let limits = W::Contract::LIMITS;
        let entry = Entry::new(&Queue::new(dead_letters_arn.clone(), limits.timeout_seconds));
        self.resources.insert(queue.logical_id.clone(), entry);
        let variables = vec![
            (trigger_variables::SOURCE_QUEUE, queue.url()),
            (trigger_variables::DEAD_LETTER_QUEUE, Value::reference(&dead_letters)),
        ];
        let grants =
            vec![Grant::ConsumeMessages { queue: queue.arn() }, Grant::SendMessages { queue: dead_letters_arn }];
        self.function::<W::Contract>(logical_id, wiring.wires(), variables, grants);
        self.add(
            &format!("{logical_id}Feed"),
            &EventSourceMapping {
                batch_size: feeding.batch_size,
                event_source_arn: queue.arn(),
                function_name: Value::reference(logical_id),
                function_response_types: ["ReportBatchItemFailures"],
                scaling_config: ScalingConfig { maximum_concurrency: feeding.maximum_concurrency },
            },
        );
    }

    /// How `publish-test-event` tests the stack, and the event it uses when none is given.
    pub fn tested_by(&mut self, event: &'static str, plan: PlanTest) {
        self.plan_test = Some((event, plan));
    }

    /// A function with its role and log group.
    #[track_caller]
    fn function<C: Contract>(
        &mut self,
        logical_id: &'static str,
        wires: Vec<NamedWire>,
        trigger_variables: Vec<(&'static str, Value)>,
        mut grants: Vec<Grant>,
    ) {
        let mut variables: BTreeMap<_, _> = trigger_variables.into_iter().collect();
        for wire in wires {
            grants.extend(wire.grants);
            let previous = variables.insert(wire.variable, wire.value);
            assert!(previous.is_none(), "{}: `{}` is declared twice", C::FUNCTION, wire.variable);
        }
        let (role, log_group) = (format!("{logical_id}Role"), format!("{logical_id}Logs"));
        grants.push(Grant::WriteLogs { log_group: Value::attribute(&log_group, "Arn") });
        grants.sort();
        grants.dedup();
        let statements: Vec<Statement> = grants.iter().map(Grant::statement).collect();
        self.policies.insert(logical_id.to_owned(), PolicyDocument::new(statements.clone()));
        self.variables.insert(logical_id, variables.clone());
        let name = self.full_name().then(format!("-{logical_id}"));
        let code = CodeParameter::of(logical_id);
        self.parameters.insert(ARTIFACT_BUCKET.into(), ParameterSource::ArtifactBucket);
        self.parameters.insert(code.0.clone(), ParameterSource::CodeKey(C::FUNCTION));
        self.add(
            &log_group,
            &LogGroup {
                log_group_name: Value::text("/aws/lambda/").join(name.clone()),
                retention_in_days: self.stage.log_retention_days.days(),
            },
        );
        self.add(&role, &Role::for_function(statements));
        self.add(
            logical_id,
            &Function {
                architectures: [self.stage.architecture.lambda_name()],
                code: Code { bucket: Value::reference(ARTIFACT_BUCKET), key: Value::reference(&code.0) },
                description: C::PURPOSE.to_owned(),
                environment: Environment { variables },
                function_name: name,
                handler: "bootstrap",
                memory_size: C::LIMITS.memory_mib,
                role: Value::attribute(&role, "Arn"),
                runtime: "provided.al2023",
                timeout: C::LIMITS.timeout_seconds,
            },
        );
        // Lambda would make a group without retention for the first line it has to write.
        self.depends(logical_id, &log_group);
        self.functions.push(FunctionSpec { logical_id, package: C::FUNCTION });
    }

    fn full_name(&self) -> Value {
        Value::reference("AWS::StackName")
    }

    #[track_caller]
    fn add<R: Resource>(&mut self, logical_id: &str, resource: &R) {
        let is_allowed = logical_id.starts_with(|c: char| c.is_ascii_uppercase())
            && logical_id.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_allowed, "stack `{}`: `{logical_id}` is not a logical id", self.name);
        let previous = self.resources.insert(logical_id.to_owned(), Entry::new(resource));
        assert!(previous.is_none(), "stack `{}`: two resources are called `{logical_id}`", self.name);
        let caller = Location::caller();
        let definition = Definition { file: caller.file(), line: caller.line() };
        self.definitions.insert(logical_id.to_owned(), definition);
    }

    fn depends(&mut self, logical_id: &str, on: &str) {
        if let Some(entry) = self.resources.get_mut(logical_id) {
            entry.depends_on.push(on.to_owned());
        }
    }
}
