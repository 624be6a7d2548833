//! Dates as the API takes them.

use jiff::civil::Date;

/// Whether a text is a day of the calendar, written as yyyy-MM-dd.
pub(super) fn is_date(text: &str) -> bool {
    // The parser takes other forms of ISO 8601 as well.
    text.len() == 10 && text.is_ascii() && text.as_bytes()[4] == b'-' && text.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn a_day_that_the_calendar_does_not_have_is_no_date() {
        for right in ["2026-02-28", "2028-02-29", "2026-12-31"] {
            assert!(is_date(right), "{right}");
        }
        for wrong in ["2026-02-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026/02/01", "20260201", "2026-2-1", ""]
        {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
