//! Every mistake in a stage file is answered with its line, what was found and what is allowed.

use super::*;
use crate::{backlog_files, mackerel_incidents, question_form, sns_slack};

const GOOD: &str = "\
region: ap-northeast-1
backlog:
  host: example.backlog.com
  project: SUB
backlog_files:
  watched_folder: /sample/
  target_prefix: target/
";

fn parse(text: &str) -> Result<Stage, StageError> {
    Stage::parse(StageName::try_from("prod".to_owned()).unwrap(), text)
}

/// How `mackerel-incidents` makes issues.
fn issue_of(stage: &Stage) -> IssueSettings {
    stage.section::<mackerel_incidents::Settings>().unwrap().issue.clone()
}

/// Replaces `old` by `new` in a good file and expects an error in a line that says all `words`.
fn check(old: &str, new: &str, line: usize, words: &[&str]) {
    assert!(GOOD.contains(old), "{old}");
    let error = parse(&GOOD.replace(old, new)).unwrap_err();
    for word in words {
        assert!(error.message.contains(word), "`{word}` is missing in: {error}");
    }
    assert_eq!(error.line, Some(line), "{error}");
}

#[test]
fn a_good_file_has_defaults_for_what_it_does_not_say() {
    let stage = parse(GOOD).unwrap();
    assert_eq!(stage.architecture, Architecture::X86_64);
    assert_eq!(stage.log_retention_days.days(), 30);
    assert!(stage.section::<backlog_files::Settings>().is_some());
    assert_eq!((stage.section::<sns_slack::Settings>(), &stage.alarm_topic), (None, &None));
}

#[test]
fn an_account_keeps_its_zeros() {
    for account in ["111122223333", "012345678901", "\"000000000000\"", "000000000007"] {
        let stage = parse(&GOOD.replace("region:", &format!("account: {account}\nregion:"))).unwrap();
        assert_eq!(stage.account.unwrap().as_str(), account.trim_matches('"'));
    }
}

#[test]
fn a_field_that_does_not_exist_is_named_with_those_that_do() {
    check("region:", "regoin: x\nregion:", 1, &["regoin", "region", "profile"]);
    check("  project:", "  projekt: x\n  project:", 4, &["projekt", "host", "project"]);
}

#[test]
fn a_field_that_is_missing_is_named() {
    let error = parse("region: eu-west-1\n").unwrap_err();
    assert!(error.message.contains("at least one") && error.message.contains("`sns_slack`"), "{error}");
    check("  host: example.backlog.com\n", "", 2, &["host", "example.backlog.com"]);
}

#[test]
fn a_wrong_value_is_shown_with_what_is_allowed() {
    check("ap-northeast-1", "tokyo", 1, &["tokyo", "ap-northeast-1"]);
    check("SUB", "sub", 4, &["sub", "SUB", "capital"]);
    check("example.backlog.com", "https://x.backlog.com/", 3, &["https://x.backlog.com/", "bare"]);
    check("/sample/", "sample", 6, &["sample", "begin"]);
    check("target/", "/target", 7, &["/target", "target/"]);
    check("target/", "資料/", 7, &["資料/", "Latin-1"]);
    check("target/\n", "target/\n  allowed_senders: [10.0.0.0/33]\n", 8, &["10.0.0.0/33", "192.0.2.0/24"]);
    check("target/\n", "target/\n  size_limit: 5\n", 8, &["`5`", "20 GiB"]);
    check("target/\n", "target/\n  size_limit: 5 TB\n", 8, &["5 TB", "20 GiB"]);
    let empty = "allowed is at least one address; leave the line out to let everyone call";
    for empty_list in ["allowed_senders:", "allowed_senders: []"] {
        check("target/\n", &format!("target/\n  {empty_list}\n"), 8, &["backlog_files.allowed_senders", empty]);
    }
    check("region:", "log_retention_days: 31\nregion:", 1, &["31", "30", "60"]);
    check("region:", "architecture: x86\nregion:", 1, &["x86", "x86-64", "arm64"]);
    check("  project: SUB", "\tproject: SUB", 4, &[]);
    check("region:", "tags: {AWS:x: y}\nregion:", 1, &["tags", "`AWS:x`", "reserved"]);
    check("region:", &format!("tags: {{a: {}}}\nregion:", "x".repeat(257)), 1, &["tags", "256"]);
    for wrong in ["1111222233", "1111-2222-3333", ""] {
        check("region:", &format!("account: {wrong}\nregion:"), 1, &["twelve digits"]);
    }
}

#[test]
fn a_section_that_needs_another_says_so() {
    check("backlog:\n  host: example.backlog.com\n  project: SUB\n", "", 2, &["backlog_files", "section `backlog`"]);
    check("region:", "alarm_topic: sns-slack\nregion:", 1, &["sns-slack", "section"]);
    let elsewhere = "alarm_topic: arn:aws:sns:eu-west-1:111122223333:a\nregion:";
    check("region:", elsewhere, 1, &["eu-west-1", "another region", "ap-northeast-1"]);
}

#[test]
fn values_of_the_systems_are_checked() {
    let slack = |topic: &str| format!("sns_slack:\n  topic: {topic}\n");
    let text = |section: &str| format!("{GOOD}{section}");
    let error = |section: &str| parse(&text(section)).unwrap_err().to_string();
    assert!(error(&slack("x")).contains("arn:aws:sns:"));
    assert!(error(&slack("arn:aws:sns:r:111122223333:a.fifo")).contains("standard topic"));
    assert!(parse(&text(&slack("arn:aws:sns:eu-west-1:111122223333:a"))).is_ok());
    let incidents = |rest: &str| format!("mackerel_incidents:\n  issue: {{type: バグ, priority: 2}}\n{rest}");
    assert!(parse(&text(&incidents("  on_recovery: close\n"))).is_ok());
    assert!(error(&incidents("  on_recovery: shut\n")).contains("`comment`, `close` and `ignore`"));
    let issue =
        |rest: &str| parse(&text(&format!("mackerel_incidents:\n  issue:\n    type: 2\n    priority: 高\n{rest}")));
    let settings = issue_of(&issue("    assignee: taro\n    milestone: 7\n").unwrap());
    assert_eq!(settings.assignee, Some(NameOrId::Name("taro".into())));
    assert_eq!((settings.kind, settings.milestone), (NameOrId::Id(2), Some(NameOrId::Id(7))));
    let without_value = issue("    assignee:\n").unwrap_err();
    assert_eq!(without_value.line, Some(12), "{without_value}");
    assert!(without_value.message.contains("issue.assignee: allowed is a name or a whole number"), "{without_value}");
    let fields =
        issue("    custom_fields: {Cause: n/a, '影響: 範囲': [社内, 2], Cost: 1.5, Until: 2026-01-31}\n").unwrap();
    let fields = issue_of(&fields).custom_fields.unwrap();
    let texts: Vec<Vec<&str>> = fields.values().map(|value| value.texts().collect()).collect();
    assert_eq!(texts, [vec!["n/a"], vec!["1.5"], vec!["2026-01-31"], vec!["社内", "2"]]);
    for wrong in ["true", "{a: b}", "[[a]]", ""] {
        let error = issue(&format!("    custom_fields:\n      Cause: {wrong}\n")).unwrap_err();
        assert!(error.message.contains("issue.custom_fields.Cause: allowed is a text, a number, a date"), "{error}");
        assert_eq!(error.line, Some(13), "{error}");
    }
    let form = |rest: &str| format!("question_form:\n  issue: {{type: バグ, priority: 2}}\n{rest}");
    assert!(error(&form("  keep_days: 0\n")).contains("1 to 36500"));
    assert!(error(&form("  daily_limit: 0\n")).contains("1 to 100000"));
    assert!(error(&form("  rate_rule: 9\n")).contains("10 to 1500"));
    let stage = parse(&text(&form("  rate_rule: 100\n"))).unwrap();
    let settings = stage.section::<question_form::Settings>().unwrap();
    assert_eq!((settings.daily_limit.questions(), settings.rate_rule.unwrap().requests()), (500, 100));
    assert!(error(&form("  domain: {name: Questions, zone_id: Z1}\n")).contains("questions.example.com"));
    assert!(error(&form("  domain: {name: a.example.com, zone_id: x}\n")).contains("hosted zone"));
    assert!(parse(&text("time_zone: Asia/Tokio\n")).unwrap_err().to_string().contains("Asia/Tokyo"));
}

#[test]
fn a_section_without_a_value_is_not_an_absent_one() {
    let alone = GOOD.replace("backlog_files:\n  watched_folder: /sample/\n  target_prefix: target/\n", "sns_slack:\n");
    // It has nothing that must be said.
    assert_eq!(parse(&alone).unwrap().section(), Some(&sns_slack::Settings::default()));
    for section in ["alarm_topic", "backlog_files", "bytebase_workflow", "mackerel_incidents", "question_form"] {
        let error = parse(&format!("{alone}{section}:\n")).unwrap_err();
        assert!(error.message.starts_with(&format!("{section}: ")), "{error}");
        assert_eq!(error.line, Some(6), "{error}");
    }
    check("  host: example.backlog.com\n  project: SUB\n", "", 2, &["backlog: missing field `project`"]);
    check("backlog_files:\n", "question_form: true\nbacklog_files:\n", 5, &["a section with its settings below it"]);
}

#[test]
fn a_setting_is_found_in_its_own_section() {
    let text = "\
region: ap-northeast-1
backlog: {host: example.backlog.com, project: SUB}
mackerel_incidents:
  issue: {type: バグ, priority: 2}
question_form:
  # How.
  issue:

    type: 要望
    priority: 中
  keep_days: 5
backlog_files:
  watched_folder: /
  target_prefix: t/
  allowed_senders:
  - 192.0.2.1
  - 192.0.2.2
";
    let stage = parse(text).unwrap();
    for (path, place) in [
        (&["mackerel_incidents", "issue", "type"][..], "4: mackerel_incidents.issue.type"),
        (&["question_form", "issue", "type"], "9: question_form.issue.type"),
        (&["question_form", "keep_days"], "11: question_form.keep_days"),
        (&["backlog", "project"], "2: backlog.project"),
        (&["backlog_files", "allowed_senders", "1"], "17: backlog_files.allowed_senders.1"),
        (&["sns_slack"], " sns_slack"),
    ] {
        assert_eq!(stage.place_of(path), format!("stacks/stages/prod.yaml:{place}"));
    }
}

#[test]
fn a_key_given_twice_is_an_error() {
    check("backlog:\n", "region: eu-west-1\nbacklog:\n", 2, &["region"]);
}

#[test]
fn the_local_stage_has_no_host() {
    let local = StageName::try_from("local".to_owned()).unwrap();
    assert_eq!(Stage::parse(local, GOOD).unwrap_err().line, Some(3));
}

#[test]
fn a_sender_is_an_address_or_a_range_but_not_everyone() {
    for (text, cidr) in
        [("192.0.2.7", "192.0.2.7/32"), ("192.0.2.7/24", "192.0.2.0/24"), ("2001:db8::/32", "2001:db8::/32")]
    {
        assert_eq!(SenderRange::try_from(text.to_owned()).unwrap().cidr(), cidr);
    }
    for wrong in ["", "x", "0.0.0.0/0", "1.2.3", "::/0"] {
        assert!(SenderRange::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn a_stage_name_can_be_part_of_a_bucket_name() {
    for wrong in ["", "Prod", "a b", "a.b", "1a", "a-", "abcdefghijklmnopq", "../x"] {
        assert!(StageName::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn a_region_of_another_partition_is_refused_wherever_it_stands() {
    for (region, partition) in [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        let words = [&format!("`{region}` is a region of the partition `{partition}`"), "`ap-northeast-1`"];
        check("ap-northeast-1", region, 1, &words.map(|word| word));
        let arn = format!("arn:aws:sns:{region}:111122223333:a");
        check("region:", &format!("alarm_topic: {arn}\nregion:"), 1, &[partition]);
        let arn = format!("arn:{partition}:sns:{region}:111122223333:a");
        let of_partition =
            format!("`{arn}` is of the partition `{partition}`; allowed is an ARN of the partition `aws`");
        check("region:", &format!("alarm_topic: {arn}\nregion:"), 1, &[&of_partition]);
        let listening = format!("sns_slack:\n  topic: {arn}\nbacklog_files:\n");
        check("backlog_files:\n", &listening, 6, &["sns_slack.topic", &of_partition]);
        let alarms = format!("sns_slack:\n  alarms_to: {arn}\nbacklog_files:\n");
        check("backlog_files:\n", &alarms, 6, &["sns_slack.alarms_to", &of_partition]);
        let boundary = format!("permissions_boundary: arn:{partition}:iam::111122223333:policy/p\nregion:");
        check("region:", &boundary, 1, &["permissions_boundary", partition]);
    }
}

#[test]
fn a_boundary_is_a_policy_of_the_account_or_of_aws() {
    let boundary = |arn: &str| format!("permissions_boundary: {arn}\nregion:");
    for right in [
        "arn:aws:iam::111122223333:policy/boundary",
        "arn:aws:iam::111122223333:policy/teams/a/boundary",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ] {
        let stage = parse(&GOOD.replace("region:", &boundary(right))).unwrap();
        assert_eq!(stage.permissions_boundary.unwrap().as_str(), right);
    }
    for wrong in [
        "boundary",
        "arn:aws:iam::111122223333:role/boundary",
        "arn:aws:iam::1111:policy/boundary",
        "arn:aws:iam:eu-west-1:111122223333:policy/boundary",
        "arn:aws:iam::111122223333:policy/",
        "arn:aws:iam::111122223333:policy/a b",
    ] {
        check("region:", &boundary(wrong), 1, &["permissions_boundary", wrong, "policy/boundary"]);
    }
    let of_another = boundary("arn:aws:iam::444455556666:policy/p").replace("region", "account: 111122223333\nregion");
    check("region:", &of_another, 1, &["permissions_boundary", "444455556666", "111122223333"]);
}

#[test]
fn a_list_of_senders_fits_into_the_policy_of_an_api() {
    let text = |n_senders: usize, address: &dyn Fn(usize) -> String| {
        let lines: String = (0..n_senders).map(|n| format!("    - {}\n", address(n))).collect();
        format!("{GOOD}  allowed_senders:\n{lines}")
    };
    let v4 = |n: usize| format!("192.0.{}.{}", n / 256, n % 256);
    let v6 = |n: usize| format!("2001:db8:ffff:ffff:ffff:ffff:ffff:{n:x}");
    assert!(parse(&text(400, &v4)).is_ok());
    assert!(parse(&text(150, &v6)).is_ok());
    for (n_senders, address) in [(500, &v4 as &dyn Fn(usize) -> String), (200, &v6)] {
        let error = parse(&text(n_senders, address)).unwrap_err();
        assert_eq!(error.line, Some(8), "{error}");
        let words = format!("backlog_files.allowed_senders: {n_senders} ranges make a resource policy of ");
        assert!(error.message.starts_with(&words) && error.message.contains("takes 8192"), "{error}");
    }
}

#[test]
fn the_senders_of_mackerel_are_a_list_or_the_one_that_it_publishes() {
    let section = |senders: &str| {
        format!(
            "mackerel_incidents:\n  issue: {{type: a, priority: b}}\n  allowed_senders: {senders}\nbacklog_files:\n"
        )
    };
    let with = |senders: &str| GOOD.replace("backlog_files:\n", &section(senders));
    let senders_of = |stage: &Stage| stage.section::<mackerel_incidents::Settings>().unwrap().allowed_senders.clone();
    let senders = |text: &str| senders_of(&parse(&with(text)).unwrap());
    assert_eq!(senders("[192.0.2.0/28, 192.0.2.77]").cidrs(), ["192.0.2.0/28", "192.0.2.77/32"]);
    let published = parse(&with("mackerel")).unwrap();
    let Senders::Published(list, None) = senders_of(&published) else { panic!("{:?}", senders_of(&published)) };
    assert_eq!(list.saas.name, "Mackerel");
    let stack = &crate::all(&published)[1];
    assert_eq!((stack.name(), stack.sender_list()), ("mackerel-incidents", Some(list)));
    // What is published later has a deployment of its own.
    let template = |ranges: &[&str]| {
        let ranges: Vec<_> = ranges.iter().map(|range| SenderRange::try_from((*range).to_owned()).unwrap()).collect();
        let stage = published.with_senders(list, &ranges);
        crate::all(&stage)[1].template()
    };
    let (one, two) = (template(&["192.0.2.0/28"]), template(&["192.0.2.0/28", "198.51.100.9"]));
    let deployment = |template: &str| {
        let mut lines = template.lines();
        lines.find(|line| line.starts_with("  Deployment")).unwrap().to_owned()
    };
    assert!(two.contains("198.51.100.9/32") && !one.contains("198.51.100.9/32"));
    assert_ne!(deployment(&one), deployment(&two));
    assert_eq!(template(&["192.0.2.0/28"]), one);
    for wrong in ["nulab", "Mackerel", "7", "{}", "true"] {
        let words = ["mackerel_incidents.allowed_senders", "a list of addresses, or `mackerel`"];
        check("backlog_files:\n", &section(wrong), 7, &words);
    }
    for list in ["", "[]"] {
        check("backlog_files:\n", &section(list), 7, &["allowed is at least one address"]);
    }
    check("backlog_files:\n", &section("[10.0.0.0/33]"), 7, &["10.0.0.0/33"]);
}

#[test]
fn publishers_are_those_that_aws_documents_and_only_of_an_own_topic() {
    let with = |rest: &str| format!("sns_slack:\n{rest}backlog_files:\n");
    let stage = parse(&GOOD.replace("backlog_files:\n", &with("  publishers: [ses, s3, s3]\n"))).unwrap();
    assert_eq!(stage.section::<sns_slack::Settings>().unwrap().publishers, [Publisher::S3, Publisher::Ses]);
    for wrong in ["guardduty", "s3.amazonaws.com", "cloudwatch", "S3"] {
        let words = [wrong, "`backup`, `codestar-notifications`", "already", "EventBridge"];
        check("backlog_files:\n", &with(&format!("  publishers: [{wrong}]\n")), 6, &words);
    }
    let elsewhere = with("  topic: arn:aws:sns:eu-west-1:111122223333:a\n  publishers: [s3]\n");
    check("backlog_files:\n", &elsewhere, 7, &["sns_slack.publishers", "not this stack's", "arn:aws:sns:eu-west-1"]);
}

#[test]
fn the_alarms_of_sns_slack_go_to_a_mail_box_or_to_another_topic() {
    let with = |rest: &str| format!("sns_slack:\n{rest}backlog_files:\n");
    let read = |target: &str| {
        let text = GOOD.replace("backlog_files:\n", &with(&format!("  alarms_to: {target}\n")));
        parse(&text).unwrap().section::<sns_slack::Settings>().unwrap().alarms_to.clone().unwrap()
    };
    assert!(matches!(read("ops+alarms@mail.example.com"), AlarmsTo::Email(_)));
    assert!(matches!(read("arn:aws:sns:ap-northeast-1:111122223333:a"), AlarmsTo::Topic(_)));
    for wrong in ["ops", "ops@example", "\"@example.com\"", "ops@example..com", "a b@example.com", "sns-slack", ""] {
        check("backlog_files:\n", &with(&format!("  alarms_to: {wrong}\n")), 6, &["sns_slack.alarms_to", "email"]);
    }
    let same =
        "  topic: arn:aws:sns:ap-northeast-1:111122223333:a\n  alarms_to: arn:aws:sns:ap-northeast-1:111122223333:a\n";
    check("backlog_files:\n", &with(same), 7, &["sns_slack.alarms_to", "listens to"]);
    let far = "  alarms_to: arn:aws:sns:eu-west-1:111122223333:a\n";
    check("backlog_files:\n", &with(far), 6, &["sns_slack.alarms_to", "another region"]);
}
