//! JSON that is too long: what a person looks for first is kept, in its order.

use super::{INDENT, MOST_INDENTS, Writer, readable};
use crate::json::{Json, Text};
use crate::text::{code_length, left_out};

/// Members whose names end with one of these words are kept before others.
const TELLING: [&str; 7] = ["state", "status", "severity", "title", "reason", "message", "name"];
/// Longest value that is short.
const SHORT: usize = 60;
/// Longest values, in characters, that are tried one after the other until everything fits; longer ones are cut.
const LONGEST_VALUES: [usize; 4] = [2400, 1200, 600, 300];
/// As many values may be found too long, one after the other, before the rest is given up.
const MOST_MISSES: usize = 1000;
const GAP: &str = "…";

/// A value with where it stands.
struct Node<'v, 'a> {
    value: &'v Json<'a>,
    name: Option<&'v Text<'a>>,
    /// The place of the list or object around it; its own for the outermost.
    parent: usize,
    depth: usize,
    /// How little it matters; the least is kept first.
    rank: usize,
}

/// As much of a value as fits, and a line that says how many characters of it are missing.
pub(super) fn cut(value: &Json, limit: usize) -> String {
    let mut nodes = Vec::new();
    collect(Node { value, name: None, parent: 0, depth: 0, rank: 0 }, &mut nodes);
    let mut leaves: Vec<usize> = (0..nodes.len()).filter(|at| is_leaf(nodes[*at].value)).collect();
    leaves.sort_by_key(|at| nodes[*at].rank);
    let n_all = super::flat(value).chars().count();
    let room = limit.saturating_sub(code_length(&format!("\n{}", left_out(n_all))));

    let mut choice = Choice { is_kept: Vec::new(), n_leaves: 0, longest_value: 0 };
    for longest_value in LONGEST_VALUES {
        choice = Choice::of(&nodes, &leaves, room, longest_value);
        if choice.n_leaves == leaves.len() {
            break;
        }
    }
    let (text, n_shown) = choice.write(&nodes);
    format!("{text}\n{}", left_out(n_all.saturating_sub(n_shown)))
}

/// Puts a value and all inside of it into a list, in their order.
fn collect<'v, 'a>(node: Node<'v, 'a>, nodes: &mut Vec<Node<'v, 'a>>) {
    let (value, depth, rank, at) = (node.value, node.depth, node.rank, nodes.len());
    nodes.push(node);
    for (n, item) in value.items().iter().enumerate() {
        // The first of many alike comes before the others.
        let rank = rank_of(item, None, rank) + n.min(1000);
        collect(Node { value: item, name: None, parent: at, depth: depth + 1, rank }, nodes);
    }
    for (name, item) in value.members() {
        let rank = rank_of(item, Some(name), rank);
        collect(Node { value: item, name: Some(name), parent: at, depth: depth + 1, rank }, nodes);
    }
}

/// What matters stands near the outside, has a telling name, or is short.
fn rank_of(value: &Json, name: Option<&Text>, around: usize) -> usize {
    let n_bytes = match value {
        Json::Literal(literal) => literal.len(),
        Json::Text(text) => text.written.len(),
        _ => return around + 2,
    };
    match name {
        Some(name) if is_telling(&name.said) => around + 2,
        _ if n_bytes <= SHORT => around + 5,
        _ => around + 11,
    }
}

/// Whether a name ends with a telling word: `status`, `build-status`, `errorMessage`.
fn is_telling(name: &str) -> bool {
    let ends_with = |word: &str| {
        let parts = name.len().checked_sub(word.len()).and_then(|at| name.split_at_checked(at));
        parts.is_some_and(|(before, end)| {
            let is_word = !before.ends_with(char::is_alphanumeric)
                || (!before.ends_with(char::is_uppercase) && end.starts_with(char::is_uppercase));
            is_word && end.eq_ignore_ascii_case(word)
        })
    };
    TELLING.into_iter().any(ends_with)
}

fn is_leaf(value: &Json) -> bool {
    value.items().is_empty() && value.members().is_empty()
}

/// What is kept.
struct Choice {
    is_kept: Vec<bool>,
    n_leaves: usize,
    longest_value: usize,
}

impl Choice {
    fn of(nodes: &[Node], leaves: &[usize], mut room: usize, longest_value: usize) -> Self {
        let mut choice = Self { is_kept: vec![false; nodes.len()], n_leaves: 0, longest_value };
        let mut n_misses = 0;
        for leaf in leaves {
            let added = choice.missing_around(nodes, *leaf);
            let cost: usize = added.iter().map(|at| cost(&nodes[*at], longest_value)).sum();
            let Some(rest) = room.checked_sub(cost) else {
                n_misses += 1;
                if n_misses > MOST_MISSES {
                    break;
                }
                continue;
            };
            (room, n_misses) = (rest, 0);
            choice.n_leaves += 1;
            for at in added {
                choice.is_kept[at] = true;
            }
        }
        choice
    }

    /// A value, and those of the lists and objects around it that are not kept yet.
    fn missing_around(&self, nodes: &[Node], leaf: usize) -> Vec<usize> {
        let mut missing = vec![leaf];
        let mut at = leaf;
        while at != 0 && !self.is_kept[nodes[at].parent] {
            at = nodes[at].parent;
            missing.push(at);
        }
        missing
    }

    /// The text, and how many characters of the value on one line are in it.
    fn write(&self, nodes: &[Node]) -> (String, usize) {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for at in (1..nodes.len()).filter(|at| self.is_kept[*at]) {
            children[nodes[at].parent].push(at);
        }
        let writer = Writer { out: String::new(), longest_line: 0, most_bytes: usize::MAX };
        let mut page = Page { nodes, children, longest_value: self.longest_value, writer, n_shown: 0 };
        // Writing without a limit cannot fail.
        let _ = page.value(0);
        (page.writer.out, page.n_shown)
    }
}

/// The kept values as they are written.
struct Page<'n, 'v, 'a> {
    nodes: &'n [Node<'v, 'a>],
    /// The kept parts of each list and object, in their order.
    children: Vec<Vec<usize>>,
    longest_value: usize,
    writer: Writer,
    n_shown: usize,
}

impl Page<'_, '_, '_> {
    fn value(&mut self, at: usize) -> Option<()> {
        let node = &self.nodes[at];
        if let Some(name) = node.name {
            let name = readable(name);
            self.push(&format!("{name}: "), name.chars().count() + ":".len())?;
        }
        if is_leaf(node.value) {
            let (text, n_shown) = value_text(node.value, self.longest_value);
            return self.push(&text, n_shown);
        }
        let (open, close) = if matches!(node.value, Json::List(_)) { ("[", "]") } else { ("{", "}") };
        self.push(open, open.len())?;
        let kept = std::mem::take(&mut self.children[at]);
        for (n, child) in kept.iter().enumerate() {
            if n > 0 {
                self.push(",", 1)?;
            }
            self.writer.line(node.depth + 1)?;
            self.value(*child)?;
        }
        if kept.len() < node.value.items().len() + node.value.members().len() {
            self.writer.line(node.depth + 1)?;
            self.push(GAP, 0)?;
        }
        self.writer.line(node.depth)?;
        self.push(close, close.len())
    }

    fn push(&mut self, text: &str, n_shown: usize) -> Option<()> {
        self.n_shown += n_shown;
        self.writer.push(text)
    }
}

/// How much room a value takes on lines of its own; of a list or an object, its brackets and a gap.
fn cost(node: &Node, longest_value: usize) -> usize {
    let line = |depth: usize| "\n".len() + INDENT.len() * depth.min(MOST_INDENTS);
    let name = node.name.map_or(0, |name| code_length(&readable(name)) + ": ".len());
    let own = line(node.depth) + name + ",".len();
    if is_leaf(node.value) {
        return own + code_length(&value_text(node.value, longest_value).0);
    }
    own + "[".len() + line(node.depth + 1) + 1 + line(node.depth) + "]".len()
}

/// A scalar, or an empty list or object, cut if it is long; and how many characters of it are there.
fn value_text(value: &Json, longest: usize) -> (String, usize) {
    let whole = match value {
        Json::Literal(literal) => (*literal).to_owned(),
        Json::Text(text) => readable(text),
        Json::List(_) => "[]".to_owned(),
        Json::Object(_) => "{}".to_owned(),
    };
    let Some((end, _)) = whole.char_indices().nth(longest) else {
        let n_chars = whole.chars().count();
        return (whole, n_chars);
    };
    let kept = whole.get(..end).unwrap_or_default();
    // An escape that was cut would say something else.
    let escape = kept.rfind('\\').filter(|at| kept.len() - at < "\\u0000".len());
    let kept = escape.and_then(|at| kept.get(..at)).unwrap_or(kept).trim_end_matches('\\');
    let quote = if matches!(value, Json::Text(_)) { "\"" } else { "" };
    (format!("{kept}{GAP}{quote}"), kept.chars().count())
}
