//! What a command would change or delete, before it does.

use super::{bold, green, red, write_line, yellow};
use deployer::{Change, ChangeKind, Fate, Keep, Leftovers, Proposal, counted};
use stacks::KnownStack;

/// More changes of one kind than this are counted instead of listed.
const LISTED: usize = 12;

/// Prints proposals; those without changes in one line.
pub fn print_proposals(proposals: &[Proposal], all_in_full: bool) {
    for proposal in proposals {
        if proposal.is_empty() {
            write_line(&format!("{}: nothing to do", bold(proposal.stack)));
            continue;
        }
        let kind = if proposal.is_new { "new stack" } else { "changes" };
        write_line(&format!("{}: {kind}", bold(proposal.stack)));
        for kind in [
            ChangeKind::Replaced,
            ChangeKind::MayBeReplaced,
            ChangeKind::Removed,
            ChangeKind::Changed,
            ChangeKind::Added,
        ] {
            print_changes(kind, &proposal.changes, all_in_full);
        }
        print_statements("gains", &proposal.gained, all_in_full);
        print_statements("loses", &proposal.lost, all_in_full);
    }
}

fn print_changes(kind: ChangeKind, changes: &[Change], all_in_full: bool) {
    let changes: Vec<&Change> = changes.iter().filter(|change| change.kind == kind).collect();
    if kind == ChangeKind::Added && changes.len() > LISTED && !all_in_full {
        write_line(&format!("  {} {}", green("added"), counted(changes.len(), "resource")));
        return;
    }
    for change in changes {
        let word = match kind {
            ChangeKind::Added => green(kind.word()),
            ChangeKind::Changed => kind.word().to_owned(),
            ChangeKind::Replaced | ChangeKind::MayBeReplaced | ChangeKind::Removed => red(kind.word()),
        };
        let properties = match change.properties.as_slice() {
            [] => String::new(),
            names => format!(": {}", names.join(", ")),
        };
        let fate = fate_in_words(change);
        write_line(&format!("  {word} {} ({}){properties}{fate}", change.logical_id, change.resource_type));
    }
}

/// What happens to the old resource of a change. Empty for a removed resource that is deleted, which is the rule.
fn fate_in_words(change: &Change) -> String {
    match (change.kind, change.fate) {
        (ChangeKind::Replaced | ChangeKind::MayBeReplaced, Some(fate)) => format!("; the old one is {}", fate.word()),
        (ChangeKind::Removed, Some(fate @ (Fate::Kept | Fate::Snapshot))) => format!("; it is {}", fate.word()),
        _ => String::new(),
    }
}

fn print_statements(verb: &str, statements: &[String], all_in_full: bool) {
    if statements.len() > LISTED && !all_in_full {
        write_line(&format!("  {} {} permissions", yellow(verb), statements.len()));
        return;
    }
    for statement in statements {
        write_line(&format!("  {}: {statement}", yellow(verb)));
    }
}

/// Prints what `destroy` deletes.
pub fn print_leftovers(stack: &dyn KnownStack, found: &Leftovers, keep: Keep) {
    if found.is_empty() {
        write_line(&format!("{}: nothing to delete", bold(stack.name())));
        return;
    }
    let retired = if stack.is_in_stage_file() { "" } else { "no longer in the stage file, " };
    let resources = counted(found.n_resources, "resource");
    write_line(&format!("{}: {retired}{resources} to delete", bold(stack.name())));
    let fate = match keep {
        Keep::Nothing => red("data to be deleted"),
        Keep::Data => green("data to be kept"),
    };
    for bucket in &found.buckets {
        write_line(&format!(
            "  {fate}: bucket {} with {}, {} bytes",
            bucket.name,
            counted(bucket.n_objects, "object version"),
            bucket.n_bytes
        ));
    }
    for table in &found.tables {
        let n_items = usize::try_from(table.n_items).unwrap_or(usize::MAX);
        write_line(&format!("  {fate}: table {} with about {}", table.name, counted(n_items, "item")));
    }
}
