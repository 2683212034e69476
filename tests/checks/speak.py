"""Speech: the project speaks of itself alone. No file names a place on somebody's machine, or talks about how,
where or with what help it was written, or leaves a note to come back to."""
import pathlib
import re
import subprocess
import sys

from common import Report

# Written so that this file does not match itself.
PATTERNS = {
    r"(?<![\w.:/}])/(?:[w]ork|[r]oot|[h]ome|[U]sers|mnt|[s]cratch)/": "a path of one machine",
    r"\b(?:this|previous|next|last|my|our) [s]ession\b": "the circumstances of writing",
    r"\b(?:sub-?)?[a]gents?\b|\b[c]hatbots?\b|\blanguage [m]odels?\b|\b[L]LMs?\b|\bAI\b": "the tools of writing",
    r"\b[T]ODO\b|\b[F]IXME\b|\b[X]XX\b": "a note to come back to",
    r"https?://[^/\s]*(?:[m]irror|[p]roxy|[r]egistry|[a]rtifact)": "a private or mirrored host",
    r"[\w.+-]+@(?!(?:example|invalid)\b|crib\b)[\w-]+\.(?:com|net|io|dev)\b": "somebody's address",
}

root = pathlib.Path(sys.argv[1])
report = Report("speak")


def project_files():
    """Tracked files and those that would be; everything but build/ where there is no git."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.splitlines()]
    return [p for p in root.rglob("*") if "build" not in p.relative_to(root).parts]


count = 0
for path in sorted(project_files()):
    try:
        text = path.read_text()
    except (UnicodeDecodeError, IsADirectoryError, FileNotFoundError):
        continue
    count += 1
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in PATTERNS.items():
            found = re.search(pattern, line)
            if found:
                report.add(f"{path.relative_to(root)}:{number}", f"'{found.group().strip()}': {what}")

report.done(f"{count} files")
