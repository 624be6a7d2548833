//! A handler that uses what its contract does not declare.

use contracts::question_archiver::{ArchivedQuestion, Links};
use contracts::{Days, InsertRecords, Linker, Setting};

fn handle<L>(links: &Links<L>)
where
    L: Linker<InsertRecords<ArchivedQuestion>> + Linker<Setting<Option<Days>>>,
{
    let Links { archive: _, keep_days: _, bucket: _ } = links;
}

fn main() {}
