//! All systems on one local stage, driven from outside, as a person and the services would.
//!
//! One story, because each chapter needs what the one before has deployed; the chapters of a
//! system are in a file of their own. It runs in a copy of the sources of its own.
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test systems`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its chapters")]

mod browser {
    pub mod chromedriver;
    pub mod page;
    pub mod question_form;
}
mod local {
    pub mod chapter;
    pub mod processes;
    pub mod stage;
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
    pub mod rights;
    pub mod roles;
    pub mod site;
    pub mod slack;
    pub mod webhooks;
    pub mod world;
}

use chapters::{bytebase, deployment, form, mackerel, rights, roles, site, slack, webhooks};
use local::chapter::chapter;
use local::stage::Stage;

#[test]
fn all_systems_from_end_to_end() {
    let stage = Stage::in_a_copy_of_the_sources("all-systems");
    stage.shares_tools();
    let before = chapter("the local cloud starts empty", || deployment::starts_empty(&stage));
    chapter("graph draws every system", || deployment::graphs(&stage));
    chapter("all systems are deployed at once, from nothing", || deployment::first(&stage));
    chapter("a second deployment changes nothing", || deployment::second(&stage));
    chapter("endpoints tells what to register", || deployment::endpoints(&stage));
    chapter("test events reach every end, again and again", || deployment::test_events(&stage));

    chapter("mackerel: an alert has one issue", || mackerel::one_issue(&stage));
    chapter("mackerel: the issue hears what becomes of its alert", || mackerel::changes(&stage));
    chapter("mackerel: other events are ignored", || mackerel::other_events(&stage));
    chapter("mackerel: an alert of a new kind is an alert", || mackerel::new_kinds(&stage));
    chapter("mackerel: thirty deliveries at once make one issue", || mackerel::thirty_at_once(&stage));
    chapter("mackerel: a lost answer makes no second issue", || mackerel::lost_answer(&stage));
    chapter("mackerel: an issue with long fields is found again", || mackerel::long_fields(&stage));
    chapter("mackerel: a rate limit is waited out", || mackerel::rate_limit(&stage));
    chapter("mackerel: a key that Backlog refuses is reported", || mackerel::refused_key(&stage));
    chapter("mackerel: a name that Backlog does not have stops the deployment", || mackerel::wrong_names(&stage));
    chapter("mackerel: only the senders that it publishes may call", || mackerel::published_senders(&stage));
    chapter("mackerel: a recovery does what the stage says, deployed alone", || mackerel::on_recovery(&stage));

    chapter("slack: notifications are shown as what they are", || slack::notifications(&stage));
    chapter("slack: a second delivery shows nothing", || slack::duplicate(&stage));
    chapter("slack: a rate limit is waited out", || slack::rate_limit(&stage));
    chapter("slack: blocks that are refused are shown as text", || slack::refused_blocks(&stage));
    chapter("slack: a webhook that is gone is reported", || slack::gone(&stage));
    chapter("slack: an alarm of another system arrives", || slack::alarm(&stage));

    chapter("form: the page is served as it should be", || site::page(&stage));
    chapter("form: what is wrong is refused with its reason", || form::refusals(&stage));
    chapter("form: a question arrives byte by byte", || form::question(&stage));
    chapter("form: no text of a stranger is formatting", || form::markup(&stage));
    chapter("form: a day has its limit", || form::daily_limit(&stage));
    chapter("form: a failing end does not hold up the others", || form::failing_end(&stage));
    chapter("form: a second delivery has no effect at any end", || form::duplicates(&stage));
    chapter("form: a person asks in a browser", || chapters::browser::asks_a_question(&stage));
    chapter("form: the page of the stand-ins shows the way of a question", || chapters::browser::sees_its_way(&stage));
    chapter("form: the page tells what fails and keeps the question", || chapters::browser::is_told_what_fails(&stage));
    chapter("form: only what differs is uploaded", || site::only_what_differs(&stage));
    chapter("form: a domain has a certificate and aliases", || site::domain(&stage));

    chapter("bytebase: projects are listed page by page", || bytebase::pages(&stage));
    chapter("bytebase: long titles are counted one by one", || bytebase::long_titles(&stage));
    chapter("bytebase: a failure that passes is waited out", || bytebase::passing_failures(&stage));
    chapter("bytebase: every other failure is told as what it is", || bytebase::other_failures(&stage));
    chapter("bytebase: a wrong key is tried once, and the right one works", || bytebase::keys(&stage));
    chapter("bytebase: two executions at once do no harm", || bytebase::two_at_once(&stage));
    chapter("bytebase: two executions survive a revoked token", || bytebase::two_with_a_revoked_token(&stage));
    chapter("bytebase: eight executions at once all end well", || bytebase::eight_at_once(&stage));
    chapter("bytebase: the machine may do what it calls and no more", || bytebase::least_privilege(&stage));

    chapter("webhooks: forged ones are refused", || webhooks::forged(&stage));
    chapter("webhooks: mutated ones come to an end", || webhooks::mutated(&stage));

    chapter("the roles allow what they need and no more", || roles::least_privilege(&stage));
    chapter("the secrets are found nowhere", || deployment::canary(&stage));
    chapter("destroy keeps data when told to", || deployment::keeps_data(&stage));
    chapter("what the stage no longer asks for is told and removed", || deployment::former(&stage));
    chapter("destroy leaves nothing", || deployment::destroys(&stage, &before));
    chapter("the printed policy is enough for whoever deploys", || rights::whole_life(&stage));
    chapter("a policy with one action less is not", || rights::one_right_less(&stage));
    chapter("what the caller may not do is told before anything changes", || rights::asked_before(&stage, &before));
    chapter("the local cloud stops", || deployment::stops(&stage));
}
