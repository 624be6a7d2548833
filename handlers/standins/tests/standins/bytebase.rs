//! Bytebase: logins that succeed, fail and lock out, and projects page by page.

use crate::support::{Outcome, Stage};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use standins::{Credential, Keys};

const EMAIL: &str = "tsugite@service.bytebase.com";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn login(stage: &Stage, fields: Value) -> reqwest::Result<Response> {
    stage.request(Method::POST, "/bytebase/v1/auth/login").json(&fields).send().await
}

async fn token(stage: &Stage) -> Result<String> {
    let right = json!({"email": EMAIL, "password": Keys::sample().get("BYTEBASE_SERVICE_KEY")});
    let body: Value = login(stage, right).await?.json().await?;
    Ok(body["token"].as_str().ok_or("no token")?.to_owned())
}

fn list(stage: &Stage, query: &str) -> RequestBuilder {
    stage.request(Method::GET, &format!("/bytebase/v1/projects{query}"))
}

async fn page(stage: &Stage, token: &str, query: &str) -> Result<(Vec<String>, Option<String>)> {
    let answer = list(stage, query).bearer_auth(token).send().await?;
    assert_eq!(answer.status(), 200, "{query}");
    let body: Value = answer.json().await?;
    let names = body["projects"].as_array().into_iter().flatten().filter_map(|project| project["name"].as_str());
    Ok((names.map(str::to_owned).collect(), body["nextPageToken"].as_str().map(str::to_owned)))
}

async fn check(answer: Response, status: u16, code: u64, message: &str) -> Outcome {
    assert_eq!(answer.status(), status, "{message}");
    let body: Value = answer.json().await?;
    assert_eq!(body["code"], code, "{body}");
    assert!(body["message"].as_str().is_some_and(|text| text.contains(message)), "{body}");
    Ok(())
}

#[tokio::test]
async fn a_login_yields_a_token_and_the_user() -> Outcome {
    let stage = Stage::started().await?;
    let key = Keys::sample().get("BYTEBASE_SERVICE_KEY").to_owned();
    for web in [json!(null), json!(false)] {
        let answer = login(&stage, json!({"email": EMAIL, "password": key, "web": web})).await?;
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await?;
        let token = body["token"].as_str().ok_or("no token")?;
        assert!((310..=360).contains(&token.len()), "{}", token.len());
        assert_eq!(token.split('.').count(), 3);
        assert!(!token.contains(':'));
        assert_eq!(body["user"]["email"], EMAIL);
        // The gateway leaves out what is empty.
        let members: Vec<_> = body.as_object().into_iter().flatten().map(|(name, _)| name).collect();
        assert_eq!(members, ["token", "user"]);
    }
    assert_ne!(token(&stage).await?, token(&stage).await?);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_or_email_is_refused_alike() -> Outcome {
    let stage = Stage::started().await?;
    let key = Keys::sample().get("BYTEBASE_SERVICE_KEY").to_owned();
    for (email, password) in [
        (EMAIL, "wrong".to_owned()),
        (EMAIL, String::new()),
        (EMAIL, format!("{key}\n")),
        (EMAIL, format!(" {key}")),
        ("nobody@service.bytebase.com", key.clone()),
        ("nobody", key.clone()),
        ("", key),
    ] {
        let answer = login(&stage, json!({"email": email, "password": password})).await?;
        check(answer, 401, 16, "invalid email or password").await?;
    }
    check(login(&stage, json!({})).await?, 401, 16, "invalid email or password").await?;
    for credential in stage.standins.received().iter().map(|call| call.credential) {
        assert_ne!(credential, Credential::Valid);
    }
    Ok(())
}

#[tokio::test]
async fn a_service_account_cannot_log_in_like_a_browser() -> Outcome {
    let stage = Stage::started().await?;
    let key = Keys::sample().get("BYTEBASE_SERVICE_KEY").to_owned();
    let answer = login(&stage, json!({"email": EMAIL, "password": key, "web": true})).await?;
    check(answer, 403, 7, "only users can use web login").await?;
    let answer = login(&stage, json!({"email": EMAIL, "password": "wrong", "web": true})).await?;
    check(answer, 401, 16, "invalid email or password").await
}

#[tokio::test]
async fn a_login_that_cannot_be_read_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    for body in ["", "{", "[]x", r#"{"email": 1}"#, r#"{"web": "yes"}"#] {
        let request = stage.request(Method::POST, "/bytebase/v1/auth/login").body(body);
        check(request.send().await?, 400, 3, "").await?;
    }
    let request = stage.request(Method::POST, "/bytebase/v1/auth/login").header("authorization", "Basic abc");
    check(request.json(&json!({})).send().await?, 401, 16, "Bearer {token}").await
}

#[tokio::test]
async fn five_attempts_lock_an_email_out_even_with_the_right_password() -> Outcome {
    let stage = Stage::started().await?;
    let right = json!({"email": EMAIL, "password": Keys::sample().get("BYTEBASE_SERVICE_KEY")});
    // The right one in between starts the count over.
    for n_failures in [4, 5] {
        for _ in 0..n_failures {
            let answer = login(&stage, json!({"email": "Tsugite@service.bytebase.com", "password": "wrong"})).await?;
            assert_eq!(answer.status(), 401);
        }
        if n_failures == 4 {
            assert_eq!(login(&stage, right.clone()).await?.status(), 200);
        }
    }
    check(login(&stage, right.clone()).await?, 429, 8, "too many failed login attempts").await?;
    let other = json!({"email": "nobody@service.bytebase.com", "password": "wrong"});
    assert_eq!(login(&stage, other).await?.status(), 401);
    stage.standins.reset();
    assert_eq!(login(&stage, right).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn right_passwords_count_while_they_are_compared() -> Outcome {
    let stage = Stage::started().await?;
    let right = json!({"email": EMAIL, "password": Keys::sample().get("BYTEBASE_SERVICE_KEY")});
    let answer = stage.control("bytebase/login-time", &json!({"milliseconds": 1_000})).await?;
    assert_eq!(answer.status(), 204);
    let logins = futures_util::future::join_all((0..8).map(|_| login(&stage, right.clone()))).await;
    let mut statuses: Vec<_> = logins.into_iter().map(|answer| Ok(answer?.status().as_u16())).collect::<Result<_>>()?;
    statuses.sort();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    assert_eq!(login(&stage, right).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn projects_come_in_pages_of_ten_until_there_is_no_next_token() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    let mut names = Vec::new();
    let mut query = String::new();
    let mut sizes = Vec::new();
    loop {
        let (page, next) = page(&stage, &token, &query).await?;
        sizes.push(page.len());
        names.extend(page);
        let Some(next) = next else { break };
        query = format!("?pageToken={}", next.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F"));
    }
    assert_eq!(sizes, [10, 10, 3]);
    assert_eq!(names[..2], ["projects/default", "projects/project-sample"]);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 23);
    Ok(())
}

#[tokio::test]
async fn a_page_has_the_size_that_was_asked_for_up_to_a_thousand() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    let answer = stage.control("bytebase/projects", &json!({"count": 1_500})).await?;
    assert_eq!(answer.status(), 204);
    for (query, expected) in [
        ("?pageSize=7", 7),
        ("?page_size=7", 7),
        ("?pageSize=0", 10),
        ("?pageSize=", 10),
        ("?pageSize=1000", 1_000),
        ("?pageSize=9999", 1_000),
        ("?showDeleted=true", 10),
    ] {
        let (page, next) = page(&stage, &token, query).await?;
        assert_eq!((page.len(), next.is_some()), (expected, true), "{query}");
    }
    let answer = list(&stage, "?pageSize=1").bearer_auth(&token).send().await?;
    let body: Value = answer.json().await?;
    assert_eq!(body["projects"][0], json!({"name": "projects/default", "state": "ACTIVE", "title": "Default"}));
    Ok(())
}

#[tokio::test]
async fn no_projects_are_an_empty_object() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    stage.control("bytebase/projects", &json!({"count": 0})).await?;
    assert_eq!(list(&stage, "").bearer_auth(&token).send().await?.text().await?, "{}");
    for input in [json!({}), json!({"count": -1}), json!({"count": 1, "x": 1})] {
        assert_eq!(stage.control("bytebase/projects", &input).await?.status(), 400);
    }
    Ok(())
}

#[tokio::test]
async fn a_page_that_makes_no_sense_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    for (query, message) in [
        ("?pageToken=abc", "page token"),
        ("?pageToken=b2Zmc2V0Oi0x", "page token"),
        ("?pageSize=-1", "negative"),
        ("?pageSize=ten", "page_size"),
    ] {
        check(list(&stage, query).bearer_auth(&token).send().await?, 400, 3, message).await?;
    }
    Ok(())
}

#[tokio::test]
async fn projects_need_a_living_token_in_a_well_formed_header() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    check(list(&stage, "").send().await?, 401, 16, "access token not found").await?;
    for header in [token.clone(), format!("Basic {token}"), "Bearer".to_owned(), format!("Bearer {token} x")] {
        let answer = list(&stage, "").header("authorization", header).send().await?;
        check(answer, 401, 16, "Bearer {token}").await?;
    }
    check(list(&stage, "").bearer_auth("wrong").send().await?, 401, 16, "failed to parse claim").await?;
    let answer = list(&stage, "").header("authorization", format!("bearer  {token}")).send().await?;
    assert_eq!(answer.status(), 200);
    let credentials: Vec<_> = stage.standins.received().iter().map(|call| call.credential).collect();
    let (valid, wrong) = (Credential::Valid, Credential::Wrong);
    assert_eq!(credentials, [valid, Credential::Missing, wrong, wrong, wrong, wrong, wrong, valid]);
    Ok(())
}

#[tokio::test]
async fn tokens_can_be_ended_but_not_the_right_to_log_in_again() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    let answer = stage.request(Method::POST, "/_control/bytebase/expire-tokens").send().await?;
    assert_eq!(answer.status(), 204);
    check(list(&stage, "").bearer_auth(&token).send().await?, 401, 16, "access token expired").await?;
    let token = self::token(&stage).await?;
    assert_eq!(list(&stage, "").bearer_auth(&token).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn counts_what_happened() -> Outcome {
    let stage = Stage::started().await?;
    let token = token(&stage).await?;
    login(&stage, json!({"email": EMAIL, "password": "wrong"})).await?;
    page(&stage, &token, "").await?;
    page(&stage, &token, "?pageSize=5").await?;
    let counts: Value = stage.request(Method::GET, "/_control/bytebase").send().await?.json().await?;
    assert_eq!(counts, json!({"logins": 1, "failed": 1, "projects": 23, "projects_served": 15}));
    Ok(())
}

#[tokio::test]
async fn answers_what_it_does_not_know_like_its_gateway() -> Outcome {
    let stage = Stage::started().await?;
    for path in ["/bytebase", "/bytebase/", "/bytebase/v1/instances", "/bytebase/v2/projects"] {
        check(stage.request(Method::GET, path).send().await?, 404, 5, "Routing error").await?;
    }
    check(stage.request(Method::POST, "/bytebase/v1/projects").send().await?, 501, 12, "Method Not Allowed").await
}
