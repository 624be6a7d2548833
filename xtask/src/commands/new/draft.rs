//! The files of a new integration, filled into templates.

use crate::cli::{NewOptions, Scheme, Trigger};
use crate::failure::Failure;
use std::path::Path;

/// The longest name. It is part of names in AWS, of which that of a role is the shortest.
const LONGEST_NAME: usize = 24;

/// An integration to be written.
pub struct Draft {
    /// Its name, such as `deploy-notes`.
    pub name: String,
    /// The name of its modules and of its section, such as `deploy_notes`.
    pub module: String,
    trigger: Trigger,
    signed: Option<Scheme>,
    /// The SaaS that the function calls, as it is written on the command line.
    calls: Option<String>,
}

/// Files of each integration: paths with placeholders, and templates.
const FILES: [(&str, &str); 7] = [
    ("handlers/contracts/src/{module}.rs", include_str!("contract.txt")),
    ("handlers/contracts/events/{name}.json", include_str!("event.txt")),
    ("handlers/{name}/Cargo.toml", include_str!("manifest.txt")),
    ("handlers/{name}/src/main.rs", include_str!("main.txt")),
    ("handlers/{name}/src/handler.rs", include_str!("handler.txt")),
    ("handlers/{name}/src/handler/tests.rs", include_str!("tests.txt")),
    ("stacks/src/{module}.rs", include_str!("stack.txt")),
];
/// Files of one that calls a SaaS.
const CALLING_FILES: [(&str, &str); 3] = [
    ("handlers/contracts/src/{saas}.rs", include_str!("saas.txt")),
    ("handlers/standins/src/{saas}.rs", include_str!("standin.txt")),
    ("handlers/{name}/src/webhook.rs", include_str!("webhook.txt")),
];
/// Its picture and its section in the README, and its section in a stage file.
const PICTURE: &str = include_str!("picture.txt");
const README: &str = include_str!("readme.txt");
const SECTION: &str = include_str!("section.txt");

impl Draft {
    /// The draft for these options. Fails if the name is invalid.
    pub fn new(options: &NewOptions) -> Result<Self, Failure> {
        let name = &options.name;
        for name in [name].into_iter().chain(&options.calls) {
            check_name(name)?;
        }
        if options.calls.as_ref() == Some(name) {
            return Err(Failure::nothing_changed(format!("integration and SaaS are both called `{name}`"))
                .with_hint("name the integration after what it does, such as `deploy-notes`"));
        }
        if options.signed.is_some() && options.trigger != Trigger::Webhook {
            return Err(Failure::nothing_changed("only a webhook is signed")
                .with_hint("leave `--signed` out, or give `--trigger webhook`"));
        }
        let module = name.replace('-', "_");
        Ok(Self {
            name: name.clone(),
            module,
            trigger: options.trigger,
            signed: options.signed,
            calls: options.calls.clone(),
        })
    }

    /// The module of the SaaS that the function calls, such as `chat_tool`.
    pub fn called_module(&self) -> Option<String> {
        self.calls.as_ref().map(|saas| saas.replace('-', "_"))
    }

    /// Fails if a file of the integration already exists.
    pub fn refuse_existing(&self, root: &Path) -> Result<(), Failure> {
        if let Some(module) = self.called_module()
            && root.join(format!("handlers/standins/src/{module}.rs")).exists()
        {
            return Err(Failure::nothing_changed(format!("`{module}` has a stand-in and a secret already"))
                .with_hint("create the integration without `--calls`, and use them as a handler that calls it does"));
        }
        match self.files().into_iter().find(|(path, _)| root.join(path).exists()) {
            Some((path, _)) => Err(Failure::nothing_changed(format!("{path} already exists"))
                .with_hint("choose another name, or delete the files of an earlier attempt")),
            None => Ok(()),
        }
    }

    /// Every new file: its path from the root of the repository, and its text.
    pub fn files(&self) -> Vec<(String, String)> {
        let of_calls: &[(&str, &str)] = if self.calls.is_some() { &CALLING_FILES } else { &[] };
        let all = FILES.iter().chain(of_calls);
        all.map(|(path, template)| (self.fill(path), self.fill(template))).collect()
    }

    /// Its picture in the README.
    pub fn readme_picture(&self) -> String {
        self.fill(PICTURE)
    }

    /// Its section in the README.
    pub fn readme_section(&self) -> String {
        self.fill(README)
    }

    /// Its section of a stage file.
    pub fn stage_section(&self) -> String {
        self.fill(SECTION)
    }

    /// The next steps, for the person.
    pub fn next_steps(&self) -> String {
        let Self { name, module, .. } = self;
        format!(
            "Deploy and test it:\n  cargo xtask deploy {name}\n  cargo xtask publish-test-event {name}\n\
             Then change it:\n  handlers/contracts/src/{module}.rs   what an event says, what the function needs\n  \
             handlers/{name}/src/handler.rs   what the function does\n  \
             stacks/src/{module}.rs   the stack, its settings and its test\n"
        )
    }

    fn fill(&self, template: &str) -> String {
        let lines = template.lines().filter_map(|line| self.line(line)).map(|line| self.names(line) + "\n");
        let text: String = lines.collect();
        match template.ends_with('\n') {
            true => text,
            false => text.trim_end().to_owned(),
        }
    }

    /// The line without its condition (`@a&!b,c|`: a and not b, or c); `None` if the condition does not hold.
    fn line<'a>(&self, line: &'a str) -> Option<&'a str> {
        let Some((conditions, rest)) = line.strip_prefix('@').and_then(|line| line.split_once('|')) else {
            return Some(line);
        };
        let one = |condition: &str| match condition.strip_prefix('!') {
            Some(not) => !self.is(not),
            None => self.is(condition),
        };
        let holds = conditions.split(',').any(|all| all.split('&').all(one));
        holds.then_some(rest)
    }

    fn is(&self, condition: &str) -> bool {
        match condition {
            "signed" => self.signed.is_some(),
            "calls" => self.calls.is_some(),
            "token" => self.trigger == Trigger::Webhook && self.signed.is_none(),
            trigger => self.trigger.word() == trigger,
        }
    }

    fn names(&self, line: &str) -> String {
        let scheme = self.signed.unwrap_or(Scheme::Github);
        let (source, pasted) = match scheme.key_is_pasted() {
            true => ("generated", "Some(\"field `Secret`\")"),
            false => ("given", "None"),
        };
        let saas = self.calls.as_deref().unwrap_or_default();
        let sentence = match self.calls {
            Some(_) => format!("Each event of `{}` is posted to {}", self.name, title(saas)),
            None => format!("Each event of `{}` is kept in a table", self.name),
        };
        let words = [
            ("{Saas name}", title(saas)),
            ("{Saas}", saas.split('-').map(capitalized).collect()),
            ("{SAAS}", saas.replace('-', "_").to_uppercase()),
            ("{saas_id}", saas.replace('-', "")),
            ("{saas}", saas.replace('-', "_")),
            ("{name}", self.name.clone()),
            ("{module}", self.module.clone()),
            ("{Type}", self.words().map(capitalized).collect()),
            ("{title}", capitalized(&self.words().collect::<Vec<_>>().join(" "))),
            ("{Sentence}", sentence),
            ("{scheme}", scheme.word().replace('-', "_")),
            ("{source}", source.to_owned()),
            ("{pasted}", pasted.to_owned()),
        ];
        words.iter().fold(line.to_owned(), |line, (placeholder, word)| line.replace(placeholder, word))
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.name.split('-')
    }
}

/// Fails if a name cannot be one of an integration or of a SaaS.
fn check_name(name: &str) -> Result<(), Failure> {
    let is_name = (3..=LONGEST_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match is_name {
        true => Ok(()),
        false => Err(Failure::nothing_changed(format!(
            "`{name}` is not a name; allowed are 3 to {LONGEST_NAME} lower-case letters, digits and `-`, beginning \
             with a letter, such as `deploy-notes`"
        ))),
    }
}

/// The words of a name, each with a capital, such as `Chat Tool`.
fn title(name: &str) -> String {
    name.split('-').map(capitalized).collect::<Vec<_>>().join(" ")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
