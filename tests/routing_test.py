"""Two accounts at a provider, two florins: who is asked, and that another is asked only after a
proof. Each account has a sandbox of its own, so the two lists of charges are the truth about money.
"""

import hashlib
import hmac
import json
import os
import time
import unittest
import urllib.request
import uuid

import kit
from shop import CREATE, ApiTest, FastStack, eventually

CARD = {"type": "card", "token": "pm_card_visa"}

ACCOUNT = """
[[account]]
name = "{name}"
provider = "stripe"
url = "{url}"
secret_key = "{key}"
webhook_secret = "whsec_{name}"
"""

# EUR: the first asks eu, then us. USD: by weight. GBP: an account whose key is refused, then eu.
ROUTES = """
[[route]]
name = "large"
currencies = ["EUR"]
amount_from = "1000.00"
accounts = [{name = "stripe_us"}]

[[route]]
name = "germans"
currencies = ["EUR"]
countries = ["DE"]
brands = ["amex"]
accounts = [{name = "stripe_us"}]

[[route]]
name = "euro"
currencies = ["EUR"]
accounts = [{name = "stripe_eu"}]
fallbacks = ["stripe_us"]

[[route]]
name = "dollar"
currencies = ["USD"]
accounts = [{name = "stripe_eu", weight = 30}, {name = "stripe_us", weight = 70}]

[[route]]
name = "pound"
currencies = ["GBP"]
accounts = [{name = "stripe_shut"}]
fallbacks = ["stripe_eu"]
"""


class TwoAccounts(FastStack):
    """`sandbox` is that of stripe_eu, `other` that of stripe_us."""

    other = None

    def _start_sandbox(self, keeps_data):
        super()._start_sandbox(keeps_data)
        self.other = kit.stack.Program("sandbox-us", [
            self.binary("florin-sandbox"), "--listen", "127.0.0.1:0"], self.logs).start()
        self.config = os.path.join(self.folder, "florin.toml")
        self.write_config()

    def write_config(self, without=(), routes=ROUTES):
        accounts = [("stripe_eu", self.sandbox.url, "sk_test_eu"),
                    ("stripe_us", self.other.url, "sk_test_us"),
                    ("stripe_shut", self.other.url, "no_key")]
        with open(self.config, "w", encoding="ascii") as file:
            for name, url, key in accounts:
                if name not in without:
                    file.write(ACCOUNT.format(name=name, url=url, key=key))
            file.write(routes)

    def environment(self):
        return {"FLORIN_CONFIG": self.config,
                **{name: value for name, value in super().environment().items()
                   if not name.startswith("FLORIN_STRIPE_")}}

    def charged(self, payment):
        """The accounts that charged for the payment, each as often as it did."""
        found = []
        for name, sandbox in (("stripe_eu", self.sandbox), ("stripe_us", self.other)):
            with urllib.request.urlopen(sandbox.url + "/_sandbox/charges", timeout=60) as answer:
                charges = [json.loads(line) for line in answer if line.strip()]
            found += [name for charge in charges
                      if charge["metadata"].get("florin_payment") == payment]
        return found

    def close(self):
        super().close()
        if self.other is not None:
            self.other.stop()


class RoutingTest(ApiTest):
    stack_type = TwoAccounts
    florins = 2

    def account_of(self, payment):
        return payment["provider"]["name"]

    def types(self, shop, payment):
        return self.event_types(shop, payment["id"])


class Rules(RoutingTest):
    def test_the_first_rule_that_fits_decides(self):
        shop = self.shop()
        large = [{"payment_order_id": "o", "seller_account": "s", "amount": "1000.00"}]
        german = {"id": "b", "country": "DE"}
        for changes, account in [({}, "stripe_eu"),
                                 ({"payment_orders": large}, "stripe_us"),
                                 ({"buyer": german}, "stripe_eu"),
                                 ({"buyer": german, "payment_method": {**CARD, "brand": "amex"}},
                                  "stripe_us")]:
            with self.subTest(changes=changes):
                paid = self.pay(shop, **changes)
                self.assertEqual(self.account_of(paid), account)
                self.assertEqual(self.stack.charged(paid["id"]), [account])
        self.assertEqual(self.balance_of(shop, "stripe_eu"), "200.00")
        self.assertEqual(self.balance_of(shop, "stripe_us"), "1100.00")

    def balance_of(self, shop, account):
        return shop.get(f"/v1/ledger/accounts/psp_receivable:{account}:EUR").json["balance"]

    def test_what_no_rule_takes_is_refused_and_stores_nothing(self):
        shop, key = self.shop(), uuid.uuid4().hex
        body = kit.order(currency="CHF")
        self.assert_problem(shop.post("/v1/payments", body, key), 422, "no_route")
        self.assertEqual(shop.get("/v1/payments").json["data"], [])
        bad = shop.post("/v1/payments", kit.order(buyer={"id": "b", "country": "de"}))
        self.assert_problem(bad, 422, "country_malformed", "#/buyer/country")

    def test_the_draw_is_the_one_that_explain_tells(self):
        made = self.new_key()
        shop, seen = self.client(made["key"]), set()
        for number in range(12):
            key = f"draw-{number}"
            paid = shop.post("/v1/payments", kit.order(currency="USD"), key).json
            told = self.stack.florin_json(
                "route", "explain", "--currency", "USD", "--amount", "100.00", "--merchant",
                made["merchant_id"], "--key", key)
            self.assertEqual(told["rule"], "dollar")
            self.assertEqual(self.account_of(paid), told["candidates"][0]["account"])
            self.assertEqual(len(told["candidates"]), 2)
            seen.add(self.account_of(paid))
        self.assertLessEqual(seen, {"stripe_eu", "stripe_us"})

    def test_later_steps_go_where_the_payment_is(self):
        shop = self.shop()
        german = {"buyer": {"id": "b", "country": "DE"},
                  "payment_method": {**CARD, "brand": "amex"}, "capture": "manual"}
        held = self.pay(shop, **german)["id"]
        self.assertEqual(shop.post(f"/v1/payments/{held}/capture").status, 200)
        self.assertEqual(shop.post(f"/v1/payments/{held}/refunds").status, 201)
        self.assertEqual(self.stack.charged(held), ["stripe_us"])
        self.assertEqual(self.account_of(self.read(shop, held)), "stripe_us")


class Failover(RoutingTest):
    def test_an_account_that_is_away_is_replaced_and_charges_once(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        self.stack.sandbox.stop()
        try:
            first = shop.post("/v1/payments", body, key)
            again = self.client(shop.key, 1).post("/v1/payments", body, key)
        finally:
            self.stack.sandbox.start()
        self.assertEqual(first.status, 201, first.text)
        paid = first.json
        self.assertEqual([paid["status"], self.account_of(paid)], ["succeeded", "stripe_us"])
        self.assertEqual(self.types(shop, paid), ["created", "rerouted", "succeeded"])
        self.assertEqual([again.status, again.text], [201, first.text])
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(self.stack.charged(paid["id"]), ["stripe_us"])
        created, rerouted, _ = shop.get(f"/v1/payments/{paid['id']}/events").json["data"]
        before, after = (event["data"]["object"] for event in (created, rerouted))
        self.assertEqual(self.account_of(before), "stripe_eu", "history stays true")
        self.assertEqual(self.account_of(after), "stripe_us")
        self.assertIn("stripe_eu: ", after["operation"]["why"])
        self.assertEqual(self.stack.sql(
            "select provider, generation from florin.operation o join florin.payment p "
            f"on p.slot = o.slot and p.id = o.payment_id where p.version = 3 and p.checkout_id = "
            f"'{body['checkout_id']}'"), [["stripe_us", "1"]])

    def test_so_is_one_that_is_busy_or_refuses_our_key(self):
        shop = self.shop()
        refused = self.pay(shop, currency="GBP")
        self.assertEqual(self.types(shop, refused), ["created", "rerouted", "succeeded"])
        self.assertEqual(self.stack.charged(refused["id"]), ["stripe_eu"])
        self.fault("rate_limit_429")  # It is left alone for a second after that.
        busy = self.pay(shop)
        self.assertEqual(self.stack.charged(busy["id"]), ["stripe_us"])

    def test_after_silence_nobody_else_is_asked(self):
        shop = self.shop()
        self.fault("delay", delay_ms=[3000, 3000])
        self.addCleanup(self.stack.set_faults, {})
        lost = self.pay(shop, 202)
        self.assertTrue(lost["outcome_unknown"])
        self.assertEqual(self.account_of(lost), "stripe_eu")
        self.stack.set_faults({})
        self.settled(shop, lost["id"], "succeeded")
        self.assertEqual(self.stack.charged(lost["id"]), ["stripe_eu"])
        self.assertNotIn("rerouted", self.types(shop, lost))

    def test_nor_after_a_lost_request_an_error_or_a_declined_card(self):
        shop = self.shop()
        for fault in ("drop_request", "drop_reply", "error_500", "error_500_after"):
            with self.subTest(fault=fault):
                self.fault(fault)
                unclear = self.pay(shop, 202)
                self.settled(shop, unclear["id"], "succeeded")
                self.assertEqual(self.stack.charged(unclear["id"]), ["stripe_eu"])
        method = {"type": "card", "token": "pm_card_chargeDeclined"}
        answer = shop.post("/v1/payments", kit.order(payment_method=method))
        self.assert_problem(answer, 402, "card_declined")
        self.assertEqual(self.account_of(answer.json), "stripe_eu")

    def test_when_all_are_away_it_is_delayed_as_before(self):
        shop = self.shop()
        self.stack.sandbox.stop()
        self.stack.other.stop()
        try:
            delayed = self.pay(shop, 202)
            self.assertEqual(delayed["operation"]["state"], "not_sent")
        finally:
            self.stack.sandbox.start()
            # Florin has its address from the configuration.
            self.stack.other.command[2] = self.stack.other.url.removeprefix("http://")
            self.stack.other.start()
        self.settled(shop, delayed["id"], "succeeded")
        self.assertEqual(len(self.stack.charged(delayed["id"])), 1)


def signed(body, account):
    at = int(time.time())
    mac = hmac.new(f"whsec_{account}".encode(), f"{at}.".encode() + body, hashlib.sha256)
    return {"Stripe-Signature": f"t={at},v1={mac.hexdigest()}"}


class Webhooks(RoutingTest):
    def deliver(self, account, event, signer):
        body = json.dumps(event).encode()
        return self.client("").request("POST", f"/v1/providers/{account}/webhooks", body,
                                       signed(body, signer))

    def test_each_account_has_its_address_and_its_secret(self):
        shop = self.shop()
        event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded",
                 "data": {"object": {"metadata": {"florin_payment": self.pay(shop)["id"]}}}}
        for account, other in (("stripe_eu", "stripe_us"), ("stripe_us", "stripe_eu")):
            self.assertEqual(self.deliver(account, event, account).status, 200)
            self.assert_problem(self.deliver(account, event, other), 400, "signature_wrong")
        self.assertEqual(self.stack.sql("select provider from florin.provider_event "
                                        "where id = 'evt_1' order by provider"),
                         [["stripe_eu"], ["stripe_us"]])
        self.assert_problem(self.deliver("stripe", event, "stripe"), 404, "provider_not_found")

    def test_what_is_about_a_payment_elsewhere_waits_for_a_person(self):
        shop = self.shop()
        event = {"id": "evt_2", "object": "event", "type": "payment_intent.canceled",
                 "data": {"object": {"id": "pi_1", "metadata": {
                     "florin_payment": self.pay(shop, capture="manual")["id"]}}}}
        self.assertEqual(self.deliver("stripe_us", event, "stripe_us").status, 200)
        state = lambda: self.stack.sql("select state, why from florin.provider_event "
                                       "where id = 'evt_2'")[0]
        self.assertEqual(eventually(lambda: state() if state()[0] == "2" else None),
                         ["2", "the payment was made at another account"])


class Removed(RoutingTest):
    def test_what_is_open_at_a_removed_account_stays_as_it_is(self):
        shop = self.shop()
        self.fault("drop_reply", search_lag_ms=60_000)
        self.addCleanup(self.stack.set_faults, {})
        open_one = self.pay(shop, 202)
        held = self.pay(shop, capture="manual")
        self.restart(without=("stripe_eu",), routes="")
        self.stack.postgres.query("update florin.operation set due_at = now(), tries = 0 "
                                  "where state = 6")
        self.stack.set_faults({})
        shop = self.client(shop.key)
        self.assertTrue(eventually(self.says_so))
        self.assertTrue(self.read(shop, open_one["id"])["outcome_unknown"])
        answer = shop.post(f"/v1/payments/{held['id']}/capture")
        self.assert_problem(answer, 409, "account_not_configured")
        self.assertEqual(self.account_of(self.pay(shop)), "stripe_us", "without rules the first")
        self.restart()
        self.stack.postgres.query("update florin.operation set due_at = now() where state = 6")
        shop = self.client(shop.key)
        self.settled(shop, open_one["id"], "succeeded")
        self.assertEqual(shop.post(f"/v1/payments/{held['id']}/capture").status, 200)
        self.assertEqual(self.stack.charged(open_one["id"]), ["stripe_eu"])

    def says_so(self):
        return any("payment.account_not_configured" in florin.tail(200)
                   for florin in self.stack.florins)

    def restart(self, **config):
        self.stack.write_config(**config)
        for number in range(self.florins):
            self.stack.restart(number)


if __name__ == "__main__":
    unittest.main(verbosity=2)
