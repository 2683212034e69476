"""Prints the share of executed lines of each source file, from the counts a coverage build left behind.

coverage.py BUILD FOLDER…: the folders are those of the sources, relative to the project."""
import collections
import json
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
build, folders = pathlib.Path(sys.argv[1]).resolve(), tuple(f + "/" for f in sys.argv[2:])
lines = collections.defaultdict(dict)  # file -> line number -> how often it ran, in any object

counts = [str(p) for p in sorted(build.rglob("*.gcda"))]
if not counts:
    sys.exit("no counts: run the tests of a coverage build first")
reports = subprocess.run(["gcov", "--json-format", "--stdout", *counts], capture_output=True, text=True, check=True)
for report in filter(None, reports.stdout.splitlines()):
    data = json.loads(report)
    for source in data["files"]:
        path = (pathlib.Path(data["current_working_directory"]) / source["file"]).resolve()
        name = str(path.relative_to(root)) if path.is_relative_to(root) else ""
        if not name.startswith(folders):
            continue
        for line in source["lines"]:
            number = line["line_number"]
            lines[name][number] = max(lines[name].get(number, 0), line["count"])

total = covered = 0
for name, counted in sorted(lines.items()):
    hit = sum(1 for count in counted.values() if count)
    missed = [str(number) for number, count in sorted(counted.items()) if not count]
    more = " …" if len(missed) > 12 else ""
    print(f"{100 * hit / len(counted):5.1f}%  {hit:4}/{len(counted):<4}  {name}  {' '.join(missed[:12])}{more}")
    total, covered = total + len(counted), covered + hit
print(f"{100 * covered / max(total, 1):5.1f}%  {covered:4}/{total:<4}  all")
