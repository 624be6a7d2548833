//! What commands do when nothing goes wrong, and what must hold after something did.

use super::account::Inventory;
use super::call::Call;
use super::fault::Fault;
use super::lane::{Command, Lane, Schedule, Way};
use super::points::on_a_lane;
use super::wire::{Plan, undisturbed};
use std::sync::OnceLock;

/// The kinds of work on a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A first deployment.
    Create,
    /// A changed setting is deployed.
    Update,
    /// All is removed.
    Destroy,
}

/// The calls of each kind of work, and what it leads to.
pub struct Undisturbed {
    pub create: Vec<Call>,
    pub update: Vec<Call>,
    pub destroy: Vec<Call>,
    /// What is there after a deployment.
    pub deployed: Inventory,
}

impl Undisturbed {
    /// Does all of it once.
    pub fn get() -> &'static Self {
        static DONE: OnceLock<Undisturbed> = OnceLock::new();
        DONE.get_or_init(|| {
            on_a_lane(|lane| {
                let create = Self::calls(lane, Work::Create)?;
                let deployed = lane.inventory();
                lane.choose(Schedule::Ten);
                let update = Self::calls(lane, Work::Update)?;
                let destroy = Self::calls(lane, Work::Destroy)?;
                nothing_is_left(lane)?;
                Ok(Self { create, update, destroy, deployed })
            })
        })
    }

    fn calls(lane: &Lane, work: Work) -> Result<Vec<Call>, String> {
        let ran = lane.run(work.command(), Way::Wire(undisturbed()));
        match ran.code() {
            Some(0) => Ok(ran.calls),
            _ => Err(format!("{work:?}, undisturbed, ended with {ran}")),
        }
    }

    pub fn of(&self, work: Work) -> &[Call] {
        match work {
            Work::Create => &self.create,
            Work::Update => &self.update,
            Work::Destroy => &self.destroy,
        }
    }
}

impl Work {
    pub fn command(self) -> Command {
        match self {
            Self::Create | Self::Update => Command::Deploy,
            Self::Destroy => Command::Destroy,
        }
    }

    /// Makes what the work begins with, in an account where nothing is.
    pub fn prepare(self, lane: &Lane) -> Result<(), String> {
        lane.choose(Schedule::Nine);
        if self != Self::Create {
            lane.succeeds(Command::Deploy)?;
        }
        if self == Self::Update {
            lane.choose(Schedule::Ten);
        }
        Ok(())
    }

    /// Does the work again after something went wrong: it must succeed and leave what it always leaves.
    /// Then nothing is left of the stack.
    pub fn recovers(self, lane: &mut Lane) -> Result<(), String> {
        lane.succeeds(self.command())?;
        if self != Self::Destroy {
            is_as_deployed(lane)?;
            lane.succeeds(Command::Destroy)?;
        }
        nothing_is_left(lane)
    }
}

/// Everything is there once, complete, and as the definition says.
pub fn is_as_deployed(lane: &mut Lane) -> Result<(), String> {
    let look = lane.succeeds(Command::Look)?;
    if !look.stderr.contains("nothing to do") {
        return Err(format!("it is not what is defined: {look}"));
    }
    match lane.inventory().miscounts(&Undisturbed::get().deployed) {
        wrong if wrong.is_empty() => Ok(()),
        wrong => Err(format!("it is not what an undisturbed deployment makes:\n{wrong}")),
    }
}

/// The account is as it was before anything was deployed.
pub fn nothing_is_left(lane: &mut Lane) -> Result<(), String> {
    match lane.inventory().since(lane.empty()) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("after `destroy` there is:\n{left}")),
    }
}

/// A plan that disturbs one call, by its number.
pub fn at_call(index: usize, fault: Fault) -> Plan {
    Box::new(move |call| if call.index == index { fault.clone() } else { Fault::None })
}
