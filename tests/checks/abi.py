"""ABI: libcrib.so against the baseline in tests/abi/libcrib.abi. Additions pass; anything else is a break, to be
accepted on purpose with the target abi-accept, which rewrites the baseline for review."""
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
WRITE = ["--drop-private-types", "--exported-interfaces-only", "--no-corpus-path", "--no-comp-dir-path",
         "--no-architecture", "--no-show-locs", "--type-id-style", "hash"]

root, library = pathlib.Path(sys.argv[1]), sys.argv[2]
baseline = root / "tests/abi/libcrib.abi"
headers = str(root / "capi/include")

if not shutil.which("abidw"):
    print("abi: abidw is not installed")
    sys.exit(SKIPPED)
if "--accept" in sys.argv:
    sys.exit(subprocess.run(["abidw", "--headers-dir", headers, *WRITE, "--out-file", str(baseline), library]).returncode)
if not baseline.exists():
    print("skipped: changes of the ABI (no baseline yet; the first release writes one)")
    sys.exit(SKIPPED)

changed = subprocess.run(["abidiff", "--headers-dir2", headers, "--no-added-syms", str(baseline), library])
if changed.returncode != 0:
    print("tests/abi/libcrib.abi:1: the library differs from the baseline; if that is meant, build abi-accept")
sys.exit(1 if changed.returncode else 0)
