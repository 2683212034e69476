//! What each example prints is what `examples/NAME.txt` beside this file says. `UPDATE=1` writes the files.

use std::path::Path;
use std::process::Command;

fn output_of(name: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_in_virtual_time"))
        .arg(name)
        .output()
        .expect("the program runs");
    assert!(
        run.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout).expect("text")
}

#[test]
fn examples_print_what_they_should() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = sources.join("../../tests/bindings/rust/examples");
    let mut count = 0;
    for entry in std::fs::read_dir(sources).expect("the examples") {
        let path = entry.expect("an example").path();
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_example =
            path.extension().is_some_and(|e| e == "rs") && stem.starts_with(char::is_numeric);
        if !is_example {
            continue;
        }
        count += 1;
        let seen = output_of(&stem[3..]);
        let file = expected.join(format!("{stem}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &seen).expect("the file is written");
        }
        assert_eq!(
            seen,
            std::fs::read_to_string(&file).unwrap_or_default(),
            "{stem}"
        );
    }
    assert_eq!(count, 10);
}
