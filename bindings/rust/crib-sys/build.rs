//! Finds libcrib: where `CRIB_LIB_DIR` says, else by pkg-config.
//!
//! * `CRIB_LIB_DIR`, `CRIB_INCLUDE_DIR`: a library that is not installed, such as that of a build tree. Several include
//!   folders are separated as in `PATH`.
//! * `CRIB_STATIC=1`: link `libcrib.a`.
//! * `PKG_CONFIG`: the program to ask.
//!
//! Crates that depend on this one find the folders in `DEP_CRIB_INCLUDE` and `DEP_CRIB_LIBDIR`.

use std::env;
use std::process::Command;

const LEAST_VERSION: &str = "0.1.0";

fn main() {
    for name in ["CRIB_LIB_DIR", "CRIB_INCLUDE_DIR", "CRIB_STATIC", "PKG_CONFIG", "PKG_CONFIG_PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    // docs.rs has no library, and documentation needs none.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let is_static = env::var("CRIB_STATIC").is_ok_and(|v| v != "0");
    match env::var("CRIB_LIB_DIR") {
        Ok(dir) => from_folder(&dir, is_static),
        Err(_) => from_pkg_config(is_static),
    }
}

fn from_folder(dir: &str, is_static: bool) {
    println!("cargo::rustc-link-search=native={dir}");
    link("crib", is_static);
    if is_static {
        link("uv", false);
        link("pthread", false);
    }
    println!("cargo::metadata=libdir={dir}");
    if let Ok(include) = env::var("CRIB_INCLUDE_DIR") {
        println!("cargo::metadata=include={include}");
    }
}

fn link(name: &str, is_static: bool) {
    println!("cargo::rustc-link-lib={}={name}", if is_static { "static" } else { "dylib" });
}

fn from_pkg_config(is_static: bool) {
    let least = format!("crib >= {LEAST_VERSION}");
    let mut request = vec!["--cflags-only-I", "--libs", &least];
    if is_static {
        request.insert(0, "--static");
    }
    let flags = pkg_config(&request);
    let mut include = Vec::new();
    for flag in flags.split_whitespace() {
        if let Some(dir) = flag.strip_prefix("-L") {
            println!("cargo::rustc-link-search=native={dir}");
        } else if let Some(name) = flag.strip_prefix("-l") {
            link(name, is_static && name == "crib");
        } else if let Some(dir) = flag.strip_prefix("-I") {
            include.push(dir);
        }
    }
    println!("cargo::metadata=libdir={}", pkg_config(&["--variable=libdir", "crib"]).trim());
    include.push("");
    println!("cargo::metadata=include={}", include[0]);
}

fn pkg_config(arguments: &[&str]) -> String {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(&program).arg("--print-errors").args(arguments).output();
    match output {
        Ok(o) if o.status.success() => String::from_utf8_lossy(&o.stdout).into_owned(),
        Ok(o) => panic!(
            "{program} {}: {}\nIs libcrib installed? Set CRIB_LIB_DIR and CRIB_INCLUDE_DIR to use one that is not.",
            arguments.join(" "),
            String::from_utf8_lossy(&o.stderr).trim()
        ),
        Err(e) => {
            panic!("{program} cannot be run ({e}); set CRIB_LIB_DIR and CRIB_INCLUDE_DIR instead")
        }
    }
}
