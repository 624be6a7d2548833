//! A story in chapters: each tells when it has held, and how long it took.

use std::time::Instant;

/// Tells a chapter and returns what it leads to.
pub fn chapter<T>(title: &str, tell: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = tell();
    println!("ok  {title} ({:.1} s)", began.elapsed().as_secs_f64());
    result
}
