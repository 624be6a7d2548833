//! A static site: a private bucket behind a distribution of CloudFront, and an API beside it.

use super::{BucketRef, Resource};
use crate::stage::Domain;
use policies::{Action, CfnString, Condition, PolicyDocument, Statement};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Policies that AWS keeps for everyone, by their fixed ids.
///
/// Source: CloudFront developer guide, "Use managed cache policies" and "Use managed origin request policies".
const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The zone of every alias to CloudFront. Source: Route 53 API reference, `AliasTarget`.
const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// What a page may load, and from where: its own origin and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// How long CloudFront remembers that there is no file: one that was forgotten is soon found.
const NOT_FOUND_SECONDS: u32 = 10;

/// Two years, which browsers ask for before they keep a site on their own list.
const HTTPS_ONLY_SECONDS: u32 = 63_072_000;

/// How CloudFront proves to S3 who it is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OriginAccessControl {
    origin_access_control_config: Json,
}

impl Resource for OriginAccessControl {
    const TYPE: &'static str = "AWS::CloudFront::OriginAccessControl";
}

impl OriginAccessControl {
    pub(crate) fn for_bucket(name: CfnString) -> Self {
        Self {
            origin_access_control_config: json!({
                "Name": name,
                "OriginAccessControlOriginType": "s3",
                "SigningBehavior": "always",
                "SigningProtocol": "sigv4",
            }),
        }
    }
}

/// Headers that every answer carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResponseHeadersPolicy {
    response_headers_policy_config: Json,
}

impl Resource for ResponseHeadersPolicy {
    const TYPE: &'static str = "AWS::CloudFront::ResponseHeadersPolicy";
}

impl ResponseHeadersPolicy {
    pub(crate) fn strict(name: CfnString) -> Self {
        Self {
            response_headers_policy_config: json!({
                "Name": name,
                "CustomHeadersConfig": {"Items": [
                    {"Header": "permissions-policy", "Override": true,
                     "Value": "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
                    {"Header": "cross-origin-opener-policy", "Override": true, "Value": "same-origin"},
                ]},
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {"ContentSecurityPolicy": CONTENT_SECURITY_POLICY, "Override": true},
                    "ContentTypeOptions": {"Override": true},
                    "FrameOptions": {"FrameOption": "DENY", "Override": true},
                    "ReferrerPolicy": {"Override": true, "ReferrerPolicy": "no-referrer"},
                    "StrictTransportSecurity": {
                        "AccessControlMaxAgeSec": HTTPS_ONLY_SECONDS,
                        // The domain may have other hosts below it, outside this stack.
                        "IncludeSubdomains": false,
                        "Override": true,
                    },
                },
            }),
        }
    }
}

/// A policy of the site's bucket: read by one distribution, and never without TLS.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SiteBucketPolicy {
    bucket: CfnString,
    policy_document: PolicyDocument,
}

impl Resource for SiteBucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";
}

impl SiteBucketPolicy {
    /// Source: CloudFront developer guide, "Restrict access to an Amazon S3 origin".
    pub(crate) fn new(bucket: &BucketRef, distribution: &str) -> Self {
        let objects = bucket.arn().then("/*");
        let distribution = CfnString::text("distribution/").join(CfnString::reference(distribution));
        let arn = CfnString::arn_in("cloudfront", "", CfnString::reference("AWS::AccountId"), distribution);
        let read = Statement::allow_service(
            "cloudfront.amazonaws.com",
            Action::GET_OBJECT,
            objects.clone(),
            Condition::for_source_string(arn),
        );
        let tls = Statement::deny_everyone_all_of("s3", vec![bucket.arn(), objects], Condition::not_over_tls());
        Self { bucket: bucket.name(), policy_document: PolicyDocument::new(vec![read, tls]) }
    }
}

/// What a distribution stands in front of.
pub(crate) struct Origins<'a> {
    pub(crate) bucket: &'a BucketRef,
    pub(crate) access_control: &'a str,
    /// Host name of the API.
    pub(crate) api: CfnString,
    /// The API's stage, as a path.
    pub(crate) api_path: String,
    pub(crate) headers_policy: &'a str,
}

/// A distribution: files by default, `/api/*` to the API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Distribution {
    distribution_config: Json,
}

impl Resource for Distribution {
    const TYPE: &'static str = "AWS::CloudFront::Distribution";
}

impl Distribution {
    /// A distribution under a name that CloudFront gives it, or under a domain with its certificate.
    ///
    /// `not_found` is the path of the file that is shown where there is none.
    pub(crate) fn new(
        origins: &Origins<'_>,
        comment: String,
        not_found: &str,
        domain: Option<(&Domain, CfnString)>,
    ) -> Self {
        let headers = CfnString::reference(origins.headers_policy);
        let mut config = json!({
            "Comment": comment,
            // This is for all origins. S3 answers so where there is no file, because no one except the deployer
            // may list the bucket; the API never does, and its other answers must reach the page as they are.
            "CustomErrorResponses": [{
                "ErrorCode": 403,
                "ErrorCachingMinTTL": NOT_FOUND_SECONDS,
                "ResponseCode": 404,
                "ResponsePagePath": format!("/{not_found}"),
            }],
            "DefaultRootObject": "index.html",
            "Enabled": true,
            "HttpVersion": "http2and3",
            "IPV6Enabled": true,
            "Origins": [
                {
                    "Id": "site",
                    "DomainName": origins.bucket.regional_domain_name(),
                    "OriginAccessControlId": CfnString::attribute(origins.access_control, "Id"),
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                },
                {
                    "Id": "api",
                    "DomainName": origins.api,
                    "OriginPath": origins.api_path,
                    "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
                },
            ],
            "DefaultCacheBehavior": {
                "AllowedMethods": ["GET", "HEAD"],
                "CachePolicyId": CACHING_OPTIMIZED,
                "Compress": true,
                "ResponseHeadersPolicyId": headers,
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
            },
            "CacheBehaviors": [{
                // CloudFront takes all methods or only those that read.
                "AllowedMethods": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
                "CachePolicyId": CACHING_DISABLED,
                "Compress": true,
                "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER,
                "PathPattern": "/api/*",
                "ResponseHeadersPolicyId": headers,
                "TargetOriginId": "api",
                "ViewerProtocolPolicy": "https-only",
            }],
        });
        if let Some((domain, certificate)) = domain {
            config["Aliases"] = json!([domain.name.as_str()]);
            config["ViewerCertificate"] = json!({
                "AcmCertificateArn": certificate,
                "MinimumProtocolVersion": "TLSv1.2_2021",
                "SslSupportMethod": "sni-only",
            });
        }
        Self { distribution_config: config }
    }
}

/// A certificate that Route 53 proves; CloudFront takes only those of us-east-1.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Certificate {
    domain_name: String,
    domain_validation_options: Json,
    validation_method: &'static str,
}

impl Resource for Certificate {
    const TYPE: &'static str = "AWS::CertificateManager::Certificate";
}

impl Certificate {
    pub(crate) fn of(domain: &Domain) -> Self {
        let name = domain.name.as_str();
        Self {
            domain_name: name.to_owned(),
            domain_validation_options: json!([{"DomainName": name, "HostedZoneId": domain.zone_id.as_str()}]),
            validation_method: "DNS",
        }
    }
}

/// A name that leads to a distribution.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Alias {
    alias_target: Json,
    hosted_zone_id: String,
    name: String,
    #[serde(rename = "Type")]
    kind: &'static str,
}

impl Resource for Alias {
    const TYPE: &'static str = "AWS::Route53::RecordSet";
}

impl Alias {
    /// `kind` is `A` or `AAAA`.
    pub(crate) fn of(domain: &Domain, kind: &'static str, distribution: &str) -> Self {
        Self {
            alias_target: json!({
                "DNSName": CfnString::attribute(distribution, "DomainName"),
                "EvaluateTargetHealth": false,
                "HostedZoneId": CLOUDFRONT_ZONE,
            }),
            hosted_zone_id: domain.zone_id.as_str().to_owned(),
            name: domain.name.as_str().to_owned(),
            kind,
        }
    }
}
