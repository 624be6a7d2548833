//! Rules for the calls of CloudFormation, about a stack with the id [`ID`].

#![expect(clippy::result_large_err, reason = "the errors of the SDK are as large as they are")]

use super::{Rule, refused};
use aws_sdk_cloudformation::operation::create_change_set::{
    CreateChangeSetError, CreateChangeSetInput, CreateChangeSetOutput,
};
use aws_sdk_cloudformation::operation::delete_change_set::{
    DeleteChangeSetError, DeleteChangeSetInput, DeleteChangeSetOutput,
};
use aws_sdk_cloudformation::operation::delete_stack::{DeleteStackError, DeleteStackInput, DeleteStackOutput};
use aws_sdk_cloudformation::operation::describe_change_set::{
    DescribeChangeSetError, DescribeChangeSetInput, DescribeChangeSetOutput,
};
use aws_sdk_cloudformation::operation::describe_events::{
    DescribeEventsError, DescribeEventsInput, DescribeEventsOutput,
};
use aws_sdk_cloudformation::operation::describe_stack_events::{
    DescribeStackEventsError, DescribeStackEventsInput, DescribeStackEventsOutput,
};
use aws_sdk_cloudformation::operation::describe_stacks::{
    DescribeStacksError, DescribeStacksInput, DescribeStacksOutput,
};
use aws_sdk_cloudformation::operation::execute_change_set::{
    ExecuteChangeSetError, ExecuteChangeSetInput, ExecuteChangeSetOutput,
};
use aws_sdk_cloudformation::operation::get_template::{GetTemplateError, GetTemplateInput, GetTemplateOutput};
use aws_sdk_cloudformation::operation::list_change_sets::{
    ListChangeSetsError, ListChangeSetsInput, ListChangeSetsOutput,
};
use aws_sdk_cloudformation::types::{
    Change, ChangeAction, ChangeSetStatus, ChangeSetSummary, Parameter, ResourceChange, ResourceStatus, Stack,
    StackEvent, StackStatus,
};
use aws_smithy_types::DateTime;

/// The stack's id.
pub(crate) const ID: &str = "arn:aws:cloudformation:ap-northeast-1:111122223333:stack/n/i";

/// The stack has this status.
pub(crate) fn stack_is(status: StackStatus) -> Rule {
    let stack = Stack::builder().stack_id(ID).stack_name("n").creation_time(DateTime::from_secs(0));
    let stack = stack.stack_status(status).build();
    Rule::new::<DescribeStacksInput, _, DescribeStacksError>(|_| {
        Ok(DescribeStacksOutput::builder().stacks(stack).build())
    })
}

/// The stack is complete, and has this parameter.
pub(crate) fn stack_has_parameter(name: &str, value: &str) -> Rule {
    let parameter = Parameter::builder().parameter_key(name).parameter_value(value).build();
    let stack = Stack::builder().stack_id(ID).stack_name("n").creation_time(DateTime::from_secs(0));
    let stack = stack.stack_status(StackStatus::UpdateRollbackComplete).parameters(parameter).build();
    Rule::new::<DescribeStacksInput, _, DescribeStacksError>(|_| {
        Ok(DescribeStacksOutput::builder().stacks(stack).build())
    })
}

/// There is no such stack.
pub(crate) fn no_stack() -> Rule {
    stack_cannot_be_seen("ValidationError", "Stack with id n does not exist")
}

/// Reading the stack fails with this error.
pub(crate) fn stack_cannot_be_seen(code: &'static str, message: &'static str) -> Rule {
    Rule::new::<DescribeStacksInput, DescribeStacksOutput, _>(move |_| {
        Err(DescribeStacksError::generic(refused(code, message)))
    })
}

/// An event of the stack itself.
pub(crate) fn of_stack(id: &str, status: ResourceStatus) -> StackEvent {
    event(id, "n", status, "").physical_resource_id(ID).build()
}

/// An event of a resource, with the reason that its service gave.
pub(crate) fn of_resource(id: &str, logical_id: &str, status: ResourceStatus, reason: &str) -> StackEvent {
    event(id, logical_id, status, reason).physical_resource_id(logical_id).build()
}

fn event(
    id: &str,
    logical_id: &str,
    status: ResourceStatus,
    reason: &str,
) -> aws_sdk_cloudformation::types::builders::StackEventBuilder {
    let event = StackEvent::builder().stack_id(ID).stack_name("n").timestamp(DateTime::from_secs(0));
    event.event_id(id).logical_resource_id(logical_id).resource_status(status).resource_status_reason(reason)
}

/// These events have happened, the oldest first.
pub(crate) fn events(happened: impl IntoIterator<Item = StackEvent>) -> Rule {
    // CloudFormation lists the newest first.
    let mut newest_first: Vec<StackEvent> = happened.into_iter().collect();
    newest_first.reverse();
    Rule::new::<DescribeStackEventsInput, _, DescribeStackEventsError>(|_| {
        Ok(DescribeStackEventsOutput::builder().set_stack_events(Some(newest_first)).build())
    })
}

/// Reading events fails with this error.
pub(crate) fn events_cannot_be_seen(code: &'static str) -> Rule {
    Rule::new::<DescribeStackEventsInput, DescribeStackEventsOutput, _>(move |_| {
        Err(DescribeStackEventsError::generic(refused(code, "as ruled")))
    })
}

/// The early validation of templates finds nothing.
pub(crate) fn no_findings() -> Rule {
    Rule::new::<DescribeEventsInput, _, DescribeEventsError>(|_| Ok(DescribeEventsOutput::builder().build()))
}

/// A change set is taken.
pub(crate) fn change_set_is_taken() -> Rule {
    Rule::new::<CreateChangeSetInput, _, CreateChangeSetError>(|_| {
        Ok(CreateChangeSetOutput::builder().stack_id(ID).build())
    })
}

/// The change set is ready and would add these resources.
pub(crate) fn change_set_adds(logical_ids: &[&str]) -> Rule {
    let changes = logical_ids.iter().map(|logical_id| {
        let change = ResourceChange::builder().action(ChangeAction::Add).logical_resource_id(*logical_id);
        Change::builder().resource_change(change.resource_type("AWS::SQS::Queue").build()).build()
    });
    let changes: Vec<Change> = changes.collect();
    Rule::new::<DescribeChangeSetInput, _, DescribeChangeSetError>(|_| {
        let described = DescribeChangeSetOutput::builder().status(ChangeSetStatus::CreateComplete);
        Ok(described.set_changes(Some(changes)).build())
    })
}

/// The change set failed, because the stack is as it should be.
pub(crate) fn change_set_has_no_changes() -> Rule {
    let answer = DescribeChangeSetOutput::builder().status(ChangeSetStatus::Failed);
    let answer = answer.status_reason("The submitted information didn't contain changes.").build();
    Rule::new::<DescribeChangeSetInput, _, DescribeChangeSetError>(move |_| Ok(answer))
}

/// The template of what is there.
pub(crate) fn template_is(body: &'static str) -> Rule {
    Rule::new::<GetTemplateInput, _, GetTemplateError>(move |_| {
        Ok(GetTemplateOutput::builder().template_body(body).build())
    })
}

/// The execution of the change set is taken.
pub(crate) fn execution_is_taken() -> Rule {
    Rule::new::<ExecuteChangeSetInput, _, ExecuteChangeSetError>(|_| Ok(ExecuteChangeSetOutput::builder().build()))
}

/// The deletion of the stack is taken.
pub(crate) fn deletion_is_taken() -> Rule {
    Rule::new::<DeleteStackInput, _, DeleteStackError>(|_| Ok(DeleteStackOutput::builder().build()))
}

/// A change set is deleted.
pub(crate) fn change_set_is_deleted() -> Rule {
    Rule::new::<DeleteChangeSetInput, _, DeleteChangeSetError>(|_| Ok(DeleteChangeSetOutput::builder().build()))
}

/// A change set cannot be deleted.
pub(crate) fn change_set_is_kept(code: &'static str) -> Rule {
    Rule::new::<DeleteChangeSetInput, DeleteChangeSetOutput, _>(move |_| {
        Err(DeleteChangeSetError::generic(refused(code, "as ruled")))
    })
}

/// The stack has these change sets, each with the time at which it was made.
pub(crate) fn change_sets_are(names: &[(&str, DateTime)]) -> Rule {
    let summaries = names.iter().map(|(name, made)| {
        let summary = ChangeSetSummary::builder().change_set_name(*name).creation_time(*made);
        summary.status(ChangeSetStatus::CreateComplete).build()
    });
    let summaries: Vec<ChangeSetSummary> = summaries.collect();
    Rule::new::<ListChangeSetsInput, _, ListChangeSetsError>(|_| {
        Ok(ListChangeSetsOutput::builder().set_summaries(Some(summaries)).build())
    })
}
