//! All integrations on one local stage, driven from outside, as a person and the SaaS would.
//!
//! The chapters of an integration are in a file of their own, and listed below. It runs in a copy of the sources.
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test integrations`; one integration or one chapter:
//! `cargo test -p xtask --test integrations -- mackerel`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

mod browser {
    pub mod chromedriver;
    pub mod page;
    pub mod question_form;
}
mod local {
    pub mod processes;
    pub mod stage;
    pub mod story;
    #[expect(dead_code, reason = "the story of new integrations uses the rest of it")]
    pub mod watching;
}
mod chapters {
    #[expect(dead_code, reason = "the story of a stage on AWS uses the rest of it")]
    pub mod aws;
    pub mod browser;
    pub mod bytebase;
    pub mod deployment;
    pub mod form;
    pub mod mackerel;
    pub mod mutants;
    pub mod permissions;
    pub mod roles;
    pub mod site;
    pub mod slack;
    pub mod watch;
    pub mod webhooks;
    pub mod world;
}

use chapters::deployment::DEPLOYED;
use chapters::{bytebase, deployment, form, mackerel, permissions, roles, site, slack, watch, webhooks};
use local::stage::Stage;
use local::story::{Chapter, Part, Story, chapter};
use std::process::ExitCode;

/// The chapters about single integrations, which are all deployed by then.
///
/// An integration needs no chapter of its own: those about all of them deploy, test and destroy it.
const INTEGRATIONS: [&[Chapter<Stage>]; 9] = [
    mackerel::CHAPTERS,
    slack::CHAPTERS,
    form::CHAPTERS,
    chapters::browser::CHAPTERS,
    site::CHAPTERS,
    bytebase::CHAPTERS,
    webhooks::CHAPTERS,
    roles::CHAPTERS,
    watch::CHAPTERS,
];

fn main() -> ExitCode {
    let alone = |chapters| Part { after: &[], chapters };
    let deployed = |chapters| Part { after: &[DEPLOYED], chapters };
    let all = [alone(deployment::FIRST), deployed(deployment::ALL)];
    let end = [deployed(deployment::LAST), alone(permissions::CHAPTERS)];
    Story {
        make: || {
            let stage = Stage::in_a_copy_of_the_sources("all-integrations");
            stage.shares_tools();
            stage
        },
        opening: chapter("the local stage starts empty", Stage::starts),
        parts: all.into_iter().chain(INTEGRATIONS.map(deployed)).chain(end).collect(),
        ending: chapter("the local stage stops", deployment::stops),
    }
    .run()
}
