"""Two million payments in worlds of faults, and wrong designs planted (docs/simulation.md).

The simulator is built in the release preset, because it is a matter of speed: FLORIN_SIMULATED
names another number of payments.
"""

import json
import os
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIMULATOR = ROOT / "build/release/florin-simulator"
PAYMENTS = int(os.environ.get("FLORIN_SIMULATED", "2000000"))
FAULTS = 25


def setUpModule():
    subprocess.run([ROOT / "dev", "build", "release", "florin-simulator"], check=True)


def simulator(*arguments):
    command = [SIMULATOR, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Simulation(unittest.TestCase):
    def test_every_world_ends_well(self):
        done = simulator("--payments", PAYMENTS, "--jobs", os.cpu_count() or 1, "--json")
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-2000:])
        tally = json.loads(done.stdout)
        self.assertGreaterEqual(tally["payments"], PAYMENTS)
        # Worlds in which nothing ever goes wrong would prove nothing.
        for fault in ("unknowns", "crashes", "late_successes", "for_a_person"):
            self.assertGreater(tally[fault], 0, fault)

    def test_each_planted_fault_is_found(self):
        done = simulator("--faults")
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{FAULTS} planted faults, 0 missed", done.stdout)


class Replay(unittest.TestCase):
    def trace(self, seed):
        done = simulator("--seed", seed, "--trace", "--json")
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        lines = done.stdout.splitlines()
        return lines[:-1], json.loads(lines[-1])

    def test_a_seed_is_the_same_world_each_time(self):
        for seed in (3, 5, 7):
            with self.subTest(seed=seed):
                first, second = self.trace(seed), self.trace(seed)
                self.assertEqual(first[0], second[0])
                self.assertEqual(first[1]["hash"], second[1]["hash"])
                self.assertGreater(len(first[0]), 500)

    def test_another_seed_is_another_world(self):
        self.assertNotEqual(self.trace(3)[1]["hash"], self.trace(5)[1]["hash"])

    def test_a_broken_world_names_its_seed(self):
        done = simulator("--fault", "random_provider_key", "--payments", 1000)
        self.assertEqual(done.returncode, 1)
        self.assertIn("look at it with: florin-simulator --seed", done.stdout)

    def test_what_it_does_not_understand_is_refused(self):
        for wrong in (["--seed", "x"], ["--fault", "nothing"], ["--what"], ["--payments"]):
            with self.subTest(wrong=wrong):
                self.assertEqual(simulator(*wrong).returncode, 2)


if __name__ == "__main__":
    unittest.main()
