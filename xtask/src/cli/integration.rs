//! Options of `cargo xtask new`.

use clap::{Args, ValueEnum};

/// Options of `new`.
#[derive(Args, Clone, Debug)]
pub struct NewOptions {
    /// Name of the integration, of its function and of its stack, such as `deploy-notes`
    pub name: String,
    /// What invokes the function
    #[arg(long, value_enum)]
    pub trigger: Trigger,
    /// How the sender signs its requests [default: not at all; the URL holds a token]
    #[arg(long, value_enum, value_name = "SCHEME")]
    pub signed: Option<Scheme>,
    /// A SaaS to which the function posts each event, such as `chat-tool`; it gets a stand-in [default: none, events are
    /// kept in a table]
    #[arg(long, value_name = "SAAS")]
    pub calls: Option<String>,
    /// Write the sources only, and print the commands that follow
    #[arg(long)]
    pub only_sources: bool,
}

/// What invokes the function of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Trigger {
    /// An HTTP request of a SaaS
    Webhook,
    /// A message that is published to a topic
    Topic,
    /// A schedule
    Schedule,
    /// A message that is sent to a queue
    Queue,
}

/// How the sender of a webhook signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// GitHub
    Github,
    /// Slack
    Slack,
    /// LINE
    Line,
    /// Stripe
    Stripe,
    /// Zoom
    Zoom,
    /// Standard Webhooks
    StandardWebhooks,
    /// PagerDuty
    Pagerduty,
    /// Shopify
    Shopify,
    /// Chatwork
    Chatwork,
}

impl Trigger {
    /// The word for it on the command line.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl Scheme {
    /// The word for it on the command line.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether a generated key is pasted into the SaaS; if not, the SaaS makes the key.
    pub fn key_is_pasted(self) -> bool {
        self == Self::Github
    }
}
