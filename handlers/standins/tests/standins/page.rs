//! The page: self-contained, locked down, and fed by a list that anyone here may read.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{KEY, Outcome, Stage, header};

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(begin)?;
    Some(rest.split_once(end)?.0)
}

#[tokio::test]
async fn the_policy_allows_exactly_the_style_and_script_of_the_page() -> Outcome {
    let stage = Stage::started().await?;
    let answer = stage.request(Method::GET, "/").send().await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    let policy = header(&answer, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let page = answer.text().await?;
    for tag in ["style", "script"] {
        let inline = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
        let digest = Sha256::digest(inline.ok_or("no inline element")?);
        let expected = format!("{tag}-src 'sha256-{}'", base64(digest));
        assert!(policy.contains(&expected), "wanted: {expected}\nis: {policy}");
    }
    Ok(())
}

#[tokio::test]
async fn the_page_asks_nobody_else_and_parses_no_foreign_text() -> Outcome {
    let stage = Stage::started().await?;
    let page = stage.request(Method::GET, "/").send().await?.text().await?;
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for forbidden in [
        "http://",
        "https://",
        "src=",
        "@import",
        "url(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        " style=",
        " onclick=",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for needed in ["prefers-color-scheme: dark", "Nothing has arrived yet", "/received.json", "/holdings.json"] {
        assert!(page.contains(needed), "{needed}");
    }
    Ok(())
}

#[tokio::test]
async fn the_list_has_the_newest_call_first() -> Outcome {
    let stage = Stage::started().await?;
    let list: Value = stage.request(Method::GET, "/received.json").send().await?.json().await?;
    assert_eq!(list, json!({"total": 0, "services": ["backlog", "slack", "teams", "bytebase"], "calls": []}));
    stage.get("/backlog/first").await?;
    stage.get("/backlog/second").await?;
    let list: Value = stage.request(Method::GET, "/received.json").send().await?.json().await?;
    assert_eq!(list["total"], 2);
    assert_eq!(list["calls"][0]["path"], "/backlog/second");
    assert_eq!(list["calls"][1]["path"], "/backlog/first");
    Ok(())
}

#[tokio::test]
async fn the_list_stays_small_however_much_arrives() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::POST, "/backlog/long");
    request.body("あ".repeat(20_000)).send().await?;
    let list: Value = stage.request(Method::GET, "/received.json").send().await?.json().await?;
    let body = list["calls"][0]["body"].as_str().ok_or("no body")?;
    assert!(body.len() < 5_000 && body.ends_with("あ…"), "{}", body.len());
    for _ in 0..200 {
        stage.get("/backlog/short").await?;
    }
    let list: Value = stage.request(Method::GET, "/received.json").send().await?.json().await?;
    assert_eq!(list["total"], 201);
    assert_eq!(list["calls"].as_array().map(Vec::len), Some(200));
    Ok(())
}

#[tokio::test]
async fn the_list_can_only_be_read() -> Outcome {
    let stage = Stage::started().await?;
    for path in ["/", "/received.json", "/holdings.json"] {
        let answer = stage.request(Method::POST, path).send().await?;
        assert_eq!(answer.status(), 405);
    }
    Ok(())
}

#[tokio::test]
async fn the_holdings_have_the_newest_entry_first_and_say_how_many_there_are() -> Outcome {
    let stage = Stage::started().await?;
    let holdings: Value = stage.request(Method::GET, "/holdings.json").send().await?.json().await?;
    assert_eq!(
        holdings,
        json!({
            "backlog": {"issues": [], "total": 0},
            "slack": {"messages": [], "total": 0},
            "teams": {"cards": [], "total": 0},
            "bytebase": {"logins": 0, "failed": 0, "projects": 23, "projects_served": 0},
        })
    );
    for number in 1..=51 {
        let form = [("projectId", "92"), ("summary", &format!("{number}")), ("issueTypeId", "11"), ("priorityId", "3")];
        let request = stage.request(Method::POST, "/backlog/api/v2/issues").query(&[("apiKey", KEY)]);
        assert_eq!(request.form(&form).send().await?.status(), 201);
    }
    let holdings: Value = stage.request(Method::GET, "/holdings.json").send().await?.json().await?;
    assert_eq!(holdings["backlog"]["total"], 51);
    assert_eq!(holdings["backlog"]["issues"].as_array().map(Vec::len), Some(50));
    assert_eq!(holdings["backlog"]["issues"][0]["summary"], "51");
    assert_eq!(holdings["backlog"]["issues"][0]["comments"], json!([]));
    Ok(())
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
