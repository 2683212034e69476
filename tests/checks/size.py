"""Size: a source file has at most 600 lines, a function at most 60. Functions are found by their braces: in C and C++ a
body opens on a line that is not a type, a namespace or a table, in Go and Rust after `func` and `fn`; in Lua by the
indentation of their `end`. What a generator writes is left out, and in Rust the documentation, which holds tests."""
import pathlib
import re
import sys

from common import Report, blank_comments, files

FILE_LINES, FUNCTION_LINES = 600, 60
SCOPE = re.compile(r"^\s*(?:inline\s+)?(?:namespace|extern|struct|class|union|enum|typedef|template\s*<.*>\s*struct)\b")
BODY = re.compile(r"\)\s*(?:const|noexcept|override|final|&|->\s*[\w:<>*& ]+|:\s.*|\s)*$")

root = pathlib.Path(sys.argv[1])
report = Report("size")
C = {".c", ".h", ".cpp", ".hpp"}
KEYWORD = {".go": re.compile(r"\bfunc\b"), ".rs": re.compile(r"\bfn\b")}
MADE = {"bindings/rust/crib-sys/src/bindings.rs"}
suffixes = C | set(KEYWORD) | {".S", ".py", ".sh", ".lua", ".i"}
sources = [path for path in files(root, ["core", "capi", "bindings", "tests", "examples", "bench"], suffixes)
           if str(path.relative_to(root)) not in MADE and not {"target", "build"} & set(path.relative_to(root).parts)]
sources += [root / "dev", root / "CMakeLists.txt"]


def opens_function(head, suffix):
    if suffix in KEYWORD:
        return KEYWORD[suffix].search(head)
    line = re.sub(r"#[^\n]*", "", head).strip()
    return not SCOPE.match(line) and BODY.search(line)


def functions(text, suffix):
    """First line and length of every function body outside other functions."""
    stack, head, number = [], "", 1
    for character in text:
        if character == "\n":
            number += 1
        if character == "{":
            inside = any(kind == "function" for kind, _ in stack)
            is_function = not inside and opens_function(head, suffix)
            stack.append(("function" if is_function else "other", number))
            head = ""
        elif character == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    yield first, number - first + 1
            head = ""
        elif character == ";":
            head = ""
        else:
            head += character


def lua_functions(text):
    """The same for Lua, also of functions in functions."""
    lines = text.splitlines()
    for first, line in enumerate(lines):
        if re.search(r"\bfunction\b(?!.*\bend\b)", line):
            end = re.compile(re.match(r"\s*", line).group() + r"end\b")
            length = next((n for n, later in enumerate(lines[first:], 1) if end.match(later)), 0)
            yield first + 1, length


def lengths(path, text):
    if path.suffix == ".lua":
        return lua_functions(text)
    if path.suffix == ".rs":
        # A lifetime is no beginning of a character.
        text = re.sub(r"'(?=[a-z_]\w*\b(?!'))", " ", text)
    if path.suffix in C or path.suffix in KEYWORD:
        return functions(blank_comments(text), path.suffix)
    return []


for path in sources:
    text = path.read_text()
    where = path.relative_to(root)
    count = sum(1 for line in text.splitlines() if path.suffix != ".rs" or not line.lstrip().startswith("///"))
    if count > FILE_LINES:
        report.add(f"{where}:{count}", f"{count} lines; {FILE_LINES} is the limit")
    for first, length in lengths(path, text):
        if length > FUNCTION_LINES:
            report.add(f"{where}:{first}", f"a function of {length} lines; {FUNCTION_LINES} is the limit")

report.done(f"{len(sources)} files")
