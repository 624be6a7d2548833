//! An alert as a notification describes it, for every type of monitor.

use serde_json::{Map, Number, Value};
use std::fmt;

/// What the marker of an alert begins with.
pub const MARKER_LABEL: &str = "Alert ID";
/// Longest id of an alert, in bytes; those seen have a dozen.
const ID_LIMIT: usize = 128;

/// One notification about an alert; what a monitor of its type does not have is `None`.
///
/// Numbers are as they were sent: a metric may be a count of seconds as well as a share.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNotification {
    /// Id of the alert, the same in all of its notifications.
    pub id: String,
    /// `ok`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Whether the alert is over, by itself or because a person closed it.
    pub is_recovery: bool,
    /// Page of the alert.
    pub url: Option<String>,
    /// Type of the monitor.
    pub kind: Option<String>,
    /// Organization.
    pub organization: Option<String>,
    /// What Mackerel says of it; may have many lines.
    pub message: Option<String>,
    /// What people noted at the monitor; may have many lines.
    pub memo: Option<String>,
    /// Image of the graph.
    pub image_url: Option<String>,
    /// Name of the monitor.
    pub monitor: Option<String>,
    /// What led to the notification, in Mackerel's words.
    pub trigger: Option<String>,
    /// Who closed the alert.
    pub user: Option<String>,
    /// When it was opened; seconds since 1970.
    pub opened_at: Option<i64>,
    /// When its status changed; seconds since 1970.
    pub changed_at: Option<i64>,
    /// When it was closed; seconds since 1970.
    pub closed_at: Option<i64>,
    /// Name of the metric.
    pub metric_label: Option<String>,
    /// Value of the metric.
    pub metric_value: Option<Number>,
    /// `>` or `<`.
    pub operator: Option<String>,
    /// Value at which the status is `warning`.
    pub warning: Option<Number>,
    /// Value at which the status is `critical`.
    pub critical: Option<Number>,
    /// Minutes over which the metric is averaged.
    pub duration: Option<Number>,
    /// The host that it is about.
    pub host: Option<Host>,
    /// Name of the service that it is about.
    pub service: Option<String>,
    /// The metric of a query.
    pub metric: Option<Metric>,
}

/// A host of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Name of the host.
    pub name: Option<String>,
    /// Page of the host.
    pub url: Option<String>,
    /// Full names of its roles.
    pub roles: Vec<String>,
}

/// The metric that a query yielded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name of the metric.
    pub name: Option<String>,
    /// Its labels with their values.
    pub labels: Vec<(String, String)>,
}

/// What an event lacks that says of itself that it is an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnAlert(&'static str);

impl fmt::Display for NotAnAlert {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for NotAnAlert {}

impl AlertNotification {
    /// What it is about, in one line: the same in every notification with this status.
    ///
    /// Not every monitor has a host; the service stands in for it, and then the monitor itself.
    pub fn headline(&self) -> String {
        let host = self.host.as_ref().and_then(|host| host.name.as_deref());
        let monitor = self.monitor.as_deref().or(self.metric_label.as_deref());
        let line = match (host.or(self.service.as_deref()), monitor.or(self.kind.as_deref())) {
            (Some(place), Some(monitor)) => format!("{}@{place} - {monitor}", self.status),
            (Some(only), None) | (None, Some(only)) => format!("{}@{only}", self.status),
            (None, None) => format!("{}@alert {}", self.status, self.id),
        };
        let words = line.split(|c: char| c.is_whitespace() || c.is_control());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The line of the description by which it is found again; no other alert has it.
    pub fn marker(&self) -> String {
        format!("{MARKER_LABEL}: {}", self.id)
    }

    pub(super) fn read(event: &Map<String, Value>) -> Result<Self, NotAnAlert> {
        let alert = object(event, "alert").ok_or(NotAnAlert("the event has no `alert`"))?;
        let id = text(alert, "id").filter(|id| is_id(id)).or_else(|| id_in(&text(alert, "url")?));
        let id = id.ok_or(NotAnAlert("`alert.id` is missing or not an id, and `alert.url` holds none"))?;
        let status = text(alert, "status").ok_or(NotAnAlert("`alert.status` is missing"))?;
        let is_closed = alert.get("isOpen") == Some(&Value::Bool(false));
        // Only the deprecated one of the two is in milliseconds.
        let created_at = seconds(alert, "createdAt").map(|millis| millis.div_euclid(1000));
        Ok(Self {
            is_recovery: is_closed || status.eq_ignore_ascii_case("ok"),
            id,
            status,
            url: text(alert, "url"),
            kind: text(event, "type"),
            organization: text(event, "orgName"),
            message: text(event, "message"),
            memo: text(event, "memo"),
            image_url: text(event, "imageUrl"),
            monitor: text(alert, "monitorName"),
            trigger: text(alert, "trigger"),
            user: object(event, "user").and_then(|user| text(user, "screenName")),
            opened_at: seconds(alert, "openedAt").or(created_at),
            changed_at: seconds(alert, "statusChangedAt"),
            closed_at: seconds(alert, "closedAt"),
            metric_label: text(alert, "metricLabel"),
            metric_value: number(alert, "metricValue"),
            operator: text(alert, "monitorOperator"),
            warning: number(alert, "warningThreshold"),
            critical: number(alert, "criticalThreshold"),
            duration: number(alert, "duration"),
            host: object(event, "host").map(Host::read),
            service: object(event, "service").and_then(|service| text(service, "name")),
            // The help describes it without saying where it stands.
            metric: object(event, "metric").or_else(|| object(alert, "metric")).map(Metric::read),
        })
    }
}

impl Host {
    fn read(host: &Map<String, Value>) -> Self {
        let roles = host.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let roles = roles.iter().filter_map(|role| text(role.as_object()?, "fullname")).collect();
        Self { name: text(host, "name"), url: text(host, "url"), roles }
    }
}

impl Metric {
    fn read(metric: &Map<String, Value>) -> Self {
        let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let labels = object(metric, "labels").into_iter().flatten();
        let labels = labels.map(|(name, value)| (name.clone(), written(value))).collect();
        Self { name: text(metric, "name"), labels }
    }
}

/// Whether a text can be the id of an alert: it becomes a key, a line of its own and a word to search for.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_LIMIT && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The id in the address of an alert's page, which ends with `/alerts/<id>`.
fn id_in(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let mut segments = url.path_segments()?.skip_while(|segment| *segment != "alerts").skip(1);
    let id = segments.next()?;
    let is_last = segments.all(str::is_empty);
    (is_last && is_id(id) && !id.contains('%')).then(|| id.to_owned())
}

fn object<'a>(map: &'a Map<String, Value>, field: &str) -> Option<&'a Map<String, Value>> {
    map.get(field)?.as_object()
}

/// A text that says something.
fn text(map: &Map<String, Value>, field: &str) -> Option<String> {
    let text = map.get(field)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn number(map: &Map<String, Value>, field: &str) -> Option<Number> {
    match map.get(field)? {
        Value::Number(number) => Some(number.clone()),
        _ => None,
    }
}

/// A moment; one with a fraction loses it.
fn seconds(map: &Map<String, Value>, field: &str) -> Option<i64> {
    let number = number(map, field)?;
    number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))
}

#[cfg(test)]
mod tests;
