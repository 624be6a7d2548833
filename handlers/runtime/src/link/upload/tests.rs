//! How an object is split, and what S3 is asked for.

mod loopback;

use super::*;
use crate::link::object_store::{FakeObjectStore, ObjectStore};
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

/// Uploads so many bytes to a fake and expects parts of these sizes.
async fn check(n_bytes: usize, part_sizes: &[usize]) {
    let store = FakeObjectStore::default();
    let mut upload = ObjectStore::fake(&store, "target/").upload("file", n_bytes as u64).unwrap();
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
        Upload::new(sink, KEY.into(), size_bytes).part_bytes as u64
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
    let mut upload = ObjectStore::fake(&store, "target/").upload("file", 0).unwrap();
    write(&mut upload, 17 * MIB).await.unwrap_err();
    assert_eq!(store.unfinished(), [KEY]);
    upload.abort().await;
    assert_eq!((store.aborted(), store.unfinished()), (vec![KEY.to_owned()], vec![]));
    assert!(store.objects().is_empty());
}

#[tokio::test]
async fn s3_is_told_the_type_of_a_small_object() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = s3.store().upload("file", 3).unwrap();
    write(&mut upload, 3).await.unwrap();
    upload.finish().await.unwrap();
    let calls = s3.calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].starts_with("PUT /bucket/target/file"), "{calls:?}");
    assert!(calls[0].contains("\ncontent-type: application/octet-stream\r"), "{calls:?}");
}

#[tokio::test]
async fn s3_is_told_of_the_checksums_before_the_first_part() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = s3.store().upload("file", 0).unwrap();
    write(&mut upload, 9 * MIB).await.unwrap();
    upload.finish().await.unwrap();
    let calls = s3.calls();
    let [begin, part_1, part_2, complete] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert!(begin.starts_with("POST /bucket/target/file?uploads"), "{begin}");
    assert!(begin.contains("\nx-amz-checksum-algorithm: CRC32\r"), "{begin}");
    assert!(begin.contains("\ncontent-type: application/octet-stream\r"), "{begin}");
    for (part, number) in [(part_1, 1), (part_2, 2)] {
        assert!(part.starts_with("PUT /bucket/target/file?"), "{part}");
        assert!(part.contains(&format!("partNumber={number}&uploadId=upload-1")), "{part}");
        assert!(part.contains("\nx-amz-checksum-crc32: "), "{part}");
    }
    assert!(complete.starts_with("POST /bucket/target/file?uploadId=upload-1"), "{complete}");
    assert_eq!(complete.matches("<ChecksumCRC32>").count(), 2, "{complete}");
    assert_eq!(complete.matches("<ETag>").count(), 2, "{complete}");
}

#[tokio::test]
async fn s3_is_asked_to_remove_the_parts_of_an_upload_that_failed() {
    let s3 = Loopback::start(Answer::RefusesParts);
    let mut upload = s3.store().upload("file", 0).unwrap();
    let failure = write(&mut upload, 9 * MIB).await.unwrap_err();
    assert_eq!(failure, Failure::retry("s3:PutObject failed: AccessDenied: no"));
    upload.abort().await;
    let last = s3.calls().pop().unwrap();
    assert!(last.starts_with("DELETE /bucket/target/file?"), "{last}");
    assert!(last.contains("uploadId=upload-1"), "{last}");
}

#[tokio::test]
async fn s3_hears_nothing_of_a_small_upload_that_is_given_up() {
    let s3 = Loopback::start(Answer::Agrees);
    let mut upload = s3.store().upload("file", 3).unwrap();
    write(&mut upload, 3).await.unwrap();
    upload.abort().await;
    assert!(s3.calls().is_empty());
}
