//! What is set on a machine bends neither the bytes of a handler nor the tools that are installed.
//!
//! It compiles a small program in place of a handler, and installs one set of tools:
//! `cargo test -p xtask --test machine`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use deployer::{PythonTools, ReleaseCompiler, Reporter, Workspace, host_architecture};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the children of these tests write what they made.
const RESULT: &str = "TSUGITE_TEST_RESULT";
/// Where they find what compiles releases.
const COMPILER: &str = "TSUGITE_TEST_COMPILER";
/// The test that builds the program.
const PROGRAM: &str = "a_program_that_shows_its_build_is_built";
/// The smallest set of packages.
const TOOLS: PythonTools = PythonTools {
    name: "machine-test",
    requirements: "jmespath==1.1.0 --hash=sha256:a5663118de4908c91729bea0acadca56526eb2698e83de10cd116ae0f4e97c64\n",
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where to write the result, in a child of another test.
#[expect(clippy::disallowed_methods, reason = "a test controls its child by this variable")]
fn result() -> Option<PathBuf> {
    std::env::var_os(RESULT).map(PathBuf::from)
}

/// What compiles releases. A child is given it, because a user's settings apply to it as to any program.
#[expect(clippy::disallowed_methods, reason = "a test controls its child by this variable")]
fn compiler() -> ReleaseCompiler {
    match std::env::var_os(COMPILER) {
        Some(path) => ReleaseCompiler { path: path.into() },
        None => wait(ReleaseCompiler::build(&Workspace::new(root()), &Reporter::new().0)).unwrap(),
    }
}

/// Runs one of the tests in a process that sees these variables, and returns what it wrote.
fn in_a_child(test: &str, result: &Path, variables: &[(&str, &str)]) -> Vec<u8> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(RESULT, result).envs(variables.iter().copied());
    command.env(COMPILER, compiler().path);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    std::fs::read(result).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Builds a package of a workspace as handlers are built for AWS, and gives back its bytes.
fn built(workspace: &Path, package: &str) -> Vec<u8> {
    let (reporter, _events) = Reporter::new();
    let (compiler, workspace) = (compiler(), Workspace::new(workspace));
    let built = wait(compiler.compile(&workspace, &[package], host_architecture(), &reporter)).unwrap();
    std::fs::read(&built[0].path).unwrap()
}

#[test]
fn a_program_that_shows_its_build_is_built() {
    // A child builds in a folder of its own, so that nothing is there from another build.
    let folder = match result() {
        Some(result) => result.with_extension("sources"),
        None => scratch("program"),
    };
    write_program(&folder);
    let bytes = built(&folder, "shows-its-build");
    let text = text(&bytes);
    assert!(text.contains("TARGET="), "the program holds what its build saw");
    assert!(text.contains("/cargo/"), "the program holds the path of a crate");
    assert!(!text.contains(folder.to_str().unwrap()), "the program holds a path of this machine");
    if let Some(result) = result() {
        std::fs::write(result, bytes).unwrap();
    }
}

/// A program that holds the variables of its build but those that lead to zig, its profile, the path of a crate, and what a C compiler made of
/// the one crate of the handlers that is partly written in C.
fn write_program(folder: &Path) {
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = "[package]\nname = \"shows-its-build\"\nedition = \"2024\"\n\
                    [dependencies]\nbytes = \"1\"\nring = \"0.17\"\n[workspace]\n\
                    [profile.lambda]\ninherits = \"dev\"\ndebug = false\nstrip = \"symbols\"\n";
    let script = "fn main() {\n\
        let of_cargo = |name: &str| name.starts_with(\"CARGO_\") || [\"OUT_DIR\", \"CARGO\", \"LD_LIBRARY_PATH\", \"PATH\"].contains(&name);\n\
        let is_poison = |name: &str| name.starts_with(\"CARGO_PROFILE_\") || name.starts_with(\"CARGO_BUILD_\");\n\
        let is_of_zig = |value: &str| value.contains(\"zig\");\n\
        let seen = std::env::vars().filter(|(name, value)| (!of_cargo(name) || is_poison(name)) && !is_of_zig(value));\n\
        let mut seen: Vec<String> = seen.map(|(name, value)| format!(\"{name}={value}\")).collect();\n\
        seen.sort();\n\
        println!(\"cargo:rustc-env=SEEN={}\", seen.join(\" \"));\n}\n";
    let program = "fn main() {\n\
        println!(\"built with {}\", env!(\"SEEN\"));\n\
        println!(\"checked: {}\", cfg!(debug_assertions));\n\
        let n = std::env::args().count();\n\
        println!(\"{:?}\", ring::digest::digest(&ring::digest::SHA256, b\"abc\"));\n\
        println!(\"{:?}\", bytes::Bytes::from_static(b\"abc\").slice(n..));\n}\n";
    for (name, content) in [("Cargo.toml", manifest), ("build.rs", script), ("src/main.rs", program)] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    for name in ["Cargo.lock", "rust-toolchain.toml"] {
        std::fs::copy(root().join(name), folder.join(name)).unwrap();
    }
}

#[test]
fn tools_are_installed_and_installed_again_where_they_were_moved_to() {
    let folder = match result() {
        Some(result) => result.with_extension("tools"),
        None => scratch("tools"),
    };
    let (reporter, _events) = Reporter::new();
    let install = |root: &Path| wait(TOOLS.install(&Workspace::new(root), &reporter)).unwrap();
    let imports = |environment: &Path| {
        let output = Command::new(environment.join("bin/python")).args(["-I", "-c", "import jmespath"]).output();
        assert!(output.unwrap().status.success());
    };
    imports(&install(&folder.join("made")));
    std::fs::rename(folder.join("made"), folder.join("moved")).unwrap();
    let environment = install(&folder.join("moved"));
    assert!(environment.starts_with(folder.join("moved")));
    imports(&environment);
    // Its programs begin with the path of its Python.
    let pip = std::fs::read_to_string(environment.join("bin/pip")).unwrap();
    assert!(pip.starts_with(&format!("#!{}", environment.join("bin/python").display())), "{pip}");
    if let Some(result) = result() {
        std::fs::write(result, "installed").unwrap();
    }
}

const NOWHERE: &str = "/no/such/program";
/// What changes the bytes of a program, or stops its build, if it is seen.
const POISON: [(&str, &str); 27] = [
    ("AR_x86_64_unknown_linux_gnu", NOWHERE),
    ("CARGO_BUILD_RUSTC_WRAPPER", NOWHERE),
    ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
    ("CARGO_ENCODED_RUSTFLAGS", "-Copt-level=2"),
    ("CARGO_INCREMENTAL", "1"),
    ("CARGO_PROFILE_LAMBDA_DEBUG", "2"),
    ("CARGO_PROFILE_LAMBDA_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_LAMBDA_STRIP", "none"),
    ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", NOWHERE),
    ("CARGO_TARGET_DIR", "/no/such/target"),
    ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", NOWHERE),
    ("CC", NOWHERE),
    ("CC_aarch64_unknown_linux_gnu", NOWHERE),
    ("CC_x86_64_unknown_linux_gnu", NOWHERE),
    ("CFLAGS", "-O0 -g -DPOISON"),
    ("CXXFLAGS", "-O0 -g -DPOISON"),
    ("HOST_CC", NOWHERE),
    ("LDFLAGS", "-Wl,--no-such-flag"),
    ("LIBRARY_PATH", "/no/such/library"),
    ("RUSTC", NOWHERE),
    ("RUSTC_WORKSPACE_WRAPPER", NOWHERE),
    ("RUSTC_WRAPPER", NOWHERE),
    ("RUSTFLAGS", "-Copt-level=2"),
    ("RUSTUP_TOOLCHAIN", "no-such-toolchain"),
    ("SOURCE_DATE_EPOCH", "1"),
    ("TARGET_CC", NOWHERE),
    ("ZIG_LIB_DIR", "/no/such/library"),
];

#[test]
fn what_is_set_on_a_machine_does_not_reach_the_bytes() {
    let folder = scratch("variables");
    let usual = in_a_child(PROGRAM, &folder.join("usual"), &[]);
    assert!(usual == in_a_child(PROGRAM, &folder.join("poisoned"), &POISON), "the bytes differ");
}

#[test]
fn a_configuration_of_cargo_does_not_reach_the_bytes() {
    let folder = scratch("configuration");
    let usual = in_a_child(PROGRAM, &folder.join("usual"), &[]);
    // It keeps what was downloaded.
    let home = folder.join("cargo-home");
    std::fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::symlink(registry(), home.join("registry")).unwrap();
    let configuration = "[build]\nrustflags = [\"-Copt-level=2\"]\nrustc-wrapper = \"/no/such/wrapper\"\n\
         [env]\nCFLAGS = \"-DPOISON\"\n\
         [profile.lambda]\nstrip = false\nopt-level = 1\n\
         [profile.lambda.package.shows-its-build]\nopt-level = 2\n\
         [target.x86_64-unknown-linux-gnu]\nlinker = \"/no/such/linker\"\n";
    std::fs::write(home.join("config.toml"), configuration).unwrap();
    // Cargo would look in every folder above the sources as well.
    std::fs::create_dir_all(folder.join(".cargo")).unwrap();
    std::fs::write(folder.join(".cargo/config.toml"), configuration).unwrap();
    let home = home.display().to_string();
    let poisoned = in_a_child(PROGRAM, &folder.join("poisoned"), &[("CARGO_HOME", home.as_str())]);
    assert!(usual == poisoned, "the bytes differ");
}

/// What this machine's cargo has downloaded.
#[expect(clippy::disallowed_methods, reason = "cargo itself reads this variable")]
fn registry() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cargo")).join("registry")
}

#[test]
fn what_is_set_on_a_machine_does_not_reach_the_tools() {
    let folder = scratch("poisoned");
    let configuration = folder.join("pip.conf");
    let poison = "[global]\ntarget = /no/such/target\nrequire-virtualenv = false\nquiet = 3\n\
                  no-binary = :all:\n[install]\nuser = true\nprefix = /no/such/prefix\n";
    std::fs::write(&configuration, poison).unwrap();
    let configuration = configuration.display().to_string();
    let variables = [
        ("PIP_CONFIG_FILE", configuration.as_str()),
        ("PIP_NO_BINARY", ":all:"),
        ("PIP_PYTHON", "/no/such/python"),
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("PIP_TARGET", "/no/such/target"),
        ("PIP_USER", "1"),
        ("PYTHONHOME", "/no/such/home"),
        ("PYTHONPATH", "/no/such/path"),
        ("PYTHONSTARTUP", "/no/such/file"),
        ("PYTHONWARNINGS", "error"),
        ("VIRTUAL_ENV", "/no/such/environment"),
    ];
    let test = "tools_are_installed_and_installed_again_where_they_were_moved_to";
    assert_eq!(text(&in_a_child(test, &folder.join("result"), &variables)), "installed");
}

#[test]
fn an_index_that_a_person_set_is_asked() {
    let folder = scratch("index");
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/simple", listener.local_addr().unwrap());
    let (seen, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let n_bytes = stream.read(&mut request).unwrap_or_default();
            let _ = seen.send(text(&request[..n_bytes]));
            let _ = stream.write_all(b"HTTP/1.1 404 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let configuration = folder.join("pip.conf");
    std::fs::write(&configuration, format!("[global]\nindex-url = {url}\nretries = 0\n")).unwrap();
    let configuration = configuration.display().to_string();
    let (by_file, by_variable) = ([("PIP_CONFIG_FILE", configuration.as_str())], [("PIP_INDEX_URL", url.as_str())]);
    for variables in [&by_file[..], &by_variable] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "tools_are_installed_and_installed_again_where_they_were_moved_to"]);
        command.env(RESULT, folder.join("result"));
        // A folder with the package would answer in place of the index.
        let output = command.env_remove("PIP_FIND_LINKS").envs(variables.iter().copied()).output().unwrap();
        assert!(!output.status.success(), "the index has nothing");
        let request = asked.try_iter().next().unwrap_or_else(|| panic!("{}", text(&output.stdout)));
        assert!(request.starts_with("GET /simple/jmespath/ "), "{request}");
    }
}
