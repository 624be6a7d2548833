//! Links to buckets of Amazon S3.

mod store;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use contracts::{PutObjects, service};
use runtime::{Environment, LinkError, ObjectStore, Opens};
use store::BucketStore;

/// The service that this crate is for.
pub type Service = service::S3;

/// Opens links to buckets.
pub struct Opener;

impl Opens<PutObjects> for Opener {
    type Link = ObjectStore;

    fn open(environment: &Environment, variable: &'static str) -> Result<ObjectStore, LinkError> {
        let location = environment.variable(variable)?;
        let (bucket, prefix) = location
            .strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| LinkError::new(variable, "is not of the form `s3://bucket/prefix`"))?;
        let connection = aws::connection(environment)?;
        // Only an endpoint that is not AWS needs path-style addresses.
        let config = Builder::from(&connection.config).force_path_style(connection.has_own_endpoint).build();
        let store = BucketStore { client: Client::from_conf(config), bucket: bucket.to_owned() };
        Ok(ObjectStore::new(store, prefix))
    }
}
