#!/usr/bin/env python3
"""The protocol model (model/protocol.pml) holds, and each naive design that it can play breaks.

usage: model_test.py            the tests, with small bounds
       model_test.py --long [--memory MB] [name ...]
                                the large bounds, one row each; --memory per search (8000)
       model_test.py --replay NAME
                                every step of the shortest way in which a case of the tests breaks

Spin writes the search, a C compiler builds it; both work in a folder that is removed at the end.
"""

import argparse
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

MODEL = pathlib.Path(__file__).resolve().parent.parent / "model/protocol.pml"
COMPILER = next((found for name in ("cc", "gcc", "clang-19", "clang")
                 if (found := shutil.which(name))), None)
SPIN = shutil.which("spin")
MISSING = " and ".join(
    ([] if SPIN else ["Debian package spin"]) + ([] if COMPILER else ["a C compiler"]))
DEPTH_MAX = 1_000_000
PROGRESS_SECONDS = 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """`slots_log2`: of the table of states; beyond so many states a search is only slower."""

    memory_mb: int
    slots_log2: int


LIMITS, LONG_LIMITS = Limits(2000, 22), Limits(8000, 26)

LAWS = {"I1": "I1_money_moves_once", "I2": "I2_told_success_is_true",
        "I3": "I3_told_failure_is_true", "I4": "I4_books_follow_money",
        "I5": "I5_at_rest_all_is_known", "I6": "I6_told_success_stays",
        "witness": "W_reached", "liveness": "acceptance cycle"}


@dataclasses.dataclass(frozen=True)
class Case:
    """`expect`: what the search has to find; nothing = no error in at least `states` states."""

    name: str
    flags: str
    states: int = 0
    expect: str = ""

    @property
    def is_liveness(self):
        return "LIVENESS" in self.flags


def bounds(crashes, losses, duplicates):
    return f"CRASHES={crashes} LOSSES={losses} DUPLICATES={duplicates} "


ONE_CRASH, ONE_EACH, BASE = bounds(1, 0, 0), bounds(1, 1, 1), bounds(2, 2, 1)
CAPTURE, REFUNDS, OUTBOX = (f"SCENARIO={name} " for name in
                            ("CAPTURE_OR_CANCEL", "REFUNDS", "OUTBOX"))


# The states are a little below what was counted: fewer mean that something cannot happen any more.
GOOD = [
    Case("charge", bounds(1, 1, 0), 1_400_000),
    Case("one_request", "REQUESTS=1 " + BASE, 140_000),
    Case("one_generation", "GENERATIONS=1 " + BASE, 1_050_000),
    Case("acknowledge_first", "GENERATIONS=1 " + ONE_EACH + "ACKNOWLEDGE_FIRST", 270_000),
    Case("three_requests", "GENERATIONS=1 REQUESTS=3 " + bounds(1, 1, 0), 780_000),
    Case("forged_webhook", "GENERATIONS=1 " + bounds(1, 1, 0) + "FORGED_WEBHOOK", 600_000),
    Case("forgets_declines", ONE_EACH + "FORGETS_DECLINES SINGLE_SEND", 530_000),
    Case("key_expires", ONE_CRASH + "KEY_EXPIRES", 800_000),
    Case("lying_answer", "GENERATIONS=1 " + ONE_EACH + "LYING_ANSWER CONFIRM_BY_QUERY", 700_000),
    Case("failover", "GENERATIONS=1 " + ONE_EACH + "FAILOVERS=2", 1_000_000),
    Case("failover_outcome_async",
         "GENERATIONS=1 " + bounds(1, 1, 0) + "FAILOVERS=1 OUTCOME_ASYNC", 730_000),
    Case("failover_async_standby",
         "GENERATIONS=1 " + ONE_CRASH + "FAILOVERS=1 ASYNC_STANDBY SAFETY_ONLY", 900_000),
    Case("failover_wait_cancelled",
         "GENERATIONS=1 " + bounds(1, 1, 0) + "FAILOVERS=1 WAIT_CANCELLED", 830_000),
    Case("capture_or_cancel", CAPTURE + bounds(1, 2, 0), 380_000),
    Case("refunds", REFUNDS + "OPERATIONS=2 " + BASE, 300_000),
    Case("outbox", OUTBOX + bounds(3, 0, 0), 490),
]

# The bounds of the long run: what a change of the protocol has to pass.
LONG = [
    Case("charge", BASE, 10_500_000),
    Case("acknowledge_first", bounds(2, 2, 2) + "ACKNOWLEDGE_FIRST", 14_000_000),
    Case("three_requests", "REQUESTS=3 " + ONE_EACH, 1),
    Case("more_faults", bounds(4, 4, 2), 1),
    Case("forged_webhook", BASE + "FORGED_WEBHOOK", 1),
    Case("forgets_declines", BASE + "FORGETS_DECLINES SINGLE_SEND", 1_600_000),
    Case("key_expires", ONE_EACH + "KEY_EXPIRES", 4_900_000),
    Case("lying_answer", BASE + "LYING_ANSWER CONFIRM_BY_QUERY", 24_000_000),
    Case("failover", ONE_EACH + "FAILOVERS=2", 10_000_000),
    Case("failover_outcome_async", ONE_EACH + "FAILOVERS=2 OUTCOME_ASYNC", 28_000_000),
    Case("failover_async_standby", ONE_EACH + "FAILOVERS=2 ASYNC_STANDBY SAFETY_ONLY", 1),
    Case("failover_wait_cancelled", ONE_EACH + "FAILOVERS=1 WAIT_CANCELLED", 18_000_000),
    Case("capture_or_cancel", CAPTURE + BASE, 590_000),
    Case("refunds", REFUNDS + BASE, 44_000_000),
    Case("outbox", OUTBOX + bounds(3, 0, 0), 490),
    Case("liveness", ONE_EACH + "LIVENESS", 3_400_000),
]

# Each adds one naive decision; the expected law is that of the shortest way to break one.
NAIVE = [
    Case("call_first", BASE + "CALL_FIRST", expect="I5"),
    Case("call_first_random_key", BASE + "CALL_FIRST RANDOM_KEY", expect="I1"),
    Case("read_then_insert", BASE + "READ_THEN_INSERT", expect="I4"),
    Case("random_key", BASE + "RANDOM_KEY", expect="I1"),
    Case("timeout_is_failure", BASE + "TIMEOUT_IS_FAILURE", expect="I3"),
    Case("not_found_is_failure", BASE + "NOT_FOUND_IS_FAILURE", expect="I3"),
    Case("not_found_is_failure_drop_late", BASE + "NOT_FOUND_IS_FAILURE DROP_LATE", expect="I3"),
    Case("second_provider", BASE + "SECOND_PROVIDER", expect="I1"),
    Case("no_compare", BASE + "NO_COMPARE", expect="I4"),
    Case("webhook_no_compare", BASE + "WEBHOOK_NO_COMPARE", expect="I4"),
    Case("forged_webhook_is_truth", BASE + "FORGED_WEBHOOK WEBHOOK_IS_TRUTH", expect="I4"),
    Case("no_resolver", BASE + "NO_RESOLVER", expect="I5"),
    Case("no_resolver_acknowledge_first", bounds(2, 0, 1) + "NO_RESOLVER ACKNOWLEDGE_FIRST",
         expect="I5"),
    Case("no_key_window", BASE + "KEY_EXPIRES NO_KEY_WINDOW", expect="I1"),
    Case("replay_what_is_forgotten", BASE + "FORGETS_DECLINES", expect="I3"),
    Case("async_standby", BASE + "FAILOVERS=1 ASYNC_STANDBY", expect="I5"),
    Case("async_standby_random_key", BASE + "FAILOVERS=1 ASYNC_STANDBY RANDOM_KEY", expect="I1"),
    Case("ignore_cancel", BASE + "FAILOVERS=1 WAIT_CANCELLED IGNORE_CANCEL NO_BARRIER",
         expect="I5"),
    Case("no_barrier", BASE + "FAILOVERS=1 WAIT_CANCELLED NO_BARRIER", expect="I5"),
    Case("lying_answer_unconfirmed", BASE + "LYING_ANSWER", expect="I4"),
    Case("capture_no_claim_no_compare", CAPTURE + BASE + "NO_CLAIM NO_COMPARE", expect="I4"),
    Case("capture_no_claim", CAPTURE + BASE + "NO_CLAIM", expect="I5"),
    Case("capture_timeout_is_voided", CAPTURE + BASE + "TIMEOUT_IS_VOIDED", expect="I2"),
    Case("refund_read_then_write", REFUNDS + BASE + "READ_THEN_WRITE", expect="I1"),
    Case("refund_release_on_timeout", REFUNDS + BASE + "RELEASE_ON_TIMEOUT", expect="I1"),
    Case("outbox_publish_before", OUTBOX + ONE_CRASH + "PUBLISH_BEFORE", expect="I4"),
    Case("outbox_publish_after", OUTBOX + ONE_CRASH + "PUBLISH_AFTER", expect="I5"),
    Case("outbox_mark_first", OUTBOX + ONE_CRASH + "MARK_FIRST", expect="I5"),
    Case("outbox_offset_first", OUTBOX + ONE_CRASH + "OFFSET_FIRST", expect="I5"),
    Case("outbox_no_memory", OUTBOX + ONE_CRASH + "NO_MEMORY", expect="I1"),
]

WITNESSES = [
    Case("success_after_two_crashes", BASE + "WITNESS=SUCCESS_AFTER_TWO_CRASHES", expect="witness"),
    Case("success_after_a_decline", bounds(0, 0, 0) + "WITNESS=SUCCESS_AFTER_A_DECLINE",
         expect="witness"),
    Case("charged_and_nobody_told", BASE + "WITNESS=CHARGED_AND_NOBODY_TOLD", expect="witness"),
    Case("success_under_all_faults", BASE + "WITNESS=SUCCESS_UNDER_ALL_FAULTS", expect="witness"),
    Case("success_after_two_failovers",
         ONE_EACH + "FAILOVERS=2 OUTCOME_ASYNC WITNESS=SUCCESS_AFTER_TWO_FAILOVERS",
         expect="witness"),
]

LIVENESS = [
    Case("every_doubt_ends", "REQUESTS=1 " + bounds(1, 1, 0) + "LIVENESS", 27_000),
    Case("without_resolver", "REQUESTS=1 " + bounds(1, 1, 0) + "LIVENESS NO_RESOLVER",
         expect="liveness"),
]


CASES = GOOD + NAIVE + WITNESSES + LIVENESS


@dataclasses.dataclass
class Found:
    """What a search came to: the law that broke (nothing: none did) after so many states."""

    law: str
    states: int
    is_complete: bool
    seconds: float = 0.0


def run(command, folder, output=subprocess.PIPE):
    done = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        words = " ".join(str(part) for part in command)
        raise RuntimeError(f"{words} ended with {done.returncode}:\n{(done.stdout or '')[-3000:]}")


def spin_command(case, *more):
    flags = [f"-D{flag}" for flag in case.flags.split()]
    return [SPIN, f"-P{COMPILER} -E -x c", *flags, *more, MODEL]


def build(case, folder, limits):
    """Writes and compiles the search. What must break is searched breadth-first, for the shortest
    way, and not optimized: it is found before that would pay."""
    options = ["-DCOLLAPSE", "-DVECTORSZ=1024", f"-DMEMLIM={limits.memory_mb}"]
    if case.is_liveness:
        options.append("-DNFAIR=3")  # Room for the processes that fairness has to tell apart.
    else:
        options += ["-DSAFETY", "-DBFS"] if case.expect else ["-DSAFETY"]
    run(spin_command(case, "-a"), folder)
    optimize = "-O0" if case.expect else "-O1"
    run([COMPILER, optimize, "-w", *options, "-o", "pan", "pan.c"], folder)


def read(text):
    """What the report of a search says; a limit of memory or depth ends one early, too."""
    stored = re.search(r"^ *(\d+) states, stored", text, re.M)
    errors = re.search(r"errors: (\d+)", text)
    if not stored or not errors:
        raise RuntimeError(f"the search ended early:\n{text[-3000:]}")
    law = ""
    if int(errors[1]) > 0:
        problem = re.search(r"^pan:\d+: (.*)", text, re.M)
        text_of_it = problem[1] if problem else "an error without a name"
        name = re.search(r"\b(I\d_\w+|W_reached|acceptance cycle)\b", text_of_it)
        law = name[1] if name else text_of_it
    limits = r"not completed|max search depth too small|reached -DMEMLIM|out of memory"
    return Found(law, int(stored[1]), re.search(limits, text, re.I) is None)


def search(case, limits=LIMITS, progress=lambda states, seconds: None, folder=None):
    """Runs one case, in a folder of its own; `progress` hears of every million states."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="florin-model-") as folder:
            return search(case, limits, progress, folder)
    build(case, folder, limits)
    command = ["./pan", f"-m{DEPTH_MAX}", f"-w{limits.slots_log2}"]
    command += ["-a", "-f"] if case.is_liveness else []
    started, lines = time.monotonic(), []
    with subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        try:
            for line in process.stdout:
                lines.append(line)
                states = re.search(r"States= *([\d.e+]+)", line)
                if states:
                    progress(int(float(states[1])), time.monotonic() - started)
        finally:
            process.kill()
    found = read("".join(lines))
    found.seconds = time.monotonic() - started
    return found


@unittest.skipIf(MISSING, f"the model is NOT checked for want of {MISSING}: run ./dev setup")
class ModelTest(unittest.TestCase):
    def test_the_design_holds(self):
        for case in GOOD:
            with self.subTest(case.name, flags=case.flags):
                found = self.look(case)
                self.assertEqual("", found.law, "the design breaks: see `--replay`")
                self.assertTrue(found.is_complete, "the search met a limit")
                self.assertGreaterEqual(found.states, case.states, "something cannot happen now")

    def test_each_naive_design_breaks(self):
        for case in NAIVE:
            with self.subTest(case.name, flags=case.flags):
                self.assertEqual(LAWS[case.expect], self.look(case).law)

    def test_the_stories_can_happen(self):
        for case in WITNESSES:
            with self.subTest(case.name, flags=case.flags):
                self.assertEqual(LAWS["witness"], self.look(case).law)

    def test_every_doubt_ends_because_of_the_resolver(self):
        for case in LIVENESS:
            with self.subTest(case.name, flags=case.flags):
                found = self.look(case)
                self.assertEqual(LAWS["liveness"] if case.expect else "", found.law)
                self.assertGreaterEqual(found.states, case.states)

    def look(self, case):
        found = search(case)
        print(f"  {case.name:32} {found.states:>10,} states {found.seconds:6.1f} s  {found.law}",
              flush=True)
        return found


def progress_of(case):
    shown = 0

    def progress(states, seconds):
        nonlocal shown
        if seconds - shown >= PROGRESS_SECONDS:
            shown = seconds
            print(f"  ... {case.name}: {states:,} states, {seconds:.0f} s", flush=True)

    return progress


def long_run(names, limits):
    """The exit code: 0 when every case held and was searched to its end."""
    unknown = set(names) - {case.name for case in LONG}
    if unknown:
        sys.exit(f"model: no case {', '.join(sorted(unknown))}; there are "
                 + " ".join(case.name for case in LONG))
    cases = [case for case in LONG if not names or case.name in names]
    print(f"{'configuration':26} {'states':>12} {'seconds':>8}  result   flags", flush=True)
    broken = 0
    for case in cases:
        found = search(case, limits, progress_of(case))
        few = found.states < case.states
        result = found.law or ("limit" if not found.is_complete else "too few" if few else "holds")
        broken += result != "holds"
        print(f"{case.name:26} {found.states:>12,} {found.seconds:8.1f}  {result:8} {case.flags}",
              flush=True)
    print(f"{len(cases) - broken} of {len(cases)} hold")
    return 1 if broken else 0


def replay(name):
    case = next((case for case in CASES if case.name == name), None)
    if case is None:
        sys.exit(f"model: no case {name}; there are " + " ".join(case.name for case in CASES))
    with tempfile.TemporaryDirectory(prefix="florin-model-") as folder:
        found = search(case, folder=folder)
        if not found.law:
            sys.exit(f"model: {name} holds, there is nothing to replay")
        trail, = pathlib.Path(folder).glob("*.trail")
        run(spin_command(case, "-k", trail.name, "-t", "-p", "-g"), folder, sys.stdout)
    print(f"{case.name} breaks {found.law} ({case.flags})")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--replay", metavar="NAME")
    parser.add_argument("--memory", type=int, default=LONG_LIMITS.memory_mb, metavar="MB")
    parser.add_argument("name", nargs="*")
    options = parser.parse_args()
    if not options.long and not options.replay:
        unittest.main(argv=[sys.argv[0], *options.name], verbosity=2)
    if MISSING:
        sys.exit(f"model: it needs {MISSING}: run ./dev setup")
    if options.replay:
        sys.exit(replay(options.replay))
    limits = dataclasses.replace(LONG_LIMITS, memory_mb=options.memory)
    sys.exit(long_run(options.name, limits))


if __name__ == "__main__":
    main()
