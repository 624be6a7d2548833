//! A call that claims to take no permission.

use policies::Value;
use stacks::workflow::Permissions;

fn permissions(_machine: &Value) -> Permissions {
    Permissions { more: vec![] }
}

fn main() {}
