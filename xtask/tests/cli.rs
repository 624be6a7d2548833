//! The command line without a cloud: help, wrong input, templates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use expect_test::expect_file;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", root().join("xtask"))
        .env("COLUMNS", "100")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command that must fail with exit code 2, printing nothing on stdout and these words on stderr.
fn check_refused(arguments: &[&str], words: &[&str]) {
    let output = run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(text(&output.stdout), "");
    for word in words {
        assert!(stderr.contains(word), "`{word}` is missing in:\n{stderr}");
    }
}

#[test]
fn help_is_as_committed() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("deploy", &["deploy", "--help"]),
        ("destroy", &["destroy", "--help"]),
        ("publish-test-event", &["publish-test-event", "--help"]),
        ("policy", &["policy", "--help"]),
        ("local", &["local", "--help"]),
    ] {
        let output = run(arguments);
        assert!(output.status.success());
        let path = format!("{}/tests/help/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        expect_file![path].assert_eq(&text(&output.stdout));
    }
}

#[test]
fn a_misspelt_stack_is_answered_with_the_nearest() {
    check_refused(&["deploy", "backlog-file"], &["backlog-file", "backlog-files", "similar"]);
}

#[test]
fn a_misspelt_stage_is_answered_with_the_nearest() {
    check_refused(&["deploy", "--stage", "locale"], &["no stage `locale`", "example, local", "did you mean `local`?"]);
    check_refused(
        &["deploy", "--stage", "prod"],
        &["no stage `prod`", "cp stacks/stages/example.yaml stacks/stages/prod.yaml"],
    );
    check_refused(&["endpoints", "--stage", "../x"], &["`../x` is not a stage name"]);
}

#[test]
fn without_a_terminal_nothing_is_done_on_aws() {
    check_refused(&["deploy", "--stage", "example"], &["no terminal", "hint:", "--dry-run", "--yes"]);
    check_refused(&["destroy", "--stage", "example"], &["no terminal", "hint:", "--dry-run", "--yes"]);
}

#[test]
fn a_payload_that_is_not_there_is_named() {
    check_refused(&["publish-test-event", "backlog-files", "--file", "no/such.json"], &["cannot read `no/such.json`"]);
}

#[test]
fn no_color_is_used_where_nobody_sees_it() {
    let output = run(&["deploy", "--stage", "locale"]);
    assert!(!text(&output.stderr).contains('\u{1b}'));
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let graph = |stdout: std::process::Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("graph").env("CARGO_MANIFEST_DIR", root().join("xtask")).stdout(stdout);
        command.stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let output = graph(full.into()).wait_with_output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("error: the result cannot be written to stdout: No space left on device"), "{stderr}");
    // A reader that has read enough, as `head` does, is no failure.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = graph(writer.into()).wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn synth_writes_what_is_committed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("synth");
    let _ = std::fs::remove_dir_all(&folder);
    let output = run(&["synth", "--out", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let listed = text(&output.stdout);
    assert!(listed.lines().count() >= 3, "{listed}");
    for line in listed.lines() {
        let written = std::fs::read_to_string(line).unwrap();
        let relative = Path::new(line).strip_prefix(&folder).unwrap();
        let committed = std::fs::read_to_string(root().join("stacks/tests/expected/local").join(relative)).unwrap();
        assert_eq!(written, committed, "{line}");
    }
}

#[test]
fn a_policy_is_printed_as_documents_that_iam_takes() {
    let arguments = ["policy", "deployer", "--stage", "example", "--account", "111122223333", "--output", "json"];
    let output = run(&arguments);
    assert!(output.status.success());
    let printed: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["trust"], Json::Null);
    let policies = printed["policies"].as_array().unwrap();
    assert!((2..=10).contains(&policies.len()), "{}", policies.len());
    for (n, policy) in policies.iter().enumerate() {
        assert_eq!(policy["name"], format!("tsugite-example-deployer-{}", n + 1));
        let document = policy["document"].to_string();
        assert!(document.len() <= 6144 && !document.contains("{stack}"), "{document}");
    }
    assert!(
        text(&output.stderr).contains("on all resources, because IAM cannot restrict them: acm:RequestCertificate")
    );
}

#[test]
fn a_pipeline_has_a_trust_policy_and_names_its_repository() {
    let of_github = |more: &[&str]| {
        let all: Vec<&str> = ["policy", "deployer", "--for", "github"].iter().chain(more).copied().collect();
        run(&all)
    };
    let output = of_github(&["--repository", "octo/tsugite", "--environment", "prod", "--output", "json"]);
    let printed: Json = serde_json::from_slice(&output.stdout).unwrap();
    let condition = &printed["trust"]["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(condition["token.actions.githubusercontent.com:sub"], "repo:octo/tsugite:environment:prod");
    for (more, words) in [
        (&[][..], "--repository OWNER/NAME"),
        (&["--repository", "octo/*"], "octo-org/octo-repo"),
        (&["--repository", "octo/tsugite", "--branch", "release-*"], "without `*` and `?`"),
    ] {
        let output = of_github(more);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    check_refused(&["policy", "deployer", "--stage", "example"], &["account of stage `example`", "--account"]);
}

/// An AWS service that refuses every request with the same code.
struct RefusingService {
    url: String,
    requests: std::sync::mpsc::Receiver<String>,
}

impl RefusingService {
    fn with_code(code: &str) -> Self {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>as the service says</Message></Error></ErrorResponse>"
        );
        let answer =
            format!("HTTP/1.1 403 Forbidden\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (seen, requests) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = [0; 8192];
                let n_bytes = stream.read(&mut request).unwrap_or_default();
                let _ = seen.send(String::from_utf8_lossy(&request[..n_bytes]).into_owned());
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { url, requests }
    }
}

/// A project folder with one stage on AWS.
struct Project(PathBuf);

impl Project {
    /// The stage is the example with these lines in front; the AWS configuration is `configuration`.
    fn new(name: &str, lines: &str, configuration: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("stacks/stages")).unwrap();
        std::fs::create_dir_all(folder.join(".aws")).unwrap();
        let example = std::fs::read_to_string(root().join("stacks/stages/example.yaml")).unwrap();
        std::fs::write(folder.join("stacks/stages/prod.yaml"), format!("{lines}{example}")).unwrap();
        std::fs::write(folder.join(".aws/config"), configuration).unwrap();
        Self(folder)
    }

    /// Asks for the endpoints of the stage with these variables and no others of AWS.
    fn check(&self, variables: &[(&str, &str)], words: &[&str]) {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["endpoints", "--stage", "prod"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.0)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("CARGO_MANIFEST_DIR", self.0.join("xtask"))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "`{word}` is missing in:\n{stderr}");
        }
    }
}

#[test]
fn without_credentials_the_ways_to_get_some_are_named() {
    let project = Project::new("no-credentials", "", "");
    project.check(&[], &["error: no usable AWS credentials found", "aws sso login", "AWS_PROFILE"]);
}

#[test]
fn a_profile_without_credentials_is_told_with_its_line() {
    let project = Project::new("no-profile", "profile: joiner\n", "[profile other]\nregion = eu-west-1\n");
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    for variables in [&[][..], &keys] {
        project.check(
            variables,
            &[
                "stacks/stages/prod.yaml:1: profile: `joiner` gives no usable AWS credentials",
                "was not defined",
                "aws sso login --profile joiner",
                "aws configure list-profiles",
            ],
        );
    }
}

#[test]
fn a_profile_comes_before_keys_in_the_environment() {
    let configuration = "[profile joiner]\naws_access_key_id = OFTHEPROFILE\naws_secret_access_key = b\n";
    for (lines, key) in [("profile: joiner\n", "OFTHEPROFILE"), ("", "OFTHEENVIRONMENT")] {
        let project = Project::new("profile-and-keys", lines, configuration);
        let service = RefusingService::with_code("AccessDenied");
        let variables = [
            ("AWS_ENDPOINT_URL", service.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
        ];
        project.check(&variables, &["sts:GetCallerIdentity failed"]);
        let request = service.requests.recv().unwrap();
        assert!(request.contains(&format!("Credential={key}/")), "{request}");
    }
}

#[test]
fn what_the_service_refuses_is_told_with_the_next_step() {
    let project = Project::new("refused", "", "");
    for (code, words) in [
        ("ExpiredToken", "the session has expired"),
        ("InvalidClientTokenId", "AWS does not know these credentials"),
        ("AccessDenied", "allow `sts:GetCallerIdentity` for you"),
    ] {
        let service = RefusingService::with_code(code);
        let variables =
            [("AWS_ENDPOINT_URL", service.url.as_str()), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        project.check(&variables, &["sts:GetCallerIdentity failed", "as the service says", code, words]);
    }
}

#[test]
fn without_a_network_the_address_is_doubted() {
    let variables = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    let words = [
        "sts:GetCallerIdentity failed: no answer",
        "check the network, HTTPS_PROXY if you need a proxy, and the `region`",
    ];
    Project::new("no-network", "", "").check(&variables, &words);
}

#[test]
fn aws_is_asked_through_the_proxy_of_the_environment() {
    let proxy = RefusingService::with_code("AccessDenied");
    let variables = [
        ("HTTPS_PROXY", proxy.url.as_str()),
        ("AWS_MAX_ATTEMPTS", "1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    Project::new("proxy", "", "").check(&variables, &["sts:GetCallerIdentity failed: no answer", "HTTPS_PROXY"]);
    let request = proxy.requests.recv().unwrap();
    assert!(request.starts_with("CONNECT sts.ap-northeast-1.amazonaws.com:443 "), "{request}");
}

#[test]
fn without_python_it_is_said_which_one_is_needed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-python");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("stacks/stages")).unwrap();
    std::fs::copy(root().join("stacks/stages/local.yaml"), folder.join("stacks/stages/local.yaml")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["local", "start"])
        .env("PATH", &folder)
        .env("CARGO_MANIFEST_DIR", folder.join("xtask"))
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("no usable Python found on the PATH"), "{stderr}");
    assert!(stderr.contains("none of `python3.14`, `python3.13`, "), "{stderr}");
    assert!(stderr.contains("install Python 3.10 to 3.14 with venv"), "{stderr}");
}

#[test]
fn an_executable_works_on_the_sources_that_it_lies_in() {
    // Not in the target folder, which lies in sources as well.
    let folder = std::env::temp_dir().join(format!("tsugite-{}-moved", std::process::id()));
    let executable = folder.join("sources/target/debug/xtask");
    std::fs::create_dir_all(executable.parent().unwrap()).unwrap();
    std::fs::create_dir_all(folder.join("sources/stacks/stages")).unwrap();
    std::fs::write(folder.join("sources/Cargo.toml"), "").unwrap();
    std::fs::write(folder.join("sources/stacks/stages/elsewhere.yaml"), "").unwrap();
    // By another process: a child that another test starts meanwhile would hold the file open for writing.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_xtask")).arg(&executable).status().unwrap();
    assert!(copied.success());
    let said = |executable: &Path, manifest: Option<&str>| {
        let mut command = Command::new(executable);
        command.args(["endpoints", "--stage", "nowhere"]).env_remove("CARGO_MANIFEST_DIR");
        let output = command.envs(manifest.map(|folder| ("CARGO_MANIFEST_DIR", folder))).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    // A build of something else may run it.
    for manifest in [None, Some("/somewhere/other-package")] {
        let said = said(&executable, manifest);
        assert!(said.contains("there is no stage `nowhere`; the stages are elsewhere"), "{said}");
    }
    let outside = folder.join("xtask");
    std::fs::rename(&executable, &outside).unwrap();
    let said = said(&outside, None);
    assert!(said.contains("error: this executable is outside of the sources"), "{said}");
    assert!(said.contains("hint: run `cargo xtask` inside the folder of the sources"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
