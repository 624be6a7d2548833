//! Chapters of `backlog-files`: files that change while they are copied, and events that describe none.

use super::stage::Stage;
use serde_json::{Value as Json, json};

const STACK: &str = "tsugite-local-backlog-files";

/// Posts an event about a file, whatever its content says.
fn post_event(stage: &Stage, activity_type: u64, content: &Json) {
    let event = json!({"type": activity_type, "project": {"projectKey": "SUB"}, "content": content});
    post(stage, event.to_string().as_bytes());
}

fn post(stage: &Stage, body: &[u8]) {
    let answer = stage.post(&stage.webhook_url(), "application/json", body);
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn settles(stage: &Stage) {
    stage.until("the queue is empty", || stage.account("depth", &[STACK, "Events"]) == json!(0));
}

fn gives_up_nothing(stage: &Stage) {
    assert_eq!(stage.account("depth", &[STACK, "EventsDeadLetters"]), json!(0));
}

/// Sizes of all versions of an object, the newest first.
fn versions(stage: &Stage, key: &str) -> Vec<u64> {
    let list = stage.aws(&["s3api", "list-object-versions", "--bucket", &stage.bucket(), "--prefix", key]);
    let versions = list["Versions"].as_array().unwrap();
    versions.iter().map(|version| version["Size"].as_u64().unwrap()).collect()
}

pub fn changing(stage: &Stage) {
    let of_size = |size: u64| json!({"id": 20, "dir": "/sample/", "name": "Book1.xlsx", "size": size});
    // An editor makes the file, and fills it a moment later: by the first event it is filled already.
    assert_eq!(stage.control("backlog/files", &of_size(8321)).status, 201);
    post_event(stage, 8, &of_size(0));
    post_event(stage, 9, &of_size(8321));
    settles(stage);
    assert_eq!(versions(stage, "target/Book1.xlsx"), [8321]);
    // The same once more, and in parts: equal bytes make no version.
    post_event(stage, 9, &of_size(8321));
    let large = |size: u64| json!({"id": 21, "dir": "/sample/", "name": "twice.bin", "size": size});
    assert_eq!(stage.control("backlog/files", &large(20_000_000)).status, 201);
    (0..5).for_each(|_| post_event(stage, 9, &large(20_000_000)));
    settles(stage);
    assert_eq!(versions(stage, "target/Book1.xlsx"), [8321]);
    assert_eq!(versions(stage, "target/twice.bin"), [20_000_000]);
    assert_eq!(stage.account("uploads", &[&stage.bucket()]), json!([]));
    // Replaced by a smaller one while the events of both are queued.
    post_event(stage, 9, &large(20_000_000));
    assert_eq!(stage.control("backlog/files", &large(7)).status, 201);
    post_event(stage, 9, &large(7));
    settles(stage);
    assert_eq!(versions(stage, "target/twice.bin")[0], 7);
    gives_up_nothing(stage);
}

pub fn largest_event(stage: &Stage) {
    let content = json!({"id": 22, "dir": "/sample/", "name": "padded.txt", "size": 5});
    assert_eq!(stage.control("backlog/files", &content).status, 201);
    let event = |n_letters: usize| {
        let padding = "x".repeat(n_letters);
        json!({"type": 8, "project": {"projectKey": "SUB", "name": padding}, "content": content}).to_string()
    };
    let room = 1008 * 1024 - event(0).len();
    post(stage, event(room).as_bytes());
    stage.until("the file arrives", || stage.keys().contains(&"target/padded.txt".to_owned()));
    assert_eq!(stage.post(&stage.webhook_url(), "application/json", event(room + 1).as_bytes()).status, 413);
    settles(stage);
    gives_up_nothing(stage);
}

pub fn odd_events(stage: &Stage) {
    let n_keys = stage.keys().len();
    post_event(stage, 8, &json!({"id": 404_404, "dir": "/sample/", "name": "new folder", "size": null}));
    post_event(stage, 8, &json!({"id": 23, "type": "directory", "dir": "/sample/", "name": "a", "size": null}));
    settles(stage);
    gives_up_nothing(stage);
    for (body, reason) in [
        (&br#"{"type":8,"project":["SUB"],"content":{}}"#[..], "`project` is no object"),
        (br#"{"type":8,"project":{"projectKey":"SUB"},"content":[23,"/sample/","a",1]}"#, "`content` is no object"),
        // Latin-1, which no gateway passes on as it is.
        (b"{\"type\":8,\"project\":{\"projectKey\":\"SUB\"},\"content\":{\"id\":23,\"dir\":\"/sample/\",\"name\":\"\xe9.pdf\",\"size\":1}}", "U+FFFD"),
    ] {
        let answer = stage.post(&stage.webhook_url(), "application/json", body);
        if answer.status == 400 {
            assert!(answer.body.contains("UTF-8"), "{}", answer.body);
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        let letter = stage.account("receive", &[STACK, "EventsDeadLetters"]);
        assert!(letter["reason"].as_str().unwrap().contains(reason), "{letter}");
    }
    assert_eq!(stage.keys().len(), n_keys);
}

/// Nothing in the worker can react to its end: the message comes back when its last sign of life is two minutes old.
pub fn killed_worker(stage: &Stage) {
    let (key, file) = (
        "target/killed.bin".to_owned(),
        json!({"id": 24, "dir": "/sample/", "name": "killed.bin", "size": 200_000_000}),
    );
    assert_eq!(stage.control("backlog/files", &file).status, 201);
    post_event(stage, 8, &file);
    let uploads = || stage.account("uploads", &[&stage.bucket()]);
    stage.until("the copy runs", || uploads() != json!([]));
    assert!(stage.kill_functions("WATCHED_FOLDER") > 0, "no worker runs");
    assert!(!stage.keys().contains(&key), "the copy had ended before");
    stage.until("the file arrives nevertheless", || stage.keys().contains(&key));
    gives_up_nothing(stage);
}
