#!/usr/bin/env python3
"""Which files belong to the project, and C++ text with its comments and strings blanked out.

usage: tree.py SUFFIX ...   prints the files with these suffixes, separated by zero bytes
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = {".git", "build", "node_modules", ".cache", "__pycache__"}


def files(*suffixes, root=ROOT):
    """All tracked and new files with one of the suffixes; a copy without git lists the folder."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True)
    if listing.returncode == 0 and (root / ".git").exists():
        found = [root / name for name in listing.stdout.decode().split("\0") if name]
    else:
        found = [path for path in root.rglob("*")
                 if not SKIPPED & set(path.relative_to(root).parts)]
    wanted = (path for path in found if not suffixes or path.suffix in suffixes)
    return sorted({path for path in wanted if path.is_file()})


TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.S)


def blank(text, strings=True):
    """The same text, same length and lines, without comments and (if asked) without strings."""

    def cover(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        if not strings or len(token) < 3:
            return token
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]

    return TOKENS.sub(cover, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path}\0" for path in files(*sys.argv[1:])))
