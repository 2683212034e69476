"""The examples of bindings/cpp/README.md, compiled as they are written, and run. A block with a main is a program; others are
put into a function, a coroutine if the comment before the block says so, and run one after the other in virtual time."""
import pathlib
import re
import subprocess
import sys
import tempfile

readme, compiler, *flags = sys.argv[1:]
BLOCK = re.compile(r"(?:<!-- in a (fiber|coroutine) -->\n)?```cpp\n(.*?)```", re.S)
PRELUDE = """#include <crib.hpp>
#include <iostream>
#include <system_error>
using namespace std::chrono_literals;
"""
MAIN = """int main() {
    crib::runtime_options options;
    options.mock_clock = crib::runtime_options::clock_kind::mock_autojump;
"""

programs, fragments, calls = [], "", ""
for number, (kind, text) in enumerate(BLOCK.findall(pathlib.Path(readme).read_text()), 1):
    if "int main()" in text:
        programs.append(text)
        continue
    if not kind:
        sys.exit(f"{readme}: block {number} is no program, and does not say what it is in")
    head = "crib::task<>" if kind == "coroutine" else "void"
    fragments += f"static {head} block_{number}() {{\n{text}}}\n"
    calls += f'    std::cout << "block {number}\\n";\n    crib::run(options, block_{number});\n'
if not programs or not fragments:
    sys.exit(f"{readme}: no examples found")
programs.append(f"{PRELUDE}{fragments}{MAIN}{calls}}}\n")

with tempfile.TemporaryDirectory() as folder:
    for number, text in enumerate(programs, 1):
        source, program = pathlib.Path(folder, f"{number}.cpp"), pathlib.Path(folder, str(number))
        source.write_text(text)
        command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", str(source), "-o", str(program), *flags]
        subprocess.run(command, check=True)
        subprocess.run([str(program)], check=True, timeout=60)
print(f"readme: {len(programs) - 1} programs, {len(calls.splitlines()) // 2} blocks")
