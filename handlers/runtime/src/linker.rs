//! How a handler opens its links: each kind by the crate of its service, which the handler names.

use crate::environment::{Environment, LinkError};
use contracts::{Optional, Setting, SettingValue};

/// Opens links of kind `K`; each crate below `links` has one type that does, named `Opener`.
pub trait Opens<K> {
    /// What a handler holds.
    type Link;

    /// Opens the link whose value is in the variable of this name.
    fn open(environment: &Environment, variable: &'static str) -> Result<Self::Link, LinkError>;
}

/// A linker that opens links to service `S`; see [`linker!`](crate::linker!).
#[diagnostic::on_unimplemented(
    message = "this handler has a link to `{S}`, and its linker names no crate that opens one",
    label = "add the crate of `{S}` to `runtime::linker!` and to the manifest"
)]
pub trait OpensWith<S> {
    /// What opens them.
    type Opener;
}

/// Opens a link that may be left out: then its variable is empty.
impl<K, O: Opens<K>> Opens<Optional<K>> for O {
    type Link = Option<O::Link>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Self::Link, LinkError> {
        match environment.variable(variable)?.is_empty() {
            true => Ok(None),
            false => O::open(environment, variable).map(Some),
        }
    }
}

/// Opens what the variable itself holds.
pub struct Variables;

impl<T: SettingValue> Opens<Setting<T>> for Variables {
    type Link = T;

    fn open(environment: &Environment, variable: &'static str) -> Result<T, LinkError> {
        T::parse(&environment.variable(variable)?)
            .map_err(|problem| LinkError::new(variable, format!("is wrong: {problem}")))
    }
}

/// Declares the linker of a handler by the crates that open its links: `linker!(Live: dynamodb, sqs);`.
///
/// A link whose crate is left out does not compile. The type is the handler's own, because no other crate sees both
/// it and the crates of all services; so nothing else is compiled for it.
#[macro_export]
macro_rules! linker {
    ($name:ident: $($service:ident),+ $(,)?) => {
        /// Opens the links of this function.
        pub struct $name($crate::Environment);

        impl From<$crate::Environment> for $name {
            fn from(environment: $crate::Environment) -> Self {
                Self(environment)
            }
        }

        impl<K: $crate::contracts::Kind> $crate::contracts::Linker<K> for $name
        where
            $name: $crate::OpensWith<K::Service>,
            <$name as $crate::OpensWith<K::Service>>::Opener: $crate::Opens<K>,
        {
            type Link = <<$name as $crate::OpensWith<K::Service>>::Opener as $crate::Opens<K>>::Link;
            type Error = $crate::LinkError;

            fn link(&self, variable: &'static str) -> Result<Self::Link, $crate::LinkError> {
                <<$name as $crate::OpensWith<K::Service>>::Opener as $crate::Opens<K>>::open(&self.0, variable)
            }
        }

        impl $crate::OpensWith<$crate::contracts::service::Variable> for $name {
            type Opener = $crate::Variables;
        }

        $(impl $crate::OpensWith<$service::Service> for $name {
            type Opener = $service::Opener;
        })+
    };
}
