#!/usr/bin/env python3
"""Runs one file of Python tests and writes what happened as JSON, for tools/test.py.

usage: unittest_run.py FILE RESULT   FILE.py ... -> {"passed": 3, "failed": [...], "skipped": [...]}
"""

import importlib.util
import json
import pathlib
import sys
import unittest

file, result_file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(file.parent))
sys.argv = [str(file)]
spec = importlib.util.spec_from_file_location(file.stem, file)
module = sys.modules[file.stem] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
suite = unittest.defaultTestLoader.loadTestsFromModule(module)
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)


def name_of(test):
    # A failing row of a table (subTest) counts as its test.
    return getattr(test, "test_case", test).id()


failed = sorted({name_of(test) for test, _ in result.failures + result.errors}
                | {name_of(test) for test in result.unexpectedSuccesses})
skipped = [[name_of(test), reason] for test, reason in result.skipped]
in_tests = [name for name in failed if not name.startswith(("setUp", "tearDown"))]
skipped_tests = {name for name, _ in skipped if not name.startswith("setUp")}
passed = max(result.testsRun - len(set(in_tests) | skipped_tests), 0)
result_file.write_text(json.dumps({"passed": passed, "failed": failed, "skipped": skipped}))
sys.exit(0 if result.wasSuccessful() else 1)
