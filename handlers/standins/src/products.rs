//! The list of all stand-ins.

use crate::PRODUCTS;
use crate::product::SecretKind;

/// Declares the modules of all stand-ins, and the list of them.
macro_rules! stand_ins {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every stand-in, in the order of the page.
        pub(crate) const PRODUCTS: &[product::Product] = &[$($module::PRODUCT),*];
    };
}
pub(crate) use stand_ins;

/// Returns every secret that a stand-in takes, with the name of that stand-in.
pub(crate) fn secrets() -> impl Iterator<Item = (&'static str, &'static SecretKind)> {
    PRODUCTS.iter().filter_map(|product| Some((product.name, product.secret.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use super::secrets;
    use crate::PRODUCTS;
    use std::collections::BTreeSet;

    #[test]
    fn a_stand_in_has_the_name_of_its_saas() {
        for product in PRODUCTS {
            assert_eq!(product.saas.id(), product.name);
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
