//! What an issue says about an alert.

use crate::markup::{link, plain};
use backlog_client::{SUMMARY_LIMIT, shorten_line};
use contracts::TimeZone;
use contracts::mackerel::{AlertNotification, MARKER_LABEL};

/// An alert as it is written for people of a zone.
pub(crate) struct Report<'a> {
    pub(crate) alert: &'a AlertNotification,
    pub(crate) zone: &'a TimeZone,
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
        line("Status", Some(plain(&self.alert.status)), &mut lines);
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
        let status = plain(&alert.status);
        let mut lines = vec![match alert.is_recovery {
            true => format!("Recovered: status {status}"),
            false => format!("Status: {status}"),
        }];
        self.time_line("Changed at", alert.changed_at, &mut lines);
        if alert.is_recovery {
            self.time_line("Closed at", alert.closed_at, &mut lines);
            line("Trigger", alert.trigger.as_deref().map(plain), &mut lines);
            line("By", alert.user.as_deref().map(plain), &mut lines);
        }
        self.measured(&mut lines);
        line("Alert URL", alert.url.as_deref().map(link), &mut lines);
        line("Graph", alert.image_url.as_deref().map(link), &mut lines);
        line("Message", alert.message.as_deref().map(plain), &mut lines);
        lines.join("\n")
    }

    fn about(&self, lines: &mut Vec<String>) {
        let alert = self.alert;
        line("Monitor", alert.monitor.as_deref().map(plain), lines);
        line("Type", alert.kind.as_deref().map(plain), lines);
        if let Some(host) = &alert.host {
            line("Host", host.name.as_deref().map(plain), lines);
            let roles: Vec<String> = host.roles.iter().map(|role| plain(role)).collect();
            line("Roles", Some(roles.join(", ")), lines);
        }
        line("Service", alert.service.as_deref().map(plain), lines);
        line("Organization", alert.organization.as_deref().map(plain), lines);
    }

    fn measured(&self, lines: &mut Vec<String>) {
        let alert = self.alert;
        line("Metric", alert.metric_label.as_deref().map(plain), lines);
        if let Some(metric) = &alert.metric {
            line("Metric name", metric.name.as_deref().map(plain), lines);
            let labels: Vec<String> =
                metric.labels.iter().map(|(name, value)| plain(&format!("{name}={value}"))).collect();
            line("Labels", Some(labels.join(", ")), lines);
        }
        line("Value", alert.metric_value.as_ref().map(ToString::to_string), lines);
        let operator = alert.operator.as_deref().map(|operator| plain(operator) + " ").unwrap_or_default();
        line("Warning", alert.warning.as_ref().map(|threshold| format!("{operator}{threshold}")), lines);
        line("Critical", alert.critical.as_ref().map(|threshold| format!("{operator}{threshold}")), lines);
        line("Duration", alert.duration.as_ref().map(|minutes| format!("{minutes} min")), lines);
    }

    fn links(&self, lines: &mut Vec<String>) {
        line("Alert URL", self.alert.url.as_deref().map(link), lines);
        line("Host URL", self.alert.host.as_ref().and_then(|host| host.url.as_deref()).map(link), lines);
        line("Graph", self.alert.image_url.as_deref().map(link), lines);
    }

    fn texts(&self, lines: &mut Vec<String>) {
        for (label, text) in [("Message", &self.alert.message), ("Memo", &self.alert.memo)] {
            if let Some(text) = text {
                // In a paragraph of its own, whose first line begins after the label all the same.
                lines.push(String::new());
                line(label, Some(plain(text)), lines);
            }
        }
    }

    fn time_line(&self, label: &str, epoch_seconds: Option<i64>, lines: &mut Vec<String>) {
        line(label, self.time(epoch_seconds), lines);
    }

    fn time(&self, epoch_seconds: Option<i64>) -> Option<String> {
        self.zone.write_seconds(epoch_seconds?)
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
