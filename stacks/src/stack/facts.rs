//! What the deployer has to know of a stack beside its template.

use crate::lookup::Lookup;
use contracts::{Saas, SecretForm, Signature};
use std::fmt;

/// Where in the sources a resource is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// Path from the root of the repository.
    pub file: &'static str,
    /// Line, counted from 1.
    pub line: u32,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// A function of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// Its logical id.
    pub logical_id: &'static str,
    /// The package and binary that is its code.
    pub package: &'static str,
}

/// The parameter that holds the key of a function's archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeParameter(pub String);

impl CodeParameter {
    /// The parameter of the function with this logical id.
    pub fn of(logical_id: &str) -> Self {
        Self(format!("{logical_id}Code"))
    }
}

/// Where the value of a template's parameter comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// Name of the bucket with the archives.
    ArtifactBucket,
    /// Key of the archive of this package.
    CodeKey(&'static str),
    /// Address of a SaaS, or of its stand-in.
    ServiceUrl(&'static Saas),
    /// An output of another stack of the stage, which is deployed before.
    OutputOf {
        /// Name of that stack.
        stack: &'static str,
        /// The output.
        output: &'static str,
    },
    /// What a SaaS says about something that the stage names.
    LookedUp(Lookup),
}

/// A secret of a stack.
#[derive(Clone, Debug)]
pub struct SecretSpec {
    /// Its logical id.
    pub logical_id: String,
    /// Environment variable that may hold the value at deploy.
    pub name: &'static str,
    /// The SaaS that accepts it. Default: none.
    pub saas: Option<&'static Saas>,
    /// What it is.
    pub form: SecretForm,
    /// The screen of that SaaS on which a person finds the value.
    pub place: &'static str,
    /// Who makes the value.
    pub source: SecretSource,
    /// Why a text cannot be the value, judged by its form alone; see `contracts::SecretValue::refusal`.
    pub refusal: fn(&str) -> Option<&'static str>,
}

impl SecretSpec {
    /// Where a person finds the value: the SaaS and its screen.
    pub fn origin(&self) -> String {
        self.saas.map_or(self.place.to_owned(), |saas| format!("{}: {}", saas.name, self.place))
    }
}

/// Who makes the value of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A person, at deploy.
    Given,
    /// Secrets Manager, when the stack is created.
    Generated,
}

/// An address that a person has to register in a SaaS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// The screen and the field, and what else to set there.
    pub place: &'static str,
    /// Output of the stack that holds the address without its token.
    pub address_output: &'static str,
    /// Logical id of the secret that is the last part of the address; none if the address is no secret.
    pub token_secret: Option<String>,
    /// How requests to the address are signed. Default: they are not.
    pub signing: Option<Signing>,
}

/// How the sender of a webhook signs, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// Logical id of the secret with the key.
    pub secret: String,
    /// The field of the SaaS into which the person pastes the key; none if the SaaS makes it.
    pub pasted_into: Option<&'static str>,
    /// How it signs.
    pub scheme: Signature,
}

/// A resource that is retained when it is replaced, because a stack that is deployed later still uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Output of the stack that names it.
    pub output: &'static str,
    /// What it is.
    pub what: &'static str,
    /// The command that removes it, to be completed with its name.
    pub command: &'static str,
}
