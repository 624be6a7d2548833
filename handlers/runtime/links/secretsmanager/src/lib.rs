//! Links to secrets of AWS Secrets Manager.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use contracts::{ReadSecret, SecretValue, service};
use runtime::calls::{Answer, SecretCalls, Unread};
use runtime::{Environment, LinkError, Opens, Secret};

/// Answers that say that the function may not read the secret, or not any more.
///
/// Source: Secrets Manager API reference, GetSecretValue.
const WITHHELD: [&str; 2] = ["AccessDeniedException", "InvalidRequestException"];
/// The answer that says that there is no such secret, or none with a value.
const MISSING: &str = "ResourceNotFoundException";

/// The service that this crate is for.
pub type Service = service::SecretsManager;

/// Opens links to secrets.
pub struct Opener;

impl<T: SecretValue> Opens<ReadSecret<T>> for Opener {
    type Link = Secret<T>;

    fn open(environment: &Environment, variable: &'static str) -> Result<Secret<T>, LinkError> {
        let client = Client::new(&aws::connection(environment)?.config);
        Ok(Secret::new(StoredSecret { client, arn: environment.variable(variable)? }))
    }
}

struct StoredSecret {
    client: Client,
    arn: String,
}

impl SecretCalls for StoredSecret {
    fn text(&self) -> Answer<'_, Option<String>, Unread> {
        Box::pin(async move {
            let answer = self.client.get_secret_value().secret_id(&self.arn).send().await.map_err(|error| {
                let code = error.code().unwrap_or_default().to_owned();
                let failure = aws::failed_call("secretsmanager:GetSecretValue", error);
                match code.as_str() {
                    MISSING => Unread::Missing(failure),
                    code if WITHHELD.contains(&code) => Unread::Withheld(failure),
                    _ => Unread::Silent(failure),
                }
            })?;
            Ok(answer.secret_string)
        })
    }
}
