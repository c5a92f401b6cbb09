"""The drawings in the documents are made of the program's own tables.

usage: python3 tests/docs_test.py          compares
       python3 tests/docs_test.py --write  puts the drawings of today into the documents
"""

import pathlib
import re
import subprocess
import sys
import unittest

import kit

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"<!-- made by: florin (machine [a-z -]+) -->\n```([a-z]*)\n(.*?)```", re.S)
MACHINES = ("payment", "refund", "dispute", "operation", "payout")


def made(command):
    return subprocess.run([kit.BUILD / "florin", *command.split()], capture_output=True, text=True,
                          check=True).stdout


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def renewed(text):
    return BLOCK.sub(lambda block: f"<!-- made by: florin {block[1]} -->\n```{block[2]}\n"
                                   f"{made(block[1])}```", text)


class Drawings(unittest.TestCase):
    def test_show_the_tables_of_the_program(self):
        seen = set()
        for path in documents():
            text = path.read_text(encoding="utf-8")
            seen.update(block[0] for block in BLOCK.findall(text))
            self.assertEqual(text, renewed(text),
                             f"{path.name} is out of date: python3 tests/docs_test.py --write")
        for name in MACHINES:
            self.assertIn(f"machine {name} --mermaid", seen, "a machine that no document draws")


if __name__ == "__main__":
    if "--write" in sys.argv:
        for document in documents():
            document.write_text(renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        unittest.main(verbosity=2)
