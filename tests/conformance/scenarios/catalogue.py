"""The scenarios and the languages they run in, as the files beside this one say."""
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent


class Scenario:
    """What one NNN_short_name.txt says. `faults` are the ways in which it breaks the rules of README.md."""

    def __init__(self, path):
        head, rule, self.output = path.read_text().partition("---\n")
        lines = head.splitlines()
        self.path, self.faults = path, []
        self.number = int(path.name[:3]) if re.match(r"\d{3}_\w+\.txt$", path.name) else -1
        self.title = lines[0][2:].strip() if lines and lines[0].startswith("# ") else ""
        self.statements = lines[1][len("# statements:"):].split() if len(lines) > 1 else []
        self.absent = dict(re.findall(r"^# not in: (\S+) \((.+)\)$", head, re.M))
        if self.number < 0:
            self.faults.append("a scenario is called NNN_short_name.txt")
        if not self.title or not rule or any(not line.startswith("# ") for line in lines):
            self.faults.append("it begins with '# title', '# statements: …', other lines of '# ', and '---'")
        if len(lines) < 2 or not lines[1].startswith("# statements: "):
            self.faults.append("its second line is '# statements: …'")
        if len(re.findall(r"^# not in:", head, re.M)) != len(self.absent):
            self.faults.append("a language is left out by '# not in: LANGUAGE (why)'")
        if not re.search(r"(?:^|\n)end: .+\n$", self.output):
            self.faults.append("its last line is 'end: …'")
        if not all(re.match(r"\d+ \S", line) for line in self.output.splitlines()[:-1]):
            self.faults.append("a line of output is a time and a text")


class Language:
    """One row of languages.tsv: a name, the command of its runner, and whether it `runs`, or `later: why`."""

    def __init__(self, row):
        self.name, self.command, self.status = row.split("\t")
        self.runs = self.status == "runs"

    def runner(self, source, build):
        return [word.format(source=source, build=build) for word in self.command.split()]


def scenarios():
    return [Scenario(path) for path in sorted(HERE.glob("*.txt")) if path.name != "CMakeLists.txt"]


def languages():
    rows = (HERE / "languages.tsv").read_text().splitlines()
    return [Language(row) for row in rows if row and not row.startswith("#")]
