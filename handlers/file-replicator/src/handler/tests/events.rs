//! Which events make the function work, and where a file goes.

use super::*;
use serde_json::json;
use standins::Project;

/// Expects an outcome that Backlog hears nothing of.
async fn check_without_call(change: impl FnOnce(&mut Value), expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.put(|_| {});
    let (text, _) = stage.check(event(change), expected).await;
    assert!(stage.standins.received().is_empty(), "{text}");
    text
}

/// Expects that a file of this folder and name is stored under this key alone.
async fn check_key(watched: &str, dir: &str, name: &str, key: &str) {
    let mut stage = Stage::new().await;
    stage.links.folder = Folder::parse(watched).unwrap();
    stage.put(|_| {});
    let event = event(|event| {
        event["content"]["dir"] = dir.into();
        event["content"]["name"] = name.into();
    });
    let (_, objects) = stage.check(event, Outcome::Worked).await;
    assert_eq!(objects.into_keys().collect::<Vec<_>>(), [key]);
}

#[tokio::test]
async fn copies_an_added_or_updated_file_byte_by_byte() {
    for activity_type in [8, 9] {
        let stage = Stage::new().await;
        stage.put(|_| {});
        let event = event(|event| event["type"] = activity_type.into());
        let (text, objects) = stage.check(event, Outcome::Worked).await;
        assert_eq!(objects, BTreeMap::from([(OBJECT.to_owned(), generated(FILE_BYTES))]));
        assert_eq!(text, format!("copied 2718 bytes to {OBJECT}"));
        let calls = stage.standins.received();
        assert_eq!(calls.len(), 1);
        assert_eq!((calls[0].method.as_str(), calls[0].body.as_str()), ("GET", ""));
        assert!(stage.url_of(FILE_ID).ends_with(&calls[0].path), "{}", calls[0].path);
    }
}

#[tokio::test]
async fn ignores_every_other_activity() {
    let others = [json!(1), json!(2), json!(3), json!(10), json!(12), json!(9999)];
    let no_types = [json!(null), json!("8"), json!(8.5), json!(-8), json!([8]), json!({})];
    for other in others.into_iter().chain(no_types) {
        check_without_call(|event| event["type"] = other, Outcome::Ignored).await;
    }
    let without = |field| move |event: &mut Value| drop(event.as_object_mut().unwrap().remove(field));
    check_without_call(without("type"), Outcome::Ignored).await;
    let issue = json!({"type": 1, "content": {"id": 1, "key_id": 2, "summary": "a"}});
    check_without_call(|event| *event = issue, Outcome::Ignored).await;
    check_without_call(|event| *event = json!({"type": 1}), Outcome::Ignored).await;
}

#[tokio::test]
async fn ignores_other_projects_even_if_their_event_describes_nothing() {
    for project in [json!({"projectKey": "OTHER"}), json!({"projectKey": "sub"}), json!({}), json!(null)] {
        check_without_call(|event| event["project"] = project.clone(), Outcome::Ignored).await;
        let empty = json!({"type": 8, "project": project});
        check_without_call(|event| *event = empty, Outcome::Ignored).await;
    }
}

#[tokio::test]
async fn a_file_that_is_announced_but_not_described_is_given_up() {
    for id in [json!(null), json!("7"), json!(-1), json!(7.5), json!("../../space")] {
        check_without_call(|event| event["content"]["id"] = id, Outcome::Permanent).await;
    }
    for size in [json!("2718"), json!(-1), json!(0.5), json!([2718])] {
        check_without_call(|event| event["content"]["size"] = size, Outcome::Permanent).await;
    }
    for field in ["id", "dir", "name"] {
        let without = |event: &mut Value| drop(event["content"].as_object_mut().unwrap().remove(field));
        check_without_call(without, Outcome::Permanent).await;
    }
    check_without_call(|event| event["content"] = json!(null), Outcome::Permanent).await;
}

#[tokio::test]
async fn a_list_where_an_object_is_due_is_given_up() {
    let text = check_without_call(|event| event["project"] = json!(["SUB"]), Outcome::Permanent).await;
    assert_eq!(text, "the event does not describe its file: `project` is no object");
    let content = json!([FILE_ID, "/sample/", "as-list.pdf", FILE_BYTES]);
    let text = check_without_call(|event| event["content"] = content, Outcome::Permanent).await;
    assert_eq!(text, "the event does not describe its file: `content` is no object");
}

#[tokio::test]
async fn a_folder_is_ignored() {
    check_without_call(|event| event["content"]["type"] = json!("directory"), Outcome::Ignored).await;
    let stage = Stage::new().await;
    stage.put(|_| {});
    let event = event(|event| event["content"]["type"] = json!("file"));
    stage.check(event, Outcome::Worked).await;
}

/// The test event without a size, in both ways to leave it out.
fn events_without_size() -> [Value; 2] {
    [
        event(|event| event["content"]["size"] = json!(null)),
        event(|event| drop(event["content"].as_object_mut().unwrap().remove("size"))),
    ]
}

#[tokio::test]
async fn a_file_without_a_size_is_copied_and_counted() {
    for event in events_without_size() {
        let stage = Stage::new().await;
        stage.put(|_| {});
        let (text, objects) = stage.check(event, Outcome::Worked).await;
        assert_eq!(objects, BTreeMap::from([(OBJECT.to_owned(), generated(FILE_BYTES))]));
        assert_eq!(text, format!("copied 2718 bytes to {OBJECT}"));
    }
}

#[tokio::test]
async fn what_has_neither_size_nor_content_is_taken_for_a_folder() {
    for event in events_without_size() {
        let stage = Stage::new().await;
        stage.check(event.clone(), Outcome::Warned).await;
        stage.put(|_| {});
        stage.standins.fail(standins::Failure { status: 400, ..standins::Failure::default() });
        let (text, _) = stage.check(event, Outcome::Warned).await;
        assert!(text.contains("folder"), "{text}");
    }
}

#[tokio::test]
async fn a_file_without_a_size_is_held_to_the_limit_all_the_same() {
    for limit in [FILE_BYTES - 1, 1] {
        let mut stage = Stage::new().await;
        stage.links.size_limit = SizeLimit::new(limit);
        stage.put(|_| {});
        let [event, _] = events_without_size();
        let (text, _) = stage.check(event, Outcome::Permanent).await;
        assert!(text.contains("2718 bytes"), "{text}");
    }
    let endless =
        "HTTP/1.1 200 OK\r\nContent-Disposition: attachment\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n";
    let host = Host::stalling_after(endless).await;
    let mut stage = Stage::with_backlog_at(&host.url()).await;
    stage.links.size_limit = SizeLimit::new(3);
    let [event, _] = events_without_size();
    stage.check(event, Outcome::Permanent).await;
}

#[tokio::test]
async fn follows_the_watched_folder_by_whole_segments() {
    for other in ["/sample2/", "/Sample/", "/", "/other/sample/", "/sample2/sample/"] {
        check_without_call(|event| event["content"]["dir"] = other.into(), Outcome::Ignored).await;
    }
    for watched in ["/sample", "/sample/"] {
        check_key(watched, "/sample/", "a", "target/a").await;
    }
    check_key("/sample", "/sample/sample/", "a", "target/sample/a").await;
    check_key("/", "/", "a", "target/a").await;
    check_key("/", "/sample2/", "a", "target/sample2/a").await;
}

#[tokio::test]
async fn no_name_leads_out_of_the_prefix() {
    let dirs = ["/sample/../", "/sample/./", "/sample//", "/sample/\u{0}/", "sample/", "/sample", ""];
    for dir in dirs {
        check_without_call(|event| event["content"]["dir"] = dir.into(), Outcome::Permanent).await;
    }
    for name in ["", ".", "..", "../a", "a/b", "/etc/passwd", "a/", "a\u{0}", "a\nb", "\u{7f}", "\u{fffd}.pdf"] {
        check_without_call(|event| event["content"]["name"] = name.into(), Outcome::Permanent).await;
    }
}

#[tokio::test]
async fn a_name_is_kept_as_it_is_except_for_its_composition() {
    // Nothing is decoded, and what only looks like a way out is none.
    for name in [
        "%2e%2e%2f",
        "a+b c&d=e?f#g",
        "..a",
        "...",
        "\\..\\a",
        "no-extension",
        "<&>'\"",
        "😀",
        "a\u{2028}b",
        "\u{fffe}",
    ] {
        check_key("/sample", "/sample/", name, &format!("target/{name}")).await;
    }
    // As macOS uploads it, and as everybody else does: one key.
    for name in ["か\u{3099}e\u{301}", "が\u{e9}"] {
        check_key("/sample", &format!("/sample/{name}/"), name, "target/が\u{e9}/が\u{e9}").await;
    }
}

#[tokio::test]
async fn a_key_is_as_long_as_s3_allows_and_no_longer() {
    let longest = "あ".repeat(339);
    check_key("/sample", "/sample/", &longest, &format!("target/{longest}")).await;
    let longer = "あ".repeat(340);
    check_without_call(|event| event["content"]["name"] = longer.into(), Outcome::Permanent).await;
}

#[tokio::test]
async fn copies_an_empty_file() {
    let stage = Stage::new().await;
    stage.put(|file| file.content = Content::Generated(0));
    let (_, objects) = stage.check(event_of_size(0), Outcome::Worked).await;
    assert_eq!(objects, BTreeMap::from([(OBJECT.to_owned(), vec![])]));
}

#[tokio::test]
async fn copies_a_file_whose_number_exceeds_32_bits_or_what_a_double_holds() {
    for id in [5_000_000_000_u64, 9_007_199_254_740_995] {
        let stage = Stage::new().await;
        stage.put(|file| file.id = id);
        stage.check(event(|event| event["content"]["id"] = json!(id)), Outcome::Worked).await;
        assert!(stage.standins.received()[0].path.ends_with(&format!("/{id}")));
    }
}

#[tokio::test]
async fn refuses_a_file_above_the_size_limit_without_asking_for_it() {
    let mut stage = Stage::new().await;
    stage.links.size_limit = SizeLimit::new(FILE_BYTES);
    stage.put(|_| {});
    let (text, _) = stage.check(event_of_size(FILE_BYTES + 1), Outcome::Permanent).await;
    assert!(text.contains("2719 bytes") && text.contains("2718 B"), "{text}");
    stage.check(event_of_size(u64::MAX), Outcome::Permanent).await;
    assert!(stage.standins.received().is_empty());
    stage.check(event_of_size(FILE_BYTES), Outcome::Worked).await;
}

#[tokio::test]
async fn a_file_of_another_project_is_not_reached_through_its_number() {
    let stage = Stage::new().await;
    stage.put(|file| {
        file.project = Project { id: 93, project_key: "OTHER".into() };
    });
    stage.check(event(|_| {}), Outcome::Warned).await;
}

#[tokio::test]
async fn the_same_event_twice_does_no_harm_and_brings_the_file_as_it_is_now() {
    let stage = Stage::new().await;
    stage.put(|_| {});
    let (_, first) = stage.check(event(|_| {}), Outcome::Worked).await;
    let (text, second) = stage.check(event(|_| {}), Outcome::Worked).await;
    assert_eq!(text, format!("{OBJECT} already has these 2718 bytes"));
    assert_eq!((first, stage.store.written().len()), (second, 1));
    stage.put(|file| file.content = Content::Bytes(vec![b'x'; 2718].into()));
    let (_, third) = stage.check(event(|_| {}), Outcome::Worked).await;
    assert_eq!(third, BTreeMap::from([(OBJECT.to_owned(), vec![b'x'; 2718])]));
}
