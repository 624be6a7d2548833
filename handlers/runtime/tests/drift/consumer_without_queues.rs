//! A handler behind a queue, whose linker names no crate that opens the queue.

use contracts::question_archiver::{ArchivedQuestion, Links};
use contracts::question::Question;
use contracts::{InsertRecords, Published};
use runtime::{Archive, Delivery, Done, Environment, Failure, LinkError, Opens};

mod dynamodb {
    pub type Service = contracts::service::DynamoDb;
    pub struct Opener;
}

impl Opens<InsertRecords<ArchivedQuestion>> for dynamodb::Opener {
    type Link = Archive<ArchivedQuestion>;

    fn open(_: &Environment, variable: &'static str) -> Result<Self::Link, LinkError> {
        Err(LinkError::new(variable, "is not set"))
    }
}

runtime::linker!(Live: dynamodb);

async fn handle(links: &Links<Live>, _: Delivery<Published<Question>>) -> Result<Done, Failure> {
    let Links { archive: _, keep_days: _ } = links;
    Err(Failure::retry("nothing is done"))
}

fn main() {
    runtime::serve_queue(handle);
}
