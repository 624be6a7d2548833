//! Events whose kind is in the table, and a notice of any other event.

use super::envelope::{self, Event};
use super::{Context, Notice, known, severity};
use crate::json::{self, Json};
use crate::text::CODE_ROOM;

/// Members of a detail that say how an event of an unknown kind stands, the most telling first.
const STATES: [&str; 3] = ["severity", "state", "status"];

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    let event = envelope::of(object)?;
    Some(known::read_event(&event, context).unwrap_or_else(|| any(&event, context)))
}

/// An event of a kind that is not in the table.
fn any(event: &Event, context: &Context) -> Notice {
    let state = STATES.iter().find_map(|name| event.detail[name].seen());
    let title = state.map_or_else(|| event.detail_type.to_owned(), |state| format!("{}: {state}", event.detail_type));
    let mut notice = Notice::new("event", state.map_or(super::Severity::Neutral, severity::of), title);
    notice.add("Source", Some(event.source));
    notice.add("Resources", Some(event.resources.join("\n")));
    notice.code = Some(json::shown(event.detail, CODE_ROOM));
    notice.footer = event.footer(context);
    notice
}
