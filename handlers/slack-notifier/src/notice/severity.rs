//! How bad a word is by which AWS or another source names a state.

/// How severe it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Bad,
    Warning,
    Good,
    /// Something has started or is in progress.
    Ongoing,
    Neutral,
}

/// Words of states and severities in capitals, without what stands between their parts.
const BAD: [&str; 26] = [
    "ALARM",
    "FAILED",
    "FAILURE",
    "FAIL",
    "FAULT",
    "ERROR",
    "TIMEDOUT",
    "TIMEOUT",
    "ABORTED",
    "EXPIRED",
    "CRITICAL",
    "FATAL",
    "HIGH",
    "REJECTED",
    "UNSUCCESSFUL",
    "NONCOMPLIANT",
    "THREATSFOUND",
    "INFECTED",
    "ISSUE",
    "ROLLBACK",
    "DENIED",
    "DOWN",
    "EMERGENCY",
    "UNHEALTHY",
    "ALERT",
    "IMPAIRED",
];
const WARNING: [&str; 17] = [
    "WARN",
    "WARNING",
    "MEDIUM",
    "MODERATE",
    "STOP",
    "STOPPED",
    "STOPPING",
    "CANCELED",
    "CANCELLED",
    "CANCELLING",
    "ABANDONED",
    "PARTIAL",
    "SCHEDULEDCHANGE",
    "INVESTIGATION",
    "DEGRADED",
    "THROTTLED",
    "DELAYED",
];
const GOOD: [&str; 14] = [
    "OK",
    "SUCCEEDED",
    "SUCCESS",
    "SUCCESSFUL",
    "SUCCESSFULLY",
    "COMPLETE",
    "COMPLETED",
    "PASSED",
    "PASS",
    "RESOLVED",
    "COMPLIANT",
    "HEALTHY",
    "RECOVERED",
    "NOTHREATSFOUND",
];
const ONGOING: [&str; 18] = [
    "START",
    "STARTED",
    "STARTING",
    "RUNNING",
    "INPROGRESS",
    "QUEUED",
    "PENDING",
    "CREATED",
    "SUBMITTED",
    "RESUMED",
    "READY",
    "PROGRESS",
    "PROVISIONING",
    "ACTIVATING",
    "DEPROVISIONING",
    "RUNNABLE",
    "PENDINGREDRIVE",
    "WAITING",
];

/// How bad a state is, by the word itself (`TIMED_OUT`) or else by its parts (`SERVICE_DEPLOYMENT_FAILED`).
pub(super) fn of(state: &str) -> Severity {
    match of_word(state) {
        Severity::Neutral => worst_of(state.split(|c: char| !c.is_alphanumeric())),
        severity => severity,
    }
}

/// The worst that any of these words says.
pub(super) fn worst_of<'a>(words: impl Iterator<Item = &'a str>) -> Severity {
    words.map(of_word).min_by_key(|severity| *severity as u8).unwrap_or(Severity::Neutral)
}

fn of_word(word: &str) -> Severity {
    let letters: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let is_one_of = |words: &[&str]| words.contains(&letters.as_str());
    match () {
        () if is_one_of(&BAD) => Severity::Bad,
        () if is_one_of(&WARNING) => Severity::Warning,
        () if is_one_of(&GOOD) => Severity::Good,
        () if is_one_of(&ONGOING) => Severity::Ongoing,
        () => Severity::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_as_bad_as_it_sounds_however_it_is_written() {
        for (word, severity) in [
            ("FAILED", Severity::Bad),
            ("Failure", Severity::Bad),
            ("TIMED_OUT", Severity::Bad),
            ("SERVICE_DEPLOYMENT_FAILED", Severity::Bad),
            ("UPDATE_ROLLBACK_COMPLETE", Severity::Bad),
            ("NON_COMPLIANT", Severity::Bad),
            ("IN_PROGRESS", Severity::Ongoing),
            ("SERVICE_DEPLOYMENT_IN_PROGRESS", Severity::Ongoing),
            ("SERVICE_DEPLOYMENT_COMPLETED", Severity::Good),
            ("Stopped", Severity::Warning),
            ("NO_THREATS_FOUND", Severity::Good),
            ("LOW", Severity::Neutral),
            ("", Severity::Neutral),
        ] {
            assert_eq!(of(word), severity, "{word}");
        }
    }

    #[test]
    fn the_worst_of_several_words_counts() {
        assert_eq!(worst_of("completed with 1 error".split(' ')), Severity::Bad);
        assert_eq!(worst_of("was completed successfully".split(' ')), Severity::Good);
        assert_eq!(worst_of([].into_iter()), Severity::Neutral);
    }
}
