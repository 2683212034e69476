"""Rust: the committed raw bindings of crib-sys are what bindgen makes of the public headers today; with another version
than the one that made them, which lays out its output in another way, they declare the same. Skipped (77) without
bindgen. `rust_bindings.py ROOT --write` makes them anew."""
import pathlib
import re
import subprocess
import sys
import tempfile

from common import Report

BINDGEN = "0.73.2"
FLAGS = ["--allowlist-item", "crib_.*|CRIB_.*", "--blocklist-item", "CRIB_VERSION.*|CRIB_.*_H|CRIB_UNBOUNDED",
         "--use-core", "--rust-target", "1.85", "--rust-edition", "2024", "--no-layout-tests", "--no-doc-comments",
         "--default-macro-constant-type", "signed", "--merge-extern-blocks", "--disable-header-comment", "--formatter", "prettyplease", "--no-prepend-enum-name",
         "--raw-line", "// Made from the public headers by tests/checks/rust_bindings.py --write."]
# What older ones know, too.
COMMON_FLAGS = ["--allowlist-function", "crib_.*", "--allowlist-type", "crib_.*", "--allowlist-var", "CRIB_.*", "--use-core",
                "--no-layout-tests", "--no-doc-comments", "--default-macro-constant-type", "signed", "--no-prepend-enum-name"]
LEFT_OUT = re.compile(r"pub const (?:CRIB_VERSION\w*|CRIB_\w*_H|CRIB_UNBOUNDED):|pub type (?!crib_)")

root = pathlib.Path(sys.argv[1]).resolve()
crate = root / "bindings/rust/crib-sys"
committed = crate / "src/bindings.rs"


def installed():
    try:
        return subprocess.run(["bindgen", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    except (OSError, subprocess.CalledProcessError):
        return None


def generate(flags):
    """The version header is the build's; its numbers are left out, so any will do."""
    with tempfile.TemporaryDirectory() as folder:
        template = (root / "capi/include/crib/version.h.in").read_text()
        header = pathlib.Path(folder, "crib/version.h")
        header.parent.mkdir()
        header.write_text(re.sub(r"@\w+@", "0", template))
        command = ["bindgen", str(crate / "wrapper.h"), *flags, "--", f"-I{root}/capi/include", f"-I{folder}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def declarations(text):
    """Functions, constants, types and the members of structs, without what depends on the version of bindgen."""
    text = re.sub(r"#!?\[[^\]]*\]|//[^\n]*", " ", text)
    text = re.sub(r"::(?:std::os::raw|core::ffi|std|core)::", "", re.sub(r"\s+", " ", text))
    text = re.sub(r"\bsize_t\b", "usize", text)
    found = re.findall(r"pub (?:fn|const|type) [^;]*;|pub (?:struct|union) \w+ \{[^}]*\}", text)
    return {re.sub(r",? ?([)}>])", r"\1", re.sub(r"([({<]) ", r"\1", item)) for item in found if not LEFT_OUT.match(item)}


def stale(why):
    print(f"{committed.relative_to(root)}: {why}; run tests/checks/rust_bindings.py . --write with bindgen {BINDGEN}")
    sys.exit(1)


version = installed()
if version is None:
    print("skipped: the raw bindings of Rust (no bindgen)")
    sys.exit(77)
if version == BINDGEN:
    fresh = generate(FLAGS)
    if "--write" in sys.argv:
        committed.write_text(fresh)
    elif fresh != committed.read_text():
        stale("out of date")
elif "--write" in sys.argv:
    sys.exit(f"rust_bindings: bindgen {version} is not {BINDGEN} (cargo install bindgen-cli --version {BINDGEN})")
report = Report("rust_bindings")
has, wants = declarations(committed.read_text()), declarations(generate(COMMON_FLAGS))
for item in sorted(wants - has):
    report.add(committed.relative_to(root), f"lacks '{item}'")
for item in sorted(has - wants):
    report.add(committed.relative_to(root), f"has '{item}', which the headers do not say")
report.done(f"{len(has)} declarations, bindgen {version}")
