"""All money events in any order: after each of them all invariants hold.

Two florins, one provider that tells them of disputes, two sellers, three buyers with wallets and
points. Each step is drawn; what cannot be done then is refused with a problem and changes nothing.
After each the auditor looks at everything. FLORIN_SEED repeats a run.
"""

import decimal
import os
import random
import unittest

import kit  # Also finds bench/.
from disputes_test import DISPUTED, HeardStack
from fx_test import FxStack
from shipping_test import HOLDS_NOTHING, ShippingCase
from shop import at_once, eventually

STEPS = 40
AT_ONCE = 3
OURS, THEIRS = "GB82WEST12345698765432", "DE89370400440532013000"
SELLERS, BUYERS = ("seller_a", "seller_b"), ("ann", "bob", "cy")
CARDS = ({"type": "card", "token": "pm_card_visa"}, DISPUTED,
         {"type": "card", "token": "pm_card_visa_chargeDeclined"},
         {"type": "card", "token": "pm_card_refundFail"})


class MoneyStack(HeardStack, FxStack):
    """What is delivered is released at once; a point is worth two cents; there is a bank, and
    there are rates."""

    def environment(self):
        return {**super().environment(), **HOLDS_NOTHING, "FLORIN_POINTS_CURRENCY": "EUR",
                "FLORIN_POINTS_VALUE": "2", "FLORIN_PAYOUT_BANK_NAME": "Market",
                "FLORIN_PAYOUT_BANK_IBAN": OURS, "FLORIN_PAYOUT_PERIOD_MS": "50"}


class Game:
    """What may be done next, and with what. It knows only ids."""

    def __init__(self, stack, key, clerk, draw):
        self.stack, self.key, self.clerk, self.draw = stack, key, clerk, draw
        self.payments, self.orders, self.payouts, self.booked = [], [], [], []
        self.counted = {}  # (step, status) -> how often.
        self.steps = {
            self.pay: 4, self.top_up: 1, self.capture: 1, self.cancel: 1, self.adjust: 1,
            self.refund: 2, self.ship: 5, self.answer_dispute: 1, self.give: 1, self.pay_out: 4,
            self.export: 3, self.on_payout: 4, self.book: 1, self.reverse: 1}
        self.untried = self.draw.sample(list(self.steps), len(self.steps))

    def ask(self, name, method, path, body=None, key=None):
        florin = self.draw.randrange(len(self.stack.florins))
        client = self.stack.client(key or self.key, florin)
        try:
            answer = client.request(method, path, {} if body is None else body,
                                    {"Idempotency-Key": f"{self.draw.getrandbits(64)}"}) \
                if method != "GET" else client.get(path)
        finally:
            client.close()
        if answer.status >= 500:
            raise AssertionError(f"{name}: {answer.status} {answer.text}")
        if answer.status >= 400 and not answer.json["code"]:
            raise AssertionError(f"{name}: {answer.text}")
        where = (name, answer.status)
        self.counted[where] = self.counted.get(where, 0) + 1
        return answer.json if answer.status < 300 else None

    def amount(self, most=6000):
        return f"{self.draw.randint(1, most) / 100:.2f}"

    def pay(self):
        kind = self.draw.choice(("card", "card", "wallet", "points"))
        method = self.draw.choice(CARDS) if kind == "card" else {"type": kind}
        body = kit.order(checkout_id=f"chk_{self.draw.getrandbits(32)}", payment_method=method,
                         capture=self.draw.choice(("automatic", "automatic", "manual")),
                         buyer={"id": self.draw.choice(BUYERS)},
                         payment_orders=[{"payment_order_id": f"ord_{n}", "seller_account": seller,
                                          "amount": f"{self.draw.randint(1, 3000) * 2 / 100:.2f}"}
                                         for n, seller in enumerate(SELLERS, 1)])
        name = "pay"
        if kind == "card":
            name = self.draw.choice(("pay", "pay split", "pay at a quote"))
        if name == "pay split":
            body["split_tender"] = {"type": self.draw.choice(("points", "wallet")),
                                    "amount": f"{self.draw.randint(1, 1500) * 2 / 100:.2f}"}
        if name == "pay at a quote":
            body["fx_quote"] = self.quote(body["payment_orders"])
        made = self.ask(name, "POST", "/v1/payments", body)
        if made and "payment_orders" in made:
            self.payments.append(made["id"])
            self.orders += [one["id"] for one in made["payment_orders"]]

    def top_up(self):
        made = self.ask("top up", "POST", "/v1/payments", kit.order(
            checkout_id=f"chk_{self.draw.getrandbits(32)}", payment_method=self.draw.choice(CARDS),
            capture=self.draw.choice(("automatic", "manual")), buyer={"id": "ann"},
            payment_orders=[{"payment_order_id": "top_up", "wallet": self.draw.choice(BUYERS),
                             "amount": self.amount()}]))
        if made and "payment_orders" in made:
            self.payments.append(made["id"])

    def quote(self, orders):
        total = sum(decimal.Decimal(one["amount"]) for one in orders)
        return self.ask("quote", "POST", "/v1/fx_quotes", {
            "amount": str(total), "currency": "EUR",
            "presentment_currency": self.draw.choice(("USD", "JPY"))})["id"]

    def on_payment(self, name, body=None):
        if self.payments:
            path = f"/v1/payments/{self.draw.choice(self.payments[-6:])}/{name}"
            self.ask(name, "POST", path, body)

    def capture(self):
        self.on_payment("capture", self.draw.choice(
            ({}, {"amount": self.amount(), "final": False}, {"amount": self.amount()})))

    def cancel(self):
        self.on_payment("cancel")

    def adjust(self):
        self.on_payment("adjust", {"amount": self.amount(9000)})

    def refund(self):
        self.on_payment("refunds", self.draw.choice(({}, {"amount": self.amount()})))

    def ship(self):
        if self.orders:
            status = self.draw.choice(("shipped", *["delivered"] * 4, "returned"))
            self.ask("ship " + status, "POST",
                     f"/v1/payment_orders/{self.draw.choice(self.orders[-8:])}/shipment",
                     {"status": status, "carrier": "dhl"})

    def answer_dispute(self):
        for payment in self.payments[-8:]:
            for one in self.ask("disputes", "GET", f"/v1/payments/{payment}/disputes")["data"]:
                if one["status"] == "needs_response":
                    self.stack.answer(one, self.draw.choice(
                        ("winning_evidence", "losing_evidence")))
                    self.stack.advance_sandbox()
                    return

    def give(self):
        owner = self.draw.choice(BUYERS)
        self.ask("credit", "POST", f"/v1/wallets/{owner}/credits",
                 {"amount": self.amount(), "currency": "EUR"})
        self.ask("points", "POST", f"/v1/wallets/{owner}/points",
                 {"amount": str(self.draw.randint(1, 5000))})

    def pay_out(self):
        made = self.ask("pay out", "POST", "/v1/payouts",
                        {"seller": self.draw.choice(self.sellers), "currency": "EUR"})
        if made:
            self.payouts.append(made["id"])

    def export(self):
        for batch in self.ask("batches", "GET", "/v1/payout_batches")["data"]:
            if not batch["exported_at"]:
                self.ask("export", "POST", f"/v1/payout_batches/{batch['id']}/export")

    def on_payout(self):
        if self.payouts:
            payout = self.draw.choice(self.payouts[-5:])
            word = self.draw.choice(("cancel", "recall", "paid", "paid", "failed", "returned"))
            body = {} if word in ("cancel", "recall") else {"status": word, "fee": "0.10"}
            self.ask("payout " + word, "POST",
                     f"/v1/payouts/{payout}/{word if not body else 'outcome'}", body)

    def book(self):
        """What a provider keeps, of one of the payments or of nobody's."""
        whose = {"reference": self.draw.choice(self.payments)} if self.payments else {}
        amount = self.amount(500)
        made = self.ask("book", "POST", "/v1/journal_entries", {"reason": "invoice", "lines": [
            {"account": "psp_fees:stripe:EUR", "debit": amount, **whose},
            {"account": "psp_receivable:stripe:EUR", "credit": amount, **whose}]}, self.clerk)
        self.booked.append(made["id"])

    def reverse(self):
        if self.booked:
            self.ask("reverse", "POST",
                     f"/v1/journal_entries/{self.draw.choice(self.booked)}/reverse",
                     {"reason": "it was wrong"}, self.clerk)

    def step(self):
        """One of each at first, in any order, so that no run leaves one out."""
        try:
            step = self.untried.pop()
        except IndexError:
            step = self.draw.choices(list(self.steps), self.steps.values())[0]
        step()
        return True


class Money(ShippingCase):
    stack_type = MoneyStack

    def shop(self):
        self.made = self.new_key()
        return self.client(self.made["key"])

    def clerk(self):
        """A key of the shop's finance department."""
        return self.stack.florin_json("keys", "create", "--name", "finance", "--merchant",
                                      self.made["merchant"], "--scope", "ledger:write")["key"]

    def test_all_invariants_hold_after_each_event(self):
        seed = int(os.environ.get("FLORIN_SEED", random.SystemRandom().getrandbits(32)))
        print(f"seed {seed}")
        shop = self.market()
        game = Game(self.stack, shop.key, self.clerk(), random.Random(seed))
        game.sellers = [one["id"] for one in shop.get("/v1/sellers").json["data"]]
        for seller in game.sellers:
            settings = {"rail": "bank_file", "destination": {"name": "Ann", "iban": THEIRS},
                        "reserve_rate": "10", "reserve_days": "30"}
            answer = shop.request("PUT", f"/v1/sellers/{seller}/payout_settings/EUR", settings)
            self.assertEqual(answer.status, 200, answer.text)
        for _ in BUYERS:
            game.give()
        while not game.payments:  # Until one is not declined.
            game.pay()
        for number in range(STEPS):
            with self.subTest(seed=seed, step=number):
                done = at_once(*[game.step] * game.draw.randint(1, AT_ONCE))
                self.assertTrue(all(done), "see the log: a step failed")
                self.audit()
        shop = self.client(shop.key)  # The first connection was idle for too long.
        for name in ("wallet", "points"):
            account = f"psp_receivable:{name}:EUR"
            self.assertTrue(eventually(lambda a=account: self.balance(shop, a) == "0.00"), account)
        for row in self.stack.trial_balance()["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)
        print(game.counted)
        happened = {name for name, status in game.counted if status < 300}
        self.assertTrue({"credit", "points", "disputes", "batches", "book"} <= happened,
                        game.counted)


if __name__ == "__main__":
    unittest.main()
