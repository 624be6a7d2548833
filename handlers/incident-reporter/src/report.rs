//! What an issue says about an alert.

use backlog_client::{Markup, SUMMARY_LIMIT, shorten_line, shorten_text};
use contracts::TimeZone;
use contracts::mackerel::{AlertNotification, MARKER_LABEL};

/// The longest fact, in UTF-16 units before any escape: names are shorter, and all facts
/// together leave room for the marker and the texts behind them.
const FACT_LIMIT: usize = 1_000;

/// An alert as it is written for people of a zone, in a project with this markup.
pub(crate) struct Report<'a> {
    pub(crate) alert: &'a AlertNotification,
    pub(crate) zone: &'a TimeZone,
    pub(crate) markup: Markup,
}

impl Report<'_> {
    /// The summary of the issue; of one that is too long, the time stays.
    pub(crate) fn summary(&self) -> String {
        let occurred = self.time(self.alert.opened_at).map(|time| format!(" (occurred at {time})")).unwrap_or_default();
        shorten_line(&self.alert.headline(), SUMMARY_LIMIT - occurred.len()) + &occurred
    }

    /// The description of the issue: all that is known, with the marker by which it is found.
    pub(crate) fn description(&self) -> String {
        let mut lines = Vec::new();
        line("Status", Some(self.fact(&self.alert.status)), &mut lines);
        self.about(&mut lines);
        self.time_line("Opened at", self.alert.opened_at, &mut lines);
        self.measured(&mut lines);
        self.links(&mut lines);
        lines.push(self.alert.marker());
        // Texts of any length come last, so that what is cut is theirs.
        self.texts(&mut lines);
        lines.join("\n")
    }

    /// A comment about a change; the same notification always yields the same text.
    pub(crate) fn comment(&self) -> String {
        let alert = self.alert;
        let status = self.fact(&alert.status);
        let mut lines = vec![match alert.is_recovery {
            true => format!("Recovered: status {status}"),
            false => format!("Status: {status}"),
        }];
        self.time_line("Changed at", alert.changed_at, &mut lines);
        if alert.is_recovery {
            self.time_line("Closed at", alert.closed_at, &mut lines);
            line("Trigger", alert.trigger.as_deref().map(|text| self.fact(text)), &mut lines);
            line("By", alert.user.as_deref().map(|text| self.fact(text)), &mut lines);
        }
        self.measured(&mut lines);
        line("Alert URL", alert.url.as_deref().map(|address| self.link(address)), &mut lines);
        line("Graph", alert.image_url.as_deref().map(|address| self.link(address)), &mut lines);
        line("Message", alert.message.as_deref().map(|text| self.markup.after_label(text)), &mut lines);
        lines.join("\n")
    }

    fn about(&self, lines: &mut Vec<String>) {
        let alert = self.alert;
        line("Monitor", alert.monitor.as_deref().map(|text| self.fact(text)), lines);
        line("Type", alert.kind.as_deref().map(|text| self.fact(text)), lines);
        if let Some(host) = &alert.host {
            line("Host", host.name.as_deref().map(|text| self.fact(text)), lines);
            let roles: Vec<String> = host.roles.iter().map(|role| self.fact(role)).collect();
            line("Roles", Some(together(&roles)), lines);
        }
        line("Service", alert.service.as_deref().map(|text| self.fact(text)), lines);
        line("Organization", alert.organization.as_deref().map(|text| self.fact(text)), lines);
    }

    fn measured(&self, lines: &mut Vec<String>) {
        let alert = self.alert;
        line("Metric", alert.metric_label.as_deref().map(|text| self.fact(text)), lines);
        if let Some(metric) = &alert.metric {
            line("Metric name", metric.name.as_deref().map(|text| self.fact(text)), lines);
            let labels: Vec<String> =
                metric.labels.iter().map(|(name, value)| self.fact(&format!("{name}={value}"))).collect();
            line("Labels", Some(together(&labels)), lines);
        }
        line("Value", alert.metric_value.as_ref().map(ToString::to_string), lines);
        let operator = alert.operator.as_deref().map(|operator| self.fact(operator) + " ").unwrap_or_default();
        line("Warning", alert.warning.as_ref().map(|threshold| format!("{operator}{threshold}")), lines);
        line("Critical", alert.critical.as_ref().map(|threshold| format!("{operator}{threshold}")), lines);
        line("Duration", alert.duration.as_ref().map(|minutes| format!("{minutes} min")), lines);
    }

    fn links(&self, lines: &mut Vec<String>) {
        line("Alert URL", self.alert.url.as_deref().map(|address| self.link(address)), lines);
        line(
            "Host URL",
            self.alert.host.as_ref().and_then(|host| host.url.as_deref()).map(|address| self.link(address)),
            lines,
        );
        line("Graph", self.alert.image_url.as_deref().map(|address| self.link(address)), lines);
    }

    fn texts(&self, lines: &mut Vec<String>) {
        for (label, text) in [("Message", &self.alert.message), ("Memo", &self.alert.memo)] {
            if let Some(text) = text {
                // In a paragraph of its own, whose first line still begins after the label.
                lines.push(String::new());
                line(label, Some(self.markup.after_label(text)), lines);
            }
        }
    }

    /// What stands behind a label, if it is not a text of any length.
    fn fact(&self, text: &str) -> String {
        self.markup.after_label(&shorten_text(text, FACT_LIMIT))
    }

    fn link(&self, address: &str) -> String {
        self.markup.link(&shorten_text(address, FACT_LIMIT))
    }

    fn time_line(&self, label: &str, epoch_seconds: Option<i64>, lines: &mut Vec<String>) {
        line(label, self.time(epoch_seconds), lines);
    }

    fn time(&self, epoch_seconds: Option<i64>) -> Option<String> {
        self.zone.write_seconds(epoch_seconds?)
    }
}

/// Several facts in one line, as many whole ones as a fact may be long.
fn together(facts: &[String]) -> String {
    let mut n_left = FACT_LIMIT;
    let fits = |fact: &&String| match n_left.checked_sub(fact.len() + ", ".len()) {
        Some(rest) => {
            n_left = rest;
            true
        }
        None => false,
    };
    let shown: Vec<&str> = facts.iter().take_while(fits).map(String::as_str).collect();
    match facts.len() - shown.len() {
        0 => shown.join(", "),
        n_more if shown.is_empty() => format!("{} too long to show", n_more),
        n_more => format!("{}, and {n_more} more", shown.join(", ")),
    }
}

/// One fact, if there is one; a text of several lines begins on a line of its own.
fn line(label: &str, value: Option<String>, lines: &mut Vec<String>) {
    let Some(text) = value.filter(|text| !text.is_empty()) else { return };
    if !text.contains('\n') {
        lines.push(format!("{label}: {text}"));
        return;
    }
    lines.push(format!("{label}:"));
    // Only one line of an issue may look like its marker, or another alert could take it for its own.
    let looks_like_marker = |line: &str| line.trim_start().starts_with(MARKER_LABEL);
    lines.extend(text.lines().map(|line| if looks_like_marker(line) { format!("> {line}") } else { line.to_owned() }));
}
