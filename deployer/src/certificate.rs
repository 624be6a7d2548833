//! Certificates that wait for DNS validation: which record ACM looks for, and in which zone it belongs.

use crate::event::Reporter;
use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent};
use serde_json::Value as Json;
use std::time::Duration;

const KIND: &str = "AWS::CertificateManager::Certificate";
/// How long a certificate usually takes at most; the first report comes after it.
///
/// Source: ACM user guide, "Troubleshoot DNS validation problems": validation may take some minutes.
const USUAL: Duration = Duration::from_secs(120);
/// The interval between two reports.
const AGAIN: Duration = Duration::from_secs(300);
/// When ACM gives up. Source: ACM user guide, "DNS validation".
const LIMIT_HOURS: u32 = 72;

/// Watches the certificates of one stack operation.
#[derive(Debug, Default)]
pub(crate) struct CertificateWatch {
    /// How long the operation had taken at the last report.
    told: Option<Duration>,
}

impl CertificateWatch {
    /// Reports what a certificate waits for, after [`USUAL`] and then every [`AGAIN`].
    ///
    /// `events` are those of the operation, oldest first; `elapsed` is how long it takes already.
    pub(crate) fn report(&mut self, stack: &str, events: &[StackEvent], elapsed: Duration, reporter: &Reporter) {
        let is_due = self.told.map_or(elapsed >= USUAL, |told| elapsed >= told + AGAIN);
        let Some(waiting) = Waiting::of(events).filter(|_| is_due) else { return };
        self.told = Some(elapsed);
        reporter.warn(format!("{stack}: {}", waiting.in_words(elapsed)));
    }
}

/// A certificate that is being made.
#[derive(Debug, Default, PartialEq, Eq)]
struct Waiting {
    domain: String,
    zone: String,
    /// Name of the record by which the domain is proven, once ACM has made it up.
    record: Option<String>,
}

impl Waiting {
    /// The last certificate among the events, unless it has settled.
    fn of(events: &[StackEvent]) -> Option<Self> {
        let mut of_certificates = events.iter().filter(|event| event.resource_type() == Some(KIND)).rev();
        let last = of_certificates.clone().next()?;
        if *last.resource_status()? != ResourceStatus::CreateInProgress {
            return None;
        }
        // Not every event carries the properties.
        let properties = of_certificates.clone().find_map(|event| {
            serde_json::from_str::<Json>(event.resource_properties()?)
                .ok()
                .filter(|json| json["DomainName"].is_string())
        });
        let properties = properties.unwrap_or_default();
        let record = of_certificates.find_map(|event| record_of(event.resource_status_reason()?));
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        Some(Self {
            domain: text(&properties["DomainName"]),
            zone: text(&properties["DomainValidationOptions"][0]["HostedZoneId"]),
            record: record.map(str::to_owned),
        })
    }

    fn in_words(&self, elapsed: Duration) -> String {
        let Self { domain, zone, record } = self;
        let minutes = elapsed.as_secs() / 60;
        let looks_for = match record {
            Some(record) => format!("ACM looks for the CNAME record {record} in public DNS"),
            None => "ACM has not published the name of its CNAME record yet".to_owned(),
        };
        format!(
            "the certificate of {domain} has waited {minutes} min for DNS: {looks_for}; CloudFormation writes it to the hosted zone {zone}. Check that the name servers that the registrar has for the domain are those of this zone (aws route53 get-hosted-zone --id {zone}). ACM gives up after {LIMIT_HOURS} h; after Ctrl-C, the same command continues"
        )
    }
}

/// The name of the record in CloudFormation's words, which hold name, type and value between braces.
fn record_of(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("Content of DNS Record is: {Name: ")?;
    rest.split([',', '}']).next().map(|name| name.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use aws_sdk_cloudformation::types::ResourceStatus;

    const PROPERTIES: &str = r#"{"DomainName":"forms.example.com","DomainValidationOptions":[{"DomainName":"forms.example.com","HostedZoneId":"Z0123"}]}"#;

    fn event(kind: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("s")
            .event_id("e")
            .stack_name("n")
            .timestamp(aws_smithy_types::DateTime::from_secs(0))
            .resource_type(kind)
            .resource_status(ResourceStatus::from(status))
            .resource_properties(PROPERTIES)
            .resource_status_reason(reason)
            .build()
    }

    fn events() -> Vec<StackEvent> {
        vec![
            event("AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
            event(KIND, "CREATE_IN_PROGRESS", ""),
            event(
                KIND,
                "CREATE_IN_PROGRESS",
                "Content of DNS Record is: {Name: _a1.forms.example.com.,Type: CNAME,Value: _b2.c3.acm-validations.aws.}",
            ),
        ]
    }

    /// The minutes with a report, and the last text.
    fn told(events: &[StackEvent], minutes: std::ops::Range<u64>) -> (Vec<u64>, String) {
        let (reporter, mut told) = Reporter::new();
        let mut watch = CertificateWatch::default();
        let mut at = Vec::new();
        let mut last = String::new();
        for minute in minutes {
            watch.report("a-certificate", events, Duration::from_secs(60 * minute), &reporter);
            while let Ok(Event::Warning(text)) = told.try_recv() {
                at.push(minute);
                last = text;
            }
        }
        (at, last)
    }

    #[test]
    fn a_certificate_that_waits_is_told_with_its_record_and_zone() {
        let (at, text) = told(&events(), 0..14);
        assert_eq!(at, [2, 7, 12]);
        for words in [
            "a-certificate: the certificate of forms.example.com has waited 12 min",
            "the CNAME record _a1.forms.example.com in public DNS",
            "hosted zone Z0123",
            "name servers that the registrar has",
            "aws route53 get-hosted-zone --id Z0123",
        ] {
            assert!(text.contains(words), "`{words}` is missing in: {text}");
        }
        let (_, text) = told(&events()[..2], 0..4);
        assert!(text.contains("ACM has not published the name of its CNAME record yet"), "{text}");
    }

    #[test]
    fn what_has_settled_or_is_none_is_not_told() {
        let mut settled = events();
        settled.push(event(KIND, "CREATE_COMPLETE", ""));
        for events in [&settled[..], &settled[..1], &[]] {
            assert_eq!(told(events, 0..14).0, [0_u64; 0]);
        }
    }
}
