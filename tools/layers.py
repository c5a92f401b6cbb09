#!/usr/bin/env python3
"""Checks who includes whom, and who may use which token, against tools/layers.txt.

usage: layers.py [ROOT]   prints file:line and how to repair it; exit code 1 when there is anything
"""

import dataclasses
import fnmatch
import functools
import pathlib
import re
import sys

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
# What a decision needs no part of: the network, the disk, threads and the clock's wait.
IMPURE = re.compile(r"boost/asio|boost/beast|curl/|libpq|openssl/|sys/socket|unistd|iostream"
                    r"|fstream|filesystem|thread|mutex")


@dataclasses.dataclass
class Rules:
    modules: dict = dataclasses.field(default_factory=dict)  # name -> the modules it may include
    pure: list = dataclasses.field(default_factory=list)
    islands: list = dataclasses.field(default_factory=list)
    doors: list = dataclasses.field(default_factory=list)  # (token, prefixes of files)


def read_rules(path):
    rules, findings = Rules(), []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, rest = line.partition(":")
        if name == "pure":
            rules.pure += rest.split()
        elif name == "island":
            rules.islands += rest.split()
        elif name == "door":
            token, _, prefixes = rest.partition(" only ")
            rules.doors.append((token.strip().strip('"'), tuple(prefixes.split())))
        else:
            allowed = list(rules.modules) if rest.split() == ["*"] else rest.split()
            for other in allowed:
                if other not in rules.modules:
                    findings.append(f"{path.name}:{number}: {name} names {other}, which is not "
                                    "above it: move the line or drop the name")
            rules.modules[name] = set(allowed)
    return rules, findings


def is_pure(rules, name):
    if re.search(r"_(pg)?test\.cpp$", name):
        return False  # A test may print and read.
    return any(fnmatch.fnmatch(name, pattern) for pattern in rules.pure)


def island_of(rules, name):
    """connectors/stripe/x.cpp -> connectors/stripe, when connectors/* is an island rule."""
    parent = name.rsplit("/", 1)[0]
    for pattern in rules.islands:
        folder = "/".join(parent.split("/")[: pattern.count("/") + 1])
        if fnmatch.fnmatch(folder, pattern):
            return folder
    return None


@functools.cache
def reaches_io(source, name):
    """The name of a header by which `name` (of the folder src/) does I/O in the end, or None."""
    path = source / name
    if not path.is_file():
        return None  # The compiler says so better.
    for quote, included in INCLUDE.findall(tree.blank(path.read_text(), strings=False)):
        if quote == "<" and IMPURE.search(included):
            return included
        if quote == '"' and (found := reaches_io(source, included)):
            return found
    return None


def include_finding(rules, source, name, quote, included):
    """Why `name` may not include `included`, or None."""
    module, other = name.split("/")[0], included.split("/")[0]
    pure = is_pure(rules, name)
    if quote == "<":
        if pure and IMPURE.search(included):
            return f"a pure file includes <{included}>: move the I/O to a service"
        return None
    if name.endswith(("_test.cpp", "_pgtest.cpp")) and included.startswith("tests/kit/"):
        return None
    if "/" not in included or other not in rules.modules:
        return f'"{included}" is not a path from src/: write "module/file.h"'
    if other != module and other not in rules.modules[module]:
        return (f"{module} may not include {other}: turn the dependency round, or move what both "
                "need into a module above")
    if pure and (how := reaches_io(source, included)):
        return (f'a pure file includes "{included}", which reaches <{how}>: pass the value in '
                "instead")
    home, target = island_of(rules, name), island_of(rules, included)
    if home and target and home != target:
        return f"{home} may not see its sister {target}: share it in {module}/"
    return None


def check_file(rules, source, name, text):
    findings = []
    code = tree.blank(text, strings=False)
    for match in INCLUDE.finditer(code):
        why = include_finding(rules, source, name, *match.groups())
        if why:
            findings.append(f"src/{name}:{tree.line_of(code, match.start())}: {why}")
    for token, prefixes in rules.doors:
        if name.startswith(prefixes):
            continue
        bounded = (r"\b" if token[0].isalnum() else "") + re.escape(token)
        bounded += r"\b" if token[-1].isalnum() else ""
        for match in re.finditer(bounded, code):
            findings.append(f"src/{name}:{tree.line_of(code, match.start())}: {token} belongs to "
                            f"{' '.join(prefixes)}: call what stands there")
    return findings


def check(root):
    rules, findings = read_rules(root / "tools/layers.txt")
    for path in tree.files(".h", ".cpp", root=root):
        name = path.relative_to(root).as_posix()
        if not name.startswith("src/"):
            continue
        name = name.removeprefix("src/")
        if name.split("/")[0] not in rules.modules:
            findings.append(f"src/{name}:1: its folder is no module: add a line to "
                            "tools/layers.txt")
            continue
        findings += check_file(rules, root / "src", name, path.read_text())
    return findings


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)
    print("\n".join(found))
    sys.exit(1 if found else 0)
