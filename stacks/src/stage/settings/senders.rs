//! Who may call a webhook.

use super::read_by;
use crate::resource::api_policy_length;
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

/// Reads a list of senders; an empty one would say nobody, and mean everyone.
pub(crate) fn senders<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SenderRange>, D::Error> {
    let senders: Option<Vec<SenderRange>> = Option::deserialize(from)?;
    let Some(senders) = senders.filter(|senders| !senders.is_empty()) else {
        let message = "allowed is at least one address; leave the line out to let everyone call";
        return Err(serde::de::Error::custom(message));
    };
    let ranges: Vec<String> = senders.iter().map(SenderRange::cidr).collect();
    let (n_ranges, length) = (ranges.len(), api_policy_length(&ranges));
    if length > POLICY_LIMIT {
        return Err(serde::de::Error::custom(format!(
            "{n_ranges} ranges make a resource policy of {length} characters, and API Gateway takes {POLICY_LIMIT}; \
             put neighboring addresses together into larger ranges"
        )));
    }
    Ok(senders)
}
