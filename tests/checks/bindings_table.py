"""The table in bindings/README.md: operation by operation of the public headers, what each binding has, or why it has not.
That a binding has something is found in its sources: it calls a function of C. What it is called there, and why it is not
there, is told by bindings/names.tsv; a name must occur in the sources, a reason may only be given for what is not called.
What the file has before the mark is written by hand. `bindings_table.py ROOT --write` writes the rest."""
import pathlib
import re
import sys

from common import Report, blank_comments, declared_functions, files, public_headers

MARK = "<!-- From here on tests/checks/bindings_table.py --write has written it, from the headers, the sources and names.tsv. -->"

root = pathlib.Path(sys.argv[1])
page, table = root / "bindings/README.md", root / "bindings/names.tsv"
report = Report("bindings_table")


def camel(text):
    return "".join(word.capitalize() for word in text.split("_"))


# In Lua the names are strings in tables; in Rust a lifetime is no beginning of a character.
READ = {"lua": str, "rust": lambda text: re.sub(r"//[^\n]*", "", text)}


class Language:
    """One column. `defined` finds the definition of NAME in the sources, `members` what may define members of TYPE,
    `calls` functions of C, whose names may lack the prefix there."""

    def __init__(self, key, title, folders, suffixes, defined, members, calls=r"\bcrib_\w+", without=()):
        self.key, self.title, self.defined, self.members = key, title, defined, members
        paths = [p for p in files(root, folders, suffixes) if not any(part in str(p) for part in without)]
        text = "\n".join(READ.get(key, blank_comments)(p.read_text()) for p in paths)
        self.text, self.words = text, set(re.findall(r"\w+", text))
        self.called = {name if name.startswith("crib_") else f"crib_{name}" for name in re.findall(calls, text)}


    def has(self, name):
        """Whether the sources have all of "Type.member, function"."""
        return all(self.has_one(re.findall(r"\w+", part)) for part in name.split(", "))

    def has_one(self, words):
        places = re.findall(self.members.replace("TYPE", words[0]), self.text, re.S | re.M)
        if len(words) > 1 and places:
            return any(re.search(rf"\b{words[1]}\b", place) for place in places)
        return self.words.issuperset(words) and re.search(self.defined.replace("NAME", words[-1]), self.text, re.M)


LANGUAGES = [
    Language("cpp", "C++", ["bindings/cpp"], {".hpp"}, r"\bNAME\s*\(|\b(?:class|struct|using|namespace(?: \w+::)?) ?NAME\b",
             r"^(?:class|struct) (?:\[\[.*?\]\] )?TYPE\b[^;]*?\{.*?^\};"),
    Language("lua", "Lua", ["bindings/lua"], {".lua", ".c", ".h", ".i"}, r"\bNAME\b", r"(?!)", without=["/tests/"]),
    Language("go", "Go", ["bindings/go"], {".go", ".c", ".h"}, r"^(?:func |type |const |var |\t)NAME\b",
             r"^func \(\w+ \*?TYPE\b[^)]*\) \w+|^type TYPE\b[^\n]*?\{$.*?^\}|^type TYPE\b[^\n]*\}$|^func \(\w+ \*?(?:Scope|node)\) \w+", without=["_test.go", "/internal/", "/bench/"]),
    Language("rust", "Rust", ["bindings/rust/crib/src"], {".rs"}, r"\b(?:fn|struct|enum|mod|type|macro_rules!|use [\w:]*::) ?NAME\b",
             r"^impl\b[^{]*?\bTYPE\b[^{]*\{.*?^\}|^pub (?:struct|enum) TYPE\b.*?^\}"),
]
languages = [language for language in LANGUAGES if language.words]


class Entry:
    """A line of names.tsv: operations, and a cell for each language."""

    def __init__(self, number, cells, keys):
        self.where = f"{table.relative_to(root)}:{number}"
        self.valid = len(cells) <= len(keys) + 1 and bool(cells[0])
        self.cells = dict(zip(keys, cells[1:]))
        self.unused = {f: re.compile(re.escape(f).replace(r"\*", r"(\w+)") + r"\Z") for f in cells[0].split(" ")}
        self.patterns = dict(self.unused)

    def choices(self, operation, language):
        """The alternatives that it gives, in order; None if it tells nothing of that."""
        name, found = next(((f, m) for f, p in self.patterns.items() if (m := p.match(operation))), (None, None))
        self.unused.pop(name, None)
        if found is None or not self.cells.get(language.key):
            return None
        held = found.group(1) if found.groups() else ""
        text = self.cells[language.key].replace("*", held).replace("@", camel(held))
        return text.split(" / ")


def read_entries():
    lines = table.read_text().splitlines()
    keys = next(line for line in lines if line.startswith("operation\t")).split("\t")[1:]
    found = []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith(("#", "operation\t")):
            found.append(Entry(number, line.split("\t"), keys))
            if not found[-1].valid:
                report.add(found[-1].where, "a line has operations and a cell for each language, with tabs in between")
    return found


entries = read_entries()


def cell(operation, functions, language):
    """What a language has for an operation, whose forms are the functions."""
    called = language.called.intersection(functions)
    entry, choices = next(((e, c) for e in reversed(entries) if (c := e.choices(operation, language)) is not None), (None, []))
    for text in choices:
        if text == "inside":
            return text
        if text.startswith("-: "):
            if called:
                report.add(entry.where, f"{language.title} does call {called.pop()}")
            return "– " + text[3:]
        if language.has(text):
            return f"`{text}`"
    if choices:
        report.add(entry.where, f"the sources for {language.title} have no '{choices[-1]}'")
    elif called:
        return "inside"
    else:
        report.add(table.relative_to(root), f"{language.title} does not call {operation}; say what it has instead, or why not")
    return ""


def base_of(name):
    name = name.replace("crib_begin_", "crib_")
    name = {"crib_send": "crib_sender_send", "crib_receive": "crib_receiver_receive"}.get(name, name)
    return re.sub(r"_by$", "", name)


def sections():
    """Nouns with their operations; the forms of one are together: for fibers, stackless tasks, the task of a handle."""
    declared = [(path.stem, name) for path in public_headers(root) for name, _ in declared_functions(path.read_text())]
    home = {name: noun for noun, name in declared}
    found = {noun: {} for noun, _ in declared}
    for noun, name in sorted(declared, key=lambda it: base_of(it[1]) != it[1]):
        found[home.get(base_of(name), noun)].setdefault(base_of(name), []).append(name)
    return found


def generate():
    lines = [MARK, ""]
    for noun, groups in sections().items():
        if not groups:
            continue
        lines += [f"## {noun}", "", "| C | " + " | ".join(language.title for language in languages) + " |",
                  "|---" * (len(languages) + 1) + "|"]
        for operation, functions in groups.items():
            forms = "<br>".join(f"`{name}`" for name in functions)
            cells = [cell(operation, functions, language) for language in languages]
            lines.append(f"| {forms} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


fresh = generate()
for entry in entries:
    for operation in entry.unused:
        report.add(entry.where, f"there is no operation {operation}, or a later line tells all of it")
head, mark, _ = page.read_text().partition(MARK)
if not mark:
    report.add(page.relative_to(root), f"there is no line '{MARK}'")
elif "--write" in sys.argv:
    page.write_text(head + fresh)
elif page.read_text() != head + fresh:
    report.add(page.relative_to(root), "out of date; run tests/checks/bindings_table.py . --write")
report.done(f"{fresh.count('| `crib_')} operations in {len(languages)} languages")
