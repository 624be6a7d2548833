//! A stack operation that failed, and why: values, which become text where they are shown.

use stacks::SourceLine;
use std::fmt;

/// A stack operation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFailure {
    /// The stack.
    pub stack: String,
    /// How the stack is now, as it stands behind its name.
    pub outcome: String,
    /// Why, the first cause first: it led to the others.
    pub causes: Vec<FailureCause>,
    /// The next step.
    pub hint: String,
}

/// Why CloudFormation could not do something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureCause {
    /// Logical id of the resource; none if it is about the stack as a whole.
    pub logical_id: Option<String>,
    /// The service's reason.
    pub reason: String,
    /// Where the resource is defined, if it is of this definition.
    pub defined_in: Option<SourceLine>,
}

impl FailureCause {
    /// A cause that is about the stack as a whole.
    pub(crate) fn of_stack(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// A cause that is about a resource.
    pub(crate) fn of(logical_id: &str, reason: &str, defined_in: Option<SourceLine>) -> Self {
        Self { logical_id: Some(logical_id.to_owned()), reason: reason.to_owned(), defined_in }
    }

    /// Whether a service was only asked for more than it takes in a second.
    ///
    /// Sources: CloudFormation CLI user guide, "Handler error codes"; the services' own words for HTTP 429.
    pub(crate) fn is_throttled(&self) -> bool {
        const WORDS: [&str; 6] = [
            "HandlerErrorCode: Throttling",
            "Status Code: 429",
            "Too Many Requests",
            "TooManyRequests",
            "Rate exceeded",
            "ThrottlingException",
        ];
        WORDS.iter().any(|word| self.reason.contains(word))
    }

    /// Whether ACM holds a certificate that something still uses.
    pub(crate) fn is_certificate_in_use(&self) -> bool {
        self.reason.to_lowercase().contains("certificate") && self.reason.contains("in use")
    }
}

impl fmt::Display for FailureCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(logical_id) = &self.logical_id {
            write!(formatter, "{logical_id}: ")?;
        }
        formatter.write_str(&self.reason)?;
        match &self.defined_in {
            Some(definition) => write!(formatter, "\n  defined in {definition}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for StackFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "stack `{}` {}", self.stack, self.outcome)?;
        self.causes.iter().try_for_each(|cause| write!(formatter, "\n  {cause}"))
    }
}

impl std::error::Error for StackFailure {}

impl StackFailure {
    /// The failure of a deployment whose stack someone else deleted.
    pub(crate) fn deleted_meanwhile(stack: &str) -> Self {
        Self {
            stack: stack.into(),
            outcome: "was deleted by someone else during the deployment".into(),
            causes: vec![],
            hint: "to create it again, run the command again".into(),
        }
    }

    /// Whether services were only asked for more than they take in a second.
    pub fn is_throttled(&self) -> bool {
        !self.causes.is_empty() && self.causes.iter().all(FailureCause::is_throttled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_stack_tells_its_first_cause_first() {
        let definition = SourceLine { file: "stacks/src/a.rs", line: 7 };
        let failure = StackFailure {
            stack: "a".into(),
            outcome: "was rolled back".into(),
            causes: vec![
                FailureCause::of("One", "why", Some(definition)),
                FailureCause::of("Two", "because of one", None),
                FailureCause::of_stack("and so on"),
            ],
            hint: "h".into(),
        };
        let expected =
            "stack `a` was rolled back\n  One: why\n  defined in stacks/src/a.rs:7\n  Two: because of one\n  and so on";
        assert_eq!(failure.to_string(), expected);
    }

    #[test]
    fn only_what_a_service_says_of_its_pace_is_throttling() {
        let check = |causes: &[(&str, &str)], expected: bool| {
            let causes = causes.iter().map(|(id, reason)| FailureCause::of(id, reason, None)).collect();
            let failure = StackFailure { stack: "a".into(), outcome: String::new(), causes, hint: String::new() };
            assert_eq!(failure.is_throttled(), expected, "{failure}");
        };
        check(&[("Api", "Too Many Requests (Service: ApiGateway, Status Code: 429)")], true);
        check(&[("Api", "no (RequestToken: 1, HandlerErrorCode: Throttling)"), ("A", "Rate exceeded")], true);
        check(&[("Api", "Rate exceeded"), ("Files", "is not empty")], false);
        // A name is no reason, and no cause is none of a service.
        check(&[("FunctionThrottlesAlarm", "not authorized to perform: cloudwatch:PutMetricAlarm")], false);
        check(&[("ThrottlingException", "no")], false);
        check(&[], false);
    }
}
