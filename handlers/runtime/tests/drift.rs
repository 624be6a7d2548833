//! Programs that must not compile: a handler and its linker cannot disagree.

#[test]
fn a_link_whose_crate_is_not_named_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/drift/*.rs");
}
