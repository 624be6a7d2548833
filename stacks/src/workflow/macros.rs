//! The macro that writes a machine, and the part of the compiler's work that it orders.

/// Writes a machine: an enum of states, each with a purpose (its doc comment) and a definition.
///
/// ```
/// use stacks::state_machine;
/// use stacks::workflow::{State, Text};
///
/// state_machine! {
///     /// Waits a minute.
///     pub enum Nap reaching (), within 120 s {
///         /// Sleeps.
///         Sleep = State::Wait { seconds: 60, next: Nap::Wake },
///         /// Is awake.
///         Wake = State::Succeed,
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! state_machine {
    (
        #[doc = $purpose:literal]
        $visibility:vis enum $machine:ident reaching $links:ty, within $seconds:literal s {
            $($(#[doc = $doc:literal])+ $state:ident $(= $definition:expr)?,)+
        }
    ) => {
        #[doc = $purpose]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $machine {
            $($(#[doc = $doc])+ $state,)+
        }

        impl $crate::workflow::Machine for $machine {
            type Links = $links;
            const PURPOSE: &'static str = $purpose;
            const TIMEOUT_SECONDS: u32 = $seconds;
            const STATES: &'static [$crate::workflow::Described<Self>] = &[$(
                $crate::workflow::Described {
                    id: $machine::$state,
                    name: stringify!($state),
                    purpose: concat!($($doc),+),
                    state: $crate::state_machine!(@definition $state $($definition)?),
                },
            )+];

            fn index(self) -> usize {
                self as usize
            }
        }

        // Not in a function: a machine that nothing uses yet is checked too.
        const _: () = {
            const STATES: &[$crate::workflow::Described<$machine>] =
                <$machine as $crate::workflow::Machine>::STATES;
            let mut is_reached = [false; STATES.len()];
            is_reached[0] = true;
            let mut n_rounds = 0;
            // A path visits each state at most once.
            while n_rounds < STATES.len() {
                let mut from = 0;
                while from < STATES.len() {
                    let mut place = 0;
                    while is_reached[from] && let Some(target) = STATES[from].state.target(place) {
                        is_reached[target as usize] = true;
                        place += 1;
                    }
                    from += 1;
                }
                n_rounds += 1;
            }
            let mut state = 0;
            while state < STATES.len() {
                if !is_reached[state] {
                    $crate::workflow::refuse_unreachable(STATES[state].name);
                }
                state += 1;
            }
        };
    };
    (@definition $state:ident $definition:expr) => {
        $definition
    };
    (@definition $state:ident) => {
        compile_error!(concat!("state `", stringify!($state), "` has no definition; write `", stringify!($state), " = State::…`"))
    };
}

/// Stops the compiler with the name of a state to which no transition leads.
pub const fn refuse_unreachable(state: &str) -> ! {
    const BEFORE: &[u8] = b"no transition leads to the state `";
    const AFTER: &[u8] = b"`; remove it, or lead to it";
    let mut text = [0; 200];
    let mut length = append(&mut text, 0, BEFORE);
    length = append(&mut text, length, state.as_bytes());
    length = append(&mut text, length, AFTER);
    match core::str::from_utf8(text.split_at(length).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("no transition leads to a state"),
    }
}

/// Writes a part at a place and returns the place behind it.
const fn append(text: &mut [u8], at: usize, part: &[u8]) -> usize {
    let mut place = 0;
    while place < part.len() {
        text[at + place] = part[place];
        place += 1;
    }
    at + part.len()
}
