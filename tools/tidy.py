#!/usr/bin/env python3
"""Checks the house rules that need no compiler: sizes, unfinished work, and how coroutines borrow.

usage: tidy.py [ROOT]   prints file:line and how to repair it; exit code 1 when there is anything
A coroutine may borrow what lives as long as the program, such as the text of a statement:
`// outlives: <reason>` on the line or above it says so.
"""

import pathlib
import re
import sys

import tree

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
COLUMNS_MAX = 100
CODE = {".h", ".cpp", ".py", ".sh", ".sql", ".mjs", ".js", ".ts", ".cmake"}
FREE_WIDTH = {".h", ".cpp", ".sql"}  # clang-format has the C++; SQL may hold tables.

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
# What a brace belongs to when it is no function.
NO_FUNCTION = re.compile(
    r"^\s*(?:(?:extern|export|inline|typedef|static|constexpr|template\s*<.*>)\s+)*"
    r"(namespace|class|struct|union|enum|concept|extern\s*\"|if|for|while|switch|do|else|try|catch"
    r"|return|co_return|using)\b", re.S)
TASK_NAME = re.compile(r"\s+(?:[\w:]+::)?\w+\s*$|\s*$")
TASK_LAMBDA = re.compile(r"\[([^\[\]]*)\]\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*(?:mutable\s*)?"
                         r"->\s*(?:asio::awaitable|Task)\s*<")
BORROWED = [
    (re.compile(r"&&"), "takes a reference to a temporary: take it by value"),
    (re.compile(r"\bconst\b[^,]*&|\w\s+const\s*&"),
     "takes data by const reference: take it by value"),
    (re.compile(r"\bstring_view\b"), "takes a string_view: take std::string by value"),
    (re.compile(r"\bspan\s*<"), "takes a span: take std::vector by value"),
]


def matching(text, opening, pair="()"):
    """The position after the bracket that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(text)):
        if text[position] == pair[0]:
            depth += 1
        elif text[position] == pair[1] and text[position - 1:position + 1] != "->":
            depth -= 1
            if depth == 0:
                return position + 1
    return len(text)


def without_preprocessor(code):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  code, flags=re.M)


def functions(code):
    """Yields (first position, last position) of every function with a body, outermost only."""
    position = head = 0
    while position < len(code):
        character = code[position]
        if character in ";}" or (character == ":" and code[head:position].strip() in
                                 {"public", "private", "protected"}):
            head = position + 1
        elif character == "(":
            position = matching(code, position)
            continue
        elif character == "{":
            before = code[head:position]
            assigned = re.search(r"=\s*$", before)
            if "(" in before and not NO_FUNCTION.match(before) and not assigned:
                end = matching(code, position, "{}")
                # A member initialised with braces is not yet the body.
                while re.match(r"\s*[,{]", code[end:]) and re.search(r"\)\s*:", before):
                    end = matching(code, code.index("{", end), "{}")
                yield head + len(before) - len(before.lstrip()), end
                position = head = end
                continue
            head = position + 1
        position += 1


def parameters(text):
    """Splits at the commas that stand outside of every bracket."""
    parts, depth, last = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "(<[{") - (character in ")>]}")
        if character == "," and depth == 0:
            parts.append(text[last:position])
            last = position + 1
    return [part for part in parts + [text[last:]] if part.strip()]


def task_signatures(code):
    """Yields (position, text between the parentheses) of all that returns a Task."""
    for match in re.finditer(r"\bTask\s*<|\basio::awaitable\s*<", code):
        end = matching(code, match.end() - 1, "<>")
        opening = code.find("(", end)
        if opening >= 0 and TASK_NAME.fullmatch(code[end:opening]):
            after = matching(code, opening)
            yield opening, code[opening + 1:after - 1]
    for match in TASK_LAMBDA.finditer(code):
        yield match.start(), match.group(2)


def borrowing(code):
    for position, text in task_signatures(code):
        for parameter in parameters(text):
            for pattern, why in BORROWED:
                if pattern.search(parameter):
                    yield position, f"a coroutine {why} (`{' '.join(parameter.split())}`)"
                    break
            if re.search(r"[^=!<>]=[^=]", parameter) and not parameter.strip().startswith("return"):
                yield position, "a coroutine has a default argument: let the caller say it"
    for match in TASK_LAMBDA.finditer(code):
        if match.group(1).strip():
            yield match.start(), ("a coroutine is a lambda with captures, which die before it: "
                                  "pass them as parameters")


def awaiting(code):
    """Rule: a line that awaits builds nothing."""
    for match in re.finditer(r"\bco_await\b", code):
        depth, end = 0, match.end()
        while end < len(code):
            character = code[end]
            depth += (character in "([{") - (character in ")]}")
            if depth < 0 or (character == ";" and depth == 0):
                break
            if character == "{":
                yield match.start(), ("a statement with co_await builds something in braces: "
                                      "name it on the line before")
                break
            if character == "[" and re.match(r"\[[^\[\]]+\]\s*[({]", code[end:]) and \
                    not re.search(r"[\w\])]\s*$", code[:end][-80:]):
                yield match.start(), ("a statement with co_await makes a lambda with captures:"
                                      " name it on the line before")
                break
            end += 1
        before = code[max(code.rfind(";", 0, match.start()), code.rfind("{", 0, match.start()),
                          code.rfind("}", 0, match.start())) + 1:match.start()]
        if re.search(r"\bauto\b[&\s]*\[[^\]]*\]\s*=\s*$", before):
            yield match.start(), "co_await is bound to [names]: name the result, then take it apart"


def check_cpp(text, is_header):
    """Yields (line, what is wrong)."""
    if is_header and not re.search(r"^#pragma once$", text, re.M):
        yield 1, "a header starts with #pragma once"
    code = without_preprocessor(tree.blank(text))
    for first, last in functions(code):
        lines = code.count("\n", first, last) + 1
        if lines > FUNCTION_LINES_MAX:
            yield tree.line_of(code, first), (
                f"the function has {lines} lines, {FUNCTION_LINES_MAX} are allowed: give a part of"
                " it a name")
    for position, why in [*borrowing(code), *awaiting(code)]:
        yield tree.line_of(code, position), why


def check_text(name, text):
    findings = []
    suffix = pathlib.PurePath(name).suffix
    lines = text.splitlines()
    if suffix in CODE and len(lines) > FILE_LINES_MAX:
        findings.append((FILE_LINES_MAX + 1, f"the file has {len(lines)} lines, {FILE_LINES_MAX}"
                         " are allowed: split it by subject"))
    for number, line in enumerate(lines, 1):
        if suffix in CODE - FREE_WIDTH and len(line) > COLUMNS_MAX and "http" not in line:
            findings.append((number, f"{len(line)} columns, {COLUMNS_MAX} are allowed"))
        if suffix in CODE and UNFINISHED.search(line):
            findings.append((number, "unfinished work does not merge: do it or open an issue"))
    if suffix in {".h", ".cpp"}:
        is_header = suffix == ".h" and not name.startswith("cmake/")
        findings += [(line, why) for line, why in check_cpp(text, is_header)
                     if "// outlives: " not in "\n".join(lines[max(line - 2, 0):line])]
    return [f"{name}:{line}: {why}" for line, why in sorted(set(findings))]


def check(root):
    findings = []
    for path in tree.files(*CODE, root=root) + [root / "dev"]:
        if path.is_file():
            findings += check_text(path.relative_to(root).as_posix(), path.read_text())
    return findings


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)
    print("\n".join(found))
    sys.exit(1 if found else 0)
