//! The declaration itself: one macro that yields a `Wiring` for stacks and `Links` for handlers.

use policies::{CfnString, Grant};

/// Limits of a function, as Lambda takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionLimits {
    /// Seconds after which Lambda ends an invocation; 1 to 900.
    pub timeout_seconds: u32,
    /// Memory in MiB; 128 to 10,240. Processor time is in proportion (one core at 1,769).
    pub memory_mib: u32,
}

impl FunctionLimits {
    /// Limits that Lambda accepts; any other do not compile in a `const`.
    ///
    /// Source: AWS Lambda developer guide, quotas.
    pub const fn new(timeout_seconds: u32, memory_mib: u32) -> Self {
        assert!(timeout_seconds >= 1 && timeout_seconds <= 900);
        assert!(memory_mib >= 128 && memory_mib <= 10_240);
        Self { timeout_seconds, memory_mib }
    }
}

/// The facts about a function that do not depend on its code.
pub trait Contract {
    /// Name of the handler's package and binary.
    const FUNCTION: &'static str;
    /// What the function is for, in one sentence.
    const PURPOSE: &'static str;
    /// Time and memory.
    const LIMITS: FunctionLimits;
    /// Its trigger: [`Http`](crate::Http) or [`Sqs`](crate::Sqs).
    type Trigger;
}

/// A variable of a function with what it allows.
pub struct NamedWire {
    /// Name of the environment variable.
    pub variable: &'static str,
    /// What the variable holds.
    pub value: CfnString,
    /// What the function's role gets.
    pub grants: Vec<Grant>,
}

/// The stack's side of a contract.
pub trait Wires {
    /// The contract that is being fulfilled.
    type Contract: Contract;

    /// Every declared link, in order of declaration.
    fn wires(self) -> Vec<NamedWire>;
}

/// The handler's side of a contract, opened by a linker `L`.
pub trait Open<L>: Sized {
    /// The contract that is being fulfilled.
    type Contract: Contract;
    /// Why a link cannot be opened.
    type Error;

    /// Opens every declared link.
    fn open(linker: &L) -> Result<Self, Self::Error>;
}

/// Declares a contract in a module of its own; see ARCHITECTURE.md, "The contract".
macro_rules! contract {
    (
        $(#[doc = $purpose:literal])+
        $function:literal on $trigger:ty, $(for<$message:ident>,)?
        within $seconds:literal s and $memory:literal MiB {
            $($(#[doc = $field_doc:literal])+ $field:ident : $kind:ty = $variable:literal,)+
        }
    ) => {
        $(#[doc = $purpose])+
        pub struct Contract$(<$message>(std::marker::PhantomData<fn() -> $message>))?;

        impl$(<$message>)? crate::Contract for Contract$(<$message>)? {
            const FUNCTION: &'static str = $function;
            const PURPOSE: &'static str = concat!($($purpose),+).trim_ascii();
            const LIMITS: crate::FunctionLimits =
                const { crate::FunctionLimits::new($seconds, $memory) };
            type Trigger = $trigger;
        }

        /// The stack's side: every link must be given.
        pub struct Wiring$(<$message>)? {
            $($(#[doc = $field_doc])+ pub $field: crate::Wire<$kind>,)+
        }

        impl$(<$message>)? crate::Wires for Wiring$(<$message>)? {
            type Contract = Contract$(<$message>)?;

            fn wires(self) -> Vec<crate::NamedWire> {
                vec![$({
                    let (value, grants) = self.$field.into_parts();
                    crate::NamedWire { variable: $variable, value, grants }
                },)+]
            }
        }

        /// The handler's side: open all fields by name, so that an unused one is a lint error.
        pub struct Links<L$(, $message)?>
        where
            $(L: crate::Linker<$kind>,)+
        {
            $($(#[doc = $field_doc])+ pub $field: <L as crate::Linker<$kind>>::Link,)+
        }

        impl<E, L$(, $message)?> crate::Open<L> for Links<L$(, $message)?>
        where
            $(L: crate::Linker<$kind, Error = E>,)+
        {
            type Contract = Contract$(<$message>)?;
            type Error = E;

            fn open(linker: &L) -> Result<Self, E> {
                Ok(Self {
                    $($field: <L as crate::Linker<$kind>>::link(linker, $variable)?,)+
                })
            }
        }
    };
}
pub(crate) use contract;
