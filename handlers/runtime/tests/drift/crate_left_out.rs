//! A handler with a link to DynamoDB, whose linker names no crate that opens it.

use contracts::question_archiver::Links;

mod sqs {
    pub type Service = contracts::service::Sqs;
    pub struct Opener;
}

runtime::linker!(Live: sqs);

fn handle(links: &Links<Live>) {
    let Links { archive: _, keep_days: _ } = links;
}

fn main() {}
