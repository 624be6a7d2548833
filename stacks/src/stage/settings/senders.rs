//! Who may call a webhook.

use super::read_by;
use crate::api_policy;
use contracts::Saas;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

/// Characters in the resource policy of an API.
///
/// Source: API Gateway developer guide, "Quotas for configuring and running a REST API".
const POLICY_LIMIT: usize = 8192;

/// An address, or a range of addresses in CIDR notation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SenderRange(IpNet);

read_by!(SenderRange, |text: String| {
    let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
    let range = address.or_else(|_| text.parse::<IpNet>());
    match range {
        Ok(range) if range.prefix_len() > 0 => Ok(SenderRange(range)),
        _ => Err(format!(
            "`{text}` is not a sender; allowed is an address or a range such as `192.0.2.1` or `192.0.2.0/24`"
        )),
    }
});

impl SenderRange {
    /// The range in CIDR notation.
    pub fn cidr(&self) -> String {
        self.0.trunc().to_string()
    }
}

/// A list of its senders' addresses that a SaaS publishes; `deploy` fetches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderList {
    /// The SaaS; its name in lower case stands for the list in a stage file.
    pub saas: &'static Saas,
    /// The setting that names the list, from the top of the stage file.
    pub setting: [&'static str; 2],
    /// Where the list is published, as JSON; no key is needed.
    pub url: &'static str,
    /// The member of the list with the ranges from which webhooks come.
    pub member: &'static str,
}

impl SenderList {
    /// The ranges in what is published; an error says what is wrong with it.
    ///
    /// Nothing is taken on trust that would let half of the world call.
    pub fn read(self, published: &str) -> Result<Vec<SenderRange>, String> {
        let member = self.member;
        let published: serde_json::Value = serde_json::from_str(published).map_err(|_| "it is not JSON".to_owned())?;
        let listed = published[member].as_array().ok_or_else(|| format!("it has no list `{member}`"))?;
        let mut ranges = Vec::new();
        for range in listed {
            let range = range.as_str().ok_or_else(|| format!("{range} in `{member}` is no text"))?;
            let range = SenderRange::try_from(range.to_owned())?;
            match range.0 {
                IpNet::V4(net) if net.prefix_len() >= WIDEST_PUBLISHED => ranges.push(range),
                _ => return Err(format!("`{}` in `{member}` is no range of IPv4 with `/8` or more", range.cidr())),
            }
        }
        ranges.sort_by_key(|range| range.0);
        ranges.dedup();
        check(&ranges)?;
        Ok(ranges)
    }
}

/// Ranges of a published list have at least so many bits in common.
const WIDEST_PUBLISHED: u8 = 8;

/// Who may call the webhook of a SaaS that publishes its senders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Senders {
    /// Everyone.
    #[default]
    Everyone,
    /// Only these.
    Only(Vec<SenderRange>),
    /// Those that the SaaS publishes; `None` until they were fetched.
    Published(SenderList, Option<Vec<SenderRange>>),
}

/// What stands in a template in place of a list that was not fetched: an address for documentation.
///
/// Source: RFC 5737.
const NO_SENDER: &str = "192.0.2.0/32";

impl Senders {
    /// The ranges in CIDR notation; none, if everyone may call.
    pub fn cidrs(&self) -> Vec<String> {
        match self {
            Self::Everyone => vec![],
            Self::Only(ranges) | Self::Published(_, Some(ranges)) => ranges.iter().map(SenderRange::cidr).collect(),
            Self::Published(_, None) => vec![NO_SENDER.to_owned()],
        }
    }
}

/// Reads a list of senders; an empty one would read as no one, and mean everyone.
pub(crate) fn senders<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SenderRange>, D::Error> {
    let senders: Option<Vec<SenderRange>> = Option::deserialize(from)?;
    let senders = senders.unwrap_or_default();
    check(&senders).map_err(serde::de::Error::custom)?;
    Ok(senders)
}

/// Reads a list of senders, or the name of a SaaS for those that it publishes.
pub(crate) fn senders_or<'de, D: Deserializer<'de>>(list: SenderList, from: D) -> Result<Senders, D::Error> {
    let (name, word) = (list.saas.name, list.saas.id());
    let wrong = |found: String| {
        serde::de::Error::custom(format!(
            "{found}; allowed is a list of addresses, or `{word}` for those that {name} publishes"
        ))
    };
    match serde_yaml::Value::deserialize(from)? {
        serde_yaml::Value::String(given) if given == word => Ok(Senders::Published(list, None)),
        serde_yaml::Value::String(given) => Err(wrong(format!("`{given}` is not a list of senders"))),
        list @ (serde_yaml::Value::Sequence(_) | serde_yaml::Value::Null) => {
            senders(list).map(Senders::Only).map_err(serde::de::Error::custom)
        }
        _ => Err(wrong("found something else than a list of senders".into())),
    }
}

/// Refuses what no API takes.
fn check(senders: &[SenderRange]) -> Result<(), String> {
    if senders.is_empty() {
        return Err("allowed is at least one address; leave the line out to let everyone call".into());
    }
    let ranges: Vec<String> = senders.iter().map(SenderRange::cidr).collect();
    let (n_ranges, length) = (ranges.len(), api_policy::length(&ranges));
    if length > POLICY_LIMIT {
        return Err(format!(
            "{n_ranges} ranges make a resource policy of {length} characters, and API Gateway takes {POLICY_LIMIT}; \
             put neighboring addresses together into larger ranges"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_published(text: &str, expected: Result<&[&str], &str>) {
        const SAAS: Saas = Saas { name: "Sample" };
        let url = "https://sample.example.com/ranges.json";
        let list = SenderList { saas: &SAAS, setting: ["sample", "allowed_senders"], url, member: "outgoing" };
        let read = list.read(text);
        let read: Result<Vec<String>, String> = read.map(|ranges| ranges.iter().map(SenderRange::cidr).collect());
        match (read, expected) {
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (read, expected) => assert_eq!(read.unwrap(), expected.unwrap(), "{text}"),
        }
    }

    #[test]
    fn the_published_senders_are_read_in_order_and_once() {
        let text = r#"{"incoming":["203.0.113.7/32"],"outgoing":["198.51.100.9/32","192.0.2.0/28","198.51.100.9/32"],
            "incoming_ipv6":[],"outgoing_ipv6":["2001:db8::/56"],"new":{}}"#;
        check_published(text, Ok(&["192.0.2.0/28", "198.51.100.9/32"]));
        check_published(r#"{"outgoing":["192.0.2.1"]}"#, Ok(&["192.0.2.1/32"]));
    }

    #[test]
    fn what_would_let_nobody_or_everybody_in_is_refused() {
        for (text, problem) in [
            ("", "not JSON"),
            ("<html></html>", "not JSON"),
            ("[]", "no list `outgoing`"),
            (r#"{"outgoing":"192.0.2.1"}"#, "no list `outgoing`"),
            (r#"{"outgoing":[]}"#, "at least one address"),
            (r#"{"outgoing":[7]}"#, "no text"),
            (r#"{"outgoing":["mackerel.io"]}"#, "is not a sender"),
            (r#"{"outgoing":["0.0.0.0/0"]}"#, "is not a sender"),
            (r#"{"outgoing":["192.0.0.0/7"]}"#, "no range of IPv4"),
            (r#"{"outgoing":["2001:db8::/56"]}"#, "no range of IPv4"),
        ] {
            check_published(text, Err(problem));
        }
        let many: Vec<String> = (0..=255).flat_map(|a| [0, 8].map(|b| format!("\"10.{a}.{b}.0/32\""))).collect();
        check_published(&format!(r#"{{"outgoing":[{}]}}"#, many.join(",")), Err("resource policy"));
    }
}
