#!/usr/bin/env python3
"""Everything that is checked without running the program.

usage: check.py [part ...]   the parts: format layers tidy sql python shell commits clang-tidy
Each part prints `ok` and its time, or its findings with file:line and how to repair them.
"""

import re
import subprocess
import sys
import time

import layers
import lint
import sql
import tidy
import tree

ROOT = tree.ROOT
SUBJECT_MAX = 72
SUBJECT = re.compile(r"([a-z0-9][a-z0-9_./-]*): ([a-z]\S*)( \S.*)")
# "adds", "added", "adding" instead of "add"; words that only look so are fine.
NOT_IMPERATIVE = re.compile(r"(?!.*(?:ss|us|eed|bring|string|embed|shed|need)$)\w{2,}(?:ed|ing|s)$")


def run(*command):
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)


def check_format():
    paths = tree.files(".h", ".cpp")
    result = run("clang-format-19", "--dry-run", "-Werror", *paths) if paths else None
    found = re.findall(r"^(\S.*?:\d+):\d+: error", result.stderr, re.M) if result else []
    if result and result.returncode and not found:
        return [result.stderr]
    first = {place.rsplit(":", 1)[0]: place for place in reversed(found)}  # One line per file.
    return [f"{place.removeprefix(f'{ROOT}/')}: not formatted: run ./dev fmt"
            for _, place in sorted(first.items())]


def check_python():
    findings = []
    for path in tree.files(".py"):
        try:
            compile(path.read_text(), path, "exec")
        except SyntaxError as error:
            findings.append(f"{path.relative_to(ROOT)}:{error.lineno}: {error.msg}")
    return findings


def check_shell():
    findings = []
    for path in tree.files("", ".sh"):
        with path.open("rb") as file:
            first = file.readline(80).decode(errors="replace")
        shell = re.match(r"#!.*\b(bash|sh)\b", first)
        if shell:
            findings += run(shell.group(1), "-n", path).stderr.splitlines()
    return findings


def subject_findings(subject):
    match = SUBJECT.fullmatch(subject)
    if not match:
        return "write `area: imperative`, such as `payments: refuse capture after void`"
    if len(subject) > SUBJECT_MAX:
        return f"{len(subject)} characters, {SUBJECT_MAX} are allowed"
    if NOT_IMPERATIVE.match(match.group(2)):
        return f"`{match.group(2)}` is no imperative: `add`, not `adds`, `added` or `adding`"
    return None


def check_commits():
    """The commits that origin/main has not; without it, the last twenty."""
    base = run("git", "rev-parse", "--verify", "-q", "origin/main")
    span = ["origin/main..HEAD"] if base.returncode == 0 else ["-20"]
    log = run("git", "log", "--no-merges", "--format=%h %s", *span)
    findings = []
    for line in log.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        why = subject_findings(subject)
        if why:
            findings.append(f"{commit} `{subject}`: {why}")
    return findings


PARTS = {
    "format": check_format,
    "layers": lambda: layers.check(ROOT),
    "tidy": lambda: tidy.check(ROOT),
    "sql": lambda: sql.check(ROOT),
    "python": check_python,
    "shell": check_shell,
    "commits": check_commits,
    "clang-tidy": lambda: lint.check(ROOT),
}


def main(wanted):
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"check: no part {', '.join(sorted(unknown))}; there are {' '.join(PARTS)}")
    broken = 0
    for name in wanted or PARTS:
        started = time.monotonic()
        findings = PARTS[name]()
        seconds = time.monotonic() - started
        if findings:
            broken += 1
            print(f"FAIL {name} ({seconds:.1f} s), {len(findings)} to repair:")
            print("\n".join(f"  {finding}" for finding in findings), flush=True)
        else:
            print(f"ok   {name} ({seconds:.1f} s)", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
