"""Each header of the C++ binding compiles alone, and twice, without a warning, by gcc and by the clangs that are there."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

root, *includes = sys.argv[1:]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
names = sorted(str(h.relative_to(root)) for h in pathlib.Path(root).rglob("*.hpp"))
compilers = [c for c in ("g++", "clang++") if shutil.which(c)]


def compile_alone(pair):
    compiler, name = pair
    unit = f"#include <{name}>\n#include <{name}>\n"
    command = [compiler, "-std=c++20", "-fsyntax-only", "-x", "c++", f"-I{root}", *includes, *WARNINGS, "-"]
    run = subprocess.run(command, input=unit, capture_output=True, text=True)
    return compiler, name, run.returncode, run.stderr


failed = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for compiler, name, code, text in pool.map(compile_alone, [(c, n) for c in compilers for n in names]):
        if code != 0:
            print(f"{name} by {compiler}:\n{text}")
            failed += 1
print(f"headers: {len(names)} by {', '.join(compilers)}: {failed} failed")
sys.exit(1 if failed or not names else 0)
