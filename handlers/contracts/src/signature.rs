//! How webhooks are signed, as data: where the signature stands, how it is written, and what it covers.

mod schemes;

use crate::SettingValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use std::borrow::Cow;

/// A text of a scheme, which may be a constant.
type Text = Cow<'static, str>;

/// A scheme of signatures: HMAC with SHA-256 over the raw body, and perhaps over a time and an id.
///
/// Headers are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The header with the signature.
    pub header: Text,
    /// What stands between the parts of the header. Default: it is one signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<Text>,
    /// What stands before a signature; parts that begin otherwise are passed over.
    pub prefix: Text,
    /// How a signature is written.
    pub encoding: Encoding,
    /// What is signed: `{body}`, and around it other letters, `{timestamp}` and `{id}`.
    pub covers: Text,
    /// When it was signed. Default: it does not say, and an old request can be sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The header with the id of the event. Default: none is covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_header: Option<Text>,
    /// How the key is written.
    pub key: KeyForm,
    /// What is answered when the address is registered. Default: nothing special.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<Handshake>,
}

/// Where the moment of signing stands, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// The header; it may be that of the signature.
    pub header: Text,
    /// What stands before the number.
    pub prefix: Text,
    /// By how many seconds it may differ from the receiver's clock.
    pub window_seconds: u32,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Two digits a byte.
    Hex,
    /// Base64 with its padding.
    Base64,
}

/// How a key is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyForm {
    /// Its letters are the key.
    Text,
    /// It is the Base64 of the key, behind this prefix if there is one.
    Base64(Text),
}

/// An event that is no event: the sender wants to see its own word again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// Member at the top of the event that tells it from others.
    pub member: Text,
    /// What stands there.
    pub value: Text,
    /// Where the word stands, as a JSON pointer.
    pub word: Text,
    /// Member of the answer with the word.
    pub echo: Text,
    /// Member of the answer with the word's signature, in hexadecimal digits. Default: it is not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Text>,
}

/// Why a request is not taken for the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// It has no signature, or lacks what is covered by it.
    Missing,
    /// It was signed too long ago, or by a clock that is ahead.
    Stale,
    /// Its signature is of something else, or made with another key.
    Wrong,
    /// The key cannot be one of this scheme.
    Key,
}

impl Unsigned {
    /// The same as a sentence without a full stop.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "the request has no signature of this webhook's scheme",
            Self::Stale => "the request was signed too long ago, or by a clock that is ahead",
            Self::Wrong => "the signature is not that of this body and this webhook's key",
            Self::Key => "the signing key is not written as this webhook's scheme demands",
        }
    }
}

impl Signature {
    /// Whether a request is the sender's. `header` finds a header by its name in lower case; `now` is in seconds
    /// since 1970. Compares in constant time.
    pub fn check<'a>(
        &self,
        key: &str,
        header: impl Fn(&str) -> Option<&'a str>,
        body: &[u8],
        now: u64,
    ) -> Result<(), Unsigned> {
        let given = header(&self.header).ok_or(Unsigned::Missing)?;
        let timestamp = match &self.timestamp {
            None => "",
            Some(timestamp) => self.read_time(timestamp, header(&timestamp.header), now)?,
        };
        let id = match &self.id_header {
            None => "",
            Some(name) => header(name).filter(|id| !id.is_empty()).ok_or(Unsigned::Missing)?,
        };
        let signed = self.mac(key, timestamp, id, body)?;
        let mut signatures = self.parts(given).filter_map(|part| part.strip_prefix(&*self.prefix)).peekable();
        signatures.peek().ok_or(Unsigned::Missing)?;
        let is_right =
            |text: &str| self.encoding.read(text).is_some_and(|bytes| signed.clone().verify_slice(&bytes).is_ok());
        signatures.any(is_right).then_some(()).ok_or(Unsigned::Wrong)
    }

    /// The headers with which the sender would post this body at `now`, in seconds since 1970.
    pub fn sign(&self, key: &str, id: &str, body: &[u8], now: u64) -> Result<Vec<(String, String)>, Unsigned> {
        let now = now.to_string();
        let signed = self.mac(key, &now, id, body)?.finalize().into_bytes();
        let mut signature = format!("{}{}", self.prefix, self.encoding.write(&signed));
        let mut headers = Vec::new();
        match &self.timestamp {
            Some(Timestamp { header, prefix, .. }) if *header == self.header => {
                let separator = self.separator.as_deref().unwrap_or_default();
                signature = format!("{prefix}{now}{separator}{signature}");
            }
            Some(Timestamp { header, prefix, .. }) => headers.push((header.to_string(), format!("{prefix}{now}"))),
            None => {}
        }
        headers.extend(self.id_header.as_ref().map(|name| (name.to_string(), id.to_owned())));
        headers.push((self.header.to_string(), signature));
        Ok(headers)
    }

    /// What is answered to an event that only asks for its own word; `None` if it is a real one.
    ///
    /// To be called for a request that [`check`](Self::check) has let pass.
    pub fn handshake(&self, key: &str, event: &Value) -> Result<Option<Value>, Unsigned> {
        let Some(handshake) = &self.handshake else { return Ok(None) };
        let is_handshake = event.get(&*handshake.member).and_then(Value::as_str) == Some(&*handshake.value);
        let word = event.pointer(&handshake.word).and_then(Value::as_str);
        let Some(word) = word.filter(|_| is_handshake) else { return Ok(None) };
        let mut answer = json!({ &*handshake.echo: word });
        if let Some(member) = &handshake.signed {
            let signed = self.hmac(key)?.chain_update(word).finalize().into_bytes();
            answer[&**member] = Encoding::Hex.write(&signed).into();
        }
        Ok(Some(answer))
    }

    fn parts<'a>(&'a self, header: &'a str) -> impl Iterator<Item = &'a str> {
        // Without a separator, the whole header is the one part.
        let separator = self.separator.as_deref();
        let parts: Vec<&str> = separator.map_or_else(|| vec![header], |separator| header.split(separator).collect());
        parts.into_iter().map(str::trim)
    }

    fn read_time<'a>(&'a self, place: &Timestamp, header: Option<&'a str>, now: u64) -> Result<&'a str, Unsigned> {
        let header = header.ok_or(Unsigned::Missing)?;
        let text = match place.header == self.header {
            true => self.parts(header).find_map(|part| part.strip_prefix(&*place.prefix)),
            false => header.trim().strip_prefix(&*place.prefix),
        };
        let text = text.ok_or(Unsigned::Missing)?;
        let seconds: u64 = text.parse().map_err(|_| Unsigned::Missing)?;
        let is_recent = seconds.abs_diff(now) <= u64::from(place.window_seconds);
        is_recent.then_some(text).ok_or(Unsigned::Stale)
    }

    fn mac(&self, key: &str, timestamp: &str, id: &str, body: &[u8]) -> Result<Hmac<Sha256>, Unsigned> {
        let mut mac = self.hmac(key)?;
        let mut rest = &*self.covers;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            mac.update(before.as_bytes());
            match name {
                "body" => mac.update(body),
                "timestamp" => mac.update(timestamp.as_bytes()),
                "id" => mac.update(id.as_bytes()),
                _ => {}
            }
            rest = after;
        }
        mac.update(rest.as_bytes());
        Ok(mac)
    }

    fn hmac(&self, key: &str) -> Result<Hmac<Sha256>, Unsigned> {
        let key = match &self.key {
            KeyForm::Text => key.as_bytes().to_vec(),
            KeyForm::Base64(prefix) => {
                let text = key.strip_prefix(&**prefix).unwrap_or(key);
                BASE64_STANDARD.decode(text).map_err(|_| Unsigned::Key)?
            }
        };
        // With an empty key, everybody could sign.
        match key.is_empty() {
            true => Err(Unsigned::Key),
            false => Hmac::new_from_slice(&key).map_err(|_| Unsigned::Key),
        }
    }
}

impl SettingValue for Signature {
    fn render(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("it is no scheme of signatures: {error}"))
    }
}

impl Encoding {
    fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => BASE64_STANDARD.decode(text).ok(),
        }
    }

    fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => BASE64_STANDARD.encode(bytes),
        }
    }
}

#[cfg(test)]
mod tests;
