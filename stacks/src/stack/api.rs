//! Functions behind REST APIs.

use super::{Registration, Stack};
use crate::resource::{
    ApiStage, GatewayResponse, Method, Path, Permission, RestApi, SecretRef, Throttle, WebAcl, WebAclAssociation,
};
use crate::stage::RateRule;
use contracts::{Contract, Http, WebhookToken, Wires};
use policies::Value;

/// An endpoint: who registers it where, and who may call it.
pub struct Endpoint<'a> {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// Its screen and field where the URL goes, and what else to set there.
    pub place: &'static str,
    /// Secret whose value is the last part of the URL.
    pub token: &'a SecretRef<WebhookToken>,
    /// Ranges of addresses that may call it; all if there are none.
    pub senders: Vec<String>,
}

/// An endpoint that everyone may call who finds it.
pub struct OpenEndpoint {
    /// The last part of its path.
    pub resource: &'static str,
    /// More requests than this in an hour are told by an alarm.
    pub requests_per_hour: u32,
    /// How many requests one address may make. Default: no such rule.
    pub rate_rule: Option<RateRule>,
}

/// The output that holds an endpoint's address, without its token.
const ENDPOINT: &str = "Endpoint";

const FORGED: &str = "The API refused many requests (4xx): somebody forges them, or a real sender is above its limit \
                      (429) and loses events. `allowed_senders` in the stage file keeps forgers out.";
const REFUSED: &str = "The API refused many requests (4xx): somebody forges them, the SaaS sends from addresses that \
                       are not in `allowed_senders` of the stage file, or is above the limit (429) and loses events.";

fn api() -> Value {
    Value::reference("Api")
}

impl Stack {
    /// A function behind `POST /<stack>/{token}`.
    #[track_caller]
    pub fn endpoint<W>(&mut self, logical_id: &'static str, endpoint: Endpoint<'_>, wiring: W)
    where
        W: Wires,
        W::Contract: Contract<Trigger = Http>,
    {
        let name = self.name;
        self.rest_api(&endpoint.senders);
        self.refusals_alarm(match endpoint.senders.is_empty() {
            true => FORGED,
            false => REFUSED,
        });
        self.add(
            "ApiPath",
            &Path { parent_id: Value::attribute("Api", "RootResourceId"), path_part: name.into(), rest_api_id: api() },
        );
        self.add(
            "ApiToken",
            &Path { parent_id: Value::reference("ApiPath"), path_part: "{token}".into(), rest_api_id: api() },
        );
        self.posted_to(logical_id, "ApiToken", &format!("{name}/*"), wiring);
        self.edge(endpoint.saas, "Api", "posts to");
        let address = api_host().then(format!("/{}/{name}", ApiStage::NAME));
        self.outputs.insert(ENDPOINT, Value::text("https://").join(address));
        self.registrations.push(Registration {
            saas: endpoint.saas,
            place: endpoint.place,
            address_output: ENDPOINT,
            token_secret: Some(endpoint.token.logical_id.clone()),
        });
    }

    /// A function behind `POST /api/<resource>`, open to everyone who can reach it; returns the API's host name.
    #[track_caller]
    pub fn open_endpoint<W>(&mut self, logical_id: &'static str, endpoint: OpenEndpoint, wiring: W) -> Value
    where
        W: Wires,
        W::Contract: Contract<Trigger = Http>,
    {
        let OpenEndpoint { resource, requests_per_hour, rate_rule } = endpoint;
        self.rest_api(&[]);
        self.throttle = Throttle::FORM;
        self.refusals_alarm(
            "The API refused many requests (4xx): more than it takes at a time, or none that the page sends.",
        );
        self.volume_alarm(requests_per_hour);
        if let Some(rule) = rate_rule {
            self.rate_rule(rule);
        }
        self.add(
            "ApiPath",
            &Path { parent_id: Value::attribute("Api", "RootResourceId"), path_part: "api".into(), rest_api_id: api() },
        );
        self.add(
            "ApiResource",
            &Path { parent_id: Value::reference("ApiPath"), path_part: resource.into(), rest_api_id: api() },
        );
        self.posted_to(logical_id, "ApiResource", &format!("api/{resource}"), wiring);
        api_host()
    }

    /// Something else of the stack that somebody enters elsewhere: an address or an ARN that an output holds.
    pub fn registration(&mut self, who: &'static str, place: &'static str, output: &'static str) {
        self.registrations.push(Registration { saas: who, place, address_output: output, token_secret: None });
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
        self.add("ApiPost", &Method::post(api(), Value::reference(path), Value::attribute(logical_id, "Arn")));
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
                    .then(format!("/{}/POST/{pattern}", ApiStage::NAME)),
            },
        );
        self.edge("Api", logical_id, "calls");
    }
}

fn api_host() -> Value {
    api().then(".execute-api.").join(Value::reference("AWS::Region")).then(".").join(Value::reference("AWS::URLSuffix"))
}
