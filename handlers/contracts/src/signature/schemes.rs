//! The schemes of well-known senders; one that is not here is a constant of the same kind.

use super::{Encoding, Handshake, KeyForm, Signature, Text, Timestamp};

/// How far clocks may differ, and how late a request may come: what Slack, Stripe and Standard Webhooks advise.
const WINDOW_SECONDS: u32 = 300;

fn text(text: &'static str) -> Text {
    Text::Borrowed(text)
}

impl Signature {
    /// A signature of the body alone, in hexadecimal digits and a header of this name in lower case, as ClickUp,
    /// Dropbox, Linear and Sentry make them.
    pub fn of_body(header: &'static str) -> Self {
        Self {
            header: text(header),
            separator: None,
            prefix: text(""),
            encoding: Encoding::Hex,
            covers: text("{body}"),
            timestamp: None,
            id_header: None,
            key: KeyForm::Text,
            handshake: None,
        }
    }

    /// GitHub; the person who registers the webhook chooses the key.
    ///
    /// Source: docs.github.com, "Validating webhook deliveries".
    pub fn github() -> Self {
        Self { prefix: text("sha256="), ..Self::of_body("x-hub-signature-256") }
    }

    /// Slack's Events API.
    ///
    /// Sources: docs.slack.dev, "Verifying requests from Slack" and "`url_verification` event".
    pub fn slack() -> Self {
        Self {
            prefix: text("v0="),
            covers: text("v0:{timestamp}:{body}"),
            timestamp: Some(Timestamp {
                header: text("x-slack-request-timestamp"),
                prefix: text(""),
                window_seconds: WINDOW_SECONDS,
            }),
            handshake: Some(Handshake {
                member: text("type"),
                value: text("url_verification"),
                word: text("/challenge"),
                echo: text("challenge"),
                signed: None,
            }),
            ..Self::of_body("x-slack-signature")
        }
    }

    /// LINE's Messaging API; the key is the channel secret.
    ///
    /// Source: developers.line.biz, "Verify webhook signature".
    pub fn line() -> Self {
        Self { encoding: Encoding::Base64, ..Self::of_body("x-line-signature") }
    }

    /// Stripe; the key is the endpoint's signing secret, as it is written.
    ///
    /// Source: docs.stripe.com, "Resolve webhook signature verification errors", "Verify signatures manually".
    pub fn stripe() -> Self {
        Self {
            separator: Some(text(",")),
            prefix: text("v1="),
            covers: text("{timestamp}.{body}"),
            timestamp: Some(Timestamp {
                header: text("stripe-signature"),
                prefix: text("t="),
                window_seconds: WINDOW_SECONDS,
            }),
            ..Self::of_body("stripe-signature")
        }
    }

    /// Zoom; the key is the app's secret token. Every 72 hours Zoom asks for a signed word.
    ///
    /// Source: developers.zoom.us, "Webhooks", "Verify webhook events" and "Validate your webhook endpoint".
    pub fn zoom() -> Self {
        Self {
            prefix: text("v0="),
            covers: text("v0:{timestamp}:{body}"),
            timestamp: Some(Timestamp {
                header: text("x-zm-request-timestamp"),
                prefix: text(""),
                window_seconds: WINDOW_SECONDS,
            }),
            handshake: Some(Handshake {
                member: text("event"),
                value: text("endpoint.url_validation"),
                word: text("/payload/plainToken"),
                echo: text("plainToken"),
                signed: Some(text("encryptedToken")),
            }),
            ..Self::of_body("x-zm-signature")
        }
    }

    /// Senders that follow Standard Webhooks, Svix among them.
    ///
    /// Source: the specification of Standard Webhooks, "Signature scheme".
    pub fn standard_webhooks() -> Self {
        Self {
            separator: Some(text(" ")),
            prefix: text("v1,"),
            encoding: Encoding::Base64,
            covers: text("{id}.{timestamp}.{body}"),
            timestamp: Some(Timestamp {
                header: text("webhook-timestamp"),
                prefix: text(""),
                window_seconds: WINDOW_SECONDS,
            }),
            id_header: Some(text("webhook-id")),
            key: KeyForm::Base64(text("whsec_")),
            ..Self::of_body("webhook-signature")
        }
    }

    /// PagerDuty; while a key is being replaced, there are two signatures.
    ///
    /// Source: developer.pagerduty.com, "Verifying Signatures".
    pub fn pagerduty() -> Self {
        Self { separator: Some(text(",")), prefix: text("v1="), ..Self::of_body("x-pagerduty-signature") }
    }

    /// Shopify; the key is the app's client secret.
    ///
    /// Source: shopify.dev, "Verify webhook deliveries".
    pub fn shopify() -> Self {
        Self { encoding: Encoding::Base64, ..Self::of_body("x-shopify-hmac-sha256") }
    }

    /// Chatwork; the key is the webhook's token.
    ///
    /// Source: developer.chatwork.com, "Webhook", on verifying its signature.
    pub fn chatwork() -> Self {
        Self {
            encoding: Encoding::Base64,
            key: KeyForm::Base64(text("")),
            ..Self::of_body("x-chatworkwebhooksignature")
        }
    }
}
