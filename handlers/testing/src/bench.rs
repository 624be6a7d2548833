//! One function with its surroundings, and what every one of its outcomes is held to.

use contracts::Message;
use runtime::{Delivery, Done, Failure, Instant, Outcome};
use standins::{Failure as Planned, Keys, ReceivedCall, Standins};
use std::pin::Pin;
use std::time::Duration;

/// How long a function has, unless a test is about its end.
const TIME: Duration = Duration::from_secs(600);

type Handler<L, M> =
    Box<dyn for<'a> Fn(&'a L, Delivery<M>) -> Pin<Box<dyn Future<Output = Result<Done, Failure>> + 'a>>>;

/// A function behind a queue of messages of type `M`, with its links and the SaaS products that it calls.
///
/// [`handle`](Self::handle) is the only place that calls the handler. What it returns is all that `runtime` logs of
/// a message, so each outcome is searched for the canaries, as is what the function keeps.
pub struct Bench<L, M> {
    /// The products.
    pub standins: Standins,
    /// What the function holds.
    pub links: L,
    /// When the function must have come to its end.
    pub deadline: Instant,
    canaries: &'static [&'static str],
    kept: Box<dyn Fn() -> String>,
    handler: Handler<L, M>,
}

impl<L: 'static, M: Message + 'static> Bench<L, M> {
    /// A function with these links, and texts that no outcome may hold, in whatever letters.
    pub fn new(
        standins: Standins,
        links: L,
        canaries: &'static [&'static str],
        handler: impl AsyncFn(&L, Delivery<M>) -> Result<Done, Failure> + Clone + 'static,
    ) -> Self {
        let handler: Handler<L, M> = Box::new(move |links, delivery| {
            let handler = handler.clone();
            Box::pin(async move { handler(links, delivery).await })
        });
        Self { standins, links, deadline: Instant::now() + TIME, canaries, kept: Box::new(String::new), handler }
    }

    /// The same for a function that keeps something, which `kept` shows.
    pub fn keeping(self, kept: impl Fn() -> String + 'static) -> Self {
        Self { kept: Box::new(kept), ..self }
    }

    /// Handles the body of a queue's message, which has the id `message-1`.
    pub async fn handle(&self, body: &str) -> Result<Done, Failure> {
        let message = M::from_body(body).unwrap();
        let delivery = Delivery { message, message_id: "message-1".into(), deadline: self.deadline };
        let outcome = (self.handler)(&self.links, delivery).await;
        assert_no_canary(&format!("{outcome:?} {}", (self.kept)()), self.canaries);
        outcome
    }

    /// Handles a body and expects an outcome; returns its text.
    pub async fn check(&self, body: &str, expected: Outcome) -> String {
        let outcome = self.handle(body).await;
        let (found, text) = Outcome::of(&outcome);
        assert_eq!(found, expected, "{body}: {text}");
        text.to_owned()
    }

    /// Plans that the next call fails so.
    pub fn fail(&self, planned: Planned) {
        self.standins.fail(planned);
    }

    /// The calls that the products received, in order.
    pub fn calls(&self) -> Vec<ReceivedCall> {
        self.standins.received()
    }

    /// The statuses of the answers that the products gave, in order.
    pub fn statuses(&self) -> Vec<u16> {
        self.calls().iter().map(|call| call.status).collect()
    }
}

/// Lets a fixture with a bench in its field `bench` be used as that bench.
#[macro_export]
macro_rules! is_a_bench {
    ($fixture:ty, $bench:ty) => {
        impl std::ops::Deref for $fixture {
            type Target = $bench;

            fn deref(&self) -> &Self::Target {
                &self.bench
            }
        }

        impl std::ops::DerefMut for $fixture {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.bench
            }
        }
    };
}

/// Demands that a text holds none of the canaries, in whatever letters.
#[track_caller]
pub fn assert_no_canary(text: &str, canaries: &[&str]) {
    let lower = text.to_ascii_lowercase();
    for canary in canaries {
        assert!(!lower.contains(&canary.to_ascii_lowercase()), "{text}");
    }
}

/// Products that accept these keys, on a free port.
pub async fn standins(keys: Keys) -> Standins {
    Standins::start(0, keys, None).await.unwrap()
}
