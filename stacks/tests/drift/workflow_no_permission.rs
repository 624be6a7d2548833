//! A call that claims to take no permission.

use policies::CfnString;
use stacks::workflow::Permissions;

fn permissions(_machine: &CfnString) -> Permissions {
    Permissions { more: vec![] }
}

fn main() {}
