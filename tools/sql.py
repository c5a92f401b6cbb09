#!/usr/bin/env python3
"""Checks that every .sql file says what it does and would run on Citus as on plain PostgreSQL.

usage: sql.py [ROOT]
Each rule is a pattern over one statement, without comments and literals. A line that may break a
rule carries `-- citus-ok: <reason>`, at its end or on the line above.
"""

import pathlib
import re
import sys

import tree

VOLATILE = r"\b(random|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|now" \
           r"|gen_random_uuid|nextval|setval)\s*\(|\bcurrent_timestamp\b|\blocaltimestamp\b"

# (pattern, what is wrong and what to write instead)
FORBIDDEN = [
    (r"\blanguage\s+'?sql\b", "LANGUAGE sql fails on distributed tables: use plpgsql"),
    (r"\b(big|small)?serial\b|\bas\s+identity\b|\bcreate\s+(temp\w*\s+)?sequence\b",
     "ids are made by the program, not by a sequence"),
    (r"\bmerge\s+into\b", "MERGE is rejected: use INSERT ... ON CONFLICT"),
    (r"\bcreate\s+(or\s+replace\s+)?(constraint\s+)?trigger\b",
     "triggers are rejected: do it in the function that writes"),
    (r"\bcreate\s+(or\s+replace\s+)?rule\b", "no rules: do it in the function that writes"),
    (r"\bon\s+delete\s+set\s+(null|default)\b",
     "ON DELETE SET is rejected when slot is in the key"),
    (r"\bwhere\s+current\s+of\b", "WHERE CURRENT OF is rejected: update by key"),
    (r"\binherits\s*\(", "no inheritance: partition by time"),
    (r"\bexclude\s+using\b(?![^;]*\bslot\b)", "an exclusion constraint needs slot"),
    (r"\bset\s+slot\s*=", "a row never changes its slot: insert it there and delete it here"),
    (r"\bslot\s*=\s*any\b[^;]*\bfor\s+(no\s+key\s+)?(update|share)\b",
     "locking with slot = ANY is rejected: lock slot by slot"),
    (r"\bslot\s*=\s*\(\s*select\b", "a computed slot cannot be routed: compute it in C++"),
    (r"\bwith\s+recursive\b(?![^;]*\bslot\s*=)", "WITH RECURSIVE needs a slot filter"),
    (r"\bupdate\s+[\w.]+(\s+(as\s+)?\w+)?\s+set\b(?:(?!\b(?:where|from)\b)[^;])*\w\s*\[",
     "an array subscript in SET crashes Citus: copy it to a variable or unnest the array"),
    (r"\bupdate\s+[\w.]+(\s+(as\s+)?\w+)?\s+set\b(?:(?!\breturning\b)[^;])*?(" + VOLATILE + ")",
     "no volatile function in UPDATE: pass the value in"),
    (r"\bdelete\s+from\b(?:(?!\breturning\b)[^;])*?(" + VOLATILE + ")",
     "no volatile function in DELETE: pass the value in"),
    (r"\bdo\s+update\s+set\b(?:(?!\b(?:where|returning)\b)[^;])*?"
     r"\b(?!coalesce|greatest|least|nullif|row|in|values|and|or)[a-z_]\w*\s*\(",
     "no function in ON CONFLICT DO UPDATE SET, not even now(): pass the value in"),
]
FORBIDDEN = [(re.compile(pattern, re.I | re.S), why) for pattern, why in FORBIDDEN]

LOCKING = re.compile(r"\bfor\s+(no\s+key\s+)?update\b|\bfor\s+(key\s+)?share\b", re.I)
WRITING_CTE = re.compile(
    r"\bas\s+(?:not\s+)?(?:materialized\s+)?\(\s*(insert|update|delete)\b", re.I)
KEY = re.compile(r"\b(primary\s+key|unique(?:\s+nulls\s+not\s+distinct)?)\s*\(\s*(\w+)", re.I)
UNIQUE_INDEX = re.compile(
    r"\bcreate\s+unique\s+index\b[^;(]*?\bon\s+(?:only\s+)?([\w.]+)[^;(]*\(\s*(\w+)", re.I)
TABLE = re.compile(
    r"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.]+)\s*\(", re.I)
SLOT_COLUMN = re.compile(r"(^|,)\s*slot\s", re.I)
KEY_OF_ONE_COLUMN = re.compile(
    r"(?:^|,)\s*(?!slot\b|primary\b|unique\b|constraint\b|check\b|foreign\b)\w+\s[^,()]*"
    r"\b(?:primary\s+key|unique)\b(?!\s*\()", re.I)
TOKENS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.S)


def blank(text):
    """The same text without comments and the content of literals; $$ bodies stay."""

    def cover(match):
        token = match.group(0)
        hollow = re.sub(r"[^\n]", " ", token[1:-1])
        # LANGUAGE 'sql' must stay visible.
        return token if token.lower() == "'sql'" else (
            f"'{hollow}'" if token.startswith("'") else re.sub(r"[^\n]", " ", token))

    return TOKENS.sub(cover, text)


def closing(text, opening):
    """Where the parenthesis that opens at `opening` ends."""
    depth = 0
    for position in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text)


def collects_only(statement, match):
    """WITH r AS (INSERT ... RETURNING ...) SELECT ...: the writing CTE that works."""
    end = closing(statement, statement.index("(", match.start()))
    body, rest = statement[match.start():end], statement[end + 1:]
    return (match.group(1).lower() == "insert" and re.search(r"\breturning\b", body, re.I)
            and re.match(r"\s*select\b", rest, re.I))


def statement_findings(statement):
    """Yields (position in the statement, what is wrong)."""
    for pattern, why in FORBIDDEN:
        for match in pattern.finditer(statement):
            yield match.start(), why
    for match in LOCKING.finditer(statement):
        if not re.search(r"\bslot\s*=\s*(?!any\b)", statement, re.I):
            yield match.start(), "a row lock needs `slot = <one value>`: poll slot by slot"
    for match in WRITING_CTE.finditer(statement):
        if not collects_only(statement, match):
            yield match.start(), ("a CTE that writes costs 10-20 ms on Citus: write two statements"
                                  " (only WITH r AS (INSERT .. RETURNING ..) SELECT is fine)")
    for match in TABLE.finditer(statement):
        body = statement[match.end():closing(statement, match.end() - 1)]
        if not SLOT_COLUMN.search(body):
            continue  # A table without slot is a reference table or local.
        for key in KEY.finditer(body):
            if key.group(2).lower() != "slot":
                yield match.end() + key.start(), "a key of a table with slots starts with slot"
        for key in KEY_OF_ONE_COLUMN.finditer(body):
            yield match.end() + key.end(), "a key starts with slot: write it as a line of its own"


def slotted_tables(texts):
    names = set()
    for text in texts:
        for match in TABLE.finditer(text):
            if SLOT_COLUMN.search(text[match.end():closing(text, match.end() - 1)]):
                names.add(match.group(1).split(".")[-1].lower())
    return names


def check_text(name, text, slotted=frozenset()):
    findings = []
    if not text.startswith("--"):
        findings.append(f"{name}:1: the first line says what it returns, and its parameters")
    lines = text.splitlines()
    code, start = blank(text), 0
    for statement in code.split(";"):
        found = list(statement_findings(statement))
        for match in UNIQUE_INDEX.finditer(statement):
            table, column = match.group(1).split(".")[-1].lower(), match.group(2).lower()
            if table in slotted and column != "slot":
                found.append((match.start(), "the unique index of a table with slots starts with"
                              " slot"))
        for position, why in found:
            line = tree.line_of(code, start + position)
            excused = "\n".join(lines[max(line - 2, 0):line])
            if not re.search(r"--\s*citus-ok:\s*\S", excused):
                findings.append(f"{name}:{line}: {why}")
        start += len(statement) + 1
    return findings


def check(root):
    paths = tree.files(".sql", root=root)
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in paths}
    slotted = slotted_tables(blank(text) for text in texts.values())
    return [finding for name, text in texts.items() for finding in check_text(name, text, slotted)]


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else tree.ROOT)
    print("\n".join(found))
    sys.exit(1 if found else 0)
