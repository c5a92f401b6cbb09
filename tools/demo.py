#!/usr/bin/env python3
"""Plays an order from payment to payout against real programs, and tells what happened.

usage: ./dev demo [--once]
  --once   ends after the story; without it everything stays up until Ctrl-C

FLORIN_PORT and FLORIN_SANDBOX_PORT choose the ports; by default the system does. The data live in a
fresh folder under $TMPDIR and are removed at the end.
"""

import decimal
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid

from demo_kit import ORDER, ROOT, heading, need, table  # Also finds tests/ and bench/.
from demo_market import PAYING, Market
import kit
from stack import Program

BUILD = pathlib.Path(os.environ.get("FLORIN_BUILD", ROOT / "build/release")).resolve()
# Ctrl-C is for this program alone, which stops the others in order; if it is killed, they end too.
GUARD = ["setpriv", "--pdeathsig", "TERM", "setsid"]


class Demo:
    def __init__(self, folder):
        self.folder = folder
        self.data = os.path.join(folder, "data")
        self.programs = []

    def start(self):
        logs = os.path.join(self.folder, "logs")
        os.mkdir(logs)
        sandbox = Program("sandbox", [
            *GUARD, BUILD / "florin-sandbox", "--listen",
            f"127.0.0.1:{os.environ.get('FLORIN_SANDBOX_PORT', '0')}"], logs)
        self.programs.append(sandbox)
        sandbox.start()
        environment = {**PAYING, "FLORIN_STRIPE_URL": sandbox.url, "FLORIN_LOG": "info",
                       "FLORIN_STRIPE_SECRET_KEY": "sk_test_sandbox"}
        os.environ.pop("FLORIN_DATABASE_URL", None)  # The demonstration keeps to its own database.
        florin = Program("florin", [
            *GUARD, BUILD / "florin", "serve", "--data-dir", self.data, "--listen",
            f"127.0.0.1:{os.environ.get('FLORIN_PORT', '0')}"], logs, environment)
        self.programs.append(florin)
        florin.start()
        self.url, self.sandbox_url = florin.url, sandbox.url

    def stop(self):
        for program in reversed(self.programs):
            program.stop()

    def command(self, *arguments):
        answer = subprocess.run([BUILD / "florin", *arguments, "--json", "--data-dir", self.data],
                                capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(f"florin {' '.join(arguments)} failed:\n{answer.stderr}")
        return json.loads(answer.stdout)

    def play(self):
        heading("1. A shop gets an API key")
        key = self.command("keys", "create", "--name", "demo")
        self.key = key["key"]
        print("    $ florin keys create --name demo")
        print(f"    {self.key}  for merchant {key['merchant_id']}")
        client = kit.Client(self.url, self.key)
        market = Market(self, client)
        market.open()

        heading("2. A buyer orders from two sellers: the card is authorized, nothing is taken yet")
        print("    POST /v1/payments   capture: manual")
        payment = need(client.post("/v1/payments", ORDER), "the payment")
        self.payment = payment["id"]
        self.show(payment)

        heading("3. The goods are ready: the shop captures")
        print(f"    POST /v1/payments/{self.payment}/capture")
        need(client.post(f"/v1/payments/{self.payment}/capture"), "the capture")

        heading("4. What the shop reads back")
        print(f"    GET /v1/payments/{self.payment}")
        self.show(need(client.get(f"/v1/payments/{self.payment}"), "reading"))

        heading("5. How it got there")
        events = need(client.get(f"/v1/payments/{self.payment}/events"), "reading the events")
        for event in events["data"]:
            print(f"    {event['created_at']}  {event['type']}")

        heading("6. What the ledger says: each amount stands on two sides")
        self.show_ledger(client)
        heading("7. And all the books together")
        print("    $ florin ledger trial-balance")
        self.show_trial_balance()
        market.play(self.payment)
        client.close()
        heading("14. And the auditor, who has an arithmetic of his own, agrees")
        print("    $ florin audit")
        report = self.command("audit")
        print(f"    {len(report['checks'])} checks, no findings")

    def show(self, payment):
        provider = payment["provider"]
        print(f"    {payment['id']} is {payment['status']} at {provider['name']}"
              f" ({provider['reference']})")
        print(f"    {payment['amount']} {payment['currency']}: {payment['amount_authorized']}"
              f" authorized, {payment['amount_captured']} captured\n")
        rows = [["order", "seller", "amount", "status", "", "in the ledger"]]
        for one in payment["payment_orders"]:
            rows.append([one["payment_order_id"], one["seller_account"], one["amount"],
                         one["status"], one["payment_order_status"],
                         "yes" if one["ledger_updated"] else "not yet"])
        table(rows, right=("amount",))

    def show_ledger(self, client):
        entries, balances = [["account", "debit", "credit", "for"]], []
        accounts = need(client.get("/v1/ledger/accounts"), "reading the accounts")["data"]
        for account in accounts:
            path = f"/v1/ledger/accounts/{account['id']}"
            found = need(client.get(f"{path}/entries?payment={self.payment}"), "reading entries")
            for entry in found["data"]:
                debit = entry["direction"] == "debit"
                entries.append([account["id"], entry["amount"] if debit else "",
                                "" if debit else entry["amount"], entry["kind"]])
            balances.append([account["id"], account["normal"], account["balance"],
                             account["currency"]])
        table(entries, right=("debit", "credit"))
        print()
        table([["account", "grows by", "balance", ""], *balances], right=("balance",))

    def show_trial_balance(self):
        rows = [["currency", "debits", "credits", "difference"]]
        for one in self.command("ledger", "trial-balance")["currencies"]:
            rows.append([one["currency"], one["debits"], one["credits"], one["difference"]])
        table(rows, right=("debits", "credits", "difference"))
        if any(decimal.Decimal(row[3]) for row in rows[1:]):
            raise RuntimeError("the books do not balance")

    def invite(self):
        """Lines to paste into another terminal."""
        order = dict(ORDER, checkout_id="chk_1002", capture="automatic")
        heading("It is yours now. In another terminal:")
        print(f"""
export FLORIN_URL={self.url}
export FLORIN_KEY={self.key}

curl -s $FLORIN_URL/v1/payments \\
  -H "Authorization: Bearer $FLORIN_KEY" -H "Content-Type: application/json" \\
  -H "Idempotency-Key: {uuid.uuid4()}" \\
  -d '{json.dumps(order)}'

curl -s $FLORIN_URL/v1/payments -H "Authorization: Bearer $FLORIN_KEY"
curl -s $FLORIN_URL/v1/payments/{self.payment}/events -H "Authorization: Bearer $FLORIN_KEY"
""")
        table([["what", "where"], ["Florin's API", self.url],
               ["its description", f"{self.url}/openapi.json"],
               ["metrics", f"{self.url}/metrics"],
               ["the provider (florin-sandbox)", self.sandbox_url],
               ["logs", os.path.join(self.folder, "logs")]])
        print("\nCtrl-C stops everything and removes its data.", flush=True)

    def stay_up(self):
        """Until Ctrl-C, SIGTERM, or the end of one of the programs."""
        wait_for = {program.process.pid: program for program in self.programs}
        while True:
            pid, _ = os.wait()
            if pid in wait_for:
                raise RuntimeError(f"{wait_for[pid].name} ended by itself; its last words:\n"
                                   + wait_for[pid].tail())


def main(arguments):
    if set(arguments) - {"--once"}:
        print(__doc__)
        return 0 if set(arguments) <= {"--help", "-h"} else 2
    # SIGTERM and a closed terminal end it in the same way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    folder = tempfile.mkdtemp(prefix="florin-demo-")
    os.chmod(folder, 0o755)  # Started by root, the database runs as another user and passes here.
    demo, code = Demo(folder), 0
    try:
        print("demo: starting florin, florin-sandbox and a PostgreSQL of its own", flush=True)
        demo.start()
        demo.play()
        if "--once" not in arguments:
            demo.invite()
            demo.stay_up()
    except KeyboardInterrupt:
        print("\ndemo: stopping")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        print(f"\ndemo: {error or type(error).__name__}", file=sys.stderr)
        code = 1
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # A second Ctrl-C does not leave half of it.
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if code == 0 and "--once" in arguments:
        print("\ndemo: done; everything is stopped and removed")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
