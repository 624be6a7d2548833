//! Functions behind REST APIs.

use super::{Registration, Signing, Stack};
use crate::resource::{
    ApiStage, GatewayResponse, Method, Path, Permission, QueueRef, RestApi, SecretRef, SigningKeyRef, Throttle, WebAcl,
    WebAclAssociation,
};
use crate::stage::{RateRule, Senders};
use contracts::{
    Contract, Http, Interest, PassedHeaders, Saas, Signature, WebhookEvent, WebhookToken, Wire, Wires, webhook_receiver,
};
use policies::CfnString;

/// The one REST API that a stack may have: its ids are fixed, so it moves into a webhook or an open endpoint.
#[derive(Debug)]
pub struct Api(());

impl Api {
    /// The API of a new stack.
    pub(crate) fn of_new_stack() -> Self {
        Self(())
    }
}

/// A webhook: who registers it where, who may call it, and how its sender is known.
pub struct Webhook<'a> {
    /// The API that it is behind.
    pub api: Api,
    /// The SaaS.
    pub saas: &'static Saas,
    /// Its screen and field where the URL goes, and what else to set there.
    pub place: &'static str,
    /// How the receiver authenticates its sender.
    pub sender: Sender<'a>,
    /// The addresses that may call it.
    pub senders: Senders,
}

/// How the receiver of a webhook authenticates the sender.
pub enum Sender<'a> {
    /// By the last part of the URL, which is this secret.
    Token(&'a SecretRef<WebhookToken>),
    /// By its signatures.
    Signs {
        /// How it signs.
        scheme: Box<Signature>,
        /// What it signs with, from [`SecretRef::sign`].
        key: SigningKeyRef,
        /// The field of the SaaS into which the person pastes the key. Default: the SaaS makes it, and `deploy`
        /// asks for it.
        pasted_into: Option<&'static str>,
    },
}

/// A public endpoint, without authentication.
pub struct OpenEndpoint {
    /// The API that it is behind.
    pub api: Api,
    /// The last part of its path.
    pub resource: &'static str,
    /// More requests than this in an hour raise an alarm.
    pub requests_per_hour: u32,
    /// How many requests one address may make within five minutes. Default: no limit.
    pub rate_rule: Option<RateRule>,
}

/// The output that holds an endpoint's address, without its token.
const ENDPOINT: &str = "Endpoint";

const FORGED: &str = "The API rejected many requests (4xx): someone forges them, or a real sender exceeds its limit \
                      (429) and loses events. Set `allowed_senders` in the stage file to block forgers.";
const REFUSED: &str = "The API rejected many requests (4xx): someone forges them, the SaaS sends from addresses that \
                       are not in `allowed_senders` of the stage file, or it exceeds the limit (429) and loses events.";

fn api() -> CfnString {
    CfnString::reference("Api")
}

impl Stack {
    /// The receiver of a webhook, in front of a queue: behind `POST /<stack>/{token}`, or `POST /<stack>` if the
    /// sender signs.
    #[track_caller]
    pub fn webhook<M: WebhookEvent>(&mut self, logical_id: &'static str, queue: &QueueRef<M>, webhook: Webhook<'_>) {
        let Webhook { api: Api(()), saas, place, sender, senders } = webhook;
        let cidrs = senders.cidrs();
        self.rest_api(&cidrs);
        if let Senders::Published(list, _) = senders {
            self.sender_list = Some(list);
        }
        self.refusals_alarm(match cidrs.is_empty() {
            true => FORGED,
            false => REFUSED,
        });
        let name = self.name;
        self.add(
            "ApiPath",
            &Path {
                parent_id: CfnString::attribute("Api", "RootResourceId"),
                path_part: name.into(),
                rest_api_id: api(),
            },
        );
        let mut registration =
            Registration { saas: saas.name, place, address_output: ENDPOINT, token_secret: None, signing: None };
        let (queue, interest) = (queue.send(), self.setting(&Interest::of_consumer()));
        let headers = self.setting(&PassedHeaders::of_consumer());
        match sender {
            Sender::Token(token) => {
                self.add(
                    "ApiToken",
                    &Path {
                        parent_id: CfnString::reference("ApiPath"),
                        path_part: "{token}".into(),
                        rest_api_id: api(),
                    },
                );
                registration.token_secret = Some(token.logical_id.clone());
                let signature = self.setting(&None);
                let (token, key) = (token.read().given(), Wire::none());
                let wiring = webhook_receiver::Wiring { queue, token, key, signature, interest, headers };
                self.posted_to(logical_id, "ApiToken", &format!("{name}/*"), wiring);
            }
            Sender::Signs { scheme, key, pasted_into } => {
                let signature = self.setting(&Some(Signature::clone(&scheme)));
                let SigningKeyRef { logical_id: secret, wire } = key;
                registration.signing = Some(Signing { secret, pasted_into, scheme: *scheme });
                let (token, key) = (Wire::none(), wire.given());
                let wiring = webhook_receiver::Wiring { queue, token, key, signature, interest, headers };
                self.posted_to(logical_id, "ApiPath", name, wiring);
            }
        }
        self.edge(saas.name, "Api", "posts to");
        let address = api_host().then(format!("/{}/{name}", ApiStage::NAME));
        self.outputs.insert(ENDPOINT, CfnString::text("https://").join(address));
        self.registrations.push(registration);
    }

    /// A function behind `POST /api/<resource>`, open to everyone who can reach it; returns the API's host name.
    #[track_caller]
    pub fn open_endpoint<W>(&mut self, logical_id: &'static str, endpoint: OpenEndpoint, wiring: W) -> CfnString
    where
        W: Wires,
        W::Contract: Contract<Trigger = Http>,
    {
        let OpenEndpoint { api: Api(()), resource, requests_per_hour, rate_rule } = endpoint;
        self.rest_api(&[]);
        self.throttle = Throttle::FORM;
        self.refusals_alarm(
            "The API rejected many requests (4xx): too many at a time, or requests that the page does not send.",
        );
        self.volume_alarm(requests_per_hour);
        if let Some(rule) = rate_rule {
            self.rate_rule(rule);
        }
        self.add(
            "ApiPath",
            &Path {
                parent_id: CfnString::attribute("Api", "RootResourceId"),
                path_part: "api".into(),
                rest_api_id: api(),
            },
        );
        self.add(
            "ApiResource",
            &Path { parent_id: CfnString::reference("ApiPath"), path_part: resource.into(), rest_api_id: api() },
        );
        self.posted_to(logical_id, "ApiResource", &format!("api/{resource}"), wiring);
        api_host()
    }

    /// Something else of the stack that a person enters elsewhere: an address or an ARN that an output holds.
    pub fn registration(&mut self, who: &'static str, place: &'static str, output: &'static str) {
        let registration = Registration { saas: who, place, address_output: output, token_secret: None, signing: None };
        self.registrations.push(registration);
    }

    /// Blocks an address that makes too many requests of the API.
    #[track_caller]
    fn rate_rule(&mut self, rule: RateRule) {
        let name = self.full_name().then("-rules");
        self.add("ApiRules", &WebAcl::limiting_addresses(name, rule));
        self.add("ApiRulesAssociation", &WebAclAssociation::new("ApiRules", api(), ApiStage::NAME));
        // The ARN is made of names, so CloudFormation does not see that the stage must be there.
        self.depends("ApiRulesAssociation", "ApiStage");
        self.add("ApiTooMany", &GatewayResponse::too_many(api()));
    }

    #[track_caller]
    fn rest_api(&mut self, senders: &[String]) {
        self.add("Api", &RestApi::new(self.full_name(), senders));
        self.add("ApiNotFound", &GatewayResponse::not_found(api()));
        self.api_alarm();
    }

    /// A function that gets what is posted to one path of the API.
    #[track_caller]
    fn posted_to<W>(&mut self, logical_id: &'static str, path: &str, pattern: &str, wiring: W)
    where
        W: Wires,
        W::Contract: Contract<Trigger = Http>,
    {
        self.function::<W::Contract>(logical_id, wiring.wires(), vec![], vec![]);
        self.add("ApiPost", &Method::post(api(), CfnString::reference(path), CfnString::attribute(logical_id, "Arn")));
        self.add(
            &format!("{logical_id}Permission"),
            &Permission {
                action: "lambda:InvokeFunction",
                function_name: CfnString::reference(logical_id),
                principal: "apigateway.amazonaws.com",
                source_arn: CfnString::arn("execute-api", api().then(format!("/{}/POST/{pattern}", ApiStage::NAME))),
            },
        );
        self.edge("Api", logical_id, "calls");
    }
}

fn api_host() -> CfnString {
    api()
        .then(".execute-api.")
        .join(CfnString::reference("AWS::Region"))
        .then(".")
        .join(CfnString::reference("AWS::URLSuffix"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, StageName};
    use contracts::{Headers, JsonObject, Message};
    use serde_json::{Value as Json, json};

    struct Pushed(JsonObject);

    impl Message for Pushed {
        const TEST_EVENT: &'static str = r#"{"ref":"refs/heads/main"}"#;

        fn from_body(body: &str) -> serde_json::Result<Self> {
            serde_json::from_str(body).map(Self)
        }
    }

    impl WebhookEvent for Pushed {
        const MEMBER: &'static str = "ref";
        const WANTED: &'static [&'static str] = &[r#""refs/heads/main""#];
        const HEADERS: &'static [&'static str] = &["x-github-event"];
    }

    fn stack_of_a_sender_who_signs() -> Stack {
        let text = "region: eu-west-1\nsns_slack: {}\n";
        let stage = Stage::parse(StageName::try_from("prod".to_owned()).unwrap(), text).unwrap();
        let mut stack = Stack::new("pushes", &stage);
        // Its consumer is of no matter here.
        let events = QueueRef::<Pushed>::new("Events");
        let key = stack.generated_secret::<contracts::SigningKey>("PushKey");
        stack.webhook(
            "WebhookReceiver",
            &events,
            Webhook {
                api: Api::of_new_stack(),
                saas: &Saas { name: "GitHub" },
                place: "Settings, Webhooks, Add webhook: field `Payload URL`; content type `application/json`",
                sender: Sender::Signs {
                    scheme: Box::new(Signature::github()),
                    key: key.sign(),
                    pasted_into: Some("field `Secret`"),
                },
                senders: Senders::Everyone,
            },
        );
        stack
    }

    #[test]
    fn a_sender_who_signs_has_an_address_without_a_token_and_a_key_to_paste() {
        let stack = stack_of_a_sender_who_signs();
        let [registration] = stack.registrations() else { panic!("{:?}", stack.registrations()) };
        assert_eq!(registration.token_secret, None);
        let signing = registration.signing.as_ref().unwrap();
        assert_eq!((signing.secret.as_str(), signing.pasted_into), ("PushKey", Some("field `Secret`")));
        let template: Json = serde_yaml::from_str(&stack.template()).unwrap();
        let resources = &template["Resources"];
        assert!(resources.get("ApiToken").is_none());
        assert_eq!(resources["ApiPost"]["Properties"]["ResourceId"], json!({"Ref": "ApiPath"}));
        let permission = resources["WebhookReceiverPermission"]["Properties"]["SourceArn"].to_string();
        assert!(permission.contains("/v1/POST/pushes\""), "{permission}");
        let variables = &resources["WebhookReceiver"]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["TOKEN_SECRET_ARN"], "");
        assert_eq!(variables["SIGNING_KEY_SECRET_ARN"], json!({"Ref": "PushKey"}));
        assert_eq!(variables["PASSED_HEADERS"], "x-github-event");
        let scheme = <Signature as contracts::SettingValue>::parse(variables["SIGNATURE"].as_str().unwrap());
        assert_eq!(scheme, Ok(Signature::github()));
        // Of secrets it may read the key and nothing else.
        let policy = json!(stack.policies["WebhookReceiver"]).to_string();
        assert_eq!(policy.matches("secretsmanager:").count(), 1, "{policy}");
        assert!(policy.contains("PushKey"), "{policy}");
        assert_eq!(Pushed::from_parts("{}", &Headers::new()).unwrap().0, JsonObject(serde_json::Map::new()));
    }
}
