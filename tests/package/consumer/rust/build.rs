//! What crates that compile C against the library find out.

fn main() {
    let include = std::env::var("DEP_CRIB_INCLUDE").expect("where the headers are");
    let header = std::path::Path::new(&include).join("crib.h");
    assert!(header.is_file(), "{} is not there", header.display());
    println!("cargo::rerun-if-env-changed=DEP_CRIB_INCLUDE");
}
