"""Turns measured rounds into docs/benchmarks.md. Notes that people wrote there are kept."""

import os
import statistics

NOTES = "## Notes"
DEFAULT_NOTES = f"""{NOTES}

Why a goal was not reached belongs here. This section is kept when the table is written again.
"""
METHOD = """\
A payment has two sellers; it is authorized, captured and posted to the ledger, durably. Client,
florin, sandbox and PostgreSQL share the machine. The median of {rounds} rounds speaks; the range is
their lowest and highest. In the open loop the requests arrive as a Poisson process and latency
counts from the intended time of each. What Florin adds is its latency less that of the sandbox
alone at the same rate, round by round; a difference of percentiles is not the percentile of a
difference. CPU and WAL are per payment; CPU of florin is the server's in the HTTP rows and the
benchmark's own in the engine rows.

A whole life is: authorize, capture 40 of 100, capture 30 and let the rest go, refund 20; its
payment is read before each step, the provider is inside the process. Webhooks are signed events
of 1.2 kB over HTTP, each new and about another payment that waits for nothing; 200 comes after the
commit. The backlog is made of payments whose replies the sandbox lost: all of them are due at one
moment, and one florin asks the sandbox for each and writes what it hears.

The ledger's figures are postings alone, 256 to a durable transaction, over two connections: a
capture has three entries. What was posted for some seconds is then sealed at once by one sealer.
In production it is sealed when it is ten seconds old. Wallets are spent through their connector,
in batches as well. In a payout run every seller is due: one worker makes the payouts, books them
with a reserve and puts them into files for the bank.

Not completed: {lost:,} of {sent:,} requests. Out of connections: {full}."""


class Row:
    """One figure. `goal` is (limit, "at least" or "below"); without a goal it only informs."""

    def __init__(self, name, values, unit, digits=0, goal=None):
        self.name, self.values, self.unit = name, sorted(values), unit
        self.digits, self.goal = digits, goal

    def _number(self, value):
        return f"{value:,.{self.digits}f}"

    def reached(self):
        if not self.goal:
            return ""
        if not self.values:
            return "not measured"
        limit, kind = self.goal
        median = statistics.median(self.values)
        return "yes" if (median >= limit if kind == "at least" else median < limit) else "**no**"

    def line(self):
        cells = ["–", "–"]
        if self.values:
            cells[0] = f"{self._number(statistics.median(self.values))} {self.unit}".strip()
            if len(self.values) > 1:
                cells[1] = f"{self._number(self.values[0])} – {self._number(self.values[-1])}"
        goal = ""
        if self.goal:
            goal = f"{self.goal[1]} {self.goal[0]:,g} {self.unit}".strip()
        return f"| {self.name} | {cells[0]} | {cells[1]} | {goal} | {self.reached()} |"


def _of(rounds, *path):
    values = rounds
    for name in path:
        values = [value[name] for value in values if name in value]
    return values


def throughput(results):
    engine, copy = results.get("engine", []), results.get("copy", [])
    ratios = [ours["per_second"] / raw["per_second"] for ours, raw in zip(engine, copy)]
    webhooks, life = results.get("webhooks", []), results.get("lifecycle", [])
    of_a_sale = [each["per_second"] / each["sale_per_second"] for each in life]
    return [
        Row("Engine without HTTP", _of(engine, "per_second"), "payments/s",
            goal=(10_000, "at least")),
        Row("Raw COPY of the same rows", _of(copy, "per_second"), "payments/s"),
        Row("Engine ÷ raw COPY, by turns", ratios, "", 2, goal=(0.6, "at least")),
        Row("HTTP in both directions, closed loop", _of(results["closed"], "per_second"),
            "payments/s", goal=(3_000, "at least")),
        Row("p99 in that closed loop", _of(results["closed"], "latency_ms", "p99"), "ms", 1),
        Row("Whole life, engine without HTTP", _of(life, "per_second"), "payments/s"),
        Row("Whole life ÷ sale, by turns", of_a_sale, "", 2),
        Row("A payout run of 100,000 sellers", _of(results.get("payouts", []), "per_second"),
            "payouts/s"),
        Row("Spending one wallet", _of(results.get("wallets", []), "one"), "spends/s"),
        Row("Spending 100,000 wallets", _of(results.get("wallets", []), "many"), "spends/s"),
        Row("Webhooks of the provider, closed loop", _of(webhooks, "per_second"), "webhooks/s",
            goal=(5_000, "at least")),
        Row("p99 in that closed loop", _of(webhooks, "latency_ms", "p99"), "ms", 1),
        Row("Backlog of the resolver", _of(results.get("backlog", []), "per_second"),
            "operations/s"),
    ]


def ledger(results):
    rounds = results.get("ledger", {})
    rates = {shape: _of(many, "per_second") for shape, many in rounds.items()}
    ratios = [one / all_ for one, all_ in zip(rates.get("one_escrow", []), rates.get("spread", []))]
    return [
        Row("Captures on one escrow account", rates.get("one_escrow", []), "postings/s",
            goal=(10_000, "at least")),
        Row("Captures over a thousand accounts", rates.get("spread", []), "postings/s"),
        Row("One account ÷ a thousand, by turns", ratios, "", 2, goal=(0.9, "at least")),
        Row("Balance with a tail of 10,000 entries, p50",
            _of(rounds.get("read", []), "latency_ms", "p50"), "ms", 2),
        Row("The same, p99", _of(rounds.get("read", []), "latency_ms", "p99"), "ms", 2),
        Row("Sealing what has piled up", rates.get("seal", []), "postings/s"),
        Row("Sealed after, at 1,000 payments/s, p50", _of(results["seal_lag"], "p50"), "s", 1),
        Row("The same, the last one", _of(results["seal_lag"], "max"), "s", 1),
    ]


def latency(results):
    rows = []
    for rate, rounds in results["open"].items():
        for shape, name in (("payment", "Florin"), ("charge", "sandbox alone")):
            for part in ("p50", "p90", "p99", "p99.9", "max"):
                rows.append(Row(f"{name} at {rate:,}/s, {part}",
                                _of(rounds[shape], "latency_ms", part), "ms", 2))
        for part in ("p50", "p99"):
            added = [ours - theirs for ours, theirs in
                     zip(_of(rounds["payment"], "latency_ms", part),
                         _of(rounds["charge"], "latency_ms", part))]
            goal = (15, "below") if (rate, part) == (1000, "p99") else None
            rows.append(Row(f"Added by Florin at {rate:,}/s, {part}", added, "ms", 2, goal))
    return rows


def cost(results):
    rows, closed = [], results["closed"]
    for part in ("client", "florin", "sandbox", "postgres"):
        rows.append(Row(f"HTTP: CPU of {part}", _of(closed, "cost", part), "µs"))
    total = [sum(each["cost"][part] for part in ("client", "florin", "sandbox", "postgres"))
             for each in closed]
    rows.append(Row("HTTP: CPU of all", total, "µs"))
    rows.append(Row("HTTP: WAL", _of(closed, "cost", "wal_bytes"), "bytes"))
    engine = results.get("engine", [])
    rows.append(Row("Engine: CPU of florin", _of(engine, "client_cpu_us"), "µs"))
    rows.append(Row("Engine: CPU of postgres", _of(engine, "cost", "postgres"), "µs"))
    rows.append(Row("Engine: WAL", _of(engine, "cost", "wal_bytes"), "bytes"))
    for part in ("client", "florin", "postgres"):
        rows.append(Row(f"Webhook: CPU of {part}", _of(results.get("webhooks", []), "cost", part),
                        "µs"))
    rows.append(Row("Webhook: WAL", _of(results.get("webhooks", []), "cost", "wal_bytes"), "bytes"))
    rows.append(Row("Raw COPY: WAL", _of(results.get("copy", []), "wal_bytes_per_payment"),
                    "bytes"))
    return rows


def table(title, rows):
    head = [f"## {title}", "", "| figure | median | range | goal | reached |",
            "|---|---|---|---|---|"]
    return "\n".join(head + [row.line() for row in rows])


def notes_in(path):
    if not os.path.exists(path):
        return DEFAULT_NOTES
    with open(path, encoding="utf-8") as file:
        _, found, text = file.read().partition(NOTES)
    return found + text if found else DEFAULT_NOTES


def saturated(results):
    rounds = [(rate, shape, each) for rate, shapes in results["open"].items()
              for shape, many in shapes.items() for each in many]
    return sorted({f"{rate}/s ({'Florin' if shape == 'payment' else 'sandbox'})"
                   for rate, shape, each in rounds if each["saturated"]})


def refused(results):
    rounds = [*results["closed"], *results.get("webhooks", [])]
    rounds += [each for shapes in results["open"].values() for many in shapes.values()
               for each in many]
    sent = sum(each["sent"] for each in rounds)
    return sent - sum(each["completed"] for each in rounds), sent


def write(path, results, quick):
    lost, sent = refused(results)
    full = saturated(results)
    about = "\n".join(f"| {name} | {value} |" for name, value in results["machine"].items())
    method = METHOD.format(rounds=len(results["closed"]), lost=lost, sent=sent,
                           full=", ".join(full) or "never")
    parts = [
        "# Benchmarks",
        "Written by `./dev bench" + (" --quick" if quick else "") + "`; only the notes at the end "
        "are written by hand.",
        method,
        table("Throughput", throughput(results)),
        table("Ledger", ledger(results)),
        table("Latency", latency(results)),
        table("Cost per payment", cost(results)),
        f"## Machine\n\n| | |\n|---|---|\n{about}",
        notes_in(path).rstrip(),
    ]
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n\n".join(parts) + "\n")
