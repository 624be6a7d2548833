//! A deployment in waves: a stack is deployed after those whose outputs it needs.

use super::regional::{RegionalDeployment, RegionalResult};
use crate::failure::Failure;
use deployer::{Deployed, Proposal, deployed};
use futures_util::future::join_all;
use stacks::{KnownStack, Replaced, Stack};
use std::collections::BTreeMap;

/// What a deployment returns; the stacks are in the order of their waves.
#[derive(Default)]
pub struct WavesResult {
    /// What it would change, if it is a dry run.
    pub previewed: Vec<Proposal>,
    /// The stacks as they are now, if it is none.
    pub deployed: Vec<Deployed>,
}

/// Deploys the waves one after the other, and in each the regions one after the other.
///
/// The deployment's own outputs are those of stacks with which nothing is to do. A dry run takes the outputs that the stacks have had since their last deployment.
pub async fn deploy(deployment: &RegionalDeployment<'_>, stacks: &[Stack]) -> Result<WavesResult, Failure> {
    let mut result = WavesResult::default();
    let mut outputs = deployment.outputs.clone();
    for wave in stacks::waves(stacks.iter().collect(), |stack| *stack) {
        for in_region in by_region(wave) {
            let Some(first) = in_region.first() else { continue };
            let account = deployment.account.in_region_of(*first);
            let regional = RegionalDeployment { account, outputs: &outputs, ..deployment.clone() };
            let earlier = find_earlier(&regional, &in_region, stacks).await?;
            match regional.run(&in_region).await? {
                RegionalResult::Previewed(proposals) => {
                    result.previewed.extend(proposals);
                    outputs.extend(earlier.into_iter().map(|earlier| (earlier.name, earlier.outputs)));
                }
                RegionalResult::Deployed(deployed) => {
                    in_region.iter().for_each(|stack| warn_about_replaced(&regional, stack, &earlier, &deployed));
                    outputs.extend(deployed.iter().map(|deployed| (deployed.name, deployed.outputs.clone())));
                    result.deployed.extend(deployed);
                }
            }
        }
    }
    Ok(result)
}

/// The stacks of a wave by their regions, in the order of the names of these.
fn by_region(wave: Vec<&Stack>) -> Vec<Vec<&Stack>> {
    let mut regions: BTreeMap<&str, Vec<&Stack>> = BTreeMap::new();
    for stack in wave {
        regions.entry(stack.region().as_str()).or_default().push(stack);
    }
    regions.into_values().collect()
}

/// Reads, as they are before the deployment, the stacks that others need and those with a resource that may be replaced.
async fn find_earlier(
    regional: &RegionalDeployment<'_>,
    in_region: &[&Stack],
    all: &[Stack],
) -> Result<Vec<Deployed>, Failure> {
    let is_needed = |stack: &Stack| all.iter().any(|other| other.needs().contains(stack.name()));
    let read = in_region.iter().filter(|stack| stack.replaced().is_some() || is_needed(stack));
    let found = join_all(read.map(|stack| deployed(&regional.account, stack))).await;
    let found: Result<Vec<_>, _> = found.into_iter().collect();
    Ok(found.map_err(|error| regional.context.failure(&error))?.into_iter().flatten().collect())
}

/// Warns about a replaced resource that stays, with the command that deletes it.
fn warn_about_replaced(regional: &RegionalDeployment<'_>, stack: &Stack, earlier: &[Deployed], deployed: &[Deployed]) {
    let Some(Replaced { output, what, command }) = stack.replaced() else { return };
    let value = |stacks: &[Deployed]| {
        let found = stacks.iter().find(|found| found.name == stack.name());
        found.and_then(|found| found.outputs.get(output)).cloned()
    };
    let (old, new) = (value(earlier), value(deployed));
    if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
        regional.context.reporter.warn(format!(
            "{what} is in use until this deployment ends, and is kept; delete it then with: {command} {old}"
        ));
    }
}
