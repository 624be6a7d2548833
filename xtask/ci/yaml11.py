"""Checks that a YAML 1.1 reader understands templates as they are meant: no string is retyped.

A date, a number or a truth value may stand only where CloudFormation wants one.
"""

import datetime
import sys

import yaml

# Properties that are numbers or truth values; everything else is text.
TYPED = {
    "AccessControlMaxAgeSec", "BatchSize", "BlockPublicAcls", "BlockPublicPolicy",
    "CloudWatchMetricsEnabled", "Compress", "DaysAfterInitiation", "Enabled", "EnableKeyRotation",
    "ErrorCachingMinTTL", "ErrorCode", "EvaluateTargetHealth", "EvaluationPeriods",
    "EvaluationWindowSec", "ExcludePunctuation", "IgnorePublicAcls", "IncludeExecutionData",
    "IncludeSubdomains", "IPV6Enabled", "KmsDataKeyReusePeriodSeconds", "Limit",
    "MaximumConcurrency", "MaximumEventAgeInSeconds", "MaximumMessageSize", "MaximumRetryAttempts",
    "maxReceiveCount", "MemorySize", "MessageRetentionPeriod", "NoncurrentDays", "Override",
    "PasswordLength",
    "PendingWindowInDays", "Period", "PointInTimeRecoveryEnabled", "Priority", "ResponseCode",
    "RestrictPublicBuckets", "RetentionInDays", "SampledRequestsEnabled", "SqsManagedSseEnabled",
    "Threshold", "ThrottlingBurstLimit", "ThrottlingRateLimit", "Timeout", "VisibilityTimeout",
}


def wrong(value, path=""):
    """Paths of values that were read as something else than text."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{path}/{key!r}"
            yield from wrong(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from wrong(item, f"{path}/{index}")
    elif isinstance(value, (bool, int, float, datetime.date)) or value is None:
        if path.rsplit("/", 1)[-1] not in TYPED:
            yield f"{path} = {value!r}"


findings = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        findings += [f"{path}: {finding}" for finding in wrong(yaml.safe_load(file))]
for finding in findings:
    print(f"{finding}: a YAML 1.1 reader does not take this for text")
sys.exit(1 if findings else 0)
