"""Symbols: crib.map, the headers and libcrib.so name the same functions; libcrib.a brings only our names with it
and asks for none of a C++ library."""
import pathlib
import re
import subprocess
import sys

from common import Report, declared_functions, public_headers

root, shared, archive = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
report = Report("symbols")

# Names that the assembly defines or calls; they have no C++ name and are hidden in the shared library.
INNER = re.compile(r"crib_context_\w+$")
# _ZN4crib…, _ZNK4crib…, and what hangs on such a name: tables, guards, local statics, lambdas.
OURS = re.compile(r"_Z(TV|TS|TI|TT|GV|TH|TW|Z)*N?K?\d?.*4crib")
FOREIGN = re.compile(r"_Z(St|NSt|NKSt|Sa|Ss|nw|na|dl|da)|__gxx_personality|__cxa_(throw|begin_catch|pure_virtual)|_Unwind_Resume")


def nm(*arguments):
    text = subprocess.run(["nm", *arguments], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return [(row[-2], row[-1]) for row in rows if len(row) >= 2 and len(row[-2]) == 1]


declared = {}
for header in public_headers(root):
    text = header.read_text()
    for name, offset in declared_functions(text):
        where = f"{header.relative_to(root)}:{text.count(chr(10), 0, offset) + 1}"
        if name in declared:
            report.add(where, f"{name} is already declared in {declared[name]}")
        declared[name] = where

map_text = re.sub(r"/\*.*?\*/|#[^\n]*", "", (root / "capi/crib.map").read_text(), flags=re.S)
mapped = set(re.findall(r"\b(crib_\w+)\s*;", map_text))
nodes = set(re.findall(r"^\s*(CRIB_\w[\w.]*)\s*\{", map_text, re.M))

exported = set()
for kind, name in nm("-D", "--defined-only", shared):
    bare = name.split("@")[0]
    if kind == "A" and bare in nodes:
        continue
    exported.add(bare)
    if kind == "u":
        report.add("libcrib.so", f"{bare} is GNU unique: the library could not be unloaded")

for name in sorted(set(declared) - mapped):
    report.add(declared[name], f"{name} is declared, but not in capi/crib.map")
for name in sorted(mapped - set(declared)):
    report.add("capi/crib.map", f"{name} is mapped, but no header declares it")
for name in sorted(mapped - exported):
    report.add("capi/crib.map", f"{name} is mapped, but libcrib.so does not export it")
for name in sorted(exported - mapped):
    report.add("libcrib.so", f"{name} is exported, but not in capi/crib.map")

for kind, name in nm("-g", "--defined-only", archive):
    if name not in mapped and not INNER.match(name) and not OURS.match(name):
        report.add("libcrib.a", f"defines {name}, which is neither exported nor in namespace crib")
for kind, name in nm("-u", archive):
    if FOREIGN.match(name):
        report.add("libcrib.a", f"needs {name}, which only a C++ library has")

report.done(f"{len(declared)} functions")
