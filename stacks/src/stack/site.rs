//! Static sites with an API beside them, and the certificates of their domains.

use super::{FurtherStack, ParameterSource, Replaced, Stack};
use crate::resource::{
    Alias, ApiStage, Bucket, BucketRef, Certificate, Distribution, OriginAccessControl, Origins, ResponseHeadersPolicy,
    SiteBucketPolicy,
};
use crate::stage::{Domain, Region, Stage};
use policies::CfnString;

/// The files of a site, and where they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Output of the stack that holds the bucket's name.
    pub bucket_output: &'static str,
    /// Output of the stack that holds the distribution's id.
    pub distribution_output: &'static str,
    /// Every file.
    pub files: &'static [SiteFile],
}

/// The settings of a site.
pub struct SiteSettings<'a> {
    /// Output of the stack that gets the site's address.
    pub url_output: &'static str,
    /// Every file.
    pub files: &'static [SiteFile],
    /// The file that is shown in place of a missing one.
    pub not_found: &'static str,
    /// Its own domain. Default: the name that CloudFront gives it.
    pub domain: Option<&'a Domain>,
    /// The stack with the domain's certificate, if the certificate has to be in another region.
    pub certificate_stack: FurtherStack,
}

/// A file of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteFile {
    /// Its key in the bucket and its path in the address.
    pub path: &'static str,
    /// Its content.
    pub content: &'static [u8],
    /// Its content type in the answer to browsers.
    pub content_type: &'static str,
    /// How long browsers may keep it.
    pub cache_control: &'static str,
}

const BUCKET_OUTPUT: &str = "SiteBucket";
const DISTRIBUTION_OUTPUT: &str = "DistributionId";
const CERTIFICATE: &str = "Certificate";
/// The output of a certificate's own stack.
const CERTIFICATE_OUTPUT: &str = "CertificateArn";

impl FurtherStack {
    /// The stack with the certificate of a site's domain.
    pub(crate) const fn with_certificate(name: &'static str) -> Self {
        Self { name, region: Region::OF_CERTIFICATES }
    }
}

impl Stack {
    /// A site with an API under `/api/`; its address becomes an output.
    #[track_caller]
    pub fn site(&mut self, site: SiteSettings<'_>, api: CfnString) {
        let SiteSettings { url_output, files, not_found, domain, certificate_stack } = site;
        let bucket = BucketRef::new("SiteFiles");
        let name = |suffix: &str| self.full_name().then(suffix);
        let (access, headers) = (name("-site"), name("-headers"));
        self.add("SiteFiles", &Bucket::new());
        self.add("SiteAccess", &OriginAccessControl::for_bucket(access));
        self.add("SiteHeaders", &ResponseHeadersPolicy::strict(headers));
        self.add("SiteFilesPolicy", &SiteBucketPolicy::new(&bucket, "Site"));
        let is_there = files.iter().any(|file| file.path == not_found);
        assert!(is_there, "stack `{}`: `{not_found}` is not a file of the site", self.name);
        let origins = Origins {
            bucket: &bucket,
            access_control: "SiteAccess",
            api,
            api_path: format!("/{}", ApiStage::NAME),
            headers_policy: "SiteHeaders",
        };
        let certificate = domain.map(|domain| (domain, self.certificate(domain, certificate_stack)));
        let comment = format!("{} of stage {}", self.name, self.stage.name);
        self.add("Site", &Distribution::new(&origins, comment, not_found, certificate));
        let host = match domain {
            None => CfnString::attribute("Site", "DomainName"),
            Some(domain) => {
                self.add("SiteAlias", &Alias::of(domain, "A", "Site"));
                self.add("SiteAliasV6", &Alias::of(domain, "AAAA", "Site"));
                CfnString::text(domain.name.as_str())
            }
        };
        self.outputs.insert(url_output, CfnString::text("https://").join(host).join(CfnString::text("/")));
        self.outputs.insert(BUCKET_OUTPUT, bucket.name());
        self.outputs.insert(DISTRIBUTION_OUTPUT, CfnString::reference("Site"));
        self.edge("a person's browser", "Site", "opens");
        self.edge("Site", "SiteFiles", "reads");
        self.edge("Site", "Api", "forwards /api/ to");
        self.site = Some(Site { bucket_output: BUCKET_OUTPUT, distribution_output: DISTRIBUTION_OUTPUT, files });
    }

    /// The certificate of a domain: in this stack where CloudFront takes it, else in one of its own.
    #[track_caller]
    fn certificate(&mut self, domain: &Domain, stack: FurtherStack) -> CfnString {
        if !stack.may_be_on(&self.stage) {
            self.add(CERTIFICATE, &Certificate::of(domain));
            return CfnString::reference(CERTIFICATE);
        }
        let source = ParameterSource::OutputOf { stack: stack.name, output: CERTIFICATE_OUTPUT };
        self.parameters.insert(CERTIFICATE_OUTPUT.into(), source);
        CfnString::reference(CERTIFICATE_OUTPUT)
    }

    /// The stack with the certificate of a site's domain; `None` if the certificate is in the site's own stack.
    #[track_caller]
    pub(crate) fn with_certificate(stack: FurtherStack, stage: &Stage, domain: &Domain) -> Option<Self> {
        if !stack.may_be_on(stage) {
            return None;
        }
        let mut stack = Self::further(stack, stage);
        stack.add(CERTIFICATE, &Certificate::of(domain));
        stack.outputs.insert(CERTIFICATE_OUTPUT, CfnString::reference(CERTIFICATE));
        // Another domain has another certificate, and this stack is deployed before the distribution takes
        // that: CloudFormation would try to delete what is in use, and lose sight of it.
        stack.keep_when_replaced(CERTIFICATE);
        stack.replaced = Some(Replaced {
            output: CERTIFICATE_OUTPUT,
            what: "the certificate of the former domain",
            command: "aws acm delete-certificate --region us-east-1 --certificate-arn",
        });
        Some(stack)
    }
}
