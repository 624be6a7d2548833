//! A retry whose first delay is longer than its longest one.

use stacks::workflow::{Retry, TaskError};

const RETRY: Retry = Retry::ever_later(&[TaskError::HttpSocket], 60, 30, 3);

fn main() {
    let _ = RETRY;
}
