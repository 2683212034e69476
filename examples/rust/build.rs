//! Compiles the C side of 10_mixed.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=10_mixed.c");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let (object, archive) = (out.join("mixed.o"), out.join("libmixed.a"));
    let mut cc = Command::new(env::var("CC").unwrap_or_else(|_| "cc".into()));
    for dir in env::split_paths(&env::var_os("DEP_CRIB_INCLUDE").unwrap_or_default()) {
        if !dir.as_os_str().is_empty() {
            cc.arg("-I").arg(dir);
        }
    }
    cc.args(["-std=c99", "-O2", "-fPIC", "-c", "10_mixed.c", "-o"])
        .arg(&object);
    assert!(cc.status().expect("a C compiler").success());
    assert!(
        Command::new("ar")
            .arg("crs")
            .args([&archive, &object])
            .status()
            .expect("ar")
            .success()
    );
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=mixed");
}
