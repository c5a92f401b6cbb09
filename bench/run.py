#!/usr/bin/env python3
"""Measures Florin on this machine and writes docs/benchmarks.md. Start it with `./dev bench`.

Nothing is built here: the programs come from the folder in FLORIN_BUILD (build/release). Slow is a
figure, not a failure; only a wrong answer or a program that does not run fails.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time

import chaos
import machine
import report
from stack import Stack

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLES = ("payment,payment_order,operation,event,idempotency,"
          "ledger_transaction,ledger_entry")


WEBHOOK_SECRET = "whsec_bench"
OPEN_OPERATIONS = "select count(*) from florin.operation where due_at < 'infinity'"
# What is not in a block yet.
UNSEALED = """
    select count(*) from florin.ledger_transaction t
    where not exists (select from florin.ledger_block b
                      where b.slot = t.slot and t.xid >= b.lo_xid and t.xid < b.hi_xid)"""
SEAL_LAG = """
    select (percentile_cont(0.5) within group (order by x.lag)),
           (percentile_cont(0.99) within group (order by x.lag)), max(x.lag)
    from (select extract(epoch from b.sealed_at - t.recorded_at) as lag
          from florin.ledger_transaction t
          join florin.ledger_block b on b.slot = t.slot and t.xid >= b.lo_xid and t.xid < b.hi_xid
          where t.recorded_at between to_timestamp({began}) and to_timestamp({ended})) x"""
FIGURES = ("http", "webhooks", "backlog", "lifecycle", "ledger", "wallets", "payouts")
LEDGER_SHAPES = ("one_escrow", "spread", "read", "seal")


def settings():
    """PostgreSQL as measured before (guide of the engine): durable, and sized for the machine."""
    return {
        "synchronous_commit": "on", "fsync": "on", "full_page_writes": "on",
        "wal_compression": "lz4", "wal_buffers": "64MB", "min_wal_size": "2GB",
        "max_wal_size": "8GB", "checkpoint_timeout": "15min", "jit": "off",
        "max_connections": "100",
        "shared_buffers": f"{min(4096, machine.memory_mb() // 6)}MB",
    }


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


class HeardStack(Stack):
    """Its provider may call florin, and one key may write more than any machine can."""

    def environment(self):
        return {**super().environment(), "FLORIN_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
                "FLORIN_RATE_LIMIT_KEY_WRITES": "100000"}


class Bench:
    def __init__(self, stack, options):
        self.stack, self.options = stack, options
        self.round = 0
        self.seconds = 2 if options.quick else 10

    def tool(self, command, *arguments):
        """Runs florin-bench and reads what it measured."""
        answer = subprocess.run([self.stack.binary("florin-bench"), command, "--json",
                                 *map(str, arguments)], capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RuntimeError(f"florin-bench {command} failed: {answer.stderr[-2000:]}\n"
                               f"{answer.stdout[-2000:]}")
        return json.loads(answer.stdout)

    def load(self, *arguments, shape="payment", seconds=None):
        self.round += 1
        florin = self.stack.florins[0].url
        target, key = {"payment": (florin, self.stack.key), "webhook": (florin, WEBHOOK_SECRET),
                       "charge": (self.stack.sandbox.url, "sk_test_sandbox")}[shape]
        seed = f"{self.options.seed}-{self.round}"
        result = self.tool("load", "--url", target, "--key", key, "--shape", shape, "--seed", seed,
                           "--seconds", seconds or self.seconds, *arguments)
        if result["completed"] != result["sent"]:
            say(f"  {result['sent'] - result['completed']} of {result['sent']} not completed: "
                f"{result['statuses']} {result['failures']} {result.get('first_refusal', '')}")
        return result

    def used(self):
        """CPU seconds and WAL so far, to be subtracted."""
        stack = self.stack
        running = stack.florins[0].process is not None
        return {"florin": stack.florins[0].cpu() if running else 0.0,
                "sandbox": stack.sandbox.cpu() if stack.sandbox.process else 0.0,
                "postgres": stack.postgres.cpu(), "wal": stack.postgres.wal_bytes()}

    def costs(self, before, payments):
        after = self.used()
        each = {name: (after[name] - before[name]) * 1e6 / max(payments, 1)
                for name in ("florin", "sandbox", "postgres")}
        return {**each, "wal_bytes": (after["wal"] - before["wal"]) / max(payments, 1)}

    def warm_up(self):
        say("warming up")
        self.stack.postgres.fill_log()
        # A key that florin knows: 256 strangers at once would meet the limit of their address.
        self.load("--clients", 1, "--warmup", 0, seconds=1)
        return self.load("--clients", self.options.clients, "--warmup", 0,
                         seconds=1 if self.options.quick else 3)

    def http(self):
        rounds = []
        for number in range(self.options.rounds):
            before = self.used()
            result = self.load("--clients", self.options.clients, "--warmup", 0)
            cost = self.costs(before, result["completed"])
            result["cost"] = {"client": result["client_cpu_us"], **cost}
            rounds.append(result)
            say(f"HTTP, {self.options.clients} clients, round {number + 1}: "
                f"{result['per_second']:,.0f} payments/s, "
                f"p99 {result['latency_ms']['p99']:.1f} ms, CPU in us: "
                + ", ".join(f"{name} {value:.0f}" for name, value in cost.items()))
        return rounds

    def open_loop(self, rate):
        """Florin and the sandbox alone by turns, so that both meet the same machine."""
        rounds = {"payment": [], "charge": []}
        for number in range(self.options.rounds):
            for shape, name in (("payment", "florin"), ("charge", "the sandbox alone")):
                began = time.time()
                result = self.load("--mode", "open", "--rate", rate, "--warmup", 1, shape=shape)
                rounds[shape].append(result)
                latency = result["latency_ms"]
                say(f"{rate}/s at {name}, round {number + 1}: p50 {latency['p50']:.2f} ms, "
                    f"p99 {latency['p99']:.2f} ms"
                    + (" (saturated)" if result["saturated"] else ""))
                result["time"] = (began, time.time())
        return rounds

    def seal_lag(self, rounds):
        """How long it took until what was booked in these rounds was sealed, in seconds."""
        while int(self.query(UNSEALED)) > 0:
            time.sleep(0.5)
        lags = []
        for began, ended in (one["time"] for one in rounds):
            found = self.query(SEAL_LAG.format(began=began, ended=ended)).split("|")
            lags.append(dict(zip(("p50", "p99", "max"), map(float, found))))
            say("sealed after " + ", ".join(f"{name} {lag:.1f} s"
                                            for name, lag in lags[-1].items()))
        return lags

    def webhooks(self):
        """Signed events, each about a payment of its own; 200 means that it is on disk."""
        rounds = []
        clients = ("--clients", self.options.clients)
        self.load(*clients, "--warmup", 0, shape="webhook", seconds=1)
        for number in range(self.options.rounds):
            before = self.used()
            result = self.load(*clients, "--warmup", 0, shape="webhook")
            cost = self.costs(before, result["completed"])
            result["cost"] = {"client": result["client_cpu_us"], **cost}
            rounds.append(result)
            say(f"webhooks, round {number + 1}: {result['per_second']:,.0f}/s, "
                f"p99 {result['latency_ms']['p99']:.1f} ms, CPU in us: "
                + ", ".join(f"{name} {value:.0f}" for name, value in result["cost"].items()))
        return rounds

    def backlog(self):
        """Replies get lost, and nobody looks; then everything is due at once."""
        rounds = []
        for number in range(self.options.rounds):
            before, doubts = self.used(), self.put_in_doubt()
            began = float(self.query("select extract(epoch from clock_timestamp())"))
            self.query("update florin.operation set due_at = now() where due_at < 'infinity'")
            give_up = time.monotonic() + 300
            while int(self.query(OPEN_OPERATIONS)) > 0:
                if time.monotonic() > give_up:
                    raise RuntimeError(f"{self.query(OPEN_OPERATIONS)} operations never ended")
                time.sleep(0.2)
            ended = float(self.query("select extract(epoch from max(updated_at)) "
                                     "from florin.payment"))
            rounds.append({"operations": doubts, "seconds": ended - began,
                           "per_second": doubts / (ended - began),
                           "cost": self.costs(before, doubts)})
            say(f"backlog, round {number + 1}: {doubts:,} operations in doubt, "
                f"{rounds[-1]['per_second']:,.0f}/s resolved")
        return rounds

    def query(self, sql):
        return self.stack.postgres.query(sql)

    def put_in_doubt(self):
        """A quarter of the replies is lost, too few to open the circuit. Gives how many operations
        nobody knows the outcome of; none of them is due."""
        loaded = threading.Event()

        def put_off():
            while not loaded.wait(0.5):
                self.query("update florin.operation set due_at = now() + interval '1 day' where "
                           "state in (4, 6, 7) and due_at < now() + interval '1 hour'")

        keeper = threading.Thread(target=put_off)
        self.stack.set_faults({"rates": {"drop_reply": 0.25}})
        keeper.start()
        try:
            self.round += 1
            self.tool("load", "--url", self.stack.florins[0].url, "--key", self.stack.key,
                      "--seed", f"{self.options.seed}-{self.round}", "--clients",
                      self.options.clients, "--warmup", 0, "--seconds", self.seconds)
        finally:
            loaded.set()
            keeper.join()
            self.stack.set_faults({"rates": {}})
        return int(self.query(OPEN_OPERATIONS))

    def stop_programs(self):
        for program in (*self.stack.florins, self.stack.sandbox):
            program.stop()

    def lifecycle(self):
        """By turns with the sale, so that the ratio says what the further steps cost."""
        self.stop_programs()
        engine = ("engine", "--database", self.stack.postgres.url, "--seconds",
                  1 if self.options.quick else 5, "--story")
        self.tool(*engine, "lifecycle")
        rounds = []
        for number in range(self.options.rounds):
            sale = self.tool(*engine, "sale")
            before = self.used()
            result = self.tool(*engine, "lifecycle")
            result["cost"] = self.costs(before, result["payments"])
            rounds.append({**result, "sale_per_second": sale["per_second"]})
            say(f"lifecycle, round {number + 1}: {result['per_second']:,.0f} payments/s, "
                f"sales {sale['per_second']:,.0f}/s")
        return rounds

    def ledger(self):
        """All shapes by turns, so that their ratios say something."""
        self.stop_programs()
        seconds = 1 if self.options.quick else 4
        rounds = {shape: [] for shape in LEDGER_SHAPES}
        for number in range(self.options.rounds):
            for shape, results in rounds.items():
                results.append(self.tool("ledger", "--database", self.stack.postgres.url,
                                         "--shape", shape, "--seconds", seconds))
            say(f"ledger, round {number + 1}: " + ", ".join(
                f"{shape} {results[-1]['per_second']:,.0f}/s" for shape, results in rounds.items()
                if shape != "read"))
        return rounds

    def wallets(self):
        """One wallet that everybody spends, and many, by turns."""
        self.stop_programs()
        spend = ("wallets", "--database", self.stack.postgres.url, "--seconds",
                 1 if self.options.quick else 5, "--wallets")
        rounds = []
        for number in range(self.options.rounds):
            one = self.tool(*spend, 1)
            many = self.tool(*spend, 1_000 if self.options.quick else 100_000)
            rounds.append({"one": one["per_second"], "many": many["per_second"]})
            say(f"wallets, round {number + 1}: {one['per_second']:,.0f} spends/s of one, "
                f"{many['per_second']:,.0f}/s of many")
        return rounds

    def payouts(self):
        """Once: most of it is making the sellers."""
        self.stop_programs()
        done = self.tool("payouts", "--database", self.stack.postgres.url, "--sellers",
                         2_000 if self.options.quick else 100_000)
        say(f"payouts: {done['payouts']:,} in {done['seconds']:.0f} s, {done['per_second']:,.0f}/s")
        return [done]

    def engine_and_copy(self):
        """By turns as well: the ratio of two figures from different minutes would mean nothing."""
        self.stop_programs()
        database = ("--database", self.stack.postgres.url)
        seconds = ("--seconds", 1 if self.options.quick else 5)
        say("warming up the engine")
        self.tool("engine", *database, *seconds)
        engine, copy = [], []
        for number in range(self.options.rounds):
            copy.append(self.tool("copy", *database, "--tables", self.options.tables, "--payments",
                                  5_000 if self.options.quick else 50_000))
            before = self.used()
            result = self.tool("engine", *database, *seconds)
            result["cost"] = self.costs(before, result["payments"])
            engine.append(result)
            say(f"engine, round {number + 1}: {result['per_second']:,.0f} payments/s, "
                f"raw COPY {copy[-1]['per_second']:,.0f}")
        return engine, copy


def has_engine(build):
    told = subprocess.run([os.path.join(build, "florin-bench"), "--help"], capture_output=True,
                          text=True, check=True)
    return "\nengine " in told.stdout


def measure(options, build):
    """Everything in one run; a dictionary that report.py turns into a page."""
    logs = os.path.join(ROOT, "build", "bench")
    say("starting PostgreSQL, the sandbox and florin")
    with HeardStack(build, logs, settings()) as stack:
        about = machine.describe(build, stack.folder,
                                 stack.postgres.query("show server_version"))
        usage, bench = machine.Usage(), Bench(stack, options)
        bench.warm_up()
        if options.only:
            return {options.only: getattr(bench, options.only)()}
        results = {"closed": bench.http(),
                   "open": {rate: bench.open_loop(rate) for rate in (100, 1000)}}
        results["seal_lag"] = bench.seal_lag(results["open"][1000]["payment"])
        results["webhooks"], results["backlog"] = bench.webhooks(), bench.backlog()
        if has_engine(build):
            # First: the copy takes all rows for those of payments.
            results["engine"], results["copy"] = bench.engine_and_copy()
            results["lifecycle"], results["wallets"] = bench.lifecycle(), bench.wallets()
            results["ledger"], results["payouts"] = bench.ledger(), bench.payouts()
        else:
            say("this florin-bench has no engine command: its figures stay open")
        busy, steal = usage.shares()
        about["During the run"] = f"busy {busy:.0%}, steal {steal:.1%}"
        results["machine"] = about
    return results


def run_chaos(options, build):
    seed = chaos.seed_from_environment()
    logs = os.path.join(ROOT, "build", "chaos")
    with Stack(build, logs, settings(), florins=2, sandbox_keeps_data=True) as stack:
        summary = chaos.Chaos(stack, seed, payments=options.payments, say=say).run()
    say(summary)


def run_simulation(options, build):
    """Prints what the simulator counted; it fails when a world ended badly."""
    jobs = str(os.cpu_count() or 1)
    command = [os.path.join(build, "florin-simulator"), "--payments", str(options.simulate),
               "--jobs", jobs]
    say(f"simulating {options.simulate} payments with faults, {jobs} worlds at a time")
    sys.exit(subprocess.run(command, check=False).returncode)


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a couple of seconds per figure")
    parser.add_argument("--chaos", action="store_true",
                        help="instead of measuring: faults and kills, then every charge compared")
    parser.add_argument("--only", choices=FIGURES, help="measure this alone, and write no page")
    parser.add_argument("--payments", type=int, default=10_000, help="of --chaos (10000)")
    parser.add_argument("--simulate", type=int, nargs="?", const=10_000_000, metavar="N",
                        help="instead of measuring: N simulated payments with faults (10000000)")
    parser.add_argument("--clients", type=int, default=256, help="of the closed loop (256)")
    parser.add_argument("--rounds", type=int, default=3, help="per figure (3)")
    parser.add_argument("--seed", default=f"{int(time.time()):x}", help="prefix of all ids")
    parser.add_argument("--tables", default=TABLES, help="what the raw COPY copies")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs", "benchmarks.md"))
    return parser.parse_args()


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Ends what was started, too.
    build = os.environ.get("FLORIN_BUILD", os.path.join(ROOT, "build", "release"))
    missing = [name for name in ("florin", "florin-sandbox", "florin-bench", "florin-simulator")
               if not os.path.exists(os.path.join(build, name))]
    if missing:
        sys.exit(f"{', '.join(missing)} missing in {build}: build first, or set FLORIN_BUILD")
    if options.simulate:
        return run_simulation(options, build)
    if options.chaos:
        return run_chaos(options, build)
    results = measure(options, build)
    if options.only:
        return None
    raw = os.path.join(ROOT, "build", "bench", "results.json")
    with open(raw, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=2)
    report.write(options.out, results, quick=options.quick)
    say(f"wrote {options.out}; every round is in {raw}")
    return None


if __name__ == "__main__":
    main()
