//! The order of stacks that need each other: in which waves they are deployed, and in reverse deleted.

use crate::stack::{KnownStack, Stack};
use std::collections::BTreeSet;

/// Sorts stacks into waves, the first one first: what a stack follows is in an earlier wave.
///
/// A stack is in the last wave that it can be in, so that stacks that need nothing and that nothing needs are together.
/// Panics if stacks need each other in a circle, which a test of this crate finds.
pub fn waves<T>(stacks: Vec<T>, known: impl Fn(&T) -> &dyn KnownStack) -> Vec<Vec<T>> {
    sort(stacks, |stack, other| known(stack).follows(known(other))).unwrap_or_else(|circle| {
        let names: Vec<&str> = circle.iter().map(|stack| known(stack).name()).collect();
        panic!("these stacks need each other: {}", names.join(", "))
    })
}

/// The wanted stacks and all that they need, in the order of the stacks.
pub fn with_needed(stacks: Vec<Stack>, is_wanted: impl Fn(&Stack) -> bool) -> Vec<Stack> {
    let mut names: BTreeSet<&str> = stacks.iter().filter(|stack| is_wanted(stack)).map(Stack::name).collect();
    let mut n_names = 0;
    while names.len() > n_names {
        n_names = names.len();
        let needed = stacks.iter().filter(|stack| names.contains(stack.name())).flat_map(KnownStack::needs);
        let needed: Vec<&str> = needed.collect();
        names.extend(needed);
    }
    stacks.into_iter().filter(|stack| names.contains(stack.name())).collect()
}

/// A stack, and the other stack and the output of it that it needs and that is not there.
pub(crate) fn missing_output(stacks: &[Stack]) -> Option<(&'static str, &'static str, &'static str)> {
    let needed = stacks.iter().flat_map(|stack| stack.needed_outputs().map(|(of, output)| (stack.name(), of, output)));
    let has = |of: &str, output: &str| stacks.iter().any(|stack| stack.name() == of && stack.has_output(output));
    needed.into_iter().find(|(_, of, output)| !has(of, output))
}

/// Sorts by what follows what; the error is what follows each other in a circle, with all that the circle follows.
fn sort<T>(items: Vec<T>, follows: impl Fn(&T, &T) -> bool) -> Result<Vec<Vec<T>>, Vec<T>> {
    let mut waves = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let is_followed: Vec<bool> = rest.iter().map(|item| rest.iter().any(|other| follows(other, item))).collect();
        if is_followed.iter().all(|is_followed| *is_followed) {
            return Err(rest);
        }
        let (earlier, wave): (Vec<_>, Vec<_>) =
            rest.into_iter().zip(is_followed).partition(|(_, is_followed)| *is_followed);
        waves.push(wave.into_iter().map(|(item, _)| item).collect());
        rest = earlier.into_iter().map(|(item, _)| item).collect();
    }
    waves.reverse();
    Ok(waves)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items with those that they follow, in any order.
    type Items = &'static [(&'static str, &'static [&'static str])];

    fn check(items: Items, expected: Result<&[&[&str]], &[&str]>) {
        let sorted = sort(items.to_vec(), |(_, follows), (name, _)| follows.contains(name));
        let names = |items: Vec<(&'static str, _)>| items.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let sorted = sorted.map(|waves| waves.into_iter().map(names).collect::<Vec<_>>()).map_err(names);
        let expected = expected.map(|waves| waves.iter().map(|wave| wave.to_vec()).collect::<Vec<_>>());
        assert_eq!(sorted, expected.map_err(<[_]>::to_vec), "{items:?}");
    }

    #[test]
    fn what_an_item_follows_is_in_an_earlier_wave_and_the_others_are_in_the_last_one() {
        check(&[], Ok(&[]));
        check(&[("a", &[]), ("b", &[])], Ok(&[&["a", "b"]]));
        check(&[("site", &["certificate"]), ("certificate", &[]), ("b", &[])], Ok(&[&["certificate"], &["site", "b"]]));
        check(&[("c", &["b"]), ("a", &[]), ("b", &["a"]), ("d", &["a"])], Ok(&[&["a"], &["b"], &["c", "d"]]));
        // What is not among them is followed by nothing.
        check(&[("a", &["gone"])], Ok(&[&["a"]]));
    }

    #[test]
    fn a_circle_is_found_with_all_that_it_follows() {
        check(&[("a", &["a"])], Err(&["a"]));
        check(&[("z", &["a"]), ("a", &["b"]), ("b", &["a", "c"]), ("c", &[])], Err(&["a", "b", "c"]));
    }
}
