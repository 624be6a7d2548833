//! Any change that reaches the API changes the deployment's logical id, and no other change does.

use super::*;
use crate::resource::{DeadLetters, TemplateResource};
use proptest::prelude::*;

type Resources = BTreeMap<String, TemplateResource>;

fn resources() -> Resources {
    let api = || CfnString::reference("Api");
    let of_type = |kind, properties| {
        let mut entry = TemplateResource::new(&DeadLetters::new());
        (entry.kind, entry.properties) = (kind, properties);
        entry
    };
    let path = Path { parent_id: api(), path_part: "a".into(), rest_api_id: api() };
    BTreeMap::from([
        ("Api".into(), TemplateResource::new(&RestApi::new("n".into(), &["192.0.2.0/24".into()]))),
        ("ApiPath".into(), TemplateResource::new(&path)),
        ("ApiPost".into(), TemplateResource::new(&Method::post(api(), api(), CfnString::attribute("F", "Arn")))),
        ("ApiNotFound".into(), TemplateResource::new(&GatewayResponse::not_found(api()))),
        (
            "ApiAuthorizer".into(),
            of_type("AWS::ApiGateway::Authorizer", json!({"Type": "TOKEN", "AuthorizerUri": "u"})),
        ),
        ("ApiModel".into(), of_type("AWS::ApiGateway::Model", json!({"Schema": {"type": "object"}}))),
        ("ApiValidator".into(), of_type("AWS::ApiGateway::RequestValidator", json!({"ValidateRequestBody": true}))),
        ("ApiStage".into(), TemplateResource::new(&ApiStage::new(api(), CfnString::reference("D"), Throttle::WEBHOOK))),
        ("DomainName".into(), of_type("AWS::ApiGateway::DomainName", json!({"DomainName": "d"}))),
        ("Dead".into(), TemplateResource::new(&DeadLetters::new())),
    ])
}

/// Paths to every value in a JSON tree that is not a container.
fn leaves(value: &Json, path: &str) -> Vec<String> {
    match value {
        Json::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| leaves(value, &format!("{path}/{}", name.replace('/', "~1"))))
            .collect(),
        Json::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| leaves(value, &format!("{path}/{index}"))).collect()
        }
        _ => vec![path.to_owned()],
    }
}

/// What is done to one of the resources.
#[derive(Clone, Debug)]
enum Change {
    Leaf(prop::sample::Index, String),
    NewProperty(String),
    Rename,
    Remove,
    Label(&'static str, String),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<prop::sample::Index>(), "[a-z]{1,8}").prop_map(|(leaf, text)| Change::Leaf(leaf, text)),
        "X[a-z]{1,8}".prop_map(Change::NewProperty),
        Just(Change::Rename),
        Just(Change::Remove),
        (prop::sample::select(&LABELS[..]), "[a-z]{1,8}").prop_map(|(label, text)| Change::Label(label, text)),
    ]
}

/// Applies a change; `None` if it changes nothing.
fn changed(before: &Resources, id: &str, change: &Change) -> Option<Resources> {
    let mut after = before.clone();
    let entry = after.get_mut(id)?;
    match change {
        Change::Leaf(index, text) => {
            let mut leaves = leaves(&entry.properties, "");
            leaves.retain(|leaf| !LABELS.iter().any(|label| leaf.starts_with(&format!("/{label}"))));
            *entry.properties.pointer_mut(index.get::<String>(&leaves))? = json!(text);
        }
        Change::NewProperty(name) => entry.properties[name] = json!(1),
        Change::Label(label, text) => entry.properties[*label] = json!(text),
        Change::Rename => {
            let entry = after.remove(id)?;
            after.insert(format!("{id}Renamed"), entry);
        }
        Change::Remove => {
            after.remove(id);
        }
    }
    (after != *before).then_some(after)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_id_changes_exactly_with_what_reaches_the_api(
        index in any::<prop::sample::Index>(),
        change in change(),
    ) {
        let before = resources();
        let ids: Vec<&String> = before.keys().collect();
        let id = *index.get(&ids);
        let Some(after) = changed(&before, id, &change) else { return Ok(()) };
        let is_label = matches!(change, Change::Label(..)) && id == "Api";
        let should_change = reaches_the_api(before[id].kind) && !is_label;
        prop_assert_eq!(
            deployment_id(&before) != deployment_id(&after),
            should_change,
            "{} {:?}", id, change
        );
    }
}

#[test]
fn each_part_of_an_api_counts_and_nothing_else() {
    let before = resources();
    for (id, counts) in [
        ("Api", true),
        ("ApiPath", true),
        ("ApiPost", true),
        ("ApiNotFound", true),
        ("ApiAuthorizer", true),
        ("ApiModel", true),
        ("ApiValidator", true),
        ("ApiStage", false),
        ("DomainName", false),
        ("Dead", false),
    ] {
        let mut after = before.clone();
        after.get_mut(id).unwrap().properties["Extra"] = json!("x");
        assert_eq!(deployment_id(&before) != deployment_id(&after), counts, "{id}");
    }
}

#[test]
fn the_resource_policy_counts() {
    let with = |senders: &[String]| {
        let mut resources = resources();
        resources.insert("Api".into(), TemplateResource::new(&RestApi::new("n".into(), senders)));
        deployment_id(&resources)
    };
    assert_ne!(with(&[]), with(&["192.0.2.1/32".into()]));
    assert_ne!(with(&["192.0.2.1/32".into()]), with(&["192.0.2.2/32".into()]));
}
