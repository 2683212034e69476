"""Rust: the committed raw bindings of crib-sys are what bindgen makes of the public headers today. Skipped (77) without
the bindgen that made them. `rust_bindings.py ROOT --write` makes them anew."""
import pathlib
import re
import subprocess
import sys
import tempfile

BINDGEN = "0.73.2"
FLAGS = ["--allowlist-item", "crib_.*|CRIB_.*", "--blocklist-item", "CRIB_VERSION.*|CRIB_.*_H|CRIB_UNBOUNDED",
         "--use-core", "--rust-target", "1.85", "--rust-edition", "2024", "--no-layout-tests", "--no-doc-comments",
         "--default-macro-constant-type", "signed", "--merge-extern-blocks", "--disable-header-comment", "--formatter", "prettyplease", "--no-prepend-enum-name",
         "--raw-line", "// Made from the public headers by tests/checks/rust_bindings.py --write."]

root = pathlib.Path(sys.argv[1]).resolve()
crate = root / "bindings/rust/crib-sys"
committed = crate / "src/bindings.rs"


def installed():
    try:
        return subprocess.run(["bindgen", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    except (OSError, subprocess.CalledProcessError):
        return None


def skip(why):
    print(f"rust_bindings: skipped, {why}")
    sys.exit(77)


def generate():
    """The version header is the build's; its numbers are left out, so any will do."""
    with tempfile.TemporaryDirectory() as folder:
        template = (root / "capi/include/crib/version.h.in").read_text()
        header = pathlib.Path(folder, "crib/version.h")
        header.parent.mkdir()
        header.write_text(re.sub(r"@\w+@", "0", template))
        command = ["bindgen", str(crate / "wrapper.h"), *FLAGS, "--", f"-I{root}/capi/include", f"-I{folder}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


version = installed()
if version is None:
    skip(f"no bindgen (cargo install bindgen-cli --version {BINDGEN})")
if version != BINDGEN:
    skip(f"bindgen {version} lays out its output in another way than {BINDGEN}")
fresh = generate()
if "--write" in sys.argv:
    committed.write_text(fresh)
elif fresh != committed.read_text():
    print(f"{committed.relative_to(root)}: out of date; run tests/checks/rust_bindings.py . --write")
    sys.exit(1)
print(f"rust_bindings: {fresh.count('pub fn ')} functions, 0 finding(s)")
