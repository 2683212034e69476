"""Examples: every language has the same ten, with the same numbers and titles; the last is a guest or mixed. What a
language shows beyond them is numbered from 11 on, without gaps. `mixed` is one program in several languages. A program
begins with a comment, whose first words are its title: its name, written as a sentence begins."""
import pathlib
import re
import sys

from common import Report

COMMON = ["01_two_tasks", "02_timeout", "03_first_failure_cancels", "04_pipeline", "05_select", "06_lock", "07_token",
          "08_graceful_shutdown", "09_ten_thousand_tasks"]
LAST = {"10_guest", "10_mixed"}
SOURCES = {"c": ".c", "cpp": ".cpp", "go": ".go", "lua": ".lua", "python": ".py", "rust": ".rs"}
COMMENT = re.compile(r'(?:#![^\n]*\n)?(?:/\*+|//[!/]?|--+(?:\[\[)?|"""|#)\s*([^\n]*)')

root = pathlib.Path(sys.argv[1])
report = Report("examples")


def programs(folder, suffix):
    """Name and source of each numbered program; one in a folder of its own is its main file."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and re.match(r"\d\d_", path.name):
            found[path.name] = path / f"main{suffix}"
        elif path.suffix == suffix and re.match(r"\d\d_", path.name):
            found[path.stem] = path
    return found


def title(name):
    return name[3:].replace("_", " ").capitalize()


count = 0
languages = [path for path in sorted((root / "examples").iterdir()) if path.is_dir() and path.name != "mixed"]
for folder in languages:
    where = folder.relative_to(root)
    if folder.name not in SOURCES:
        report.add(where, "a language that this check does not know")
        continue
    found = programs(folder, SOURCES[folder.name])
    count += len(found)
    for name in COMMON:
        if name not in found:
            report.add(where, f"{name} is not there")
    ours = [name for name in found if name not in COMMON]
    if not ours or ours[0] not in LAST:
        report.add(where, f"there is none of {' and '.join(sorted(LAST))}")
    for number, name in enumerate(ours, 10):
        if not name.startswith(f"{number}_"):
            report.add(where, f"{name} should be number {number}")
    for name, path in found.items():
        head = COMMENT.match(path.read_text()) if path.exists() else None
        if head is None:
            report.add(path.relative_to(root), "it does not begin with a comment")
        elif not head.group(1).startswith(f"{title(name)}: "):
            report.add(f"{path.relative_to(root)}:1", f"the comment does not begin with '{title(name)}: '")

report.done(f"{count} programs in {len(languages)} languages")
