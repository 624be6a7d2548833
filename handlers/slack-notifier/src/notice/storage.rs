//! Events of S3 that come straight from a bucket, or by EventBridge.
//!
//! Source: Amazon S3 user guide, "Event message structure" and "EventBridge event message structure".

use super::envelope::Event;
use super::{Context, Notice, Severity};
use crate::arn::{Arn, partition_of};
use crate::console::{self, Link};
use crate::json::Json;
use percent_encoding::percent_decode_str;

/// One thing that happened to one object.
struct Change<'a> {
    event: &'a str,
    bucket: &'a str,
    bucket_arn: Option<Arn<'a>>,
    key: Option<String>,
    n_bytes: Option<u64>,
    region: Option<&'a str>,
    time: Option<&'a str>,
}

pub(super) fn read(object: &Json, context: &Context) -> Option<Notice> {
    if object["Event"].seen() == Some("s3:TestEvent") {
        return Some(test_event(object, context));
    }
    let changes: Vec<Change> = object["Records"].items().iter().map(change).collect::<Option<_>>()?;
    let first = changes.first()?;
    let mut notice = match changes.as_slice() {
        [only] => one(only),
        _ => several(&changes),
    };
    let time = changes.iter().filter_map(|change| change.time).next_back();
    notice.footer = context.footer(first.region, None, time);
    Some(notice)
}

/// An event of EventBridge about one object, whose key is written as it is.
pub(super) fn read_event(event: &Event, context: &Context) -> Option<Notice> {
    let (bucket, object) = (&event.detail["bucket"], &event.detail["object"]);
    let change = Change {
        event: event.detail_type,
        bucket: bucket["name"].seen()?,
        bucket_arn: event.resources.iter().copied().filter_map(Arn::parse).find(|arn| arn.service == "s3"),
        key: object["key"].seen().map(str::to_owned),
        n_bytes: object["size"].count(),
        region: event.region,
        time: event.time,
    };
    let mut notice = one(&change);
    notice.add("Reason", event.detail["reason"].seen());
    notice.footer = event.footer(context);
    Some(notice)
}

/// What S3 sends once when a bucket starts to notify a topic.
fn test_event(object: &Json, context: &Context) -> Notice {
    let bucket = object["Bucket"].seen().unwrap_or("a bucket");
    let mut notice = Notice::new("S3 test event", Severity::Neutral, format!("S3: {bucket} will send events here"));
    notice.text = Some("S3 tested whether it may publish to the topic. Nothing happened to any object.".to_owned());
    notice.footer = context.footer(None, None, object["Time"].seen());
    notice
}

fn change<'a>(record: &'a Json) -> Option<Change<'a>> {
    let (bucket, object) = (&record["s3"]["bucket"], &record["s3"]["object"]);
    Some(Change {
        event: record["eventName"].seen()?,
        bucket: bucket["name"].seen()?,
        bucket_arn: bucket["arn"].seen().and_then(Arn::parse).filter(|arn| arn.service == "s3"),
        key: object["key"].seen().map(decoded),
        n_bytes: object["size"].count(),
        region: record["awsRegion"].seen(),
        time: record["eventTime"].seen(),
    })
}

fn one(change: &Change) -> Notice {
    let mut notice = Notice::new("S3 event", Severity::Neutral, format!("S3: {} in {}", change.event, change.bucket));
    notice.add("Bucket", Some(change.bucket));
    notice.add("Object", change.key.as_deref());
    notice.add("Size", change.n_bytes.map(size));
    let is_there = !change.event.contains("Removed") && !change.event.contains("Delete");
    notice.link = link(change, change.key.as_deref().filter(|_| is_there));
    notice
}

fn several(changes: &[Change]) -> Notice {
    let bucket = changes.first().filter(|first| changes.iter().all(|change| change.bucket == first.bucket));
    let title = match bucket {
        Some(first) => format!("S3: {} events in {}", changes.len(), first.bucket),
        None => format!("S3: {} events", changes.len()),
    };
    let mut notice = Notice::new("S3 events", Severity::Neutral, title);
    let lines = changes.iter().map(|change| {
        let key = change.key.as_deref().unwrap_or_default();
        let size = change.n_bytes.map(|n_bytes| format!(" ({})", size(n_bytes))).unwrap_or_default();
        match bucket {
            Some(_) => format!("{}: {key}{size}", change.event),
            None => format!("{}: {}/{key}{size}", change.event, change.bucket),
        }
    });
    notice.text = Some(lines.collect::<Vec<_>>().join("\n"));
    notice.link = bucket.and_then(|first| link(first, None));
    notice
}

fn link(change: &Change, key: Option<&str>) -> Option<Link> {
    let region = change.region?;
    let partition = change.bucket_arn.map_or_else(|| partition_of(region), |arn| arn.partition);
    console::bucket(partition, region, change.bucket, key)
}

/// A key as it is: S3 writes it as forms do, with `+` for a space.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A size with three digits and its unit, and as it is if it is small.
fn size(n_bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n_bytes < 1024 {
        return format!("{n_bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut amount = n_bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if amount >= 999.5 {
            (amount, unit) = (amount / 1024.0, larger);
        }
    }
    let digits = if amount < 10.0 { 2 } else { usize::from(amount < 100.0) };
    format!("{amount:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_forms_are() {
        for (key, expected) in [
            ("a+b%2Bc", "a b+c"),
            ("%E8%A6%8B%e7%a9%8d", "見積"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%FF", "\u{fffd}"),
            ("見", "見"),
        ] {
            assert_eq!(decoded(key), expected);
        }
    }

    #[test]
    fn a_size_has_three_digits() {
        for (n_bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (2718, "2.65 KiB"),
            (1_023_999, "0.98 MiB"),
            (20 << 20, "20.0 MiB"),
            (500 << 30, "500 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(size(n_bytes), expected);
        }
    }
}
