//! The README is the front page of the documentation, so its examples are compiled and run.

const README: &str = include_str!("../README.md");
const FRONT_PAGE: &str = include_str!("../src/lib.rs");

#[test]
fn every_rust_example_of_the_readme_is_run() {
    assert!(FRONT_PAGE.starts_with("#![doc = include_str!(\"../README.md\")]"));
    let fences: Vec<_> = README.lines().filter_map(|line| line.trim().strip_prefix("```")).collect();
    let opened: Vec<_> = fences.iter().step_by(2).collect();
    assert!(fences.iter().skip(1).step_by(2).all(|fence| fence.is_empty()), "an example is not closed");
    // Anything else that rustdoc knows ("ignore", "no_run", "text") would hide an example from it.
    assert!(opened.iter().all(|fence| matches!(**fence, "rust" | "sh")), "{opened:?}");
    assert!(opened.iter().filter(|fence| ***fence == "rust").count() >= 4);
}
