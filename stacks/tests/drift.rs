//! Programs in which a handler and its stack disagree must not compile.

#[test]
fn a_handler_and_its_stack_cannot_disagree() {
    trybuild::TestCases::new().compile_fail("tests/drift/*.rs");
}
