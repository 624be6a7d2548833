//! How many calls the user has left: a minute begins with the first call, reads, updates and searches apart.

use axum::http::{HeaderMap, HeaderValue, Method};

/// The searches that are served: the list of issues and their count.
const SEARCHES: [&str; 2] = ["/api/v2/issues", "/api/v2/issues/count"];
const WINDOW_SECONDS: u64 = 60;
/// A planned 429 promises that it is over after this many seconds.
const PRETENDED_SECONDS: u64 = 5;

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// The counts of one user. Backlog counts per user, so a new key of the user changes nothing.
#[derive(Default)]
pub(super) struct Allowance {
    read: Window,
    update: Window,
    search: Window,
}

/// What a call is counted as.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Read,
    Update,
    Search,
}

/// The numbers that every answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// Seconds since the epoch, UTC.
    pub(super) reset: u64,
}

#[derive(Default)]
struct Window {
    ends_at: u64,
    n_used: u64,
}

impl Kind {
    /// Returns what a call with this method and this path behind the name of the service is counted as.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match (method.is_safe(), path) {
            (false, _) => Self::Update,
            (true, path) if SEARCHES.contains(&path) => Self::Search,
            (true, _) => Self::Read,
        }
    }

    fn limit(self) -> u64 {
        match self {
            Self::Read => 600,
            Self::Update | Self::Search => 150,
        }
    }
}

impl Allowance {
    /// Spends one call, or returns false if none is left.
    pub(super) fn spend(&mut self, kind: Kind, now: u64) -> bool {
        let window = match kind {
            Kind::Read => &mut self.read,
            Kind::Update => &mut self.update,
            Kind::Search => &mut self.search,
        };
        if now >= window.ends_at {
            *window = Window { ends_at: now + WINDOW_SECONDS, n_used: 0 };
        }
        let admitted = window.n_used < kind.limit();
        window.n_used += u64::from(admitted);
        admitted
    }

    /// Returns what is left, without spending anything.
    pub(super) fn standing(&self, kind: Kind, now: u64) -> Standing {
        let window = match kind {
            Kind::Read => &self.read,
            Kind::Update => &self.update,
            Kind::Search => &self.search,
        };
        let limit = kind.limit();
        if now >= window.ends_at {
            return Standing { limit, remaining: limit, reset: now + WINDOW_SECONDS };
        }
        Standing { limit, remaining: limit - window.n_used, reset: window.ends_at }
    }
}

impl Standing {
    /// Returns the standing as lowercase header names and values.
    pub(super) fn headers(self) -> [(&'static str, u64); 3] {
        [(LIMIT, self.limit), (REMAINING, self.remaining), (RESET, self.reset)]
    }
}

/// Sets the headers of an exhausted allowance that recovers soon, whatever the real one is.
pub(super) fn pretend_exhausted(headers: &mut HeaderMap, now: u64) {
    headers.insert(REMAINING, HeaderValue::from(0));
    headers.insert(RESET, HeaderValue::from(now + PRETENDED_SECONDS));
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Kind};

    #[test]
    fn a_minute_begins_with_the_first_call_and_ends_after_sixty_seconds() {
        let mut allowance = Allowance::default();
        for _ in 0..600 {
            assert!(allowance.spend(Kind::Read, 1_000));
        }
        assert!(!allowance.spend(Kind::Read, 1_059));
        assert_eq!(allowance.standing(Kind::Read, 1_059).remaining, 0);
        assert_eq!(allowance.standing(Kind::Read, 1_059).reset, 1_060);
        assert!(allowance.spend(Kind::Read, 1_060));
        assert_eq!(allowance.standing(Kind::Read, 1_060).remaining, 599);
        assert_eq!(allowance.standing(Kind::Read, 1_060).reset, 1_120);
    }

    #[test]
    fn reads_and_updates_are_counted_apart() {
        let mut allowance = Allowance::default();
        for _ in 0..150 {
            assert!(allowance.spend(Kind::Update, 1));
        }
        assert!(!allowance.spend(Kind::Update, 2));
        assert!(allowance.spend(Kind::Read, 2));
    }
}
