//! The linker of a running function: variables in, clients out.

use crate::link::records::Table;
use crate::link::{Archive, Claims, Counter, ObjectStore, Queue, Records, Secret, Topic};
use aws_credential_types::Credentials;
use aws_smithy_http_client::{Builder, tls};
use aws_types::SdkConfig;
use aws_types::region::Region;
use contracts::{
    ClaimWork, Count, InsertRecords, KeepRecords, Linker, Optional, PublishTo, PutObjects, ReadSecret, SecretValue,
    SendTo, Setting, SettingValue,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// Opens links to AWS from the variables that Lambda and the stack have set.
pub struct Live {
    config: SdkConfig,
    /// Only an endpoint that is not AWS needs path-style addresses.
    has_own_endpoint: bool,
}

/// A variable that is missing or cannot be read: the stack and the handler disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    variable: &'static str,
    problem: String,
}

impl fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "variable `{}` {}", self.variable, self.problem)
    }
}

impl std::error::Error for LinkError {}

impl Live {
    /// Reads region, credentials and endpoint as Lambda provides them.
    ///
    /// Lambda's credentials live as long as its execution environment, so they are read once.
    pub fn from_lambda() -> Result<Self, LinkError> {
        crate::web::install_crypto();
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN").ok(),
            None,
            "lambda",
        );
        let http =
            Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
        let endpoint = variable("AWS_ENDPOINT_URL").ok();
        let has_own_endpoint = endpoint.is_some();
        let mut config = SdkConfig::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
            .region(Region::new(variable("AWS_REGION")?))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
            .http_client(http);
        config.set_endpoint_url(endpoint);
        Ok(Self { config: config.build(), has_own_endpoint })
    }

    pub(crate) fn queue<M>(&self, name: &'static str) -> Result<Queue<M>, LinkError> {
        let client = aws_sdk_sqs::Client::new(&self.config);
        Ok(Queue::sqs(client, variable(name)?))
    }

    fn table<T: Serialize + DeserializeOwned + Clone>(&self, name: &'static str) -> Result<Table<T>, LinkError> {
        Ok(Table::dynamo_db(aws_sdk_dynamodb::Client::new(&self.config), variable(name)?))
    }
}

impl<M: Serialize> Linker<PublishTo<M>> for Live {
    type Link = Topic<M>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        Ok(Topic::sns(aws_sdk_sns::Client::new(&self.config), variable(name)?))
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Linker<KeepRecords<T>> for Live {
    type Link = Records<T>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        Ok(Records::new(self.table(name)?))
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Linker<InsertRecords<T>> for Live {
    type Link = Archive<T>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        Ok(Archive::new(self.table(name)?))
    }
}

impl Linker<ClaimWork> for Live {
    type Link = Claims;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        Ok(Claims::new(Records::new(self.table(name)?)))
    }
}

impl Linker<Count> for Live {
    type Link = Counter;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        Ok(Counter::dynamo_db(aws_sdk_dynamodb::Client::new(&self.config), variable(name)?))
    }
}

impl<M> Linker<SendTo<M>> for Live {
    type Link = Queue<M>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        self.queue(name)
    }
}

impl<T: SecretValue> Linker<ReadSecret<T>> for Live {
    type Link = Secret<T>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.config);
        Ok(Secret::stored(client, variable(name)?))
    }
}

impl Linker<PutObjects> for Live {
    type Link = ObjectStore;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        let location = variable(name)?;
        let (bucket, prefix) = location
            .strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| LinkError { variable: name, problem: "is not of the form `s3://bucket/prefix`".into() })?;
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(self.has_own_endpoint).build();
        let client = aws_sdk_s3::Client::from_conf(config);
        Ok(ObjectStore::s3(client, bucket, prefix))
    }
}

/// A variable that is empty says that there is no such link.
impl<K> Linker<Optional<K>> for Live
where
    Live: Linker<K, Error = LinkError>,
{
    type Link = Option<<Live as Linker<K>>::Link>;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<Self::Link, LinkError> {
        match variable(name)?.is_empty() {
            true => Ok(None),
            false => <Live as Linker<K>>::link(self, name).map(Some),
        }
    }
}

impl<T: SettingValue> Linker<Setting<T>> for Live {
    type Link = T;
    type Error = LinkError;

    fn link(&self, name: &'static str) -> Result<T, LinkError> {
        T::parse(&variable(name)?)
            .map_err(|problem| LinkError { variable: name, problem: format!("is wrong: {problem}") })
    }
}

/// The one place where the environment is read.
#[expect(clippy::disallowed_methods, reason = "this is what opens the links that are declared in the contract")]
fn variable(name: &'static str) -> Result<String, LinkError> {
    std::env::var(name).map_err(|_| LinkError { variable: name, problem: "is not set".into() })
}
