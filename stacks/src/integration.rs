//! What an integration is: a section of the stage file, and the stacks that it becomes.

use crate::stack::{Api, FurtherStack, KnownStack, RetiredStack, Stack};
use crate::stage::{Section, SectionKind, Shared, Stage};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// An integration: the type of its settings, which says what it shares, what outlives it and what its stack is.
pub(crate) trait Integration: Section + DeserializeOwned {
    /// What it does, in one sentence without a full stop.
    const ABOUT: &'static str;
    /// The sections that it shares with others and cannot do without.
    const SHARED: &'static [Shared] = &[];
    /// Whether `alarm_topic` may name its stack; [`Section::alarm_target`] says which topic that is.
    const TAKES_ALARMS: bool = false;
    /// Logical ids of tables that outlive the stack. A bucket is known by its name.
    const RETAINS: &'static [&'static str] = &[];
    /// The stacks that it has beside its own with some settings.
    const FURTHER: &'static [FurtherStack] = &[];

    /// Defines the stack, which is empty; `api` is for the webhook or the open endpoint that it may have.
    fn define(&self, stage: &Stage, stack: &mut Stack, api: Api);

    /// Defines those of [`Integration::FURTHER`] that it has with these settings.
    fn further(&self, _stage: &Stage) -> Vec<Stack> {
        Vec::new()
    }
}

/// An element of the list: an integration without its type.
#[derive(Clone, Copy)]
pub(crate) struct Listed {
    pub(crate) section: SectionKind,
    pub(crate) about: &'static str,
    retains: &'static [&'static str],
    further: &'static [FurtherStack],
    /// Defines the own stack of a stage that has the section, and returns the further ones; `None` if it has none.
    define: fn(&Stage, &mut Stack) -> Option<Vec<Stack>>,
}

impl Listed {
    /// The integration whose settings are of the type `I`.
    pub(crate) const fn of<I: Integration>(name: &'static str, key: &'static str) -> Self {
        let section = SectionKind {
            name,
            key,
            shared: I::SHARED,
            takes_alarms: I::TAKES_ALARMS,
            read: |from| erased_serde::deserialize::<I>(from).map(|settings| Arc::new(settings) as Arc<dyn Section>),
        };
        let define = |stage: &Stage, stack: &mut Stack| {
            let settings = stage.section::<I>()?;
            settings.define(stage, stack, Api::of_new_stack());
            Some(settings.further(stage))
        };
        Self { section, about: I::ABOUT, retains: I::RETAINS, further: I::FURTHER, define }
    }

    /// Its stacks, its own one last; none if the stage has no section for it.
    pub(crate) fn stacks(&self, stage: &Stage) -> Vec<Stack> {
        let name = self.section.name;
        let mut own = Stack::new(name, stage);
        let Some(further) = (self.define)(stage, &mut own) else { return Vec::new() };
        further.into_iter().map(|stack| stack.of_integration(name)).chain([own]).collect()
    }

    /// The stacks that it may have had with another stage file and does not have with this one, its own one first.
    pub(crate) fn retired(&self, stage: &Stage) -> Vec<RetiredStack> {
        let name = self.section.name;
        let defined: Vec<&str> = self.stacks(stage).iter().map(Stack::name).collect();
        let own = RetiredStack::of_integration(name, stage, self.retains);
        let further = self.further.iter().filter(|stack| stack.may_be_on(stage));
        let further = further.map(|stack| RetiredStack::further(*stack, name, stage));
        [own].into_iter().chain(further).filter(|stack| !defined.contains(&stack.name())).collect()
    }
}

/// The name of a stack, such as `sns-slack`, from that of its module.
pub(crate) const fn name_of<const N: usize>(module: &str) -> [u8; N] {
    let mut name = [0; N];
    let mut index = 0;
    while index < N {
        name[index] = match module.as_bytes()[index] {
            b'_' => b'-',
            byte => byte,
        };
        index += 1;
    }
    name
}

/// Declares the modules of all integrations, and the lists that follow from them.
macro_rules! integrations {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every integration.
        const INTEGRATIONS: &[Listed] = &[$(Listed::of::<$module::Settings>(
            {
                const NAME: [u8; stringify!($module).len()] = name_of(stringify!($module));
                match std::str::from_utf8(&NAME) {
                    Ok(name) => name,
                    Err(_) => panic!("a module has a name of ASCII"),
                }
            },
            stringify!($module),
        )),*];

        /// Their sections of a stage file.
        const SECTIONS: &[SectionKind] = &{
            let mut kinds = [INTEGRATIONS[0].section; INTEGRATIONS.len()];
            let mut index = 0;
            while index < kinds.len() {
                kinds[index] = INTEGRATIONS[index].section;
                index += 1;
            }
            kinds
        };

        /// Names of all stacks, in the order in which they are listed.
        pub const NAMES: &[&str] = &{
            let mut names = [""; SECTIONS.len()];
            let mut index = 0;
            while index < names.len() {
                names[index] = SECTIONS[index].name;
                index += 1;
            }
            names
        };
    };
}
pub(crate) use integrations;
