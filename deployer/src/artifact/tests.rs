//! What is said of an archive that S3 shows otherwise than it was sent.

use super::*;
use crate::account::scripted::{Answer, Scripted, stack_of};

const BUCKET: &str = "/tsugite-111122223333-ap-northeast-1-example/";
const KEY: &str = "/tsugite-111122223333-ap-northeast-1-example/handler/0a.zip";

/// Uploads an archive; asked for it before and after, S3 answers with these statuses.
async fn uploaded(before: u16, after: u16) -> (Scripted, Outcome<usize>) {
    let status = |status| Answer::Body(status, String::new());
    let protection = std::iter::repeat_n((BUCKET, status(200)), 3);
    let answers =
        [(KEY, status(before))].into_iter().chain(protection).chain([(KEY, status(200)), (KEY, status(after))]);
    let aws = Scripted::start(answers.collect()).await;
    let path = std::env::temp_dir().join(format!("tsugite-upload-{}-{before}-{after}", std::process::id()));
    std::fs::write(&path, "archive").unwrap();
    let archive = Archive { package: "handler".into(), path: path.clone(), n_bytes: 7, digest: "0a".into() };
    let stack = stack_of("example", "BACKLOG_API_KEY");
    let result = upload(&aws.account, stack.stage(), &[&archive], &aws.account.reporter).await;
    std::fs::remove_file(path).unwrap();
    (aws, result)
}

#[tokio::test]
async fn an_archive_that_may_not_be_read_is_told_from_one_that_is_not_there() {
    for (before, after, what, hint) in [
        (404, 403, "`handler/0a.zip` was uploaded but cannot be read", "allow `s3:GetObject`"),
        // Without permission to list, S3 answers 403 for a missing object as well: it is uploaded anyway.
        (403, 403, "`handler/0a.zip` was uploaded but cannot be read", "allow `s3:GetObject`"),
        (404, 404, "`handler/0a.zip` was uploaded but does not exist", ""),
    ] {
        let (aws, result) = uploaded(before, after).await;
        let error = result.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        let said = error.hint().unwrap_or_default();
        assert!(said.contains(hint), "{said}");
        assert!(aws.asked(KEY).iter().any(|request| request.starts_with("PUT ")));
    }
}
