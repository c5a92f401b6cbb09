"""Tests of the whole through a shop's eyes: an impatient stack, merchants of their own, faults.

The sandbox's list of charges is the truth about money.
"""

import contextlib
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import kit

# Silence is unknown after 1.5 s, and half a second later somebody else may look.
FAST = {"FLORIN_PROVIDER_TIME_MS": "1500", "FLORIN_LEASE_EXTRA_MS": "500",
        "FLORIN_RESOLVER_PERIOD_MS": "50"}
PATIENCE = 30
CREATE, INTENTS = "/v1/payment_intents", "/v1/payment_intents/*"


def eventually(condition, patience=PATIENCE):
    """What `condition` gives as soon as it is true; the last it gave when it never is."""
    until = time.monotonic() + patience
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def at_once(*calls):
    """Runs the calls from threads that start together; their answers, in order."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        barrier.wait(PATIENCE)
        answers[number] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class FastStack(kit.Stack):
    def environment(self):
        return {**super().environment(), **FAST}


class ApiTest(kit.StackTest):
    stack_type = FastStack

    def new_key(self, *options):
        return self.stack.florin_json("keys", "create", "--name", "test", "--merchant",
                                      uuid.uuid4().hex, *options)

    def shop(self):
        """A client of a merchant that nobody else has."""
        return self.client(self.new_key()["key"])

    def fault(self, fault, path=CREATE, **more):
        """For the next POST to that path at the provider."""
        self.stack.set_faults({"next": [{"fault": fault, "path": path, "method": "POST"}], **more})

    def charges(self, payment):
        """What the provider really charged for a payment."""
        return [charge for charge in self.stack.sandbox_charges()
                if charge["metadata"].get("florin_payment") == payment]

    def audit(self):
        """The auditor of the invariants finds nothing."""
        answer = subprocess.run([self.stack.binary("florin"), "audit"], capture_output=True,
                                text=True, check=False, env={
                                    **os.environ, "FLORIN_DATABASE_URL": self.stack.postgres.url})
        self.assertEqual(answer.returncode, 0, answer.stdout[-3000:] + answer.stderr)

    def pay(self, shop, status=201, **changes):
        answer = shop.post("/v1/payments", kit.order(**changes))
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def read(self, shop, payment):
        return shop.get("/v1/payments/" + payment).json

    def settled(self, shop, payment, status):
        """The payment as soon as it has that status and is certain."""
        def look():
            seen = self.read(shop, payment)
            return seen if seen["status"] == status and not seen["outcome_unknown"] else None
        found = eventually(look)
        self.assertIsNotNone(found, f"not {status}: {self.read(shop, payment)}")
        return found

    def event_types(self, shop, payment):
        events = shop.get(f"/v1/payments/{payment}/events").json["data"]
        return [event["type"].removeprefix("payment.") for event in events]

    def assert_problem(self, answer, status, code, pointer=None):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["code"], code, answer.text)
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["detail"] and problem["title"])
        self.assertEqual(problem["type"], "/problems/" + code)
        if pointer:
            errors = {error["pointer"]: error for error in problem["errors"]}
            self.assertIn(pointer, errors)
            self.assertEqual(errors[pointer]["code"], code)
            self.assertTrue(errors[pointer]["detail"])
        return problem


    def challenged(self, shop, **changes):
        """A payment that waits for its buyer to authenticate."""
        method = {"type": "card", "token": "pm_card_threeDSecure2Required"}
        return self.pay(shop, 202, payment_method=method,
                        return_url=self.stack.sandbox.url + "/_sandbox/health", **changes)

    def decide(self, payment, outcome):
        """What the buyer's bank would do on its page."""
        url = f"{self.stack.sandbox.url}/_sandbox/3ds/{payment['provider']['reference']}"
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(url, data=f"outcome={outcome}".encode(), timeout=10).close()


class LifecycleTest(ApiTest):
    """What happens to a payment, seen by the shop, by the provider and by the ledger."""

    def act(self, shop, payment, action, body=None, status=200, key=None):
        answer = shop.post(f"/v1/payments/{payment}/{action}", body, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def charge(self, payment):
        (charge,) = self.charges(payment)
        return charge

    def balance(self, shop, account):
        answer = shop.get(f"/v1/ledger/accounts/{account}")
        return answer.json["balance"] if answer.status == 200 else "0.00"

    def assert_balances(self, shop, escrow, receivable, in_flight="0.00",
                        unapplied="0.00"):
        self.assertEqual((self.balance(shop, "escrow:EUR"),
                          self.balance(shop, "psp_receivable:stripe:EUR"),
                          self.balance(shop, "refund_in_flight:stripe:EUR"),
                          self.balance(shop, "unapplied:EUR")),
                         (escrow, receivable, in_flight, unapplied))
        for row in self.stack.florin_json("ledger", "trial-balance")["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)
