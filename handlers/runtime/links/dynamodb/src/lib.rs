//! Links to tables of Amazon DynamoDB, each with the key `id`.

mod counter;
mod table;

use aws_sdk_dynamodb::Client;
use contracts::{ClaimWork, Count, InsertRecords, KeepRecords, service};
use counter::NumberTable;
use runtime::{Archive, Claims, Counter, Environment, LinkError, Opens, Records};
use serde::Serialize;
use serde::de::DeserializeOwned;
use table::RecordTable;

/// Attribute with the key.
const KEY: &str = "id";
/// Attribute with the end of an item's life in seconds since 1970; DynamoDB removes it some time later.
const EXPIRY: &str = "expires_at";

/// The service that this crate is for.
pub type Service = service::DynamoDb;

/// Opens links to tables.
pub struct Opener;

impl<T> Opens<KeepRecords<T>> for Opener
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    type Link = Records<T>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Records<T>, LinkError> {
        Ok(Records::new(RecordTable::new(client(environment)?, environment.variable(variable)?)))
    }
}

impl<T> Opens<InsertRecords<T>> for Opener
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Link = Archive<T>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Archive<T>, LinkError> {
        Ok(Archive::new(RecordTable::new(client(environment)?, environment.variable(variable)?)))
    }
}

impl Opens<ClaimWork> for Opener {
    type Link = Claims;

    fn open(environment: &Environment, variable: &'static str) -> Result<Claims, LinkError> {
        Ok(Claims::new(<Self as Opens<KeepRecords<_>>>::open(environment, variable)?))
    }
}

impl Opens<Count> for Opener {
    type Link = Counter;

    fn open(environment: &Environment, variable: &'static str) -> Result<Counter, LinkError> {
        let (client, name) = (client(environment)?, environment.variable(variable)?);
        Ok(Counter::new(NumberTable { client, name }))
    }
}

fn client(environment: &Environment) -> Result<Client, LinkError> {
    Ok(Client::new(&aws::connection(environment)?.config))
}
