//! What Mackerel publishes of itself.

use crate::support::{Outcome, Stage};
use reqwest::Method;
use serde_json::{Value, json};

const LIST: &str = "/mackerel/meta/ip-ranges.json";

async fn outgoing(stage: &Stage) -> Result<Value, Box<dyn std::error::Error>> {
    let answer = stage.request(Method::GET, LIST).send().await?;
    assert_eq!(answer.status(), 200);
    let list: Value = answer.json().await?;
    for member in ["incoming", "outgoing", "incoming_ipv6", "outgoing_ipv6"] {
        assert!(list[member].is_array(), "{list}");
    }
    Ok(list["outgoing"].clone())
}

#[tokio::test]
async fn publishes_this_machine_until_told_otherwise() -> Outcome {
    let stage = Stage::started().await?;
    assert_eq!(outgoing(&stage).await?, json!(["127.0.0.1/32"]));
    let others = json!({"outgoing": ["192.0.2.0/28", "198.51.100.9/32"]});
    assert_eq!(stage.control("mackerel/senders", &others).await?.status(), 204);
    assert_eq!(outgoing(&stage).await?, others["outgoing"]);
    for wrong in [json!({}), json!({"outgoing": "192.0.2.1"}), json!({"outgoing": [], "incoming": []})] {
        assert_eq!(stage.control("mackerel/senders", &wrong).await?.status(), 400, "{wrong}");
    }
    stage.standins.reset();
    assert_eq!(outgoing(&stage).await?, json!(["127.0.0.1/32"]));
    Ok(())
}

#[tokio::test]
async fn serves_nothing_else_and_only_to_be_read() -> Outcome {
    let stage = Stage::started().await?;
    for path in ["/mackerel", "/mackerel/", "/mackerel/meta", "/mackerel/api/v0/alerts"] {
        assert_eq!(stage.request(Method::GET, path).send().await?.status(), 404, "{path}");
    }
    assert_eq!(stage.request(Method::POST, LIST).send().await?.status(), 405);
    Ok(())
}
