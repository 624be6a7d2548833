//! Settings: values that a stage decides and that a handler reads as their own type.

use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

/// A setting with one written form, the same in a stage file and in a variable.
pub trait SettingValue: Sized {
    /// The written form.
    fn render(&self) -> String;

    /// Reads the written form; the error says what was found and what is allowed.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Makes a setting readable from a stage file by its written form.
macro_rules! setting_from_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                <Self as $crate::SettingValue>::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                <$name as $crate::SettingValue>::render(&value)
            }
        }
    };
}
pub(crate) use setting_from_text;

/// Where a service answers: scheme, host, port and perhaps a base path, without a final `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// An HTTPS origin from a bare host name, as a stage file gives it.
    pub fn of_host(host: &str) -> Result<Self, String> {
        Self::parse(&format!("https://{host}"))
    }

    /// The URL below this origin with these path segments, each percent-encoded.
    pub fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether a URL has the same scheme, host and port.
    pub fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// Whether traffic to it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl SettingValue for Origin {
    fn render(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}` is not the address of a service: {why}");
        let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(wrong("it begins with `https://` and a host name"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds no user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it ends with the path, without `?` and `#`"));
        }
        Ok(Self(url))
    }
}

/// The largest size that is accepted, in bytes; written with a unit, such as `20 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SizeLimit(u64);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl SizeLimit {
    /// A limit of so many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The limit in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

setting_from_text!(SizeLimit);

impl SettingValue for SizeLimit {
    fn render(&self) -> String {
        let (unit, size) =
            UNITS.into_iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size)).unwrap_or(("B", 1));
        format!("{} {unit}", self.0 / size)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a size; allowed is a whole number with B, KiB, MiB or GiB, such as `20 GiB`");
        let (number, unit) = text.trim().split_at(text.trim().find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let size = UNITS.into_iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?.1;
        number.checked_mul(size).filter(|bytes| *bytes > 0).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for SizeLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render())
    }
}

/// A setting that may be left out; its written form is empty then.
impl<T: SettingValue> SettingValue for Option<T> {
    fn render(&self) -> String {
        self.as_ref().map(T::render).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Ok(None),
            text => T::parse(text).map(Some),
        }
    }
}

/// A number of days, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Days(u32);

impl Days {
    /// The days in seconds.
    pub const fn seconds(self) -> u64 {
        self.0 as u64 * 86_400
    }
}

impl TryFrom<u32> for Days {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        // DynamoDB keeps the moment in seconds, and a hundred years is as good as for ever.
        match days {
            1..=36_500 => Ok(Self(days)),
            _ => Err(format!("{days} is not a number of days; allowed is 1 to 36500")),
        }
    }
}

impl SettingValue for Days {
    fn render(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let days: u32 = text.parse().map_err(|_| format!("`{text}` is not a number of days"))?;
        Self::try_from(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_keeps_its_base_path_and_encodes_segments() {
        let origin = Origin::parse("http://127.0.0.1:4/backlog").unwrap();
        assert_eq!(origin.below(&["api", "a/b", ".."]).as_str(), "http://127.0.0.1:4/backlog/api/a%2Fb",);
        assert_eq!(origin.render(), "http://127.0.0.1:4/backlog");
        assert!(!origin.is_origin_of(&Url::parse("http://127.0.0.1:5/").unwrap()));
    }

    #[test]
    fn an_origin_refuses_what_is_not_one() {
        for wrong in ["x", "ftp://h", "https://u:p@h", "https://h/?q", "https://"] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_size_is_read_and_written_with_its_unit() {
        for (text, bytes) in [("20 GiB", 20 << 30), ("1KiB", 1024), ("7 B", 7)] {
            assert_eq!(SizeLimit::parse(text).unwrap().bytes(), bytes);
        }
        assert_eq!(SizeLimit::new(3 << 20).render(), "3 MiB");
        for wrong in ["", "GiB", "1", "1 TB", "0 B", "-1 B", "99999999999 GiB"] {
            assert!(SizeLimit::parse(wrong).is_err(), "{wrong}");
        }
    }
}
