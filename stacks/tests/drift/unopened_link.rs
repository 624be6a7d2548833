//! A handler that leaves out what its contract declares.

use contracts::question_archiver::{ArchivedQuestion, Links};
use contracts::{Days, InsertRecords, Linker, Setting};

fn handle<L>(links: &Links<L>)
where
    L: Linker<InsertRecords<ArchivedQuestion>> + Linker<Setting<Option<Days>>>,
{
    let Links { archive: _ } = links;
}

fn main() {}
