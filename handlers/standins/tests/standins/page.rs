//! The page: self-contained, locked down, and fed by a list that anyone here may read.

use crate::support::{KEY, Outcome, Stage, header};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

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
    for needed in
        ["prefers-color-scheme: dark", "Nothing has arrived yet", "/received.json", "/holdings.json", "/journeys.json"]
    {
        assert!(page.contains(needed), "{needed}");
    }
    Ok(())
}

#[tokio::test]
async fn the_list_has_the_newest_call_first() -> Outcome {
    let stage = Stage::started().await?;
    let list: Value = stage.request(Method::GET, "/received.json").send().await?.json().await?;
    assert_eq!((&list["total"], &list["calls"]), (&json!(0), &json!([])));
    // Each stand-in has its title, whichever there are.
    let names = list["services"].as_array().ok_or("no list")?;
    assert!(names.contains(&json!("slack")), "{list}");
    for name in names {
        let title = list["titles"][name.as_str().ok_or("no name")?].as_str().ok_or("no title")?;
        assert_eq!(title.replace(' ', "").to_lowercase(), *name);
    }
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
    for path in ["/", "/received.json", "/holdings.json", "/journeys.json"] {
        let answer = stage.request(Method::POST, path).send().await?;
        assert_eq!(answer.status(), 405);
    }
    Ok(())
}

#[tokio::test]
async fn the_holdings_have_the_newest_entry_first_and_say_how_many_there_are() -> Outcome {
    let stage = Stage::started().await?;
    let holdings: Value = stage.request(Method::GET, "/holdings.json").send().await?.json().await?;
    for (name, held) in [
        ("backlog", json!({"issues": [], "total": 0})),
        ("slack", json!({"messages": [], "total": 0})),
        ("teams", json!({"cards": [], "total": 0})),
        ("bytebase", json!({"logins": 0, "failed": 0, "projects": 23, "projects_served": 0})),
        ("mackerel", json!({})),
    ] {
        assert_eq!(holdings[name], held, "{name}");
    }
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

#[tokio::test]
async fn an_event_is_shown_with_the_call_of_the_process_that_worked_at_it() -> Outcome {
    let stage = Stage::with_token(Some("token")).await?;
    let journeys = async || stage.request(Method::GET, "/journeys.json").send().await?.json::<Value>().await;
    assert_eq!(journeys().await?, json!({"is_told": false, "total": 0, "journeys": []}));
    let tell = async |token: &str, report: Value| {
        let request = stage.request(Method::POST, "/_control/journal").header("x-control-token", token);
        request.json(&report).send().await.map(|answer| answer.status().as_u16())
    };
    assert_eq!(tell("wrong", json!({"invocations": []})).await?, 401);
    // Before the first report, callers are not looked up.
    stage.get("/backlog/before").await?;
    assert_eq!(tell("token", json!({"invocations": []})).await?, 204);
    stage.get("/backlog/api/v2/users/myself").await?;
    let calls = stage.standins.received();
    assert_eq!(calls.iter().map(|call| call.process).collect::<Vec<_>>(), [None, Some(std::process::id())]);

    let message = json!({"id": "m-1", "queue": "Events", "sent": calls[1].at, "count": 1});
    let line = json!({"at_ms": calls[1].at, "level": "info", "message": "words", "message_id": "m-1", "trace": "done",
        "result": format!("a handler has logged {KEY}")});
    let run = json!({"id": "r-1", "function": "Worker", "process": std::process::id(), "began": calls[1].at,
        "ended": calls[1].at + 1, "messages": [message], "lines": [line.to_string()]});
    assert_eq!(tell("token", json!({"invocations": [run]})).await?, 204);
    let shown = journeys().await?;
    assert_eq!((&shown["total"], &shown["journeys"][0]["outcome"]), (&json!(1), &json!("done")), "{shown:#}");
    let step = &shown["journeys"][0]["branches"][0]["deliveries"][0];
    assert_eq!(step["calls"][0]["path"], "/backlog/api/v2/users/myself");
    assert_eq!(step["lines"][0]["fields"]["result"], "a handler has logged redacted");
    for wrong in [json!({}), json!([]), json!({"invocations": [{"id": "r"}]}), json!({"invocations": [], "more": 1})] {
        assert_eq!(tell("token", wrong).await?, 400);
    }
    Ok(())
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
