//! How often polls repeat, and how long each kind of operation is waited for.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pace of one account or process, chosen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// The wait after the first poll; later ones grow with the elapsed time.
    pub(crate) first: Duration,
    /// The longest wait between two polls.
    pub(crate) last: Duration,
    /// How long polls may fail because the service is unreachable, throttling or failing.
    pub(crate) patience: Duration,
    /// How long a requested operation may take to start.
    pub(crate) begin: Duration,
    /// How long a resource may stay busy: being created, changed or deleted.
    pub(crate) busy: Duration,
    /// The pause before a throttled operation is retried.
    pub(crate) pause: Duration,
    /// How long an event may take from its entry to its effect.
    pub(crate) arrival: Duration,
}

impl Pace {
    /// That of services on AWS.
    ///
    /// Source of the pause: API Gateway developer guide, "Amazon API Gateway quotas": it lets an account delete one
    /// REST API in so long, whatever its size, and makes them faster.
    pub(crate) const fn on_aws(patience: Duration) -> Self {
        Self {
            first: Duration::from_millis(700),
            last: Duration::from_secs(5),
            patience,
            begin: Duration::from_secs(60),
            // S3 can take hours to release a bucket's name, which is too long to wait for.
            busy: Duration::from_secs(120),
            pause: Duration::from_secs(30),
            arrival: Duration::from_secs(180),
        }
    }

    /// That of the emulator on this machine.
    pub(crate) const fn on_this_machine() -> Self {
        Self {
            first: Duration::from_millis(15),
            last: Duration::from_millis(250),
            patience: Duration::from_secs(2),
            arrival: Duration::from_secs(30),
            ..Self::on_aws(Duration::ZERO)
        }
    }

    /// That of a process on this machine, with one fixed interval.
    pub(crate) const fn every(interval: Duration) -> Self {
        Self { first: interval, last: interval, ..Self::on_this_machine() }
    }

    /// For tests: nothing is waited for, and nothing is waited for long.
    #[cfg(test)]
    pub(crate) const fn of_test() -> Self {
        Self {
            first: Duration::ZERO,
            last: Duration::ZERO,
            begin: Duration::ZERO,
            busy: Duration::from_secs(60),
            pause: Duration::ZERO,
            ..Self::on_aws(Duration::from_secs(60))
        }
    }

    /// Calls `look` until it returns a value or fails; it gets the time since the first call.
    pub(crate) async fn until<T, E>(self, mut look: impl AsyncFnMut(Duration) -> Result<Option<T>, E>) -> Result<T, E> {
        let began = Instant::now();
        loop {
            // Polls contain polls, deeper than the compiler follows; compared with a call to AWS a box costs nothing.
            if let Some(seen) = Box::pin(look(began.elapsed())).await? {
                return Ok(seen);
            }
            sleep(self.interval(began.elapsed())).await;
        }
    }

    /// The wait before the next poll, after so much time.
    fn interval(self, elapsed: Duration) -> Duration {
        (elapsed / 8).clamp(self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_get_rarer_and_not_too_rare() {
        let pace = Pace::on_aws(Duration::ZERO);
        let of = |millis| pace.interval(Duration::from_millis(millis)).as_millis();
        assert_eq!([0, 5_600, 16_000, 40_000, 3_600_000].map(of), [700, 700, 2_000, 5_000, 5_000]);
        let even = Pace::every(Duration::from_millis(20));
        assert_eq!([0, 60_000].map(|millis| even.interval(Duration::from_millis(millis)).as_millis()), [20, 20]);
    }

    #[tokio::test]
    async fn it_is_looked_until_there_is_something_to_say_or_a_look_fails() {
        let mut n_looks = 0;
        let mut count = async |_| {
            n_looks += 1;
            Ok::<_, &str>((n_looks == 3).then_some(n_looks))
        };
        assert_eq!(Pace::of_test().until(&mut count).await, Ok(3));
        let failed: Result<(), _> = Pace::of_test().until(async |_| Err("no")).await;
        assert_eq!(failed, Err("no"));
    }
}
