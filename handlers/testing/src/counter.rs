//! A table of numbers in memory.

use crate::{at_once, lock};
use runtime::calls::{Answer, CounterCalls};
use runtime::{Counter, Failure};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Numbers by their keys; clones share them.
#[derive(Clone, Default)]
pub struct FakeCounter {
    numbers: Arc<Mutex<BTreeMap<String, u32>>>,
    is_broken: bool,
}

impl FakeCounter {
    /// A table that cannot be reached.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// A link to it.
    pub fn counter(&self) -> Counter {
        Counter::new(self.clone())
    }

    /// Every key with its number.
    pub fn numbers(&self) -> BTreeMap<String, u32> {
        lock(&self.numbers).clone()
    }
}

impl CounterCalls for FakeCounter {
    fn count<'a>(&'a self, key: &'a str, limit: u32, _expires_at: u64) -> Answer<'a, bool> {
        if self.is_broken {
            return at_once(Err(Failure::retry("the counter is broken")));
        }
        let mut numbers = lock(&self.numbers);
        let number = numbers.get(key).copied();
        // As in DynamoDB, a number that is not there is not compared.
        let is_counted = number.is_none_or(|number| number < limit);
        if is_counted {
            numbers.insert(key.to_owned(), number.unwrap_or_default() + 1);
        }
        at_once(Ok(is_counted))
    }
}
