//! Messages that are known by a table: for each kind, where title, state, severity, fields and link are.
//!
//! To add a kind, add one entry, and a case to `notice/tests/known`.

mod builds;
mod direct;
mod operations;
mod security;

use super::envelope::Event;
use super::place::Whole;
use super::{Context, Notice, Severity, severity};
use crate::arn::Arn;
use crate::console::{self, Link};
use crate::json::Json;

/// The table, in parts; the first entry that takes a message reads it.
const KNOWN: [&[Known]; 4] = [builds::KNOWN, operations::KNOWN, security::KNOWN, direct::KNOWN];

/// One kind of message.
struct Known {
    when: When,
    /// What the message is about, for the title and the log: `CodeBuild`.
    what: &'static str,
    /// How it stands: `FAILED`.
    state: Said,
    /// What it is called.
    name: Said,
    /// How bad it is, by the message and its state.
    severity: fn(&Event, &str) -> Severity,
    /// Why, in the words of its source.
    text: &'static [Said],
    /// What a person looks for, by its label.
    fields: &'static [(&'static str, Said)],
    /// Where it is found: what is there, and a page of the console (`console::page`) in which `{place}` and
    /// `{region}` are filled in, or after `given:` the place of an address of the console. The first that is
    /// complete counts.
    links: &'static [(&'static str, &'static str)],
    /// A message without an envelope: where its ARN and time stand.
    arn: &'static str,
    time: &'static str,
    /// Reads it in place of all of the above.
    reader: Option<fn(&Event, &Context) -> Option<Notice>>,
}

/// Which messages an entry takes.
enum When {
    /// Events of this source (`*` is any), with one of these detail types; `…*` is any that begins so.
    Event(&'static str, &'static [&'static str]),
    /// Messages without an envelope that have all of these members.
    Members(&'static [&'static str]),
}

/// Where a text comes from.
enum Said {
    /// From a place (`place.rs`).
    At(&'static str),
    /// From a place that holds a moment; it is written in the stage's zone.
    Moment(&'static str),
    /// From a function that puts it together.
    By(fn(&Event) -> Option<String>),
}

use Said::{At, By, Moment};

/// An entry that says nothing; entries name what they know.
const BLANK: Known = Known {
    when: When::Members(&[]),
    what: "",
    state: At(""),
    name: At(""),
    severity: by_state,
    text: &[],
    fields: &[],
    links: &[],
    arn: "",
    time: "",
    reader: None,
};

/// An event that is in the table.
pub(super) fn read_event(event: &Event, context: &Context) -> Option<Notice> {
    entries().filter(|known| known.takes_event(event)).find_map(|known| match known.reader {
        Some(reader) => reader(event, context),
        None => known.notice(event, context),
    })
}

/// A message without an envelope that is in the table.
pub(super) fn read_message(object: &Json, context: &Context) -> Option<Notice> {
    let whole = Whole { outside: object, body: object };
    entries().filter(|known| known.takes_message(object)).find_map(|known| {
        let arn = whole.all(known.arn).into_iter().find_map(Json::seen).and_then(Arn::parse);
        let event = Event {
            whole,
            detail_type: "",
            source: "",
            // A service publishes to topics of its own region.
            region: arn
                .map(|arn| arn.region)
                .filter(|region| !region.is_empty())
                .or_else(|| object["region"].seen())
                .or_else(|| context.topic_arn.map(|arn| arn.region)),
            account: arn.map(|arn| arn.account).or_else(|| object["accountId"].seen()),
            time: whole.seen(known.time),
            resources: whole.seen(known.arn).into_iter().collect(),
            detail: object,
            more: &object["additionalAttributes"],
        };
        known.notice(&event, context)
    })
}

fn entries() -> impl Iterator<Item = &'static Known> {
    KNOWN.into_iter().flatten()
}

impl Known {
    fn takes_event(&self, event: &Event) -> bool {
        let is_type = |wanted: &&str| match wanted.strip_suffix('*') {
            Some(beginning) => event.detail_type.starts_with(beginning),
            None => *wanted == event.detail_type,
        };
        match self.when {
            When::Event(source, types) => matches!(source, "*") | (source == event.source) && types.iter().any(is_type),
            When::Members(_) => false,
        }
    }

    fn takes_message(&self, object: &Json) -> bool {
        match self.when {
            When::Event(..) => false,
            When::Members(names) => names.iter().all(|name| object.get(name).is_some()),
        }
    }

    /// `None` if the message says neither a state nor a name, or, without an envelope, no name: it only looks like
    /// one of this kind.
    fn notice(&self, event: &Event, context: &Context) -> Option<Notice> {
        let (state, name) = (self.state.of(event, context), self.name.of(event, context));
        let severity = (self.severity)(event, state.as_deref().unwrap_or_default());
        let what = [Some(self.what), state.as_deref()].into_iter().flatten().filter(|part| !part.is_empty());
        let what = what.collect::<Vec<_>>().join(" ");
        let title = match &name {
            Some(name) => format!("{what}: {name}"),
            None if matches!(self.when, When::Members(_)) => return None,
            None => state.is_some().then_some(what)?,
        };
        let mut notice = Notice::new(self.what, severity, title);
        let text: Vec<String> = self.text.iter().filter_map(|said| said.of(event, context)).collect();
        notice.text = Some(text.join("\n\n")).filter(|text| !text.is_empty());
        for (label, said) in self.fields {
            notice.add(label, said.of(event, context));
        }
        notice.link = self.links.iter().find_map(|(label, page)| link(label, page, event));
        notice.footer = event.footer(context);
        Some(notice)
    }
}

impl Said {
    fn of(&self, event: &Event, context: &Context) -> Option<String> {
        match self {
            At("") => None,
            At(places) => event.whole.said(places),
            Moment(places) => event.whole.said(places).map(|time| context.time(&time)),
            By(said) => said(event),
        }
    }
}

fn link(label: &'static str, page: &str, event: &Event) -> Option<Link> {
    if let Some(place) = page.strip_prefix("given:") {
        return console::given(label, &event.whole.said(place)?);
    }
    let (mut filled, mut rest) = (String::new(), page);
    while let Some((before, inside)) = rest.split_once('{') {
        let (place, after) = inside.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&match place.strip_suffix("|path") {
            _ if place == "region" => console::encoded(event.region?),
            Some(place) => console::encoded_path(&event.whole.said(place)?),
            None => console::encoded(&event.whole.said(place)?),
        });
        rest = after;
    }
    filled.push_str(rest);
    console::page(label, event.partition(), event.region, &filled)
}

/// As bad as its state sounds.
fn by_state(_: &Event, state: &str) -> Severity {
    severity::of(state)
}

/// The entries that none of these messages brings to read.
#[cfg(test)]
pub(super) fn untried(messages: &[String]) -> Vec<String> {
    let documents: Vec<Json> = messages.iter().filter_map(|message| Json::read(message)).collect();
    let takes = |known: &Known, document: &Json| match known.when {
        When::Members(_) => known.takes_message(document),
        When::Event(..) => super::envelope::of(document).is_some_and(|event| known.takes_event(&event)),
    };
    let is_untried = |known: &&Known| !documents.iter().any(|document| takes(known, document));
    let name = |known: &Known| match known.when {
        When::Members(names) => names.join(" "),
        When::Event(source, types) => format!("{source} {types:?}"),
    };
    entries().filter(is_untried).map(name).collect()
}
