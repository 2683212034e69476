"""What the check scripts share: finding files, reporting, and reading declarations."""
import pathlib
import re
import sys


class Report:
    """Collects findings; `done` prints the sum and ends the script with 1 when there were any."""

    def __init__(self, rule):
        self.rule = rule
        self.count = 0

    def add(self, where, text):
        self.count += 1
        print(f"{where}: {text}")

    def done(self, seen):
        print(f"{self.rule}: {seen}, {self.count} finding(s)")
        sys.exit(1 if self.count else 0)


def files(root, folders, suffixes):
    """The files below the folders with one of the suffixes, in order."""
    found = []
    for folder in folders:
        found += [p for p in pathlib.Path(root, folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def public_headers(root):
    return files(root, ["capi/include"], {".h"})


def blank_comments(text):
    """The text with comments and string contents blanked, line numbers kept."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def declared_functions(text):
    """Names and offsets of the functions a header declares with CRIB_API."""
    found = re.finditer(r"^[ \t]*CRIB_API\b[^;{]*?\b(crib_\w+)\s*\(", blank_comments(text), re.M)
    return [(m.group(1), m.start()) for m in found]
