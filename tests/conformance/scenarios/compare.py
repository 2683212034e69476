"""Runs the scenarios through one language's runner and compares what it prints with what each scenario expects.

compare.py LANGUAGE [NUMBER…] -- COMMAND [ARGUMENT…]    the number of a scenario is appended to the command"""
import difflib
import subprocess
import sys

from catalogue import scenarios

SHOWN = 5
SECONDS = 60


def play(command, scenario):
    """What the runner prints for a scenario, and why that is no good otherwise, or None."""
    try:
        run = subprocess.run(command + [str(scenario.number)], capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace"), f"still running after {SECONDS} s"
    seen = run.stdout.decode(errors="replace")
    if run.returncode == 0:
        return seen, None
    return seen, f"ended with {run.returncode}\n{run.stderr.decode(errors='replace')}"


def missing(command):
    """Why there is no runner: a language whose tools are not there says so, and ends with 77."""
    try:
        run = subprocess.run(command + ["--list"], capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"{command[0]}: {error}")
    return run.stdout.strip() if run.returncode == 77 else None


def difference(scenario, seen):
    lines = difflib.unified_diff(scenario.output.splitlines(True), seen.splitlines(True), "expected", "seen", n=100)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def main(arguments):
    if "--" not in arguments[1:]:
        sys.exit(__doc__)
    at = arguments.index("--")
    language, wanted, command = arguments[0], [int(n) for n in arguments[1:at]], arguments[at + 1:]
    chosen = [s for s in scenarios() if language not in s.absent and (not wanted or s.number in wanted)]
    absent = missing(command)
    if absent is not None:
        print(absent)
        sys.exit(77)
    failed = []
    for scenario in chosen:
        seen, trouble = play(command, scenario)
        if trouble is None and seen == scenario.output:
            continue
        failed.append(scenario.number)
        if len(failed) <= SHOWN:
            print(f"{scenario.path.name}: {trouble or 'another output'}\n{difference(scenario, seen)}")
    print(f"{language}: {len(chosen) - len(failed)} of {len(chosen)} scenarios as expected")
    if failed:
        print("not so:", *(f"{number:03}" for number in failed))
    sys.exit(1 if failed or not chosen else 0)


main(sys.argv[1:])
