//! Time zones by their IANA names, and times as people of a zone write them.

use crate::SettingValue;
use crate::setting::setting_from_text;
use jiff::Timestamp;
use jiff::tz;
use serde::{Deserialize, Serialize};

/// A time zone such as `Asia/Tokyo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(tz::TimeZone);

setting_from_text!(TimeZone);

impl Default for TimeZone {
    fn default() -> Self {
        Self(tz::TimeZone::UTC)
    }
}

impl TimeZone {
    /// A moment (seconds since 1970) with the zone's offset, such as `2026-08-04 11:01:52 +09:00`;
    /// `None` for one that no calendar holds.
    pub fn write_seconds(&self, epoch_seconds: i64) -> Option<String> {
        self.write(Timestamp::from_second(epoch_seconds).ok()?)
    }

    /// A moment in ISO 8601 with the zone's offset, as [`TimeZone::write_seconds`] does.
    pub fn write_iso(&self, text: &str) -> Option<String> {
        self.write(text.parse().ok()?)
    }

    /// The day on which a moment (seconds since 1970) falls in the zone, such as `2026-08-04`;
    /// `None` for one that no calendar holds.
    pub fn day_of_seconds(&self, epoch_seconds: i64) -> Option<String> {
        let moment = Timestamp::from_second(epoch_seconds).ok()?;
        Some(moment.to_zoned(self.0.clone()).date().to_string())
    }

    /// A moment in ISO 8601 as seconds since 1970.
    pub fn seconds_of_iso(text: &str) -> Option<i64> {
        text.parse().ok().map(Timestamp::as_second)
    }

    fn write(&self, moment: Timestamp) -> Option<String> {
        let zoned = moment.to_zoned(self.0.clone());
        jiff::fmt::strtime::format("%Y-%m-%d %H:%M:%S %:z", &zoned).ok()
    }
}

impl SettingValue for TimeZone {
    fn render(&self) -> String {
        self.0.iana_name().unwrap_or("UTC").to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is not a time zone; allowed is an IANA name such as `Asia/Tokyo` or `UTC`");
        // Only the bundled zones: the machine's own may be others, or none.
        tz::TimeZoneDatabase::bundled().get(text).map(Self).map_err(|_| unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_the_offset_of_their_zone_and_season() {
        let at = |zone: &str, seconds| TimeZone::parse(zone).unwrap().write_seconds(seconds).unwrap();
        assert_eq!(at("Asia/Tokyo", 1_692_628_521), "2023-08-21 23:35:21 +09:00");
        assert_eq!(at("UTC", 1_692_628_521), "2023-08-21 14:35:21 +00:00");
        assert_eq!(at("Europe/Berlin", 1_692_628_521), "2023-08-21 16:35:21 +02:00");
        assert_eq!(at("Europe/Berlin", 1_702_628_521), "2023-12-15 09:22:01 +01:00");
        let tokyo = TimeZone::parse("Asia/Tokyo").unwrap();
        assert_eq!(tokyo.write_iso("2026-08-04T02:01:52.123Z").unwrap(), "2026-08-04 11:01:52 +09:00");
        assert_eq!(tokyo.write_seconds(i64::MAX), None);
        assert_eq!(TimeZone::seconds_of_iso("2023-08-21T14:35:21.640+0000"), Some(1_692_628_521));
        assert_eq!(TimeZone::seconds_of_iso("soon"), None);
    }

    #[test]
    fn a_day_begins_when_it_does_in_its_zone() {
        let day = |zone: &str, seconds| TimeZone::parse(zone).unwrap().day_of_seconds(seconds);
        assert_eq!(day("UTC", 1_692_628_521).unwrap(), "2023-08-21");
        assert_eq!(day("Asia/Tokyo", 1_692_630_000).unwrap(), "2023-08-22");
        assert_eq!(day("America/New_York", 1_692_576_000).unwrap(), "2023-08-20");
        assert_eq!(day("UTC", i64::MAX), None);
    }

    #[test]
    fn a_zone_is_written_as_it_was_read_and_an_unknown_one_is_refused() {
        for name in ["Asia/Tokyo", "UTC", "America/New_York"] {
            assert_eq!(TimeZone::parse(name).unwrap().render(), name);
        }
        assert!(TimeZone::parse("Asia/Tokio").is_err());
        assert!(TimeZone::parse("+09:00").is_err());
    }
}
