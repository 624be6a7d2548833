//! What a stage names in a SaaS, looked up at deploy: which requests that takes, and what the answers mean.
//!
//! Pure functions of answers: each says what it found, or which request it needs first. The deployer sends the
//! requests, without knowing the SaaS.

mod backlog;

pub use backlog::{API as ISSUE_API, BacklogLookup, issue_text};

use crate::stage::Stage;
use contracts::Saas;
use std::collections::BTreeMap;
use std::fmt;

/// How the API of a SaaS is called.
#[derive(Debug)]
pub struct SaasApi {
    /// The SaaS.
    pub saas: &'static Saas,
    /// What the path of every request begins with.
    pub base: &'static [&'static str],
    /// Name of the secret that holds the key.
    pub key_secret: &'static str,
    /// The header that carries the key, so that no URL holds it.
    pub key_header: &'static str,
    /// The setting of the stage file that names the host.
    pub host_setting: &'static [&'static str],
}

/// An answer of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body, whatever it is.
    pub body: Vec<u8>,
}

/// The answers of an API so far, by the path of the request.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<Vec<String>, Answer>);

impl Answers {
    /// Adds the answer to a request.
    pub fn add(&mut self, path: Vec<String>, answer: Answer) {
        self.0.insert(path, answer);
    }

    /// The answer to a request, which is to be sent first if there is none.
    pub fn get(&self, path: &[&str]) -> Result<&Answer, NoValue> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.get(&path).ok_or(NoValue::Needs(path))
    }
}

/// A value that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value, as a template's parameter takes it.
    pub value: String,
    /// What the person should know about it.
    pub warnings: Vec<String>,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// This request is to be sent first; its path is below [`SaasApi::base`].
    Needs(Vec<String>),
    /// The stage file names what the SaaS does not have.
    Refused(Vec<Refusal>),
    /// The SaaS does not answer as it should.
    Failed(Failure),
}

/// A setting that does not fit the SaaS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where it is, below [`Lookup::setting`].
    pub below: Vec<String>,
    /// What was found.
    pub what: String,
    /// What would be right.
    pub hint: String,
}

/// An answer that ends the lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether the host in the stage file is the cause.
    pub is_of_host: bool,
    /// What the SaaS answered.
    pub what: String,
    /// The next step.
    pub hint: String,
}

/// Something that is looked up in a SaaS; each SaaS that can be asked is a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// In Backlog.
    Backlog(BacklogLookup),
}

impl Lookup {
    /// The API that is asked.
    pub fn api(&self) -> &'static SaasApi {
        match self {
            Self::Backlog(_) => &backlog::API,
        }
    }

    /// What is looked up before it, in this order.
    pub fn owners(&self) -> Vec<Self> {
        match self {
            Self::Backlog(lookup) => lookup.owners().into_iter().map(Self::Backlog).collect(),
        }
    }

    /// The path of the setting that names it, in the section of a stack.
    pub fn setting(&self, stage: &Stage, section: &str) -> Vec<String> {
        match self {
            Self::Backlog(lookup) => lookup.setting(stage, section),
        }
    }

    /// Its value, from the answers so far and the values of its owners.
    pub fn find(&self, known: &LookedUp, answers: &Answers) -> Result<Found, NoValue> {
        match self {
            Self::Backlog(lookup) => {
                let owners = self.owners();
                let owners: Vec<&str> = owners.iter().filter_map(|owner| known.find(owner)).collect();
                lookup.find(&owners, answers)
            }
        }
    }

    /// What stands for the value if the SaaS was not asked; it has the right form.
    pub(crate) fn placeholder(&self) -> &'static str {
        match self {
            Self::Backlog(lookup) => lookup.placeholder(),
        }
    }

    /// What the template says of the parameter that gets the value.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Backlog(lookup) => lookup.description(),
        }
    }
}

impl fmt::Display for Lookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backlog(lookup) => write!(formatter, "{lookup}"),
        }
    }
}

/// Every value that was looked up, as a template's parameter takes it.
#[derive(Clone, Debug, Default)]
pub struct LookedUp(Vec<(Lookup, String)>);

impl LookedUp {
    /// Adds a value.
    pub fn add(&mut self, lookup: Lookup, value: String) {
        self.0.push((lookup, value));
    }

    /// The value; `None` if the SaaS was not asked.
    pub fn find(&self, lookup: &Lookup) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == lookup).map(|(_, value)| value.as_str())
    }

    /// These values, and others where these have none.
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The value, or what stands for it if the SaaS was not asked.
    pub fn value(&self, lookup: &Lookup) -> String {
        self.find(lookup).unwrap_or(lookup.placeholder()).to_owned()
    }
}
