//! CloudFront: taking files out of its caches.

use super::{About, Call, Service};
use crate::error::Outcome;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_xml::encode::{ScopeWriter, XmlWriter};

const ABOUT: About = About { id: "CloudFront", name: "cloudfront", global_region: Some("us-east-1") };
const VERSION: &str = "2020-05-31";

/// A client of CloudFront. Source of all calls: Amazon CloudFront API reference.
#[derive(Clone, Debug)]
pub(crate) struct CloudFront(Service);

impl CloudFront {
    pub(crate) fn new(config: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Service::new(&ABOUT, config, interceptors))
    }

    /// Takes paths out of the caches of a distribution. Requests with the same reference are the same one.
    pub(crate) async fn create_invalidation(
        &self,
        distribution: &str,
        paths: &[String],
        reference: &str,
    ) -> Outcome<()> {
        let mut body = String::new();
        let mut document = XmlWriter::new(&mut body);
        let namespace = format!("http://cloudfront.amazonaws.com/doc/{VERSION}/");
        let mut batch = document.start_el("InvalidationBatch").write_ns(&namespace, None).finish();
        let mut of_paths = batch.start_el("Paths").finish();
        write(&mut of_paths, "Quantity", &paths.len().to_string());
        let mut items = of_paths.start_el("Items").finish();
        paths.iter().for_each(|path| write(&mut items, "Path", path));
        items.finish();
        of_paths.finish();
        write(&mut batch, "CallerReference", reference);
        batch.finish();
        let call = Call {
            operation: "CreateInvalidation",
            path: format!("/{VERSION}/distribution/{distribution}/invalidation"),
            headers: vec![("content-type", "application/xml".into())],
            body,
        };
        self.0.call("cloudfront:CreateInvalidation", call).await.map(|_| ())
    }
}

fn write(within: &mut ScopeWriter<'_, '_>, name: &str, text: &str) {
    let mut element = within.start_el(name).finish();
    element.data(text);
    element.finish();
}
