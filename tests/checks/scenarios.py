"""Scenarios: each file in tests/conformance/scenarios is in order and names statements that there are, and every
language that runs tells every one of them but those it is left out of, with a reason."""
import pathlib
import subprocess
import sys

from common import Report

root, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
folder = root / "tests/conformance/scenarios"
sys.path.insert(0, str(folder))
from catalogue import languages, scenarios  # noqa: E402

report = Report("scenarios")
place = folder.relative_to(root)
statements = {line.split("\t")[0] for line in (folder.parent / "statements.tsv").read_text().splitlines()}
known = {language.name for language in languages()}
numbers = {}

for scenario in scenarios():
    where = f"{place / scenario.path.name}:1"
    for fault in scenario.faults:
        report.add(where, fault)
    if not scenario.statements:
        report.add(where, "it names no statement")
    for statement in scenario.statements:
        if statement not in statements and scenario.statements != ["none"]:
            report.add(where, f"{statement} is not a statement we know")
    for language in set(scenario.absent) - known:
        report.add(where, f"it leaves out {language}, which languages.tsv does not have")
    if scenario.number in numbers:
        report.add(where, f"its number is that of {numbers[scenario.number].path.name}")
    numbers[scenario.number] = scenario


NOT_HERE = 77  # what a runner ends with whose language is not installed


def told_by(language):
    """The numbers a runner has; NOT_HERE; or None."""
    try:
        run = subprocess.run(language.runner(root, build) + ["--list"], capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if run.returncode == NOT_HERE:
        return NOT_HERE
    return {int(word) for word in run.stdout.split()} if run.returncode == 0 else None


for language in languages():
    where = f"{place}/languages.tsv:1"
    if not language.runs:
        if not language.status.startswith("later: "):
            report.add(where, f"{language.name}: the status is 'runs' or 'later: why'")
        continue
    told = told_by(language)
    if told == NOT_HERE:
        continue
    if told is None:
        report.add(where, f"{language.name}: the runner does not list its numbers")
        continue
    wanted = {number for number, scenario in numbers.items() if language.name not in scenario.absent}
    for number in sorted(wanted - told):
        report.add(f"{place / numbers[number].path.name}:1", f"{language.name} does not tell it, and gives no reason")
    for number in sorted(told - wanted):
        report.add(where, f"{language.name} tells {number:03}, which is not there or leaves it out")

report.done(f"{len(numbers)} scenarios in {len(known)} languages")
