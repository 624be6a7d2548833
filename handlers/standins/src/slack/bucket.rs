//! How many messages the webhook still takes: one a second, with a short burst on top.

const BURST: u64 = 30;
const REFILL_MILLISECONDS: u64 = 1_000;
const FULL: u64 = BURST * REFILL_MILLISECONDS;

/// A bucket that is full at first; a message takes the amount that a second brings back.
pub(super) struct Bucket {
    // In milliseconds of refilling, so that no fraction of a message is lost.
    filled: u64,
    seen_at: u64,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { filled: FULL, seen_at: 0 }
    }
}

impl Bucket {
    /// Takes one message, or says after how many seconds there is one to take.
    pub(super) fn take(&mut self, now_milliseconds: u64) -> Result<(), u64> {
        // A clock that was set back brings nothing.
        let passed = now_milliseconds.saturating_sub(self.seen_at);
        self.filled = self.filled.saturating_add(passed).min(FULL);
        self.seen_at = now_milliseconds;
        if self.filled < REFILL_MILLISECONDS {
            return Err((REFILL_MILLISECONDS - self.filled).div_ceil(1_000));
        }
        self.filled -= REFILL_MILLISECONDS;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, Bucket};

    #[test]
    fn takes_a_burst_and_then_one_a_second() {
        let mut bucket = Bucket::default();
        for _ in 0..BURST {
            assert_eq!(bucket.take(10_000), Ok(()));
        }
        assert_eq!(bucket.take(10_000), Err(1));
        assert_eq!(bucket.take(10_999), Err(1));
        assert_eq!(bucket.take(11_000), Ok(()));
        assert_eq!(bucket.take(11_500), Err(1));
        assert_eq!(bucket.take(12_000), Ok(()));
    }

    #[test]
    fn is_never_fuller_than_at_first() {
        let mut bucket = Bucket::default();
        for _ in 0..BURST {
            assert_eq!(bucket.take(100_000_000), Ok(()));
        }
        assert_eq!(bucket.take(100_000_000), Err(1));
    }
}
