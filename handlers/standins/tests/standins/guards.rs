//! Who may drive the stand-ins: holders of the token, and no page of another site.

use crate::support::{FILE, Outcome, Stage, check_error};
use reqwest::Method;
use serde_json::Value;

const DRIVEN: &[(Method, &str)] = &[
    (Method::POST, "/_control/backlog/files"),
    (Method::DELETE, "/_control/backlog/files/7"),
    (Method::GET, "/_control/backlog/issues"),
    (Method::GET, "/_control/slack/messages"),
    (Method::GET, "/_control/teams/cards"),
    (Method::GET, "/_control/bytebase"),
    (Method::POST, "/_control/bytebase/expire-tokens"),
    (Method::POST, "/_control/bytebase/projects"),
    (Method::GET, "/_control/received"),
    (Method::POST, "/_control/fail"),
    (Method::POST, "/_control/journal"),
    (Method::POST, "/_control/keys"),
    (Method::GET, "/_control/secrets"),
    (Method::POST, "/_control/reset"),
    (Method::POST, "/_control/stop"),
    (Method::GET, "/_control/unknown"),
    (Method::GET, "/_control/reset"),
];

#[tokio::test]
async fn every_control_call_demands_the_token() -> Outcome {
    let stage = Stage::with_token(Some("token-1")).await?;
    for (method, path) in DRIVEN {
        let request = stage.request(method.clone(), path);
        let answer = request.send().await?;
        assert_eq!(answer.status(), 401, "{path}");
        let body: Value = answer.json().await?;
        assert!(body["error"].is_string());
        let request = stage.request(method.clone(), path);
        let wrong = request.header("x-control-token", "token-2").send();
        assert_eq!(wrong.await?.status(), 401, "{path}");
    }
    let request = stage.request(Method::GET, "/_control/received");
    let right = request.header("x-control-token", "token-1").send();
    assert_eq!(right.await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn health_page_and_services_need_no_token() -> Outcome {
    let stage = Stage::with_token(Some("token-1")).await?;
    for path in ["/_control/health", "/", "/received.json", "/holdings.json", "/journeys.json"] {
        let answer = stage.request(Method::GET, path).send().await?;
        assert_eq!(answer.status(), 200, "{path}");
    }
    check_error(stage.get(FILE).await?, 404, 6).await
}

#[tokio::test]
async fn a_foreign_host_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let port = stage.standins.address().port();
    let paths = ["/", "/received.json", "/holdings.json", "/journeys.json", "/_control/health", "/_control/received"];
    for path in paths {
        for host in ["evil.example", "127.0.0.1.evil.example", "192.168.0.1", "localhost.evil.example:80"] {
            let request = stage.request(Method::GET, path).header("host", host);
            assert_eq!(request.send().await?.status(), 403, "{path} {host}");
        }
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            let host = format!("{host}:{port}");
            let request = stage.request(Method::GET, path).header("host", &host);
            assert_eq!(request.send().await?.status(), 200, "{path} {host}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_changes_nothing() -> Outcome {
    let stage = Stage::started().await?;
    stage.get(FILE).await?;
    let own = stage.standins.url();
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"] {
        for (method, path) in DRIVEN {
            let request = stage.request(method.clone(), path).header("origin", origin);
            assert_eq!(request.send().await?.status(), 403, "{path} {origin}");
        }
        let request = stage.request(Method::GET, "/").header("origin", origin);
        assert_eq!(request.send().await?.status(), 403, "{origin}");
    }
    assert_eq!(stage.standins.received().len(), 1);
    let request = stage.request(Method::POST, "/_control/reset").header("origin", own);
    assert_eq!(request.send().await?.status(), 204);
    Ok(())
}

#[tokio::test]
async fn services_answer_under_any_name() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage
        .request(Method::GET, "/backlog/api/v2/space")
        .query(&[("apiKey", crate::support::KEY)])
        .header("host", "host.docker.internal");
    assert_eq!(request.send().await?.status(), 200);
    Ok(())
}
