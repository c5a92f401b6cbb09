"""Runs clang-tidy over the sources of src/, in parallel, and only over what changed.

A source is clean as long as its text, the text of every project header that it reaches, its
command and .clang-tidy stay the same; build/lint-cache.json remembers that. Tests are left to the
compiler's warnings and the sanitizers: GoogleTest's macros would take most of the time.

Most of the time of one source goes into walking through the standard library. So sources are read
together, one of each module, because names inside of one module may be the same.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import time

TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
FINDING = re.compile(r"^(/\S.*?):(\d+):\d+: (?:warning|error): (.*)$", re.M)


class Sources:
    """The project's own files, with the hash of each and of all that it includes."""

    def __init__(self, folders):
        self.folders = folders
        self.seen = {}

    def find(self, name):
        return next((path for folder in self.folders if (path := folder / name).is_file()), None)

    def read(self, path):
        if path not in self.seen:
            text = path.read_bytes()
            names = INCLUDE.findall(text.decode(errors="replace"))
            self.seen[path] = (hashlib.sha256(text).hexdigest(),
                               [found for name in names if (found := self.find(name))])
        return self.seen[path]

    def fingerprint(self, path, *more):
        reached, todo = set(), [path]
        while todo:
            current = todo.pop()
            if current not in reached:
                reached.add(current)
                todo += self.read(current)[1]
        parts = sorted(f"{one}={self.read(one)[0]}" for one in reached)
        return hashlib.sha256("\n".join([*parts, *more]).encode()).hexdigest()


def commands(root, build):
    """Source -> its arguments, for the programs' sources; tests excluded."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = entry["file"]
        if path.startswith(f"{root}/src/") and not re.search(r"_(pg)?test\.cpp$", path):
            found[path] = entry["command"]
    return found


def prepare(build):
    """Makes the headers that the commands name. None, or the words of what failed."""
    # Names the sources that came since the last build.
    renewed = subprocess.run(["ninja", "-C", build, "build.ninja"], capture_output=True, text=True)
    if renewed.returncode != 0:
        return renewed.stdout[-3000:]
    listing = subprocess.run(["ninja", "-C", build, "-t", "targets", "all"], check=True,
                             capture_output=True, text=True).stdout
    wanted = [line.split(":")[0] for line in listing.splitlines()
              if re.match(r"(.*florin_base\.dir/cmake_pch\.hxx\.pch|generated/\S+\.h):", line)]
    result = subprocess.run(["ninja", "-C", build, *wanted], capture_output=True, text=True)
    return None if result.returncode == 0 else result.stdout[-3000:]


def groups_of(paths):
    """Lists of sources, each with at most one of a module, of about the same length."""
    modules = {}
    for path in sorted(paths):
        modules.setdefault(re.search(r"/src/([^/]+)/", path)[1], []).append(path)
    groups = [[] for _ in range(max(map(len, modules.values()), default=0))]
    for members in sorted(modules.values(), key=len, reverse=True):
        for path, group in zip(members, sorted(groups, key=len)):
            group.append(path)
    return groups


def tidy(root, source, command):
    """(findings as "file:line: text" of files in src/, the words of a source that is no C++)."""
    arguments = shlex.split(command)[1:]
    del arguments[arguments.index("-o"):]  # The rest names the output and the source.
    # -w: the warnings of the compiler are the build's to report, and errors there.
    result = subprocess.run([TIDY, "--quiet", "--extra-arg=-w", source, "--", *arguments],
                            capture_output=True, text=True)
    findings = set()
    for name, line, text in FINDING.findall(result.stdout):
        name = os.path.normpath(name)
        if name.startswith(f"{root}/src/"):
            findings.add(f"{os.path.relpath(name, root)}:{line}: {text}")
    broken = "[clang-diagnostic-error]" in result.stdout or (result.returncode and not findings)
    return findings, (result.stderr + result.stdout).strip()[-500:] if broken else ""


def lint(root, build, paths, command):
    """The findings of sources that are read as one."""
    if len(paths) == 1:
        findings, broken = tidy(root, paths[0], command)
        if broken:
            findings.add(f"{os.path.relpath(paths[0], root)}:1: clang-tidy failed: {broken}")
        return findings
    together = build / "lint" / f"{hashlib.sha256(''.join(paths).encode()).hexdigest()[:16]}.cpp"
    together.parent.mkdir(exist_ok=True)
    together.write_text("".join(f'#include "{path}"\n' for path in paths))
    findings, broken = tidy(root, together, command)
    if not broken:
        return findings
    return set().union(*(lint(root, build, [path], command) for path in paths))


def check(root):
    build, cache_file = root / "build/debug", root / "build/lint-cache.json"
    broken = prepare(build)
    if broken:
        return [f"the headers do not build, so nothing was linted:\n{broken}"]
    try:
        clean = set(json.loads(cache_file.read_text()))
    except (OSError, ValueError):
        clean = set()
    sources = Sources([root / "src", build / "generated", root])
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True).stdout
    settings = (root / ".clang-tidy").read_text() + (root / "cmake/precompiled.h").read_text()
    known = commands(root, build)
    marks = {path: sources.fingerprint(type(root)(path), command, settings, version)
             for path, command in known.items()}
    todo = groups_of(path for path, mark in marks.items() if mark not in clean)
    findings, clean, told = [], clean & set(marks.values()), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("FLORIN_JOBS", "1"))) as pool:
        running = {pool.submit(lint, root, build, group, known[group[0]]): group for group in todo}
        for count, done in enumerate(concurrent.futures.as_completed(running), 1):
            findings += done.result()
            if not done.result():
                clean.update(marks[path] for path in running[done])
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"  clang-tidy [{count}/{len(todo)}]", flush=True)
                cache_file.write_text(json.dumps(sorted(clean)))
    cache_file.write_text(json.dumps(sorted(clean)))
    return sorted(set(findings))
