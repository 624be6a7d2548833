//! A call that does not say which permissions it takes.

use serde_json::{Value, json};
use stacks::workflow::{Integration, Substitutions};

struct SendMail;

impl Integration<()> for SendMail {
    fn resource(&self) -> &'static str {
        "arn:aws:states:::aws-sdk:sesv2:sendEmail"
    }

    fn arguments(&self, _: &(), _: &mut Substitutions) -> Value {
        json!({})
    }
}

fn main() {}
