"""Each header of the C++ binding compiles alone, and twice, without a warning, by gcc and by the clangs that are there; and
a program of fibers by a compiler without coroutines."""
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


FIBERS = """#include <crib.hpp>
int main() {
    crib::run([] {
        crib::nursery([](crib::nursery_ref n) {
            const crib::work one("one", [] { return 1; });
            for (auto &c : crib::completed(n, [] { return 1; })) crib::retry([&] { return c.value(); });
        });
        crib::fail_after(std::chrono::seconds(1), [] { return crib::gather([] { return 1; }, [] {}); });
        return crib::move_on_after(std::chrono::seconds(1), [] { crib::checkpoint(); });
    });
}
"""


def compile_without_coroutines():
    command = ["g++", "-std=c++20", "-fno-coroutines", "-fsyntax-only", "-x", "c++", f"-I{root}", *includes, *WARNINGS, "-"]
    run = subprocess.run(command, input=FIBERS, capture_output=True, text=True)
    return "g++ -fno-coroutines", "crib.hpp", run.returncode, run.stderr


failed = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(compile_alone, [(c, n) for c in compilers for n in names]))
    for compiler, name, code, text in results + [compile_without_coroutines()]:
        if code != 0:
            print(f"{name} by {compiler}:\n{text}")
            failed += 1
print(f"headers: {len(names)} by {', '.join(compilers)}: {failed} failed")
sys.exit(1 if failed or not names else 0)
