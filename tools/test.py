#!/usr/bin/env python3
"""Runs everything that must pass; ./dev test calls it after it has built the debug preset.

usage: ./dev test [--quick] [suite ...]
  suites   tools, unit, pg, sandbox (the official Stripe client) and one for each tests/*_test.py
  --quick  leaves out what takes minutes: chaos, sandbox and simulate

One line per suite; its output is in build/logs/<suite>.log and shown when it fails. The last line
is the count, and the exit code is 0 only if something passed and nothing failed.
"""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("FLORIN_BUILD", ROOT / "build/debug")).resolve()
LOGS = ROOT / "build/logs"
SLOW = ("chaos", "sandbox", "simulate")
# Needs nothing but processors: it runs on what the others leave, at the lowest priority.
BESIDE = ("simulate",)
SECONDS_MAX = 45 * 60  # Of one suite; whatever still runs then is stopped and has failed.
LOG_LINES_SHOWN = 60


@dataclasses.dataclass
class Suite:
    name: str
    command: list
    read: object  # (suite, exit code) -> Outcome
    folder: pathlib.Path = ROOT
    before: list = dataclasses.field(default_factory=list)  # A command that makes it ready.
    process: object = None  # Its command, while it runs.

    @property
    def is_beside(self):
        return self.name in BESIDE

    @property
    def log(self):
        return LOGS / f"{self.name}.log"

    @property
    def result(self):
        return LOGS / f"{self.name}.result"


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: list = dataclasses.field(default_factory=list)  # Names.
    skipped: list = dataclasses.field(default_factory=list)  # (name, reason)


def read_gtest(suite, _):
    outcome = Outcome()
    for case in xml.parse(suite.result).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None:
            outcome.failed.append(name)
        elif skip is not None:
            # The first line is the place in the source.
            reason = " ".join((skip.get("message") or "").split("\n")[1:]).strip()
            outcome.skipped.append((name, reason or "no reason given"))
        elif case.get("status") == "notrun":
            outcome.skipped.append((name, "disabled in its name"))
        else:
            outcome.passed += 1
    return outcome


def read_unittest(suite, _):
    found = json.loads(suite.result.read_text())
    return Outcome(found["passed"], found["failed"], found["skipped"])


def read_tap(suite, _):
    text = suite.log.read_text(errors="replace")
    outcome = Outcome(passed=int(re.findall(r"^# pass (\d+)$", text, re.M)[-1]))
    # A file or a group fails with its tests; count what has no tests of its own.
    outcome.failed = re.findall(r"^ *not ok \d+ - (.*)$", text, re.M)
    count = int(re.findall(r"^# fail (\d+)$", text, re.M)[-1])
    outcome.failed = outcome.failed[:count] or [f"test {n + 1}" for n in range(count)]
    outcome.skipped = re.findall(r"^ *ok \d+ - (.*?) # SKIP *(.*)$", text, re.M)
    return outcome


def gtest(name, program):
    return Suite(name, [BUILD / program, f"--gtest_output=xml:{LOGS / name}.result"], read_gtest)


def python(name, file):
    command = [sys.executable, ROOT / "tools/unittest_run.py", file, LOGS / f"{name}.result"]
    return Suite(name, command, read_unittest)


def all_suites():
    suites = [python("tools", ROOT / "tools/checks_test.py"), gtest("unit", "unit_tests"),
              gtest("pg", "pg_tests")]
    node = ROOT / "tests/sandbox"
    if (node / "package.json").exists():
        suites.append(Suite("sandbox", ["node", "--test", "--test-reporter=tap"], read_tap, node,
                            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
    files = {file.stem.removesuffix("_test"): file for file in (ROOT / "tests").glob("*_test.py")}
    names = sorted(files, key=lambda name: (name in SLOW, name))
    return suites + [python(name, files[name]) for name in names]


def environment():
    return {**os.environ, "FLORIN_BUILD": str(BUILD), "PYTHONPATH": str(ROOT / "tests"),
            "FLORIN_SANDBOX": str(BUILD / "florin-sandbox"), "PYTHONUNBUFFERED": "1",
            "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1")}


def stop_group(process, how):
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass


def yield_to_others(process):
    """A session of its own is weighed as one: niceness alone counts only inside of it."""
    os.setpriority(os.PRIO_PROCESS, process.pid, 19)
    with contextlib.suppress(OSError):  # A kernel without groups of sessions.
        pathlib.Path(f"/proc/{process.pid}/autogroup").write_text("19")


def execute(suite, command, log):
    """The exit code; a suite owns a process group, and nothing of it outlives the suite."""
    process = suite.process = subprocess.Popen(
        [str(part) for part in command], cwd=suite.folder, stdout=log, stderr=log,
        stdin=subprocess.DEVNULL, env=environment(), start_new_session=True)
    if suite.is_beside:
        yield_to_others(process)
    started = time.monotonic()
    try:
        while (seconds := time.monotonic() - started) < SECONDS_MAX:
            try:
                return process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                print(f"  ...   {suite.name} runs for {seconds + 30:.0f} s", flush=True)
        log.write(f"\nstopped after {SECONDS_MAX} s\n".encode())
        return -signal.SIGKILL
    except KeyboardInterrupt:
        stop_group(process, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        raise
    finally:
        stop_group(process, signal.SIGKILL)
        process.wait()
        suite.process = None


def outcome_of(suite):
    suite.result.unlink(missing_ok=True)
    with suite.log.open("wb") as log:
        try:
            if suite.before and execute(suite, suite.before, log) != 0:
                return Outcome(failed=[" ".join(suite.before)])
            code = execute(suite, suite.command, log)
        except OSError as error:
            log.write(f"{error}\n".encode())
            return Outcome(failed=["it does not start"])
    try:
        outcome = suite.read(suite, code)
    except (OSError, ValueError, IndexError, xml.ParseError):
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Outcome(failed=[f"it ended early ({how})"])
    if code != 0 and not outcome.failed:
        outcome.failed.append(f"it ended with code {code} after its tests")
    if outcome.passed + len(outcome.failed) + len(outcome.skipped) == 0:
        outcome.failed.append("it holds no test")
    return outcome


def timed_outcome(suite):
    started = time.monotonic()
    outcome = outcome_of(suite)
    return outcome, time.monotonic() - started


def outcomes_of(suites):
    """Yields (suite, outcome, seconds), those that run beside the others at the end."""
    beside = [suite for suite in suites if suite.is_beside]
    with concurrent.futures.ThreadPoolExecutor(len(BESIDE)) as threads:
        futures = [threads.submit(timed_outcome, suite) for suite in beside]
        try:
            for suite in suites:
                if not suite.is_beside:
                    yield suite, *timed_outcome(suite)
            for suite, future in zip(beside, futures, strict=True):
                yield suite, *future.result()
        finally:  # Nothing runs any more, unless somebody has had enough.
            for suite in beside:
                if process := suite.process:
                    stop_group(process, signal.SIGKILL)


def report(suite, outcome, seconds):
    word = "FAIL" if outcome.failed else "ok"
    counts = f"{outcome.passed:4} passed"
    counts += f", {len(outcome.failed)} failed" if outcome.failed else ""
    counts += f", {len(outcome.skipped)} skipped" if outcome.skipped else ""
    print(f"  {word:4}  {suite.name:10} {counts}  ({seconds:.1f} s)", flush=True)
    for name, reason in outcome.skipped:
        print(f"        SKIPPED {name}: {reason}")
    for name in outcome.failed:
        print(f"        FAILED  {name}")
    if outcome.failed:
        lines = suite.log.read_text(errors="replace").splitlines()
        print(f"  ---- the end of {suite.log.relative_to(ROOT)}")
        print("\n".join(f"  | {line}" for line in lines[-LOG_LINES_SHOWN:]))
        print("  ----", flush=True)


def chosen(arguments):
    suites = all_suites()
    quick, names = "--quick" in arguments, [one for one in arguments if one != "--quick"]
    unknown = set(names) - {suite.name for suite in suites}
    if unknown:
        sys.exit(f"test: no suite {', '.join(sorted(unknown))}; there are "
                 + " ".join(suite.name for suite in suites))
    if names:
        return [suite for suite in suites if suite.name in names]
    if quick:
        left_out = [suite.name for suite in suites if suite.name in SLOW]
        print(f"test: --quick leaves out {', '.join(left_out) or 'nothing'}")
        suites = [suite for suite in suites if suite.name not in SLOW]
    return suites


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__)
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    for suite, outcome, seconds in outcomes_of(chosen(arguments)):
        report(suite, outcome, seconds)
        passed += outcome.passed
        failed += len(outcome.failed)
        skipped += len(outcome.skipped)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
