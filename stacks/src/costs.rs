//! What the stacks cost a month when nothing happens, counted from their templates.

use crate::resource::TemplateResource;
use crate::stack::Stack;
use std::collections::BTreeMap;
use std::fmt::Write;

/// List prices of us-east-1 in hundredths of a cent, a month each.
///
/// Sources, November 2026: the pricing pages of CloudWatch (a standard-resolution alarm), Secrets Manager, KMS
/// (a customer managed key) and SQS (0.40 dollars for a million requests).
const ALARM: usize = 1_000;
const SECRET: usize = 4_000;
const KEY: usize = 10_000;
const MILLION_REQUESTS: usize = 4_000;

/// Requests of one event source mapping to an empty queue: five pollers that wait 20 seconds each, for 30 days.
///
/// Source: Lambda developer guide, "Using Lambda with Amazon SQS", on how polling begins; an estimate.
const REQUESTS_OF_POLLING: usize = 5 * 3 * 60 * 24 * 30;

/// Every account has so much for nothing: ten alarms, and a million requests to SQS.
const FREE: usize = 10 * ALARM + MILLION_REQUESTS;

/// What has a price by the month.
#[derive(Clone, Copy, Default)]
struct Idle {
    alarms: usize,
    secrets: usize,
    keys: usize,
    polled_queues: usize,
}

impl Idle {
    fn of(resources: &BTreeMap<String, TemplateResource>) -> Self {
        let count = |kind: &str| resources.values().filter(|entry| entry.kind == kind).count();
        Self {
            alarms: count("AWS::CloudWatch::Alarm"),
            // A connection keeps what it authenticates with in a secret that costs its user nothing.
            secrets: count("AWS::SecretsManager::Secret"),
            keys: count("AWS::KMS::Key"),
            polled_queues: count("AWS::Lambda::EventSourceMapping"),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            alarms: self.alarms + other.alarms,
            secrets: self.secrets + other.secrets,
            keys: self.keys + other.keys,
            polled_queues: self.polled_queues + other.polled_queues,
        }
    }

    fn price(self) -> usize {
        let polling = self.polled_queues * REQUESTS_OF_POLLING * MILLION_REQUESTS / 1_000_000;
        self.alarms * ALARM + self.secrets * SECRET + self.keys * KEY + polling
    }

    fn row(self, name: &str) -> String {
        let Self { alarms, secrets, keys, polled_queues } = self;
        format!("| {name} | {alarms} | {secrets} | {keys} | {polled_queues} | {} |", dollars(self.price()))
    }
}

fn dollars(price: usize) -> String {
    let cents = (price + 50) / 100;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A table in Markdown of what each stack costs that costs anything, and a sentence on what is left of it after what AWS gives for nothing.
///
/// The rule of AWS WAF is not included, since only a stage that asks for it pays for it.
pub fn idle_costs(stacks: &[Stack]) -> String {
    let mut table = String::from("| stack | alarms | secrets | keys | queues polled | dollars |\n");
    table += "| --- | --- | --- | --- | --- | --- |\n";
    let mut all = Idle::default();
    for stack in stacks {
        let idle = Idle::of(&stack.deployed_resources());
        if idle.price() > 0 {
            table += &(idle.row(&format!("`{}`", stack.name())) + "\n");
        }
        all = all.plus(idle);
    }
    table += &(all.row("all") + "\n");
    let rest = dollars(all.price().saturating_sub(FREE));
    // Writing to a string does not fail.
    let _ = writeln!(
        table,
        "\nTen alarms and a million requests to SQS are free in every account, which leaves about {rest} dollars."
    );
    table
}
