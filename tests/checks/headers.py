"""Headers: each public header compiles alone, and twice, in every language mode we promise, by gcc and clang."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from common import Report, public_headers

C_MODES = ["c99", "c11", "c17"]
CXX_MODES = ["c++11", "c++17", "c++20"]
WARNINGS = ["-Wall", "-Wextra", "-pedantic-errors", "-Werror"]
C_WARNINGS = ["-Wstrict-prototypes", "-Wc++-compat"]

root, generated = sys.argv[1], sys.argv[2]
include = pathlib.Path(root, "capi/include")
report = Report("headers")
names = [str(h.relative_to(include)) for h in public_headers(root)]
names += [str(h.relative_to(generated)) for h in sorted(pathlib.Path(generated).rglob("*.h"))]


def write_units(folder):
    """One unit a header and language, that includes it as the first thing, and then once more."""
    for name in names:
        for suffix in ("c", "cpp"):
            unit = pathlib.Path(folder, name.replace("/", "_") + "." + suffix)
            unit.write_text(f"#include <{name}>\n#include <{name}>\ntypedef int not_empty;\n")


def compile_all(folder, compiler, mode):
    cxx = mode.startswith("c++")
    units = sorted(pathlib.Path(folder).glob("*.cpp" if cxx else "*.c"))
    command = [compiler, f"-std={mode}", "-fsyntax-only", f"-I{include}", f"-I{generated}", *WARNINGS]
    command += [] if cxx else C_WARNINGS
    run = subprocess.run([*command, *map(str, units)], capture_output=True, text=True)
    return compiler, mode, run.returncode, run.stderr


pairs = [("gcc", m) for m in C_MODES] + [("g++", m) for m in CXX_MODES]
if shutil.which("clang++"):
    pairs += [("clang", m) for m in C_MODES] + [("clang++", m) for m in CXX_MODES]
else:
    print("headers: no clang here, gcc only")

with tempfile.TemporaryDirectory() as folder:
    write_units(folder)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for compiler, mode, code, text in pool.map(lambda p: compile_all(folder, *p), pairs):
            if code != 0:
                errors = [line for line in text.splitlines() if "error:" in line] or [text.strip()]
                for line in errors[:5]:
                    report.add(line.replace(str(root) + "/", ""), f"({compiler} -std={mode})")

report.done(f"{len(names)} headers in {len(pairs)} modes")
