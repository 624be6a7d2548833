//! The time, in the three forms in which the services write it.

use jiff::Timestamp;

/// Returns the milliseconds since the epoch, UTC.
pub(crate) fn now_milliseconds() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// Returns the seconds since the epoch, UTC.
pub(crate) fn now_seconds() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or_default()
}

/// Writes seconds since the epoch as `2026-08-04T02:01:52Z`.
pub(crate) fn iso_8601(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    #[test]
    fn writes_dates_around_leap_days_and_turns_of_the_year() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_785_808_912, "2026-08-04T02:01:52Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso_8601(seconds), expected);
        }
    }
}
