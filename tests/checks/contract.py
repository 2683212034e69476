"""Contract: the functions and types in tests/abi/crib_contract.h, against which programs outside are compiled, are
ours too, with the same shape. What our headers do not declare yet is listed in tests/abi/contract_later.txt."""
import pathlib
import re
import subprocess
import sys
import tempfile

from common import Report, blank_comments, declared_functions, public_headers

root, generated = pathlib.Path(sys.argv[1]), sys.argv[2]
abi = root / "tests/abi"
report = Report("contract")

# Conflicting declarations are errors in both languages, and so are macros with another value.
PROGRAM = '#include "crib_contract.h"\n#include <crib.h>\nint main(void) { return 0; }\n'
LANGUAGES = [("gcc", "c11", ".c"), ("g++", "c++17", ".cpp")]
with tempfile.TemporaryDirectory() as folder:
    for compiler, mode, suffix in LANGUAGES:
        unit = pathlib.Path(folder, "both" + suffix)
        unit.write_text(PROGRAM)
        command = [compiler, f"-std={mode}", "-pedantic-errors", "-fsyntax-only", f"-I{abi}",
                   f"-I{root}/capi/include", f"-I{generated}", str(unit)]
        run = subprocess.run(command, capture_output=True, text=True)
        for line in run.stderr.splitlines():
            if "error:" in line:
                report.add(line.replace(f"{root}/", ""), f"({mode})")

contract = blank_comments((abi / "crib_contract.h").read_text())
pinned = {m.group(1) for m in re.finditer(r"\b(crib_\w+)\s*\((?!\*)", contract)}
pinned |= set(re.findall(r"#define\s+(CRIB_(?!CONTRACT_H)\w+)", contract))

ours = set()
for header in public_headers(root):
    text = header.read_text()
    ours |= {name for name, _ in declared_functions(text)}
    ours |= set(re.findall(r"#define\s+(CRIB_\w+)", text))

later = {}
for number, line in enumerate((abi / "contract_later.txt").read_text().splitlines(), 1):
    where = f"tests/abi/contract_later.txt:{number}"
    name, _, reason = line.partition(" ")
    if not line or line.startswith("#"):
        continue
    later[name] = where
    if not reason.strip():
        report.add(where, f"{name} lacks a reason")
    if name not in pinned:
        report.add(where, f"{name} is not in the contract")
    elif name in ours:
        report.add(where, f"{name} is declared by now; its line can go")

for name in sorted(pinned - ours - set(later)):
    report.add("tests/abi/crib_contract.h", f"{name} is neither declared by our headers nor in contract_later.txt")

report.done(f"{len(pinned)} names pinned, {len(later)} for later")
