//! Secrets of Secrets Manager; their values never pass through a template.

use super::Resource;
use contracts::{ReadSecret, SecretValue, SigningKey, SigningSecret, Wire};
use policies::{CfnString, Grant};
use serde::Serialize;
use std::marker::PhantomData;

/// A secret; without `generate_secret_string` the deployer puts the value in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Secret {
    pub(crate) description: String,
    /// Default: no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generate_secret_string: Option<GenerateSecretString>,
}

/// How Secrets Manager makes a value that no person has seen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GenerateSecretString {
    exclude_punctuation: bool,
    password_length: u32,
}

impl Resource for Secret {
    const TYPE: &'static str = "AWS::SecretsManager::Secret";
}

impl Secret {
    pub(crate) fn given(description: String) -> Self {
        Self { description, generate_secret_string: None }
    }

    /// Letters and digits only, because the value goes into a URL: 40 of them hold 238 bits.
    pub(crate) fn generated(description: String) -> Self {
        Self {
            description,
            generate_secret_string: Some(GenerateSecretString { exclude_punctuation: true, password_length: 40 }),
        }
    }
}

/// A secret in a stack whose value is a `T`.
pub struct SecretRef<T> {
    pub(crate) logical_id: String,
    value: PhantomData<fn() -> T>,
}

impl<T: SecretValue> SecretRef<T> {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned(), value: PhantomData }
    }

    pub(crate) fn arn(&self) -> CfnString {
        CfnString::reference(&self.logical_id)
    }

    /// Lets a function read the secret.
    pub fn read(&self) -> Wire<ReadSecret<T>> {
        let arn = self.arn();
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(arn.clone(), vec![Grant::ReadSecret { secret: arn }])
    }
}

/// The key with which the sender of a webhook signs, for the receiver.
pub struct SigningKeyRef {
    pub(crate) logical_id: String,
    pub(crate) wire: Wire<ReadSecret<SigningKey>>,
}

impl<T: SigningSecret> SecretRef<T> {
    /// Lets a receiver check signatures that were made with the secret.
    pub fn sign(&self) -> SigningKeyRef {
        let arn = self.arn();
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        let wire = Wire::new(arn.clone(), vec![Grant::ReadSecret { secret: arn }]);
        SigningKeyRef { logical_id: self.logical_id.clone(), wire }
    }
}
