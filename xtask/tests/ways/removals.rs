//! What `destroy` removes, and what it leaves to others.

use super::ground::{Ground, REGION, STACK, full};
use super::wire::Hold;
use crate::local::story::{Chapter, chapter};
use deployer::{Account, Binary, Profile, Reporter, Workspace, local_status, pack_all, upload};
use serde_json::{Value as Json, json};

const DEPLOY: [&str; 5] = ["deploy", STACK, "--stage", "prod", "--yes"];
const DESTROY: [&str; 5] = ["destroy", STACK, "--stage", "prod", "--yes"];

pub const CHAPTERS: &[Chapter<Ground>] = &[
    chapter("a stack that is deployed again meanwhile keeps everything", returned),
    chapter("a deletion of what no longer exists succeeds", gone_already),
    chapter("a request that S3 throttles is retried", busy),
    chapter("other stages and regions keep everything", other_stages),
    chapter("the artifact bucket is deleted with the last stack only", artifact_bucket),
    chapter("an unprotected bucket is protected by the next upload", protected),
    chapter("a stack that is deleted during its deployment is reported", deleted_meanwhile),
];

/// Makes a bucket as an earlier stack would have left it, with so many objects.
fn leave_bucket(ground: &Ground, name: &str, region: &str, n_objects: usize) {
    let place = format!("LocationConstraint={region}");
    ground.stage.aws(&[
        "s3api",
        "create-bucket",
        "--bucket",
        name,
        "--region",
        region,
        "--create-bucket-configuration",
        &place,
    ]);
    for n in 0..n_objects {
        ground.stage.aws(&["s3api", "put-object", "--bucket", name, "--key", &format!("o{n}"), "--region", region]);
    }
}

fn buckets(ground: &Ground) -> Vec<String> {
    let there = ground.stage.account("inventory", &[]);
    there["buckets"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn stacks(ground: &Ground) -> Json {
    ground.stage.account("inventory", &[])["stacks"].clone()
}

/// A stack that is deployed again while it is being destroyed keeps everything.
fn returned(ground: &Ground) {
    ground.run_past(&DEPLOY).succeeds();
    let group = format!("/aws/lambda/{}-Function", full("prod"));
    let bucket = format!("{}-files-abc123", full("prod"));
    leave_bucket(ground, &bucket, REGION, 1);
    ground.stage.aws(&["logs", "create-log-group", "--log-group-name", &group]);
    // The last look for what is left, when the old stack is gone.
    let deletion = ground.wire.hold("cloudformation:DeleteStack", Hold::Before);
    let started = ground.start(&DESTROY);
    deletion.arrives();
    let held = ground.wire.hold("s3:GET all", Hold::After);
    deletion.release();
    held.arrives();
    ground.run_past(&DEPLOY).succeeds();
    held.release();
    let run = started.ends().fails_with(1);
    run.says(&format!("stack `{}` was deployed by someone else", full("prod"))).says("run the command again");
    assert_eq!(stacks(ground), json!([full("prod")]));
    assert_eq!(buckets(ground), [bucket.as_str()]);
    ground.run(&["deploy", STACK, "--stage", "prod", "--dry-run"]).succeeds().says("nothing to do");

    // A log group of the same name that is created meanwhile belongs to another owner.
    let held = ground.wire.hold("s3:GET all", Hold::After);
    let started = ground.start(&DESTROY);
    held.arrives();
    held.release();
    let listed = ground.wire.hold("logs:DescribeLogGroups", Hold::After);
    listed.arrives();
    listed.release();
    let deletion = ground.wire.hold("cloudformation:DeleteStack", Hold::Before);
    deletion.arrives();
    ground.stage.aws(&["logs", "delete-log-group", "--log-group-name", &group]);
    ground.stage.aws(&["logs", "create-log-group", "--log-group-name", &group]);
    deletion.release();
    started.ends().succeeds();
    let there = ground.stage.account("inventory", &[]);
    assert_eq!((&there["log_groups"], &there["buckets"]), (&json!([group]), &json!([])));
    ground.stage.aws(&["logs", "delete-log-group", "--log-group-name", &group]);
    ground.is_empty();
}

/// What is to go and is gone is done.
fn gone_already(ground: &Ground) {
    let bucket = format!("{}-files-abc123", full("prod"));
    leave_bucket(ground, &bucket, REGION, 2);
    ground.wire.lose("s3:DELETE bucket");
    ground.run(&DESTROY).succeeds();
    ground.is_empty();
    // Another command deletes it while it is being emptied.
    leave_bucket(ground, &bucket, REGION, 1);
    let held = ground.wire.hold("s3:POST objects", Hold::Before);
    let started = ground.start(&DESTROY);
    held.arrives();
    ground.run_past(&DESTROY).succeeds();
    held.release();
    started.ends().succeeds();
    ground.is_empty();
}

/// S3 refuses single objects when it is busy.
fn busy(ground: &Ground) {
    leave_bucket(ground, &format!("{}-files-abc123", full("prod")), REGION, 2);
    ground.wire.answer(
        "s3:POST objects",
        "<DeleteResult><Error><Key>o0</Key><Code>SlowDown</Code><Message>to order</Message></Error></DeleteResult>",
    );
    ground.run(&DESTROY).succeeds().says("2 objects deleted");
    ground.is_empty();
}

/// The same stage in another region, and stages whose names begin alike, are none of this one's business.
fn other_stages(ground: &Ground) {
    ground.write_stage("prod-eu", REGION, "");
    let theirs = [
        (format!("{}-files-abc123", full("prod")), "eu-west-1"),
        (format!("{}-files-abc123", full("prod-eu")), REGION),
        (format!("{}-{STACK}-files-abc123", full("prod")), REGION),
    ];
    for (bucket, region) in &theirs {
        leave_bucket(ground, bucket, region, 1);
    }
    let group = format!("/aws/lambda/{}-{STACK}-Function", full("prod"));
    ground.stage.aws(&["logs", "create-log-group", "--log-group-name", &group]);
    ground.run(&["deploy", STACK, "--stage", "prod-eu", "--yes"]).succeeds();
    ground.run(&DEPLOY).succeeds();
    let artifacts = format!("tsugite-000000000000-{REGION}-prod");
    leave_bucket(ground, &artifacts, REGION, 1);
    ground.run(&DESTROY).succeeds().says("the artifact bucket was deleted with the last stack");
    let mut expected: Vec<String> = theirs.iter().map(|(bucket, _)| bucket.clone()).collect();
    expected.sort();
    assert_eq!(buckets(ground), expected);
    assert_eq!(ground.stage.account("inventory", &[])["log_groups"], json!([group]));
    assert_eq!(stacks(ground), json!([full("prod-eu")]));

    ground.run(&["destroy", STACK, "--stage", "prod-eu", "--yes"]).succeeds();
    ground.stage.aws(&["logs", "delete-log-group", "--log-group-name", &group]);
    for (bucket, region) in [&theirs[0], &theirs[2]] {
        ground.stage.aws(&["s3api", "delete-object", "--bucket", bucket, "--key", "o0", "--region", region]);
        ground.stage.aws(&["s3api", "delete-bucket", "--bucket", bucket, "--region", region]);
    }
    ground.is_empty();
}

/// The artifact bucket is not silently left, and not taken from a deployment that has just started.
fn artifact_bucket(ground: &Ground) {
    let artifacts = format!("tsugite-000000000000-{REGION}-prod");
    leave_bucket(ground, &artifacts, REGION, 1);
    ground.run(&DEPLOY).succeeds();
    ground.wire.refuse("s3:HEAD bucket", 403, "AccessDenied", 1);
    ground.run(&DESTROY).fails_with(1).says("s3:ListBucket failed").says("allow `s3:ListBucket`");
    ground.wire.clear();
    assert_eq!(buckets(ground), [artifacts.as_str()]);

    // An archive that comes when the others are listed.
    let held = ground.wire.hold("s3:GET versions", Hold::After);
    let started = ground.start(&DESTROY);
    held.arrives();
    ground.stage.aws(&["s3api", "put-object", "--bucket", &artifacts, "--key", "new"]);
    held.release();
    started.ends().succeeds().says("is kept: someone is deploying to stage `prod`");
    assert_eq!(ground.stage.account("keys", &[&artifacts]), json!(["new"]));

    // A stack that comes meanwhile needs its archives.
    let held = ground.wire.hold("s3:GET versions", Hold::After);
    let started = ground.start(&DESTROY);
    held.arrives();
    ground.run_past(&DEPLOY).succeeds();
    held.release();
    started.ends().fails_with(1).says("was deployed by someone else");
    assert_eq!(ground.stage.account("keys", &[&artifacts]), json!(["new"]));
    ground.run(&DESTROY).succeeds().says("the artifact bucket was deleted");
    ground.is_empty();
}

/// A bucket whose maker was interrupted before it was protected is protected by the next upload.
fn protected(ground: &Ground) {
    let artifacts = format!("tsugite-000000000000-{REGION}-prod");
    leave_bucket(ground, &artifacts, REGION, 0);
    ground.stage.aws(&["s3api", "delete-public-access-block", "--bucket", &artifacts]);
    let binary = Binary { package: "a".into(), path: ground.stage.root.join("target/a-program") };
    std::fs::write(&binary.path, "a program").unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = ground.stage_file("prod");
    tokio.block_on(async {
        let workspace = Workspace::new(&ground.stage.root);
        let local = local_status(&workspace).await.unwrap().local.unwrap();
        let (reporter, _events) = Reporter::new();
        let account = Account::on_this_machine(&stage, local, &reporter).await.unwrap();
        let archives = pack_all(&workspace, vec![binary], Profile::Light, &reporter).await.unwrap();
        assert_eq!(upload(&account, &stage, &archives.iter().collect::<Vec<_>>(), &reporter).await.unwrap(), 1);
    });
    let block = ground.stage.aws(&["s3api", "get-public-access-block", "--bucket", &artifacts]);
    let block = block["PublicAccessBlockConfiguration"].as_object().unwrap();
    assert!(block.len() == 4 && block.values().all(|is_blocked| *is_blocked == true), "{block:?}");
    ground.run(&DESTROY).succeeds().says("the artifact bucket was deleted");
    ground.is_empty();
}

/// A deployment whose stack is deleted meanwhile reports it.
fn deleted_meanwhile(ground: &Ground) {
    for (call, hold) in [("ExecuteChangeSet", Hold::After), ("CreateChangeSet", Hold::Before)] {
        let is_update = call == "CreateChangeSet";
        if is_update {
            ground.run(&DEPLOY).succeeds();
            ground.write_stage("prod", REGION, "tags:\n  colour: blue\n");
        }
        let held = ground.wire.hold(&format!("cloudformation:{call}"), hold);
        let started = ground.start(&DEPLOY);
        held.arrives();
        ground.run_past(&DESTROY).succeeds();
        held.release();
        let run = started.ends().fails_with(if is_update { 2 } else { 1 });
        run.says("was deleted by someone else during the deployment").says("run the command again");
        ground.is_empty();
    }
}
