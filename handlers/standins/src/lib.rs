//! Stand-ins for the products that the handlers call, served on one loopback address.
//!
//! Each product is one `Service`: its own routes, its own error shape, its own credential, its own part of the page.
//! What all of them share, recording and planned failures, lives in the recorder.
//! A new product is a file beside `backlog.rs` and a line in the list below.

mod answer;
mod clock;
mod control;
mod failure;
mod journal;
mod keys;
mod media;
mod page;
mod peer;
mod prepare;
mod product;
mod products;
mod received;
mod recorder;
mod secret;
mod server;
mod service;
mod shared;

// One line for each stand-in, in the order of the page.
products::stand_ins! {
    backlog,
    slack,
    teams,
    bytebase,
    mackerel,
}

pub use backlog::custom_field::BacklogCustomField;
pub use backlog::file::{BacklogFile, Content, Project, generated_bytes};
pub use failure::Failure;
pub use keys::Keys;
pub use received::ReceivedCall;
pub use secret::Credential;
pub use server::Standins;

/// Returns a word that changes with the list of stand-ins and their secrets.
#[must_use]
pub fn version() -> String {
    let secret = |product: &product::Product| product.secret.as_ref().map_or("", |secret| secret.name);
    PRODUCTS.iter().map(|product| format!("{} {}\n", product.name, secret(product))).collect()
}
