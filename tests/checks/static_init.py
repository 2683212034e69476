"""Static initialisation: no object of the library runs code when it is loaded, or needs the C++ run time to."""
import re
import subprocess
import sys

from common import Report

SECTIONS = re.compile(r"\.(init_array|ctors|fini_array|dtors)\b\S*")
# The one exception: fibers keep each program's own exception state apart, if the program has any.
WEAK_ALLOWED = {"__cxa_get_globals"}

archive = sys.argv[2]
report = Report("static_init")


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


member, members = "?", 0
for line in lines("readelf", "-W", "-S", archive):
    if line.startswith("File:"):
        member, members = line.split("(")[-1].rstrip(")"), members + 1
    section = SECTIONS.search(line)
    if section and ".rela" not in line:
        report.add(member, f"has a section {section.group()}: make the object constinit, or create it in a run")

for line in lines("nm", "-A", "-u", archive):
    place, kind, name = line.rsplit(None, 2)
    if name.startswith("__cxa_") and not (kind in "wv" and name in WEAK_ALLOWED):
        report.add(place.split(":")[-2] if ":" in place else place, f"needs {name}")

report.done(f"{members} objects")
