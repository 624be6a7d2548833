//! Files that change while they are copied, and names that share a key.

use super::*;
use serde_json::json;

const COMPOSED: &str = "\u{304c}.pdf";
const DECOMPOSED: &str = "\u{304b}\u{3099}.pdf";

/// The event of a file of this number, name and size.
fn file(activity_type: u64, id: u64, name: &str, size: u64) -> Value {
    event(|event| {
        event["type"] = activity_type.into();
        event["content"] = json!({"id": id, "dir": "/sample/", "name": name, "size": size});
    })
}

fn put(stage: &Stage, id: u64, content: &[u8]) {
    stage.put(|file| {
        file.id = id;
        file.content = Content::Bytes(content.into());
    });
}

#[tokio::test]
async fn a_file_that_is_empty_first_and_filled_a_moment_later_ends_as_one_object() {
    let (empty, filled) = (file(8, FILE_ID, "Book1.xlsx", 0), file(9, FILE_ID, "Book1.xlsx", 8321));
    // In whatever order the two come, and however often the first one comes again.
    for order in [vec![&empty, &filled, &empty], vec![&filled, &empty], vec![&empty, &empty, &filled]] {
        let stage = Stage::new().await;
        stage.put(|file| file.content = Content::Generated(8321));
        for event in order {
            let outcome = stage.handle(event.clone()).await;
            assert!(matches!(outcome, Ok(Done::Worked { .. } | Done::LookAgain { .. })), "{outcome:?}");
        }
        assert_eq!(stage.store.objects(), BTreeMap::from([("target/Book1.xlsx".into(), generated(8321))]));
        assert_eq!(stage.store.written().len(), 1);
    }
}

#[tokio::test]
async fn a_file_that_is_still_empty_is_looked_at_again_until_it_is_as_announced() {
    let stage = Stage::new().await;
    stage.put(|file| file.content = Content::Generated(0));
    let (_, objects) = stage.check(file(9, FILE_ID, "a", 8321), Outcome::LookAgain).await;
    assert_eq!(objects["target/a"], b"");
    stage.put(|file| file.content = Content::Generated(8321));
    let (_, objects) = stage.check(file(9, FILE_ID, "a", 8321), Outcome::Worked).await;
    assert_eq!(objects["target/a"], generated(8321));
}

#[tokio::test]
async fn an_older_content_is_not_written_over_what_came_meanwhile() {
    // Another copy of the function stores the newer content between the download and the end.
    let stage = Stage::with(FakeObjectStore::overtaken_by(b"newest")).await;
    put(&stage, FILE_ID, b"older");
    let outcome = stage.handle(file(8, FILE_ID, "a", 5)).await;
    assert!(matches!(outcome, Err(Failure::Retry { .. })), "{outcome:?}");
    assert_eq!(stage.store.objects()["target/a"], b"newest");
    put(&stage, FILE_ID, b"newest");
    let outcome = stage.handle(file(8, FILE_ID, "a", 5)).await;
    assert!(matches!(outcome, Ok(Done::Worked { .. })), "{outcome:?}");
    assert_eq!((stage.store.objects()["target/a"].as_slice(), stage.store.written().len()), (&b"newest"[..], 1));
}

#[tokio::test]
async fn two_files_whose_names_become_one_key_do_not_replace_each_other() {
    for (first, second) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)] {
        let stage = Stage::new().await;
        put(&stage, 1, b"first");
        put(&stage, 2, b"other");
        stage.check(file(8, 1, first, 5), Outcome::Worked).await;
        let outcome = stage.handle(file(8, 2, second, 5)).await;
        let text = Outcome::of(&outcome).1;
        assert_eq!(Outcome::of(&outcome).0, Outcome::Permanent, "{text}");
        assert!(text.contains("file 2") && text.contains("file 1") && text.contains("rename"), "{text}");
        assert_eq!(stage.store.objects(), BTreeMap::from([(format!("target/{COMPOSED}"), b"first".to_vec())]));
        // The first one may still change, and the second one get another name.
        put(&stage, 1, b"anew!");
        stage.check(file(9, 1, first, 5), Outcome::Worked).await;
        stage.check(file(9, 2, "b.pdf", 5), Outcome::Worked).await;
    }
}

#[tokio::test]
async fn a_file_takes_the_place_of_one_that_is_gone_or_has_its_very_name() {
    // Deleted, and uploaded from another kind of computer.
    let stage = Stage::new().await;
    put(&stage, 1, b"first");
    stage.check(file(8, 1, DECOMPOSED, 5), Outcome::Worked).await;
    stage.standins.reset();
    put(&stage, 2, b"other");
    stage.check(file(8, 2, COMPOSED, 5), Outcome::Worked).await;
    assert_eq!(stage.store.objects()[&format!("target/{COMPOSED}")], b"other");
    // The name itself is the same: Backlog has one file of it, whatever its number.
    put(&stage, 3, b"third");
    let n_calls = stage.standins.received().len();
    stage.check(file(8, 3, COMPOSED, 5), Outcome::Worked).await;
    assert_eq!(stage.standins.received().len(), n_calls + 1);
    // Renamed, with its number.
    put(&stage, 3, b"again");
    stage.check(file(9, 3, DECOMPOSED, 5), Outcome::Worked).await;
}
