//! The calls that the tool makes to AWS, each with the permissions that it needs.
//!
//! A test compares this list with the sources: a call that is not in it fails the test, and so does an
//! entry without a call.

use stacks::rights::{Conditions, Right};
use stacks::{Entry, RetiredStack, Stack, Stage};
use std::collections::BTreeSet;

/// A call of the SDK.
#[derive(Debug)]
pub(crate) struct Call {
    /// Field of [`Account`](crate::Account) that holds the client.
    pub(crate) client: &'static str,
    /// Method of the client.
    pub(crate) operation: &'static str,
    needs: &'static [Need],
}

/// An action that a call takes.
#[derive(Debug)]
struct Need {
    action: &'static str,
    /// ARNs with names in braces.
    on: &'static [&'static str],
    when: fn() -> Conditions,
}

const STACK: &[&str] = &["arn:aws:cloudformation:{region}:{account}:stack/{stack}/*"];
/// Tags go with a change set as well.
const STACK_AND_CHANGE_SETS: &[&str] = &[
    "arn:aws:cloudformation:{region}:{account}:stack/{stack}/*",
    "arn:aws:cloudformation:{region}:{account}:changeSet/tsugite-*",
];
/// Asking for all stacks is asking for any.
const ANY_STACK: &[&str] = &["arn:aws:cloudformation:{region}:{account}:stack/*"];
const ARTIFACTS: &[&str] = &["{artifacts}"];
const BUCKETS: &[&str] = &["{artifacts}", "arn:aws:s3:::{stack}-*"];
const OBJECTS: &[&str] = &["{artifacts}/*", "arn:aws:s3:::{stack}-*/*"];
const OWN_BUCKETS: &[&str] = &["arn:aws:s3:::{stack}-*"];
const OWN_OBJECTS: &[&str] = &["arn:aws:s3:::{stack}-*/*"];
const TABLES: &[&str] = &["arn:aws:dynamodb:{region}:{account}:table/{stack}-*"];
const LOG_GROUPS: &[&str] = &["arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{stack}-*"];
const FUNCTIONS: &[&str] = &["arn:aws:lambda:{region}:{account}:function:{stack}-*"];
const QUEUES: &[&str] = &["arn:aws:sqs:{region}:{account}:{stack}-*"];
const TOPICS: &[&str] = &["arn:aws:sns:{region}:{account}:{stack}-*", "{topic}"];
const SECRETS: &[&str] = &["arn:aws:secretsmanager:{region}:{account}:secret:{secret}"];
const ROLES: &[&str] = &["arn:aws:iam::{account}:role/{role}"];
/// Nothing in a policy can name the role that it is attached to.
const DEPLOYERS: &[&str] = &["arn:aws:iam::{account}:role/*", "arn:aws:iam::{account}:user/${aws:username}"];
const EXECUTIONS: &[&str] = &["arn:aws:states:{region}:{account}:execution:{stack}:*"];
const NONE: &[&str] = &["*"];

const fn call(client: &'static str, operation: &'static str, needs: &'static [Need]) -> Call {
    Call { client, operation, needs }
}

const fn need(action: &'static str, on: &'static [&'static str]) -> Need {
    Need { action, on, when: Conditions::none }
}

/// A use of the key for the data of the stack's state machine.
const fn need_for_data(action: &'static str) -> Need {
    Need { action, on: &["arn:aws:kms:{region}:{account}:key/*"], when: Conditions::data_of_machine }
}

/// Calls that `deploy` makes after the proposal, for every stack; earlier ones have shown that they are allowed.
const AFTER_PROPOSAL: &[(&str, &str)] = &[
    ("cloudformation", "describe_events"),
    ("cloudformation", "describe_stack_events"),
    ("cloudformation", "execute_change_set"),
    ("cloudformation", "list_stack_resources"),
    ("cloudfront", "create_invalidation"),
    ("s3", "delete_object"),
    ("s3", "list_objects_v2"),
    ("secrets", "put_secret_value"),
];

/// Every call of the tool.
///
/// Source of the actions: Service Authorization Reference; "Required permissions for Amazon S3 API operations".
pub(crate) const CALLS: &[Call] = &[
    call("api_gateway", "get_rest_api", &[need("apigateway:GET", &["arn:aws:apigateway:{region}::/restapis/*"])]),
    call(
        "cloudformation",
        "create_change_set",
        &[
            need("cloudformation:CreateChangeSet", STACK),
            need("cloudformation:TagResource", STACK_AND_CHANGE_SETS),
            need("cloudformation:UntagResource", STACK_AND_CHANGE_SETS),
        ],
    ),
    call("cloudformation", "delete_change_set", &[need("cloudformation:DeleteChangeSet", STACK)]),
    call("cloudformation", "delete_stack", &[need("cloudformation:DeleteStack", STACK)]),
    call("cloudformation", "describe_change_set", &[need("cloudformation:DescribeChangeSet", STACK)]),
    call("cloudformation", "describe_events", &[need("cloudformation:DescribeEvents", STACK_AND_CHANGE_SETS)]),
    call("cloudformation", "describe_stack_events", &[need("cloudformation:DescribeStackEvents", STACK)]),
    // Source: CloudFormation API reference, DescribeStacks: without a name it takes ListStacks too.
    call(
        "cloudformation",
        "describe_stacks",
        &[need("cloudformation:DescribeStacks", ANY_STACK), need("cloudformation:ListStacks", NONE)],
    ),
    call("cloudformation", "execute_change_set", &[need("cloudformation:ExecuteChangeSet", STACK)]),
    call("cloudformation", "get_template", &[need("cloudformation:GetTemplate", STACK)]),
    call("cloudformation", "list_change_sets", &[need("cloudformation:ListChangeSets", STACK)]),
    call("cloudformation", "list_stack_resources", &[need("cloudformation:ListStackResources", STACK)]),
    call(
        "cloudfront",
        "create_invalidation",
        &[need("cloudfront:CreateInvalidation", &["arn:aws:cloudfront::{account}:distribution/*"])],
    ),
    call("dynamodb", "delete_table", &[need("dynamodb:DeleteTable", TABLES)]),
    call("dynamodb", "describe_table", &[need("dynamodb:DescribeTable", TABLES)]),
    call("dynamodb", "get_item", &[need("dynamodb:GetItem", TABLES)]),
    call("dynamodb", "list_tables", &[need("dynamodb:ListTables", NONE)]),
    call("dynamodb", "update_continuous_backups", &[need("dynamodb:UpdateContinuousBackups", TABLES)]),
    call("iam", "get_role", &[need("iam:GetRole", &["arn:aws:iam::{account}:role/*"])]),
    call("iam", "get_role_policy", &[need("iam:GetRolePolicy", ROLES)]),
    call("iam", "list_role_policies", &[need("iam:ListRolePolicies", ROLES)]),
    call("iam", "simulate_principal_policy", &[need("iam:SimulatePrincipalPolicy", DEPLOYERS)]),
    call("lambda", "get_account_settings", &[need("lambda:GetAccountSettings", NONE)]),
    call("lambda", "get_function_configuration", &[need("lambda:GetFunctionConfiguration", FUNCTIONS)]),
    call("lambda", "list_event_source_mappings", &[need("lambda:ListEventSourceMappings", NONE)]),
    // The archive is read with the caller's permissions. Source: Lambda API reference, UpdateFunctionCode.
    call(
        "lambda",
        "update_function_code",
        &[need("lambda:UpdateFunctionCode", FUNCTIONS), need("s3:GetObject", OBJECTS)],
    ),
    call("logs", "delete_log_group", &[need("logs:DeleteLogGroup", LOG_GROUPS)]),
    call("logs", "describe_log_groups", &[need("logs:DescribeLogGroups", NONE)]),
    call("logs", "filter_log_events", &[need("logs:FilterLogEvents", LOG_GROUPS)]),
    call("s3", "abort_multipart_upload", &[need("s3:AbortMultipartUpload", OBJECTS)]),
    call("s3", "create_bucket", &[need("s3:CreateBucket", ARTIFACTS)]),
    call("s3", "delete_bucket", &[need("s3:DeleteBucket", BUCKETS)]),
    call("s3", "delete_object", &[need("s3:DeleteObject", OWN_OBJECTS)]),
    call("s3", "delete_objects", &[need("s3:DeleteObject", OBJECTS), need("s3:DeleteObjectVersion", OBJECTS)]),
    call("s3", "get_object", &[need("s3:GetObject", OWN_OBJECTS)]),
    call("s3", "head_bucket", &[need("s3:ListBucket", ARTIFACTS)]),
    // S3 distinguishes missing from forbidden only for callers that may list the bucket.
    call("s3", "head_object", &[need("s3:GetObject", OBJECTS), need("s3:ListBucket", BUCKETS)]),
    call("s3", "list_buckets", &[need("s3:ListAllMyBuckets", NONE)]),
    call("s3", "list_multipart_uploads", &[need("s3:ListBucketMultipartUploads", BUCKETS)]),
    call("s3", "list_object_versions", &[need("s3:ListBucketVersions", BUCKETS)]),
    call("s3", "list_objects_v2", &[need("s3:ListBucket", OWN_BUCKETS)]),
    call("s3", "put_bucket_encryption", &[need("s3:PutEncryptionConfiguration", ARTIFACTS)]),
    call("s3", "put_object", &[need("s3:PutObject", OBJECTS)]),
    call("s3", "put_public_access_block", &[need("s3:PutBucketPublicAccessBlock", ARTIFACTS)]),
    call("secrets", "describe_secret", &[need("secretsmanager:DescribeSecret", SECRETS)]),
    call("secrets", "get_secret_value", &[need("secretsmanager:GetSecretValue", SECRETS)]),
    call("secrets", "put_secret_value", &[need("secretsmanager:PutSecretValue", SECRETS)]),
    call("sfn", "describe_execution", &[need("states:DescribeExecution", EXECUTIONS), need_for_data("kms:Decrypt")]),
    call(
        "sfn",
        "get_execution_history",
        &[need("states:GetExecutionHistory", EXECUTIONS), need_for_data("kms:Decrypt")],
    ),
    call(
        "sfn",
        "start_execution",
        &[
            need("states:StartExecution", &["arn:aws:states:{region}:{account}:stateMachine:{stack}"]),
            need_for_data("kms:Decrypt"),
            need_for_data("kms:GenerateDataKey"),
        ],
    ),
    call("sns", "get_topic_attributes", &[need("sns:GetTopicAttributes", TOPICS)]),
    call("sns", "publish", &[need("sns:Publish", TOPICS)]),
    call("sqs", "get_queue_attributes", &[need("sqs:GetQueueAttributes", QUEUES)]),
    call("sqs", "get_queue_url", &[need("sqs:GetQueueUrl", QUEUES)]),
    call("sqs", "send_message", &[need("sqs:SendMessage", QUEUES)]),
    // Source: STS API reference, GetCallerIdentity: no permissions are required.
    call("sts", "get_caller_identity", &[]),
];

/// Every permission that the deploying user of a stage needs, in any command.
///
/// Of retired stacks, only whether they are there.
pub fn permissions_to_deploy(stage: &Stage, account: &str) -> BTreeSet<Right> {
    let stacks = stacks::all(stage);
    let rights = stacks
        .iter()
        .flat_map(|stack| stack.rights(account).into_iter().chain(rights_of_calls(stack, account, CALLS.iter())));
    let retired = stacks::retired(stage);
    let of_retired = retired.iter().flat_map(|stack| rights_to_find(stack, account));
    rights.chain(of_retired).collect()
}

/// What the calls need that `deploy` makes for a stack once its proposal is agreed to.
pub(crate) fn permissions_after_proposal(stack: &Stack, account: &str) -> BTreeSet<Right> {
    let later = CALLS.iter().filter(|call| AFTER_PROPOSAL.contains(&(call.client, call.operation)));
    rights_of_calls(stack, account, later)
}

fn rights_of_calls<'a>(stack: &Stack, account: &str, calls: impl Iterator<Item = &'a Call>) -> BTreeSet<Right> {
    let needed = calls.filter(|call| call.is_made_for(stack)).flat_map(|call| call.needs);
    let rights = needed.flat_map(|need| {
        need.on.iter().flat_map(|scope| stack.rights_to_call(account, need.action, scope, (need.when)()))
    });
    rights.collect()
}

fn rights_to_find<'a>(stack: &'a RetiredStack, account: &'a str) -> impl Iterator<Item = Right> + 'a {
    let needed = CALLS.iter().filter(|call| call.operation == "describe_stacks").flat_map(|call| call.needs);
    needed.flat_map(move |need| {
        need.on.iter().flat_map(move |scope| stack.rights_to_call(account, need.action, scope, (need.when)()))
    })
}

impl Call {
    /// Whether the stack has what the call is about.
    fn is_made_for(&self, stack: &Stack) -> bool {
        let kind = match (self.client, self.operation) {
            ("api_gateway", _) => "AWS::ApiGateway::RestApi",
            ("cloudfront", _) => "AWS::CloudFront::Distribution",
            ("dynamodb", operation) if operation != "list_tables" => "AWS::DynamoDB::Table",
            ("iam", "get_role_policy" | "list_role_policies") => "AWS::IAM::Role",
            ("lambda", _) => "AWS::Lambda::Function",
            ("logs", "delete_log_group" | "filter_log_events") => "AWS::Lambda::Function",
            ("secrets", _) => "AWS::SecretsManager::Secret",
            ("sfn", _) => "AWS::StepFunctions::StateMachine",
            ("sns", _) => "AWS::SNS::Subscription",
            ("sqs", "send_message") => return is_tested_by_its_queue(stack),
            ("sqs", _) => "AWS::SQS::Queue",
            _ => return true,
        };
        stack.has_resource(kind)
    }
}

/// Whether a test event is sent to a queue of the stack.
fn is_tested_by_its_queue(stack: &Stack) -> bool {
    let plan = stack.test_event().and_then(|event| stack.plan_test(event, None).ok());
    plan.is_some_and(|plan| matches!(plan.entry, Entry::Send { .. }))
}

#[cfg(test)]
mod tests;
