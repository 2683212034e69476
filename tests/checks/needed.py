"""Needed: libcrib.so loads nothing but libc and libuv, and asks for no executable stack."""
import re
import subprocess
import sys

from common import Report

ALLOWED = re.compile(r"(libc\.so\.6|libuv\.so\.1|ld-linux.*\.so\.\d+)$")

library = sys.argv[2]
report = Report("needed")


def readelf(option):
    return subprocess.run(["readelf", "-W", option, library], capture_output=True, text=True, check=True).stdout


needed = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d"))
for name in needed:
    if not ALLOWED.match(name):
        report.add(library, f"needs {name}")
stack = re.search(r"GNU_STACK.*", readelf("-l"))
if stack and re.search(r"\bRWE\b", stack.group()):
    report.add(library, "asks for an executable stack: an assembly file lacks its .note.GNU-stack section")
if "TEXTREL" in readelf("-d"):
    report.add(library, "has text relocations: something is not position independent")

report.done(f"needs {' '.join(needed)}")
