//! Two webhooks in one stack, which has one API.

use contracts::WebhookToken;
use contracts::backlog::{self, BacklogEvent};
use stacks::{Api, QueueRef, SecretRef, Sender, Senders, Stack, Webhook};

fn define(stack: &mut Stack, api: Api, events: &QueueRef<BacklogEvent>, token: &SecretRef<WebhookToken>) {
    let saas = &backlog::SAAS;
    let senders = Senders::Everyone;
    let first = Webhook { api, saas, place: "one", sender: Sender::Token(token), senders };
    stack.webhook("First", events, first);
    let senders = Senders::Everyone;
    let second = Webhook { api, saas, place: "another", sender: Sender::Token(token), senders };
    stack.webhook("Second", events, second);
}

fn main() {}
