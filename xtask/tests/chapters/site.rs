//! Chapters about the site of `question-form`: what is served, to whom, and what is uploaded.

use super::form::{STACK, site};
use crate::local::stage::{Answer, Stage, sources};
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const FILES: [(&str, &str, &str); 5] = [
    ("index.html", "text/html; charset=utf-8", "no-cache"),
    ("not-found.html", "text/html; charset=utf-8", "no-cache"),
    ("style.css", "text/css; charset=utf-8", "no-cache"),
    ("form.js", "text/javascript; charset=utf-8", "no-cache"),
    ("favicon.svg", "image/svg+xml", "max-age=86400"),
];

const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("site: files, headers and errors are served", page),
    chapter("site: only changed files are uploaded", only_what_differs),
    chapter("site: a domain has a certificate and aliases", domain),
];

/// Every answer of the site carries what keeps a browser from being tricked.
pub fn has_security_headers(answer: &Answer) {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

fn source(file: &str) -> String {
    std::fs::read_to_string(sources().join("stacks/src/question_form/site").join(file)).unwrap()
}

fn bucket(stage: &Stage) -> String {
    stage.output(STACK, "SiteBucket")
}

fn page(stage: &Stage) {
    let site = site(stage);
    for (file, content_type, cache_control) in FILES {
        let answer = stage.get(&format!("{site}/{file}"));
        assert_eq!((answer.status, &answer.body), (200, &source(file)), "{file}");
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), (content_type, cache_control));
        has_security_headers(&answer);
    }
    let first = stage.get(&format!("{site}/"));
    assert_eq!((first.status, &first.body), (200, &source("index.html")));
    for missing in ["no-such-file", "..%2fno-such-file", "index.html/more"] {
        let answer = stage.get(&format!("{site}/{missing}"));
        assert_eq!((answer.status, &answer.body), (404, &source("not-found.html")), "{missing}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        has_security_headers(&answer);
    }
    // Only the distribution may read the bucket.
    let object = format!("{}/{}/index.html", stage.address("emulator"), bucket(stage));
    let answer = stage.get(&object);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(!answer.body.contains("<html"), "{}", answer.body);
}

/// Version and time of each object.
fn versions(stage: &Stage) -> BTreeMap<String, Json> {
    let answer = stage.aws(&["s3api", "list-object-versions", "--bucket", &bucket(stage)]);
    let current = answer["Versions"].as_array().unwrap().iter().filter(|version| version["IsLatest"] == true);
    let described = current.map(|version| {
        (version["Key"].as_str().unwrap().to_owned(), json!([version["VersionId"], version["LastModified"]]))
    });
    described.collect()
}

/// What was taken out of the caches so far, each time in order.
fn invalidations(stage: &Stage) -> Vec<Json> {
    let distribution = stage.output(STACK, "DistributionId");
    let list = stage.aws(&["cloudfront", "list-invalidations", "--distribution-id", &distribution]);
    let ids = list["InvalidationList"]["Items"].as_array().cloned().unwrap_or_default();
    let paths = ids.iter().map(|item| {
        let id = item["Id"].as_str().unwrap();
        let one = stage.aws(&["cloudfront", "get-invalidation", "--distribution-id", &distribution, "--id", id]);
        one["Invalidation"]["InvalidationBatch"]["Paths"]["Items"].clone()
    });
    paths.collect()
}

/// The files are part of the program that deploys; so it is the bucket that is changed here.
fn only_what_differs(stage: &Stage) {
    let before = versions(stage);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        ["favicon.svg", "form.js", "index.html", "not-found.html", "style.css"]
    );
    assert_eq!(invalidations(stage), [json!(null); 0], "new files are in no cache");
    let run = stage.run(&["deploy", STACK, "--output", "json"]).succeeds();
    run.says("question-form: nothing to do");
    assert_eq!(run.json()["stacks"][0]["changed"], false);
    assert_eq!(versions(stage), before);
    assert_eq!(invalidations(stage), [json!(null); 0]);

    let other = stage.root.join("target/other.css");
    std::fs::write(&other, "body { display: none }").unwrap();
    let other = other.display().to_string();
    for key in ["style.css", "left-over.html"] {
        stage.aws(&["s3api", "put-object", "--bucket", &bucket(stage), "--key", key, "--body", &other]);
    }
    let run = stage.run(&["deploy", STACK, "--output", "json"]).succeeds();
    run.says("question-form: 2 files of the site updated");
    assert_eq!(run.json()["stacks"][0]["changed"], true);
    assert_eq!(stage.get(&format!("{}/style.css", site(stage))).body, source("style.css"));
    assert_eq!(invalidations(stage), [json!(["/left-over.html", "/style.css"])]);
    let after = versions(stage);
    assert_ne!(after["style.css"], before["style.css"]);
    let untouched = |versions: &BTreeMap<String, Json>| {
        let mut versions = versions.clone();
        versions.remove("style.css");
        versions
    };
    assert_eq!(untouched(&after), untouched(&before));
}

const LOCAL: &str = "stacks/stages/local.yaml";

/// With a domain there are a certificate where CloudFront takes it from, and alias records; without it
/// they are deleted, except the certificate's own stack, which `destroy` finds.
fn domain(stage: &Stage) {
    let zone = stage.aws(&["route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "story"]);
    let zone = zone["HostedZone"]["Id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let aliases = || {
        let records = stage.aws(&["route53", "list-resource-record-sets", "--hosted-zone-id", &zone]);
        let records = records["ResourceRecordSets"].as_array().unwrap().clone();
        let of_domain = records.iter().filter(|record| record["Name"] == "questions.example.com.");
        let described = of_domain.map(|record| (record["Type"].clone(), record["AliasTarget"]["DNSName"].clone()));
        described.filter(|(kind, _)| kind != "CNAME").collect::<Vec<_>>()
    };
    let certificates =
        || stage.aws(&["acm", "list-certificates", "--region", "us-east-1"])["CertificateSummaryList"].clone();
    let distribution = stage.output(STACK, "DistributionId");
    let configuration = || {
        let answer = stage.aws(&["cloudfront", "get-distribution", "--id", &distribution]);
        let given = &answer["Distribution"]["DistributionConfig"];
        (given["Aliases"]["Items"].clone(), given["ViewerCertificate"]["ACMCertificateArn"].clone())
    };
    assert_eq!((aliases(), certificates()), (vec![], json!([])));

    let name = "questions.example.com";
    let with = format!("  keep_days: 400\n  domain:\n    name: {name}\n    zone_id: {zone}\n");
    stage.edit(LOCAL, "  keep_days: 400\n", &with);
    let plan = stage.run(&["deploy", STACK, "--dry-run", "--output", "json"]).succeeds().json();
    let names: Vec<_> = plan["stacks"].as_array().unwrap().iter().map(|stack| &stack["name"]).collect();
    assert_eq!(names, ["question-form-certificate", STACK], "{plan:#}");
    assert_eq!((&plan["stacks"][0]["new"], &plan["stacks"][1]["new"]), (&json!(true), &json!(false)));
    let added = json!({
        "change": "added", "logical_id": "SiteAlias", "type": "AWS::Route53::RecordSet", "properties": [],
        "old": null,
    });
    assert!(plan["stacks"][1]["changes"].as_array().unwrap().contains(&added), "{plan:#}");
    let run = stage.run(&["deploy", STACK, "--output", "json"]).succeeds();
    run.says("question-form-certificate: new stack").says("added SiteAlias (AWS::Route53::RecordSet)");
    assert_eq!(run.json()["stacks"][0]["registrations"][0]["url"], format!("https://{name}/"));
    let domain_of_site = stage.aws(&["cloudfront", "get-distribution", "--id", &distribution]);
    let target = domain_of_site["Distribution"]["DomainName"].as_str().unwrap().to_owned();
    let targets: Vec<_> = aliases()
        .into_iter()
        .map(|(kind, name)| (kind, name.as_str().unwrap().trim_end_matches('.').to_owned()))
        .collect();
    assert_eq!(targets, [(json!("A"), target.clone()), (json!("AAAA"), target)]);
    let there = certificates();
    let [certificate] = &there.as_array().unwrap()[..] else { panic!("{there:#}") };
    assert_eq!(certificate["DomainName"], name);
    assert_eq!(configuration(), (json!([name]), certificate["CertificateArn"].clone()));
    stage.run(&["deploy", STACK]).succeeds().says("question-form-certificate: nothing to do");

    // Another domain: the old certificate is in use until the distribution has the new one.
    let other = with.replace(name, "ask.example.com");
    stage.edit(LOCAL, &with, &other);
    let arn = certificate["CertificateArn"].as_str().unwrap();
    let command = format!("delete it then with: aws acm delete-certificate --region us-east-1 --certificate-arn {arn}");
    stage.run(&["deploy", STACK]).succeeds().says("the certificate of the former domain").says(&command);
    let (names, used) = configuration();
    assert_eq!(names, json!(["ask.example.com"]));
    assert!(used != *arn && certificates().as_array().unwrap().len() == 2, "{used}");
    stage.aws(&["acm", "delete-certificate", "--region", "us-east-1", "--certificate-arn", arn]);

    stage.edit(LOCAL, &other, "  keep_days: 400\n");
    let run = stage.run(&["deploy", STACK, "--output", "json"]).succeeds();
    assert!(run.json()["stacks"][0]["registrations"][0]["url"].as_str().unwrap().contains(".cloudfront.localhost:"));
    assert_eq!((aliases(), configuration().1), (vec![], Json::Null));
    let warned = stage.run(&["deploy"]).succeeds();
    warned.says(
        "question-form-certificate in us-east-1 is no longer needed; it is deleted when question-form is destroyed",
    );
    let seen = stage.run(&["destroy", STACK, "--dry-run", "--output", "json"]).succeeds();
    let plan = seen.json();
    assert_eq!((&plan["dry_run"], &plan["stacks"][0]["name"]), (&json!(true), &json!(STACK)));
    assert_eq!(plan["stacks"][0]["buckets"][0]["objects"].as_u64().map(|n| n >= 4), Some(true), "{plan:#}");
    assert_eq!(plan["stacks"][1]["in_stage_file"], false);
    seen.says("question-form-certificate: no longer in the stage file, 1 resource to delete");
    stage.aws(&["route53", "delete-hosted-zone", "--id", &zone]);
}
