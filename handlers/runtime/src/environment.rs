//! What a function gets when it starts: its variables, and a place for what its links share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What Lambda sets for every function.
const ALWAYS_SET: [&str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Returns the value of a variable, if it is set.
type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The variables that Lambda and the stack have set.
pub struct Environment {
    lookup: Lookup,
    shared: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// A variable that is missing or cannot be read: the stack and the handler disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    variable: &'static str,
    problem: String,
}

impl LinkError {
    /// What is wrong with the variable; the text follows its name.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "variable `{}` {}", self.variable, self.problem)
    }
}

impl std::error::Error for LinkError {}

impl Environment {
    /// The environment of this process, if Lambda runs it. The one place where variables are read.
    #[expect(clippy::disallowed_methods, reason = "this is what opens the links that are declared in the contract")]
    pub fn from_lambda() -> Result<Self, LinkError> {
        let environment = Self::new(|name| std::env::var(name).ok());
        ALWAYS_SET.iter().try_for_each(|name| environment.variable(name).map(|_| ()))?;
        Ok(environment)
    }

    /// An environment of these variables.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { lookup: Box::new(lookup), shared: Mutex::default() }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &'static str) -> Result<String, LinkError> {
        (self.lookup)(name).ok_or_else(|| LinkError::new(name, "is not set"))
    }

    /// A value that several links share, such as a client: created on first use, one of each type.
    pub fn shared<T: Any + Send + Sync>(
        &self,
        make: impl FnOnce(&Self) -> Result<T, LinkError>,
    ) -> Result<Arc<T>, LinkError> {
        let there = self.shared.lock().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
        if let Some(there) = there.and_then(|there| there.downcast().ok()) {
            return Ok(there);
        }
        let made = Arc::new(make(self)?);
        let kept: Arc<dyn Any + Send + Sync> = made.clone();
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), kept);
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_links_share_is_made_once() {
        let environment = Environment::new(|_| None);
        let first = environment.shared(|_| Ok(7_u32)).unwrap();
        let second = environment.shared::<u32>(|_| panic!("it is there")).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(*environment.shared(|_| Ok("another type")).unwrap(), "another type");
        let failed = environment.shared::<u64>(|environment| environment.variable("A").map(|_| 1));
        assert_eq!(failed.unwrap_err().to_string(), "variable `A` is not set");
    }
}
