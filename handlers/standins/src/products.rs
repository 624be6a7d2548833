//! The list of all stand-ins.

use crate::product::{Product, SecretKind};
use crate::{backlog, bytebase, mackerel, slack, teams};

/// Every stand-in, in the order of the page; a new one is one more line.
pub(crate) const PRODUCTS: &[Product] =
    &[backlog::PRODUCT, slack::PRODUCT, teams::PRODUCT, bytebase::PRODUCT, mackerel::PRODUCT];

/// Returns every secret that a stand-in takes, with the name of that stand-in.
pub(crate) fn secrets() -> impl Iterator<Item = (&'static str, &'static SecretKind)> {
    PRODUCTS.iter().filter_map(|product| Some((product.name, product.secret.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use super::{PRODUCTS, secrets};
    use std::collections::BTreeSet;

    #[test]
    fn a_stand_in_has_the_name_of_its_saas() {
        let saas = [
            &contracts::backlog::SAAS,
            &contracts::slack::SAAS,
            &contracts::teams::SAAS,
            &contracts::bytebase::SAAS,
            &contracts::mackerel::SAAS,
        ];
        let ids: Vec<String> = saas.iter().map(|saas| saas.id()).collect();
        for product in PRODUCTS {
            assert!(ids.iter().any(|id| id == product.name), "{}", product.name);
        }
    }

    #[test]
    fn names_and_samples_are_each_unlike_the_others() {
        let names: BTreeSet<&str> = PRODUCTS.iter().map(|product| product.name).collect();
        assert_eq!(names.len(), PRODUCTS.len());
        let of_secrets: BTreeSet<&str> = secrets().flat_map(|(_, secret)| [secret.name, secret.sample]).collect();
        assert_eq!(of_secrets.len(), 2 * secrets().count());
    }
}
