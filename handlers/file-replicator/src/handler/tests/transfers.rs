//! The way of the bytes: large files, cut transfers, wrong sizes, a store that refuses.

use super::*;

const MIB: u64 = 1024 * 1024;
/// Size of a part, as the store sees it.
const PART: usize = 8 * 1024 * 1024;

/// Copies a file of this size as if the event had announced another one.
async fn check(stage: &Stage, n_bytes: u64, announced: u64, expected: Outcome) -> String {
    stage.put(|file| file.content = Content::Generated(n_bytes));
    stage.check(event_of_size(announced), expected).await.0
}

/// Lets a Backlog that is no real one send this, for an event that announces five bytes.
async fn check_raw(answer: &str, expected: Outcome) {
    let host = Host::answering(answer).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    let (_, objects) = stage.check(event_of_size(5), expected).await;
    if expected == Outcome::Worked {
        assert_eq!(objects[OBJECT], b"12345");
    }
}

#[tokio::test]
async fn a_large_file_passes_through_in_parts() {
    // Each part leaves as soon as it is full, so no more than one part and one piece of the
    // download are held. The splitting is the real one; only what S3 does with a part is faked.
    let stage = Stage::new().await;
    stage.put(|file| file.content = Content::Generated(40 * MIB));
    let (_, objects) = stage.check(event_of_size(40 * MIB), Outcome::Worked).await;
    assert_eq!(stage.store.part_sizes(), [PART; 5]);
    // Not `assert_eq`, which would print 40 MiB.
    assert!(objects[OBJECT] == generated(40 * MIB));
    assert!(stage.store.aborted().is_empty());
}

#[tokio::test]
async fn a_transfer_that_is_cut_leaves_nothing_behind() {
    let stage = Stage::new().await;
    stage.put(|file| file.truncate_after = Some(1000));
    let (text, _) = stage.check(event(|_| {}), Outcome::Retry).await;
    assert!(text.starts_with("the download failed"), "{text}");
    // Nothing was sent to S3 yet, so there is nothing to abort.
    assert!(stage.store.part_sizes().is_empty() && stage.store.aborted().is_empty());

    stage.put(|file| {
        file.content = Content::Generated(20 * MIB);
        file.truncate_after = Some(17 * MIB);
    });
    stage.check(event_of_size(20 * MIB), Outcome::Retry).await;
    assert_eq!(stage.store.part_sizes(), [PART; 2]);
    assert_eq!(stage.store.aborted(), [OBJECT]);
}

#[tokio::test]
async fn a_transfer_that_broke_succeeds_the_next_time() {
    let stage = Stage::new().await;
    stage.put(|file| file.truncate_after = Some(0));
    stage.check(event(|_| {}), Outcome::Retry).await;
    stage.put(|_| {});
    stage.check(event(|_| {}), Outcome::Worked).await;
}

#[tokio::test]
async fn other_bytes_than_announced_are_the_file_as_it_is_now() {
    for (n_bytes, announced) in [(FILE_BYTES + 1, FILE_BYTES), (1, 0), (0, 1), (20 * MIB, 17 * MIB), (17 * MIB, 1)] {
        let stage = Stage::new().await;
        let text = check(&stage, n_bytes, announced, Outcome::LookAgain).await;
        assert!(text.contains(&format!("{n_bytes} bytes")) && text.ends_with(&format!(" {announced}")), "{text}");
        assert!(stage.store.objects()[OBJECT] == generated(n_bytes));
        // The other look finds the same.
        check(&stage, n_bytes, announced, Outcome::Worked).await;
        assert_eq!(stage.store.written(), [OBJECT]);
    }
}

#[tokio::test]
async fn a_file_above_the_limit_is_not_stored_whatever_the_event_announced() {
    let mut stage = Stage::new().await;
    stage.links.size_limit = SizeLimit::new(FILE_BYTES);
    let text = check(&stage, FILE_BYTES + 1, FILE_BYTES, Outcome::Permanent).await;
    assert!(text.contains("2719 bytes") && text.contains("2718 B"), "{text}");
    // No event announces the size of this one.
    let rest = "x".repeat(9 * MIB as usize);
    let chunked = format!("Content-Disposition: attachment\r\nTransfer-Encoding: chunked\r\n\r\n900000\r\n{rest}");
    let host = Host::stalling_after(format!("HTTP/1.1 200 OK\r\n{chunked}")).await;
    let mut stage = Stage::with_backlog_at(&host.url()).await;
    stage.links.size_limit = SizeLimit::new(8 * MIB + 1);
    stage.check(event_of_size(5), Outcome::Permanent).await;
    assert_eq!(stage.store.aborted(), [OBJECT]);
}

#[tokio::test]
async fn other_bytes_are_not_stored_if_nothing_says_that_they_are_the_file_and_all_of_it() {
    const FILE: &str = "Content-Disposition: attachment; filename*=UTF-8''a\r\n";
    // A page of a proxy, and a file without an end.
    for head in ["Content-Length: 6\r\n", "Content-Disposition: inline\r\nContent-Length: 6\r\n", FILE] {
        let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n123456");
        check_raw(&answer, Outcome::Retry).await;
    }
    for head in ["Content-Disposition: ATTACHMENT\r\n", FILE] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}Content-Length: 6\r\n\r\n123456");
        check_raw(&answer, Outcome::LookAgain).await;
        let chunked = format!("HTTP/1.1 200 OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n");
        check_raw(&chunked, Outcome::LookAgain).await;
    }
}

#[tokio::test]
async fn a_failed_update_leaves_the_older_object_alone() {
    let stage = Stage::new().await;
    check(&stage, FILE_BYTES, FILE_BYTES, Outcome::Worked).await;
    stage.put(|file| file.truncate_after = Some(1000));
    stage.handle(event(|_| {})).await.unwrap_err();
    assert_eq!(stage.store.objects()[OBJECT], generated(FILE_BYTES));
}

#[tokio::test]
async fn a_length_need_not_be_announced_by_backlog_but_must_be_right() {
    check_raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n3\r\n345\r\n0\r\n\r\n", Outcome::Worked)
        .await;
    check_raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n", Outcome::Retry).await;
    check_raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n12345", Outcome::Worked).await;
    // Without a length, nothing but the event tells that this was cut.
    check_raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n123", Outcome::Retry).await;
    check_raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n12345", Outcome::Retry).await;
}

#[tokio::test]
async fn a_store_that_refuses_a_part_gets_the_upload_aborted() {
    let stage = Stage::with(FakeObjectStore::refusing_part(1)).await;
    check(&stage, 20 * MIB, 20 * MIB, Outcome::Retry).await;
    assert_eq!((stage.store.part_sizes(), stage.store.aborted()), (vec![], vec![OBJECT.into()]));
    // The third part is sent only when all bytes have come.
    for number in [2, 3] {
        let stage = Stage::with(FakeObjectStore::refusing_part(number)).await;
        check(&stage, 20 * MIB, 20 * MIB, Outcome::Retry).await;
        assert_eq!(stage.store.part_sizes(), vec![PART; number as usize - 1]);
        assert_eq!(stage.store.aborted(), [OBJECT]);
    }
}

#[tokio::test]
async fn a_store_that_refuses_the_object_gets_the_upload_aborted() {
    let stage = Stage::with(FakeObjectStore::refusing_finish()).await;
    check(&stage, FILE_BYTES, FILE_BYTES, Outcome::Retry).await;
    check(&stage, 9 * MIB, 9 * MIB, Outcome::Retry).await;
    assert_eq!(stage.store.aborted(), [OBJECT]);
}
