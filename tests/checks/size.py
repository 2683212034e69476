"""Size: a source file has at most 600 lines, a function at most 60. Functions are found by their braces: a body
opens on a line that is not a type, a namespace or a table."""
import pathlib
import re
import sys

from common import Report, blank_comments, files

FILE_LINES, FUNCTION_LINES = 600, 60
SCOPE = re.compile(r"^\s*(?:inline\s+)?(?:namespace|extern|struct|class|union|enum|typedef|template\s*<.*>\s*struct)\b")
BODY = re.compile(r"\)\s*(?:const|noexcept|override|final|&|->\s*[\w:<>*& ]+|:\s.*|\s)*$")

root = pathlib.Path(sys.argv[1])
report = Report("size")
sources = files(root, ["core", "capi", "bindings/cpp", "tests", "examples", "bench"], {".c", ".h", ".cpp", ".hpp", ".S", ".py", ".sh"})
sources += [root / "dev", root / "CMakeLists.txt"]


def functions(text):
    """First line and length of every function body outside other functions."""
    stack, head, number = [], "", 1
    for character in blank_comments(text):
        if character == "\n":
            number += 1
        if character == "{":
            line = re.sub(r"#[^\n]*", "", head).strip()
            inside = any(kind == "function" for kind, _ in stack)
            is_function = not inside and not SCOPE.match(line) and BODY.search(line)
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


for path in sources:
    text = path.read_text()
    where = path.relative_to(root)
    count = text.count("\n")
    if count > FILE_LINES:
        report.add(f"{where}:{count}", f"{count} lines; {FILE_LINES} is the limit")
    if path.suffix in {".c", ".h", ".cpp", ".hpp"}:
        for first, length in functions(text):
            if length > FUNCTION_LINES:
                report.add(f"{where}:{first}", f"a function of {length} lines; {FUNCTION_LINES} is the limit")

report.done(f"{len(sources)} files")
