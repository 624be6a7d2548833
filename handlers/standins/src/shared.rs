//! All stand-ins and what they share while the server runs.

use crate::PRODUCTS;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::keys::Keys;
use crate::product::{Opening, Product, SecretKind, origin};
use crate::products::secrets;
use crate::recorder::Recorder;
use crate::service::Service;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All services and what they share.
pub(crate) struct Shared {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) journal: Arc<Journal>,
    base_url: String,
    services: Arc<[Arc<dyn Service>]>,
}

impl Shared {
    pub(crate) fn new(base_url: &str, keys: &Keys) -> Self {
        let open = |product: &Product| {
            let secret = product.secret.as_ref().map_or("", |secret| keys.get(secret.name));
            (product.open)(Opening { origin: origin(base_url, product.name), secret: secret.to_owned() })
        };
        Self {
            recorder: Arc::default(),
            journal: Arc::default(),
            base_url: base_url.to_owned(),
            services: PRODUCTS.iter().map(open).collect(),
        }
    }

    /// Returns every service.
    pub(crate) fn services(&self) -> Arc<[Arc<dyn Service>]> {
        Arc::clone(&self.services)
    }

    /// Returns a stand-in by its type, if it is in the list.
    pub(crate) fn service<T: Service>(&self) -> Option<&T> {
        self.services.iter().find_map(|service| (&**service as &dyn Any).downcast_ref())
    }

    /// Returns what clients are given for each secret, by its name.
    pub(crate) fn secrets(&self) -> BTreeMap<&'static str, String> {
        let value = |(name, kind): (&str, &'static SecretKind)| {
            let accepted = self.services.iter().find(|service| service.name() == name)?.secret()?;
            Some((kind.name, (kind.value)(&origin(&self.base_url, name), &accepted)))
        };
        secrets().filter_map(value).collect()
    }

    /// Has services accept other secrets, by their names; the old ones are wrong from now on.
    pub(crate) fn change_secrets(&self, mut new: BTreeMap<String, String>) {
        for (name, kind) in secrets() {
            if let Some(secret) = new.remove(kind.name)
                && let Some(service) = self.services.iter().find(|service| service.name() == name)
            {
                service.change_secret(secret);
            }
        }
    }

    /// Returns the names under which the services are mounted.
    pub(crate) fn service_names(&self) -> Vec<&'static str> {
        self.services().iter().map(|service| service.name()).collect()
    }

    /// Plans a failure, or says why it cannot happen.
    pub(crate) fn fail(&self, failure: Failure) -> Result<(), String> {
        self.recorder.plan(failure.planned(&self.service_names())?);
        Ok(())
    }

    /// Forgets everything except the keys.
    pub(crate) fn reset(&self) {
        self.recorder.reset();
        self.journal.reset();
        for service in self.services().iter() {
            service.reset();
        }
    }
}
