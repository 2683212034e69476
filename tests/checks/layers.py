"""Layers: a file of core/ includes its own layer and those before it in core/layers.txt, by "layer/file.hpp".
Only loop and io may see uv.h. A file of capi/compose/ includes public headers, its own, and what is named here."""
import pathlib
import re
import sys

from common import Report, files

UV_LAYERS = {"loop", "io"}

root = pathlib.Path(sys.argv[1])
core = root / "core"
order = (core / "layers.txt").read_text().split()
report = Report("layers")
sources = files(root, ["core"], {".cpp", ".hpp", ".h", ".S"})

for path in sources:
    inside = path.relative_to(core)
    layer = inside.parts[0]
    if len(inside.parts) != 2 or layer not in order:
        report.add(inside, f"lies in no layer of layers.txt ({' '.join(order)})")
        continue
    allowed = order[: order.index(layer) + 1]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not include:
            continue
        where, (kind, target) = f"core/{inside}:{number}", include.groups()
        if target == "uv.h" or target.startswith("uv/"):
            if layer not in UV_LAYERS:
                report.add(where, f"{layer} includes {target}; only {' and '.join(sorted(UV_LAYERS))} may")
        elif kind == '"':
            other = target.split("/")[0]
            if "/" not in target:
                report.add(where, f'"{target}" does not name its layer: write "layer/file.hpp"')
            elif other == "crib":
                continue  # a public header, for the numbers and option structs that it alone defines
            elif other not in allowed:
                report.add(where, f"{layer} includes {target}; it may use {' '.join(allowed)}")
            elif not (core / target).is_file():
                report.add(where, f"there is no core/{target}")

# What the patterns may use besides the public API; compose.cpp makes the rest for them.
BESIDES = {"base/alloc.hpp", "../src/options.hpp"}
for path in files(root, ["capi/compose"], {".cpp", ".hpp"}):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        target = include.group(1) if include else None
        if not target or target.startswith("crib/") or target in BESIDES or (path.parent / target).parent == path.parent:
            continue
        if path.name != "compose.cpp":
            report.add(f"{path.relative_to(root)}:{number}", f"includes {target}; a pattern stands on the public API")

for layer in order:
    if not (core / layer).is_dir():
        report.add("core/layers.txt", f"there is no folder core/{layer}")

report.done(f"{len(sources)} files")
