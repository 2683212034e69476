"""Statements: tests/conformance/statements.tsv has one row for each numbered statement, and tests and rows agree.

A row is id, status, text, with tabs between. The status is the tests that pin the statement, separated by spaces;
`later: what it waits for`; `n/a: why C has nothing to test`; or `ours: tests; how we differ on purpose`. Tests are
named after their row: s031_… for 31, d02_… for D2, s0_1_… for S0.1."""
import pathlib
import re
import sys

from common import Report, blank_comments, files

SCENARIOS = {0: 7, 1: 6, 2: 13, 3: 13, 4: 17}
NAME = re.compile(r"(?:s\d{3}|d\d{2}|s\d_\d{1,2})_\w+$")

root = pathlib.Path(sys.argv[1])
table = root / "tests/conformance/statements.tsv"
report = Report("statements")

expected = [str(n) for n in range(1, 121)] + [f"D{n}" for n in range(1, 17)]
expected += [f"S{group}.{n}" for group, last in SCENARIOS.items() for n in range(1, last + 1)]


def row_of(test):
    kind = re.match(r"s(\d{3})_|d(\d{2})_|s(\d)_(\d{1,2})_", test)
    number, difference, group, item = kind.groups()
    if number:
        return str(int(number))
    return f"D{int(difference)}" if difference else f"S{group}.{item}"


tests = {}
for path in files(root, ["tests"], {".c", ".cpp"}):
    text = blank_comments(path.read_text())
    names = re.findall(r"\b(?:Test\s*\(\s*\w+\s*,|CLAIM\s*\()\s*(\w+)", text) + [re.sub(r"_test$", "", path.stem)]
    for match in filter(NAME.match, names):
        tests[match] = path.relative_to(root)

rows, named = {}, set()
for number, line in enumerate(table.read_text().splitlines(), 1):
    where = f"tests/conformance/statements.tsv:{number}"
    cells = line.split("\t")
    if len(cells) != 3 or not all(cell.strip() for cell in cells):
        report.add(where, "a row is id, status and text, with tabs between")
        continue
    row, status, _ = cells
    if row in rows or row not in expected:
        report.add(where, f"{row} is {'there twice' if row in rows else 'not a number we know'}")
    rows[row] = number
    if re.match(r"(later|n/a): \S", status):
        continue
    listed = re.sub(r"^ours: ", "", status).split(";")[0].split()
    for test in listed:
        named.add(test)
        if test not in tests:
            report.add(where, f"{row} names {test}, which no test file has")
        elif row_of(test) != row:
            report.add(where, f"{row} names {test}, which belongs to {row_of(test)}")

for row in expected:
    if row not in rows:
        report.add("tests/conformance/statements.tsv:1", f"{row} has no row")
for test in sorted(set(tests) - named):
    report.add(f"{tests[test]}:1", f"{test} is in no row; it belongs to {row_of(test)}")

report.done(f"{len(rows)} rows, {len(tests)} tests")
