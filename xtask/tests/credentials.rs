//! How AWS is reached as the AWS configuration of a machine says: codes of devices, certificates, other addresses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credentials {
    pub mod service;
}

use credentials::service::{AUTHORITY, Service};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DEVICE: &str = "arn:aws:iam::444455556666:mfa/joiner";
const CONFIGURATION: &str = "[profile joiner]
role_arn = arn:aws:iam::111122223333:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::444455556666:mfa/joiner
duration_seconds = 1800
[profile base]
aws_access_key_id = OFTHEBASE
aws_secret_access_key = b
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A project folder with one stage on AWS: the example with these lines in front.
fn project(name: &str, lines: &str, configuration: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("credentials").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("stacks/stages")).unwrap();
    std::fs::create_dir_all(folder.join(".aws")).unwrap();
    let example = std::fs::read_to_string(root().join("stacks/stages/example.yaml")).unwrap();
    std::fs::write(folder.join("stacks/stages/prod.yaml"), format!("{lines}{example}")).unwrap();
    std::fs::write(folder.join(".aws/config"), configuration).unwrap();
    folder
}

/// Makes a command see these variables and no others of this machine.
fn surround(command: &mut Command, folder: &Path, variables: &[(&str, &str)]) -> Output {
    command
        .env_clear()
        .env("PATH", std::env::join_paths(["/usr/bin", "/bin"]).unwrap())
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("CARGO_MANIFEST_DIR", folder.join("xtask"))
        .envs(variables.iter().copied())
        .stdin(std::process::Stdio::null());
    command.output().unwrap()
}

/// Asks for the endpoints of the stage, and returns what is said; it always fails before anything is changed.
fn endpoints(folder: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = surround(command.args(["endpoints", "--stage", "prod"]), folder, variables);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    stderr
}

/// The same on a terminal, where this is typed as the code.
fn endpoints_with_code(folder: &Path, code: &str, variables: &[(&str, &str)]) -> Json {
    let script = root().join("xtask/tests/local/terminal.py");
    let mut command = Command::new("python3");
    command.arg(script).args([&format!("MFA code for {DEVICE}: "), &format!("{code}\n")]);
    command.args([env!("CARGO_BIN_EXE_xtask"), "endpoints", "--stage", "prod"]);
    let output = surround(&mut command, folder, variables);
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text} {output:?}"))
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in:\n{text}");
    }
}

fn refusal(code: &str, message: &str) -> (u16, String) {
    (403, format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"))
}

/// STS, which takes the code 123456 for the role and refuses whatever comes then.
fn sts(request: &str) -> (u16, String) {
    if !request.contains("Action=AssumeRole") {
        return refusal("AccessDenied", "as the service says");
    }
    if !request.contains("TokenCode=123456") {
        return refusal("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.");
    }
    let credentials = "<AccessKeyId>OFTHEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>";
    (
        200,
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

#[test]
fn a_code_is_asked_for_and_the_role_assumed_with_it() {
    // Named by the stage file, or by the variable.
    for (lines, profile) in [("profile: joiner\n", "base"), ("", "joiner")] {
        let folder = project("mfa", lines, CONFIGURATION);
        let service = Service::plain(sts);
        let variables = [("AWS_ENDPOINT_URL", service.url.as_str()), ("AWS_PROFILE", profile)];
        let seen = endpoints_with_code(&folder, "123456", &variables);
        let output = seen["output"].as_str().unwrap();
        assert_eq!(
            (&seen["code"], &seen["was_hidden"], &seen["echo"]),
            (&2.into(), &true.into(), &true.into()),
            "{output}"
        );
        says(output, &["sts:GetCallerIdentity failed: as the service says"]);
        let requests = service.seen();
        let [assumed, asked] = &requests[..] else { panic!("{requests:#?}") };
        says(
            assumed,
            &[
                "Credential=OFTHEBASE/",
                "SerialNumber=arn%3Aaws%3Aiam%3A%3A444455556666%3Amfa%2Fjoiner",
                "TokenCode=123456",
                "DurationSeconds=1800",
            ],
        );
        says(asked, &["Action=GetCallerIdentity", "Credential=OFTHEROLE/", "x-amz-security-token: t"]);
    }
}

#[test]
fn a_wrong_code_is_called_so() {
    let folder = project("wrong-code", "profile: joiner\n", CONFIGURATION);
    for (code, words) in [("654321", "was not accepted: MultiFactorAuthentication failed"), ("12345", "has six digits")]
    {
        let service = Service::plain(sts);
        let seen = endpoints_with_code(&folder, code, &[("AWS_ENDPOINT_URL", &service.url)]);
        says(seen["output"].as_str().unwrap(), &["profile `joiner`: the code of the MFA device", DEVICE, words]);
    }
}

#[test]
fn without_a_terminal_another_way_than_a_code_is_named() {
    let folder = project("no-terminal", "profile: joiner\n", CONFIGURATION);
    let service = Service::plain(sts);
    let said = endpoints(&folder, &[("AWS_ENDPOINT_URL", &service.url)]);
    says(
        &said,
        &[
            "error: profile `joiner`: the code of the MFA device `arn:aws:iam::444455556666:mfa/joiner` is needed, and there is no terminal",
            "credential_process = aws configure export-credentials --profile joiner",
            "aws sso login",
        ],
    );
    assert_eq!(service.seen(), [""; 0]);
}

#[test]
fn keys_in_the_environment_need_no_code() {
    let folder = project("keys", "", CONFIGURATION);
    let service = Service::plain(sts);
    let keys = [("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_PROFILE", "joiner")];
    let said = endpoints(&folder, &[&keys[..], &[("AWS_ENDPOINT_URL", service.url.as_str())]].concat());
    says(&said, &["sts:GetCallerIdentity failed"]);
    says(&service.seen()[0], &["Credential=OFTHEENVIRONMENT/"]);
}

#[test]
fn another_address_than_that_of_aws_is_told_before_anything_goes_there() {
    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let refusing = |_: &str| refusal("AccessDenied", "as the service says");
    let service = Service::plain(refusing);
    let url = service.url.as_str();
    let everywhere = format!("warning: AWS requests go to {url}, as AWS_ENDPOINT_URL or the AWS configuration says");
    let of_one = format!("warning: AWS requests go to {url} (STS), as AWS_ENDPOINT_URL");
    let in_profile = format!("[default]\nendpoint_url = {url}\n");
    let in_services = format!("[default]\nservices = mine\n[services mine]\nsts =\n  endpoint_url = {url}\n");
    for (configuration, variable, words) in [
        ("", Some("AWS_ENDPOINT_URL"), &everywhere),
        ("", Some("AWS_ENDPOINT_URL_STS"), &of_one),
        (&in_profile, None, &everywhere),
        (&in_services, None, &of_one),
    ] {
        let folder = project("endpoint", "", configuration);
        let variable = variable.map(|name| (name, url));
        let said = endpoints(&folder, &[&KEYS[..], variable.as_slice()].concat());
        says(&said, &[words, "sts:GetCallerIdentity failed"]);
        assert!(said.find(words.as_str()) < said.find("sts:GetCallerIdentity"), "{said}");
        assert_eq!(service.seen().len(), 1);
    }
}

#[test]
fn certificates_of_the_bundle_are_trusted() {
    let refusing = |_: &str| refusal("AccessDenied", "as the service says");
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let folder = project("bundle", "", "");
    let bundle = folder.join("bundle.pem");
    std::fs::write(&bundle, AUTHORITY).unwrap();
    let bundle = bundle.to_str().unwrap();
    let in_profile = project("bundle-of-profile", "", &format!("[default]\nca_bundle = {bundle}\n"));
    let in_variable = ("AWS_CA_BUNDLE", bundle);
    for (folder, variable, words) in [
        (&folder, None, "sts:GetCallerIdentity failed: no answer: invalid peer certificate"),
        (&folder, Some(in_variable), "sts:GetCallerIdentity failed: as the service says (AccessDenied)"),
        (&in_profile, None, "sts:GetCallerIdentity failed: as the service says (AccessDenied)"),
    ] {
        let proxy = Service::signing_proxy(refusing);
        let proxied = [("HTTPS_PROXY", proxy.url.as_str())];
        let said = endpoints(folder, &[&keys[..], &proxied, variable.as_slice()].concat());
        says(&said, &[words]);
        says(&proxy.seen()[0], &["CONNECT sts.ap-northeast-1.amazonaws.com:443 "]);
    }
}

#[test]
fn a_bundle_that_cannot_be_read_is_told_before_anything_is_sent() {
    let folder = project("no-bundle", "", "");
    let service = Service::plain(sts);
    let said = endpoints(&folder, &[("AWS_CA_BUNDLE", "/no/such.pem"), ("AWS_ENDPOINT_URL", &service.url)]);
    says(&said, &["error: AWS_CA_BUNDLE names `/no/such.pem`, which cannot be read", "hint: set AWS_CA_BUNDLE"]);
    assert_eq!(service.seen(), [""; 0]);
}

/// An account that runs ten functions at once, and may neither read the topic nor look at its stacks.
fn small_account(request: &str) -> (u16, String) {
    if request.contains("Action=GetCallerIdentity") {
        let identity = "<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/u</Arn><UserId>U</UserId>";
        let result = format!("<GetCallerIdentityResult>{identity}</GetCallerIdentityResult>");
        return (200, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"));
    }
    if request.starts_with("GET /2016-08-19/account-settings") {
        return (200, r#"{"AccountLimit":{"ConcurrentExecutions":10,"UnreservedConcurrentExecutions":10}}"#.into());
    }
    match request.contains("Action=GetTopicAttributes") {
        true => refusal("AuthorizationError", "no resource-based policy allows the SNS:GetTopicAttributes action"),
        false => refusal("AccessDenied", "as the service says"),
    }
}

#[test]
fn a_small_account_and_a_closed_topic_are_told_before_anything_is_built() {
    let folder = project("small", "", "");
    let path = folder.join("stacks/stages/prod.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let topic = "arn:aws:sns:ap-northeast-1:444455556666:alarms";
    let text = text.replace("\nsns_slack:\n", &format!("\nsns_slack:\n  topic: {topic}\n"));
    // It is only said of the stack's own topic who may publish to it.
    let text = text.replace("\n  publishers: [codestar-notifications, s3]\n", "\n");
    assert!(text.contains(topic));
    std::fs::write(&path, text).unwrap();
    let service = Service::plain(small_account);
    let url = service.url.as_str();
    let variables = [("AWS_ENDPOINT_URL", url), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = surround(command.args(["deploy", "sns-slack", "--stage", "prod", "--yes"]), &folder, &variables);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    says(
        &said,
        &[
            &format!("stage `prod` (account 111122223333, ap-northeast-1, not on AWS but at {url})"),
            "warning: account 111122223333 can run 10 functions at once in ap-northeast-1",
            &format!("warning: sns-slack: the topic {topic} cannot be read"),
            "it belongs to account 444455556666, whose owner has to allow account 111122223333",
            "error: stack `sns-slack`: cloudformation:ListStackResources failed: as the service says",
        ],
    );
}
