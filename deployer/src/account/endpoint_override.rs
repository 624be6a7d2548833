//! Other addresses than AWS's own, to which the AWS configuration leads requests.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use std::collections::BTreeMap;

/// The services that the deployer calls, as the SDK names them.
const SERVICES: [&str; 13] = [
    "API Gateway",
    "CloudFormation",
    "CloudFront",
    "CloudWatch Logs",
    "DynamoDB",
    "IAM",
    "Lambda",
    "S3",
    "SFN",
    "SNS",
    "SQS",
    "STS",
    "Secrets Manager",
];

/// Where requests go that do not go to AWS, for a person; `None` if all go there.
///
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints": by variable or profile, for
/// all services or for one.
pub(super) fn endpoint_override(config: &SdkConfig) -> Option<String> {
    let mut services: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for service in SERVICES {
        if let Some(url) = address_of(config, service) {
            services.entry(url).or_default().push(service);
        }
    }
    let words = services.iter().map(|(url, of)| match of.len() == SERVICES.len() {
        true => url.clone(),
        false => format!("{url} ({})", of.join(", ")),
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// As each client of the SDK finds its own.
pub(super) fn address_of(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let configured = config.service_config().and_then(|settings| settings.load_config(key.build().ok()?));
    configured.or_else(|| config.endpoint_url().map(str::to_owned))
}
