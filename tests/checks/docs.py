"""Docs: every public function has a block comment before it that says what a caller must know. Declarations on
consecutive lines may share one."""
import pathlib
import re
import sys

from common import Report, blank_comments, line_of, public_headers

ALWAYS = ["Context:", "Cancel point:", "Schedules:", "Since:"]
# What can change hands: values, handles that are not const, error objects, and data with its destroy callback. The
# object a function works on, its first parameter, only does so when it is a value or an error.
HANDLE = re.compile(r"(?<!const )\bcrib_(?!(?:\w+_)?(?:fn|options|statistics|stats|report|clause)\b)\w+\s*\*|\bcrib_value\b|\bcrib_destroy_fn\b")
CONSUMED = re.compile(r"(?<!const )\bcrib_error\s*\*|\bcrib_value\b|\*\s*\*")

root = pathlib.Path(sys.argv[1])
report = Report("docs")
seen = 0


def declarations(text):
    """Start and end of each declaration with CRIB_API."""
    return [(m.start(), m.end()) for m in re.finditer(r"^[ \t]*CRIB_API\b[^;]*;", blank_comments(text), re.M)]


def block_before(text, start, previous):
    """The comment that belongs to the declaration: the one just before it or its group; None if there is none."""
    between = text[previous:start] if previous is not None else ""
    if previous is not None and between.count("\n") == 1 and not between.strip():
        return "group"
    above = text[:start].rstrip()
    if not above.endswith("*/") or text[len(above):start].count("\n") > 1:
        return None
    comment = above[above.rfind("/*"):]
    return comment if comment.startswith("/**") else None


def check(where, block, declaration):
    name = re.search(r"\b(crib_\w+)\s*\(", declaration)
    result = declaration[: name.start()].replace("CRIB_API", "").strip() if name else ""
    wanted = list(ALWAYS)
    if result != "void" and name:
        wanted.append("Returns:")
    first, _, rest = declaration[name.end():].partition(",") if name else ("", "", "")
    if HANDLE.search(result) or CONSUMED.search(first) or HANDLE.search(rest):
        wanted.append("Owns:")
    words = re.sub(r"^[ \t]*\*?", "", block[3:-2], flags=re.M).strip()
    summary = re.split(r"\b(?:Returns|Owns|" + "|".join(w[:-1] for w in ALWAYS) + "):", words)[0].strip()
    label = name.group(1) if name else declaration.split()[-1]
    if not re.match(r"[\"A-Z].*[.…]", summary, re.S):
        report.add(where, f"{label}: the block does not begin with a sentence")
    for field in wanted:
        if field not in block:
            report.add(where, f"{label}: the block lacks '{field}'")


for header in public_headers(root):
    text = header.read_text()
    previous, block = None, None
    for start, end in declarations(text):
        seen += 1
        where = f"{header.relative_to(root)}:{line_of(text, start)}"
        found = block_before(text, start, previous)
        block = block if found == "group" else found
        if block is None:
            report.add(where, "no /** */ block just before this declaration")
        else:
            check(where, block, text[start:end])
        previous = end

report.done(f"{seen} declarations")
