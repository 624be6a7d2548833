//! How an object is split, and what S3 is asked for.

mod loopback;

use super::*;
use crate::link::object_store::{FakeObjectStore, KnownObject, ObjectStore};
use contracts::trace::Cause;
use loopback::{Answer, Loopback};

const MIB: usize = 1024 * 1024;
const KEY: &str = "target/file";

/// Bytes of which no two neighboring parts are equal.
fn content(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|index| (index / 4093 % 251) as u8).collect()
}

/// Writes so many bytes in pieces of a size that divides no part.
async fn write(upload: &mut Upload, n_bytes: usize) -> Result<(), Failure> {
    for piece in content(n_bytes).chunks(99_991) {
        upload.write(Bytes::copy_from_slice(piece)).await?;
    }
    Ok(())
}

/// Begins to write the object in place of this one.
fn begin(store: &ObjectStore, there: Option<KnownObject>, n_bytes: usize) -> Upload {
    store.upload("file", there, vec![("number", "7".into())], n_bytes as u64).unwrap()
}

/// Writes so many bytes over what is there.
async fn replace(store: &ObjectStore, n_bytes: usize) -> Result<Written, Failure> {
    let there = store.find("file").await.unwrap();
    let mut upload = begin(store, there, n_bytes);
    write(&mut upload, n_bytes).await?;
    let written = upload.finish().await;
    upload.abort().await;
    written
}

/// Uploads so many bytes to a fake and expects parts of these sizes.
async fn check(n_bytes: usize, part_sizes: &[usize]) {
    let store = FakeObjectStore::default();
    let mut upload = begin(&ObjectStore::fake(&store, "target/"), None, n_bytes);
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

#[test]
fn no_size_needs_more_parts_than_s3_allows() {
    let part_bytes = |size_bytes| {
        let sink = Sink::Fake(FakeObjectStore::default());
        let object = Object { key: KEY.into(), replaced: None, notes: Vec::new() };
        Upload::new(sink, object, size_bytes).part_bytes as u64
    };
    let few = PART_BYTES * PARTS_LIMIT;
    assert_eq!([part_bytes(0), part_bytes(few)], [PART_BYTES; 2]);
    for size_bytes in [few + 1, 5 << 40] {
        assert!(size_bytes.div_ceil(part_bytes(size_bytes)) <= PARTS_LIMIT, "{size_bytes}");
    }
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing_behind() {
    let store = FakeObjectStore::refusing_part(2);
    let mut upload = begin(&ObjectStore::fake(&store, "target/"), None, 0);
    write(&mut upload, 17 * MIB).await.unwrap_err();
    assert_eq!(store.unfinished(), [KEY]);
    upload.abort().await;
    assert_eq!((store.aborted(), store.unfinished()), (vec![KEY.to_owned()], vec![]));
    assert!(store.objects().is_empty());
}

#[tokio::test]
async fn s3_is_told_the_type_of_a_small_object() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = begin(&s3.store(), None, 3);
    write(&mut upload, 3).await.unwrap();
    upload.finish().await.unwrap();
    let calls = s3.calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].starts_with("PUT /bucket/target/file"), "{calls:?}");
    assert!(calls[0].contains("\ncontent-type: application/octet-stream\r"), "{calls:?}");
    assert!(calls[0].contains("\nx-amz-meta-number: 7\r"), "{calls:?}");
}

#[tokio::test]
async fn s3_is_told_of_the_checksums_before_the_first_part() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = begin(&s3.store(), None, 0);
    write(&mut upload, 9 * MIB).await.unwrap();
    upload.finish().await.unwrap();
    let calls = s3.calls();
    let [begun, part_1, part_2, complete] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert!(begun.starts_with("POST /bucket/target/file?uploads"), "{begun}");
    assert!(begun.contains("\nx-amz-checksum-algorithm: SHA256\r"), "{begun}");
    assert!(begun.contains("\ncontent-type: application/octet-stream\r"), "{begun}");
    assert!(begun.contains("\nx-amz-meta-number: 7\r"), "{begun}");
    for (part, number) in [(part_1, 1), (part_2, 2)] {
        assert!(part.starts_with("PUT /bucket/target/file?"), "{part}");
        assert!(part.contains(&format!("partNumber={number}&uploadId=upload-1")), "{part}");
        assert!(part.contains("\nx-amz-checksum-sha256: "), "{part}");
    }
    assert!(complete.starts_with("POST /bucket/target/file?uploadId=upload-1"), "{complete}");
    assert_eq!(complete.matches("<ChecksumSHA256>").count(), 2, "{complete}");
    assert_eq!(complete.matches("<ETag>").count(), 2, "{complete}");
}

#[tokio::test]
async fn s3_is_asked_to_remove_the_parts_of_an_upload_that_failed() {
    let s3 = Loopback::start(Answer::RefusesParts);
    let mut upload = begin(&s3.store(), None, 0);
    let failure = write(&mut upload, 9 * MIB).await.unwrap_err();
    let denied = Cause::AccessDenied { action: "s3:PutObject".into() };
    assert_eq!(failure, Failure::retry("s3:PutObject failed: AccessDenied: no").because(denied));
    upload.abort().await;
    let last = s3.calls().pop().unwrap();
    assert!(last.starts_with("DELETE /bucket/target/file?"), "{last}");
    assert!(last.contains("uploadId=upload-1"), "{last}");
}

#[tokio::test]
async fn s3_hears_nothing_of_a_small_upload_that_is_given_up() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = begin(&s3.store(), None, 3);
    write(&mut upload, 3).await.unwrap();
    upload.abort().await;
    assert!(s3.calls().is_empty());
}

#[tokio::test]
async fn equal_bytes_make_no_new_version() {
    for n_bytes in [0, 3, 8 * MIB, 8 * MIB + 1, 20 * MIB] {
        let store = FakeObjectStore::default();
        let target = ObjectStore::fake(&store, "target/");
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::Anew), "{n_bytes}");
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::Before), "{n_bytes}");
        assert_eq!((store.written(), store.unfinished()), (vec![KEY.to_owned()], vec![]), "{n_bytes}");
        assert_eq!(replace(&target, n_bytes + 1).await, Ok(Written::Anew), "{n_bytes}");
        assert_eq!(store.written().len(), 2);
        assert_eq!(target.find("file").await.unwrap().unwrap().note("number"), Some("7"));
    }
}

#[tokio::test]
async fn nothing_is_written_over_what_was_not_seen() {
    for n_bytes in [3, 20 * MIB] {
        let store = FakeObjectStore::overtaken_by(b"of somebody else");
        let target = ObjectStore::fake(&store, "target/");
        assert_eq!(replace(&target, n_bytes).await, Err(Object::overtaken()));
        assert_eq!(store.objects()[KEY], b"of somebody else");
        assert!(store.unfinished().is_empty());
        assert_eq!(replace(&target, n_bytes).await, Ok(Written::Anew));
        assert_eq!(store.objects()[KEY], content(n_bytes));
    }
}

#[tokio::test]
async fn s3_is_asked_what_is_there_and_held_to_it() {
    for n_bytes in [3, 9 * MIB] {
        let s3 = Loopback::start(Answer::Agrees);
        assert_eq!(replace(&s3.store(), n_bytes).await, Ok(Written::Anew));
        let calls = s3.calls();
        let (first, last) = (&calls[0], &calls[calls.len() - 1]);
        assert!(first.starts_with("HEAD /bucket/target/file"), "{first}");
        assert!(first.contains("\nx-amz-checksum-mode: ENABLED\r"), "{first}");
        assert!(last.contains("\nif-none-match: *\r"), "{last}");
        assert!(!last.contains("\nif-match: "), "{last}");
    }
    for n_bytes in [3, 9 * MIB] {
        let s3 = Loopback::start(Answer::HasAnother);
        assert_eq!(replace(&s3.store(), n_bytes).await, Err(Object::overtaken()));
        let calls = s3.calls();
        let last = calls.iter().rfind(|call| !call.starts_with("DELETE")).unwrap();
        assert!(last.contains("\nif-match: \"other\"\r"), "{last}");
        assert_eq!(calls.iter().any(|call| call.starts_with("DELETE")), n_bytes > 3, "{calls:?}");
    }
}

#[tokio::test]
async fn s3_is_not_asked_to_store_the_bytes_that_it_has() {
    let s3 = Loopback::start(Answer::HasThree);
    assert_eq!(replace(&s3.store(), 3).await, Ok(Written::Before));
    assert_eq!(s3.calls().len(), 1);
}
