//! When a workflow runs by itself.

use super::read_by;
use serde::Deserialize;

/// Times at which something is started: `rate(1 day)`, or `cron(0 9 ? * MON-FRI *)`.
///
/// Source: EventBridge Scheduler user guide, "Schedule types".
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Schedule(String);

read_by!(Schedule, |text: String| {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    let is_schedule = inside("rate").is_some_and(is_rate) || inside("cron").is_some_and(is_cron);
    if is_schedule {
        Ok(Schedule(text))
    } else {
        Err(format!(
            "`{text}` is not a schedule; allowed are a rate such as `rate(1 day)`, and minutes, hours, days of the month, months, days of the week and years such as `cron(0 9 ? * MON-FRI *)`"
        ))
    }
});

impl Schedule {
    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else { return false };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    match number.parse::<u32>() {
        Ok(1) => is_number && ["minute", "hour", "day"].contains(&unit),
        Ok(_) => is_number && ["minutes", "hours", "days"].contains(&unit),
        Err(_) => false,
    }
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else { return false };
    // One of the two days is left open, and not both.
    let is_day = |day: &str| {
        let nearest_weekday = day.strip_suffix('W').and_then(|day| day.parse::<u32>().ok());
        day == "L"
            || day == "LW"
            || nearest_weekday.is_some_and(|day| (1..=31).contains(&day))
            || is_field(day, 1, 31, &[])
    };
    let is_weekday = |day: &str| {
        let last = day.strip_suffix('L').is_some_and(|day| is_field(day, 1, 7, &DAYS) && day.len() <= 3);
        let counted = day.split_once('#').is_some_and(|(day, week)| {
            is_field(day, 1, 7, &DAYS) && day.len() <= 3 && is_field(week, 1, 5, &[]) && week.len() == 1
        });
        last || counted || is_field(day, 1, 7, &DAYS)
    };
    is_field(minutes, 0, 59, &[])
        && is_field(hours, 0, 23, &[])
        && is_field(months, 1, 12, &MONTHS)
        && is_field(years, 1970, 2199, &[])
        && match (*days, *weekdays) {
            ("?", weekdays) => is_weekday(weekdays),
            (days, "?") => is_day(days),
            _ => false,
        }
}

/// Whether a field is `*`, values, ranges or steps, of numbers between two or of names from the first on.
fn is_field(field: &str, first: u32, last: u32, names: &[&str]) -> bool {
    let value = |text: &str| {
        let named = names.iter().position(|name| *name == text).and_then(|place| u32::try_from(place).ok());
        let number = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        named.map(|place| first + place).or_else(number).filter(|value| (first..=last).contains(value))
    };
    let is_range = |text: &str| match text.split_once('-') {
        Some((from, to)) => matches!((value(from), value(to)), (Some(from), Some(to)) if from <= to),
        None => text == "*" || value(text).is_some(),
    };
    field.split(',').all(|item| match item.split_once('/') {
        Some((range, step)) => {
            is_range(range)
                && step.bytes().all(|byte| byte.is_ascii_digit())
                && step.parse().is_ok_and(|step| (1..=last).contains(&step))
        }
        None => is_range(item),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Schedule, String> {
        Schedule::try_from(text.to_owned())
    }

    #[test]
    fn a_schedule_is_a_rate_or_six_fields() {
        for right in [
            "rate(1 day)",
            "rate(12 hours)",
            "cron(0 9 ? * MON-FRI *)",
            "cron(0/15 8,20 1-7 JAN-DEC ? 2026-2030)",
            "cron(0 0 L * ? *)",
            "cron(0 0 15W * ? *)",
            "cron(0 0 ? * 6L *)",
            "cron(0 0 ? * MON#1 *)",
        ] {
            assert_eq!(read(right).unwrap().as_str(), right);
        }
    }

    #[test]
    fn a_schedule_that_the_service_would_refuse_is_shown_with_what_is_allowed() {
        for wrong in [
            "",
            "daily",
            "rate(1 days)",
            "rate(2 day)",
            "rate(0 days)",
            "rate(+1 day)",
            "rate(1 week)",
            "rate(1 day",
            "cron(0 9 * * * *)",
            "cron(0 9 ? * ? *)",
            "cron(60 9 ? * MON *)",
            "cron(0 24 ? * MON *)",
            "cron(0 9 ? * 8 *)",
            "cron(0 9 32 * ? *)",
            "cron(0 9 ? 13 MON *)",
            "cron(0 9 ? * MON)",
            "cron(0 9 ? * FRI-MON *)",
            "cron(0/0 9 ? * MON *)",
            "cron(0 9 ? * MON#6 *)",
            "cron( 9 ? * MON *)",
            "at(2026-01-01T00:00:00)",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(wrong) && error.contains("rate(1 day)"), "{error}");
        }
    }
}
