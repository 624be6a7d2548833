//! What S3 is asked for, on the wire.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod loopback;

use contracts::trace::Cause;
use loopback::{Answer, Loopback};
use runtime::{Failure, Object, Written};
use testing::upload::{begin, replace, write};

const MIB: usize = 1024 * 1024;

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
    let [started, part_1, part_2, complete] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert!(started.starts_with("POST /bucket/target/file?uploads"), "{started}");
    assert!(started.contains("\nx-amz-checksum-algorithm: SHA256\r"), "{started}");
    assert!(started.contains("\ncontent-type: application/octet-stream\r"), "{started}");
    assert!(started.contains("\nx-amz-meta-number: 7\r"), "{started}");
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
async fn s3_is_asked_what_is_there_and_held_to_it() {
    for n_bytes in [3, 9 * MIB] {
        let s3 = Loopback::start(Answer::Agrees);
        assert_eq!(replace(&s3.store(), n_bytes).await, Ok(Written::New));
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
    assert_eq!(replace(&s3.store(), 3).await, Ok(Written::Unchanged));
    assert_eq!(s3.calls().len(), 1);
}
