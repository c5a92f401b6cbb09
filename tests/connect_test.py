"""Sellers are paid over Stripe Connect: a transfer, then a payout of the connected account.

Two florins share the work. Whatever is lost, killed or refused between the two steps, the provider
has moved the money once or not at all, and the ledger says the same.
"""

import json
import re
import unittest
import urllib.parse
import urllib.request

import stripe_spec_test as spec
from paying import PayingStack, PayoutCase
from shop import at_once, eventually

TRANSFERS, PAYOUTS = "/v1/transfers", "/v1/payouts"
IN_FLIGHT, OWED = "payout_in_flight:stripe_connect:EUR", "seller_payable:seller_a:EUR"


class ConnectStack(PayingStack):
    def environment(self):
        return {**super().environment(), "FLORIN_PAYOUT_CONNECT_ACCOUNT": "stripe"}


class ConnectCase(PayoutCase):
    """Of an order of 70.00, 59.50 are seller_a's."""

    stack_type = ConnectStack
    accounts = 0

    def provider(self, path, account=None):
        """What the provider has: the objects of a list."""
        headers = {"Authorization": "Bearer sk_test_sandbox"}
        if account:
            headers["Stripe-Account"] = account
        request = urllib.request.Request(self.stack.sandbox.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def sent(self, payout):
        """The transfers and the bank payouts that the provider has of a payout."""
        transfers = self.provider(f"{TRANSFERS}?transfer_group={payout['id']}")
        payouts = self.provider(PAYOUTS + "?limit=100", payout["destination"]["account"])
        return transfers, [one for one in payouts
                           if one["metadata"].get("florin_payout") == payout["id"]]

    def market_of(self, kind):
        """A shop whose seller_a has an account of that kind, and 59.50 to come."""
        shop = self.market()
        self.sold(shop)
        seller = self.seller(shop)
        ConnectCase.accounts += 1
        self.account = f"acct_{kind}{ConnectCase.accounts}"
        self.put(shop, seller, rail="stripe_connect", destination={"account": self.account})
        return shop, seller

    def look_now(self, payout):
        """As if the time of the next look had come."""
        self.stack.sql(f"UPDATE florin.payout SET due_at = now() WHERE due_at < 'infinity'"
                       f" AND account = '{self.account}'")
        return payout

    def reached(self, shop, payout, *statuses, look=False):
        def seen():
            if look:
                self.look_now(payout)
            found = self.get(shop, f"/v1/payouts/{payout['id']}")
            return found if found["status"] in statuses else None
        found = eventually(seen)
        self.assertTrue(found, self.get(shop, f"/v1/payouts/{payout['id']}"))
        return found

    def advance(self, payout):
        """The bank goes one step further with this payout."""
        (sent,) = self.sent(payout)[1]
        changed = self.stack.tell_sandbox("/_sandbox/advance",
                                          urllib.parse.urlencode({"id": sent["id"]}).encode())
        self.assertEqual(changed["changed"], [sent["id"]])

    def assert_paid_once(self, shop, payout):
        transfers, payouts = self.sent(payout)
        self.assertEqual([(one["amount"], one["reversed"]) for one in transfers], [(5950, False)])
        self.assertEqual([(one["amount"], one["status"]) for one in payouts], [(5950, "paid")])
        self.assert_books(shop, psp_receivable__stripe="10.50", commission="7.00",
                          logistics_payable__dhl="3.50")

    def assert_owed_again(self, shop, seller, payout):
        transfers, payouts = self.sent(payout)
        self.assertTrue(all(one["reversed"] for one in transfers), transfers)
        self.assertTrue(all(one["status"] == "failed" for one in payouts), payouts)
        self.assert_books(shop, psp_receivable__stripe="70.00", commission="7.00",
                          logistics_payable__dhl="3.50", seller_payable__seller_a="59.50")
        # The next payout takes it along, to an account that works.
        ConnectCase.accounts += 1
        self.account = f"acct_instant{ConnectCase.accounts}"
        self.put(shop, seller, rail="stripe_connect", destination={"account": self.account})
        again = self.ask(shop, seller)
        self.reached(shop, again, "paid")
        self.assert_paid_once(shop, again)


class AuditedCase(ConnectCase):
    """At the end the books agree with themselves."""

    @classmethod
    def tearDownClass(cls):
        try:
            cls.stack.florin("audit")  # Raises when it finds something.
        finally:
            super().tearDownClass()


# What src/connectors/stripe/transfers.cpp reads.
READ = {
    "account": ["id", "object", "payouts_enabled", "settings.payouts.schedule.interval"],
    "transfer": ["id", "object", "created", "reversed", "amount", "currency", "destination",
                 "metadata"],
    "payout": ["id", "object", "status", "failure_code", "amount", "currency", "metadata"],
    "transfer_reversal": ["object", "amount", "currency", "transfer"],
}


class RecordedStack(ConnectStack):
    """A recorder stands between florin and the sandbox."""

    def __init__(self, **options):
        self.recorder = spec.Recorder(lambda: self.sandbox.url)
        super().__init__(**options)

    def environment(self):
        return {**super().environment(), "FLORIN_STRIPE_URL": self.recorder.url}

    def close(self):
        super().close()
        self.recorder.close()


@spec.needs_document
class WhatIsSent(ConnectCase):
    """Every kind of request and reply, held against Stripe's OpenAPI document."""

    stack_type = RecordedStack
    florins = 1

    def test_every_exchange_is_in_the_document(self):
        for kind, status in (("instant", "paid"), ("noPayouts", "failed")):
            shop, seller = self.market_of(kind)
            if status == "paid":
                self.fault("drop_reply", PAYOUTS)
            self.reached(shop, self.ask(shop, seller), status, look=True)
        shop, seller = self.market_of("fails")
        made = self.ask(shop, seller)
        self.reached(shop, made, "in_transit")
        self.advance(made)
        self.advance(made)
        self.reached(shop, made, "failed", look=True)
        document = spec.Document(json.loads(spec.DOCUMENT.read_text()))
        seen = set()
        for one in list(self.stack.recorder.exchanges):
            if not one.path.startswith((TRANSFERS, PAYOUTS, "/v1/accounts")):
                continue
            with self.subTest(f"{one.method} {one.target} {one.body} {one.reply}"):
                self.assertEqual(document.check_request(one), [])
                self.assertNotIn("{{", str(one))
                self.assertEqual("idempotency-key" in one.headers, one.method == "POST")
                self.assertEqual("stripe-account" in one.headers, one.path.startswith(PAYOUTS))
                seen.add((one.method, re.sub(r"(tr|po|acct)_\w+", "*", one.path)))
                if one.status:
                    self.assertEqual(self.problems(document, one), [])
        self.assertEqual(seen, {
            ("GET", "/v1/accounts/*"), ("POST", TRANSFERS), ("GET", TRANSFERS), ("POST", PAYOUTS),
            ("GET", PAYOUTS), ("GET", PAYOUTS + "/*"), ("POST", TRANSFERS + "/*/reversals")})

    def problems(self, document, one):
        content = document.operation(one.method, one.path)["responses"][
            "200" if one.status == 200 else "default"]["content"]
        schema, reply = content["application/json"]["schema"], json.loads(one.reply)
        if one.status != 200:
            return [p for name in ("error.type", "error.code")
                    for p in document.check_field(schema, reply, name)]
        if reply["object"] != "list":
            return [p for name in READ[reply["object"]]
                    for p in document.check_field(schema, reply, name)]
        items = document.resolve(schema)["properties"]["data"]["items"]
        return [p for item in reply["data"] for name in READ[item["object"]]
                for p in document.check_field(items, item, name)]


class Connect(AuditedCase):
    def test_a_transfer_and_a_payout_and_it_is_paid(self):
        shop, seller = self.market_of("ok")
        made = self.ask(shop, seller)
        self.assertEqual((made["rail"], made["destination"]),
                         ("stripe_connect", {"account": self.account}))
        self.reached(shop, made, "in_transit")
        self.assert_books(shop, psp_receivable__stripe="70.00", commission="7.00",
                          logistics_payable__dhl="3.50",
                          payout_in_flight__stripe_connect="59.50")
        self.advance(made)
        self.advance(made)
        paid = self.reached(shop, made, "paid", look=True)
        self.assertTrue(paid["reference"].startswith("po_"), paid)
        self.assertEqual([one["type"] for one in paid["history"]],
                         ["payout.created", "payout.sent", "payout.accepted", "payout.paid"])
        self.assert_paid_once(shop, made)
        self.proved(shop, made["id"])

    def test_a_lost_answer_is_never_a_no_and_never_a_second_payment(self):
        for path in (TRANSFERS, PAYOUTS):
            for fault in ("drop_reply", "drop_request", "error_500", "error_500_after",
                          "rate_limit_429"):
                with self.subTest(path=path, fault=fault):
                    shop, seller = self.market_of("instant")
                    self.fault(fault, path)
                    made = self.ask(shop, seller)
                    self.reached(shop, made, "paid", look=True)
                    self.assert_paid_once(shop, made)

    def test_a_payout_that_fails_comes_back_before_it_is_owed_again(self):
        for fault in (None, "drop_reply", "drop_request", "error_500"):
            with self.subTest(fault=fault):
                shop, seller = self.market_of("fails")
                made = self.ask(shop, seller)
                self.reached(shop, made, "in_transit")
                self.advance(made)
                self.advance(made)
                if fault:
                    self.fault(fault, TRANSFERS + "/*")
                failed = self.reached(shop, made, "failed", look=True)
                self.assertEqual(failed["reason"], "payout_failed: account_closed")
                self.assert_owed_again(shop, seller, made)

    def test_a_payout_that_is_refused_brings_the_transfer_back(self):
        shop, seller = self.market_of("noPayouts")
        made = self.ask(shop, seller)
        failed = self.reached(shop, made, "failed", look=True)
        self.assertEqual(failed["reason"], "payout_refused")
        told = [(one["type"], one["detail"]) for one in failed["history"]][2:]
        self.assertEqual(told, [("payout.accepted", "payouts_not_allowed"),
                                ("payout.failed", "payout_refused")])
        self.assert_owed_again(shop, seller, made)

    def test_an_account_that_cannot_be_paid_is_a_no_before_anything_moves(self):
        for kind, reason in (
                ("disabled", "destination_disabled"), ("automatic", "destination_automatic"),
                ("nobody", "destination_unknown"),
                ("noTransfers", "transfer_refused: insufficient_capabilities_for_transfer")):
            with self.subTest(kind=kind):
                shop, seller = self.market_of(kind)
                made = self.ask(shop, seller)
                failed = self.reached(shop, made, "failed")
                self.assertEqual(failed["reason"], reason)
                self.assertEqual(self.provider(f"{TRANSFERS}?transfer_group={made['id']}"), [])
                self.assertEqual(self.balance(shop, OWED), "59.50")

    def test_what_fails_after_it_was_paid_is_returned(self):
        shop, seller = self.market_of("returns")
        made = self.ask(shop, seller)
        self.reached(shop, made, "in_transit")
        self.advance(made)
        self.advance(made)
        self.reached(shop, made, "paid", look=True)
        self.advance(made)
        self.reached(shop, made, "returned", look=True)
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "destination_suspended")
        self.assert_owed_again(shop, seller, made)

    def delay(self, path, method="POST"):
        """The next call there is executed late: whoever made it is killed before."""
        self.stack.set_faults({"delay_ms": [700, 700], "next": [
            {"fault": "delay", "path": path, "method": method}]})

    def kill_all(self, shop):
        for florin in self.stack.florins:
            florin.kill()
        for florin in self.stack.florins:
            florin.start()
        return self.client(shop.key)

    def test_a_killed_florin_between_each_two_steps(self):
        for path, method in (("/v1/accounts/*", "GET"), (TRANSFERS, "POST"), (PAYOUTS, "POST")):
            with self.subTest(path=path):
                shop, seller = self.market_of("instant")
                self.delay(path, method)
                made = self.ask(shop, seller)
                self.reached(shop, made, "sending")
                if path == PAYOUTS:
                    self.assertTrue(eventually(lambda made=made: self.sent(made)[0]))
                shop = self.kill_all(shop)
                self.reached(shop, made, "paid", look=True)
                self.assert_paid_once(shop, made)

    def test_a_killed_florin_while_the_transfer_comes_back(self):
        shop, seller = self.market_of("fails")
        made = self.ask(shop, seller)
        self.reached(shop, made, "in_transit")
        self.advance(made)
        self.advance(made)
        self.delay(TRANSFERS + "/*")
        self.look_now(made)
        self.assertTrue(eventually(lambda: self.delays() == 0))
        shop = self.kill_all(shop)
        self.reached(shop, made, "failed", look=True)
        self.assert_owed_again(shop, seller, made)

    def delays(self):
        """Calls that are yet to be delayed."""
        with urllib.request.urlopen(self.stack.sandbox.url + "/_sandbox/faults") as answer:
            return len(json.loads(answer.read())["next"])

    def test_two_florins_at_once_pay_once(self):
        shop, seller = self.market_of("instant")
        other = self.client(shop.key, 1)
        self.stack.set_faults({"rates": {"delay": 1.0}, "delay_ms": [5, 60]})
        self.addCleanup(self.stack.set_faults, {})
        answers = at_once(*(lambda client=client: client.post(
            "/v1/payouts", {"seller": seller, "currency": "EUR"}) for client in (shop, other)))
        (made,) = [answer.json for answer in answers if answer.status == 201]
        self.reached(shop, made, "paid", look=True)
        self.assert_paid_once(shop, made)

    def test_wrong_accounts_are_named(self):
        shop, seller = self.market_of("ok")
        for account in ("acct_", "acc_1", "acct_1\r\nX: y", "acct_{{secret.api_key}}"):
            answer = shop.request("PUT", f"/v1/sellers/{seller}/payout_settings/EUR",
                                  {"rail": "stripe_connect", "destination": {"account": account}})
            self.assertEqual(answer.status, 422, answer.text)


if __name__ == "__main__":
    unittest.main()
