//! How an object is split, and when it is written; what S3 is asked for is in the tests of `s3`.

use runtime::{Object, Written};
use testing::FakeObjectStore;
use testing::upload::{begin, content, replace, write};

const MIB: usize = 1024 * 1024;
const KEY: &str = "target/file";

/// Uploads so many bytes to a fake and expects parts of these sizes.
async fn check(n_bytes: usize, part_sizes: &[usize]) {
    let store = FakeObjectStore::default();
    let mut upload = begin(&store.below("target/"), None, n_bytes);
    write(&mut upload, n_bytes).await.unwrap();
    assert!(store.objects().is_empty(), "visible too early");
    upload.finish().await.unwrap();
    assert_eq!(store.part_sizes(), part_sizes, "{n_bytes}");
    assert_eq!(store.objects()[KEY], content(n_bytes), "{n_bytes}");
    assert!(store.unfinished().is_empty());
}

#[tokio::test]
async fn what_fits_into_one_part_is_stored_at_once() {
    check(0, &[]).await;
    check(1, &[]).await;
    check(8 * MIB, &[]).await;
}

#[tokio::test]
async fn what_is_larger_is_split_at_the_size_of_a_part() {
    check(8 * MIB + 1, &[8 * MIB, 1]).await;
    check(16 * MIB, &[8 * MIB, 8 * MIB]).await;
    check(16 * MIB + 1, &[8 * MIB, 8 * MIB, 1]).await;
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing_behind() {
    let store = FakeObjectStore::refusing_part(2);
    let mut upload = begin(&store.below("target/"), None, 0);
    write(&mut upload, 17 * MIB).await.unwrap_err();
    assert_eq!(store.unfinished(), [KEY]);
    upload.abort().await;
    assert_eq!((store.aborted(), store.unfinished()), (vec![KEY.to_owned()], vec![]));
    assert!(store.objects().is_empty());
}

#[tokio::test]
async fn equal_bytes_make_no_new_version() {
    for n_bytes in [0, 3, 8 * MIB, 8 * MIB + 1, 20 * MIB] {
        let store = FakeObjectStore::default();
        let target = store.below("target/");
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::New), "{n_bytes}");
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::Unchanged), "{n_bytes}");
        assert_eq!((store.written(), store.unfinished()), (vec![KEY.to_owned()], vec![]), "{n_bytes}");
        assert_eq!(replace(&target, n_bytes + 1).await, Ok(Written::New), "{n_bytes}");
        assert_eq!(store.written().len(), 2);
        assert_eq!(target.find("file").await.unwrap().unwrap().note("number"), Some("7"));
    }
}

#[tokio::test]
async fn nothing_is_written_over_what_was_not_seen() {
    for n_bytes in [3, 20 * MIB] {
        let store = FakeObjectStore::overtaken_by(b"of another writer");
        let target = store.below("target/");
        assert_eq!(replace(&target, n_bytes).await, Err(Object::overtaken()));
        assert_eq!(store.objects()[KEY], b"of another writer");
        assert!(store.unfinished().is_empty());
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::New));
        assert_eq!(store.objects()[KEY], content(n_bytes));
    }
}
