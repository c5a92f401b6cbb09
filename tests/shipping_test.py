"""Orders are shipped, their money becomes the sellers', and refunds take it back.

Two florins share the work. The sandbox's list of charges is the truth about money, and the ledger
has to say the same to the minor unit.
"""

import random
import unittest
import uuid

import kit
from shop import FastStack, LifecycleTest, at_once, eventually

HOLDS_NOTHING = {"FLORIN_RELEASE_HOLD_HOURS": "0"}
ROUNDS = 12
STRANGE = "por_01m7zam4mme49rcfs5fm3rh5am"


class PromptStack(FastStack):
    """Releases what was delivered at once."""

    def environment(self):
        return {**super().environment(), **HOLDS_NOTHING}


class ShippingCase(LifecycleTest):
    """Of 100.00, 70.00 are seller_a's: 59.50 for him, 7.00 for us, 3.50 for the carrier."""

    stack_type = PromptStack
    florins = 2

    def market(self):
        shop = self.shop()
        for seller in ("seller_a", "seller_b"):
            made = shop.post("/v1/sellers", {"reference": seller, "name": seller})
            self.assertEqual(made.status, 201, made.text)
        for kind, rule in (("commission", {"rate": "10"}), ("logistics", {"rate": "5"})):
            made = shop.post("/v1/fee_rules", {"kind": kind, "currency": "EUR", **rule})
            self.assertEqual(made.status, 201, made.text)
        return shop

    def paid(self, shop, **changes):
        """The payment and the ids of its orders; later, when a provider with faults had no room."""
        answer = shop.post("/v1/payments", kit.order(**changes))
        self.assertIn(answer.status, (201, 202), answer.text)
        payment = eventually(lambda: self.ended(shop, answer.json["id"]))
        self.assertIn(payment["status"], ("authorized", "succeeded"), payment)
        return payment["id"], [order["id"] for order in payment["payment_orders"]]

    def ended(self, shop, payment):
        """The payment, unless it is under way."""
        seen = self.read(shop, payment)
        return seen if seen["status"] not in ("processing", "delayed") else None

    def tell(self, shop, order, key=None, **news):
        answer = shop.post(f"/v1/payment_orders/{order}/shipment",
                           {"status": "delivered", "carrier": "dhl", **news}, key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def order(self, shop, order):
        answer = shop.get(f"/v1/payment_orders/{order}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def released(self, shop, order):
        def look():
            found = self.order(shop, order)
            return found if found["release"] else None

        found = eventually(look)
        self.assertTrue(found, "it was not released")
        return found

    def assert_books(self, shop, **wanted):
        """Balances of EUR accounts; __ in a name is a colon. All others have nothing."""
        rows = shop.get("/v1/ledger/accounts").json["data"]
        found = {row["id"].removesuffix(":EUR"): row["balance"] for row in rows
                 if not row["id"].startswith("interslot") and row["balance"] != "0.00"}
        self.assertEqual(found, {name.replace("__", ":"): value for name, value in wanted.items()})
        between = sum(round(100 * float(row["balance"])) for row in rows
                      if row["id"].startswith("interslot"))
        self.assertEqual(between, 0)
        for row in self.stack.florin_json("ledger", "trial-balance")["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)


class Releasing(ShippingCase):
    def test_what_is_delivered_is_the_sellers(self):
        shop = self.market()
        payment, (first, second) = self.paid(shop)
        told = self.tell(shop, first, tracking_number="JD1", evidence="signed by Ann")
        self.assertEqual((told["object"], told["shipment"]["status"]),
                         ("payment_order", "delivered"))
        self.assertEqual(told["shipment"]["tracking_number"], "JD1")
        self.assertIsNone(told["release"])
        self.assertFalse(told["wallet_updated"])
        found = self.released(shop, first)
        self.assertEqual(found["release"], {"amount": "70.00", "seller": "59.50",
                                            "commission": "7.00", "logistics": "3.50"})
        self.assertEqual(found["shipment"]["status"], "released")
        self.assertTrue(found["wallet_updated"])
        self.assertIsNone(self.order(shop, second)["shipment"])
        self.assert_books(shop, psp_receivable__stripe="100.00", escrow="30.00", commission="7.00",
                          seller_payable__seller_a="59.50", logistics_payable__dhl="3.50")
        types = [one for one in self.event_types(shop, payment) if one.startswith("payment_order")]
        self.assertEqual(types, ["payment_order.delivered", "payment_order.released"])
        orders = self.read(shop, payment)["payment_orders"]
        self.assertEqual([order["wallet_updated"] for order in orders], [True, False])

    def test_what_is_only_shipped_waits_for_its_time(self):
        shop = self.market()
        _, (first, _) = self.paid(shop)
        told = self.tell(shop, first, status="shipped", occurred_at="2026-11-01T10:00:00Z",
                         estimated_delivery_at="2036-11-22T10:00:00Z")
        self.assertEqual(told["shipment"]["release_at"], "2036-11-22T10:00:00.000Z")
        self.assertEqual(told["shipment"]["shipped_at"], "2026-11-01T10:00:00.000Z")
        self.assert_books(shop, psp_receivable__stripe="100.00", escrow="100.00")
        # The estimate was wrong.
        self.tell(shop, first, status="shipped", estimated_delivery_at="2026-11-02T10:00:00Z")
        self.released(shop, first)

    def test_each_capture_is_released_after_it(self):
        shop = self.market()
        payment, (first, _) = self.paid(shop, capture="manual")
        self.tell(shop, first)
        part = {"final": False,
                "payment_orders": [{"payment_order_id": "ord_1", "amount": "33.33"}]}
        self.act(shop, payment, "capture", part)
        self.assertEqual(self.released(shop, first)["release"]["amount"], "33.33")
        part["payment_orders"][0]["amount"] = "36.67"
        self.act(shop, payment, "capture", part)
        eventually(lambda: self.order(shop, first)["release"]["amount"] == "70.00")
        self.assertEqual(self.order(shop, first)["release"],
                         {"amount": "70.00", "seller": "59.50", "commission": "7.00",
                          "logistics": "3.50"})

    def test_what_came_back_is_not_released(self):
        shop = self.market()
        _, (first, _) = self.paid(shop)
        self.tell(shop, first, status="shipped")
        told = self.tell(shop, first, status="returned")
        self.assertIsNone(told["shipment"]["release_at"])
        refused = self.assert_problem(
            shop.post(f"/v1/payment_orders/{first}/shipment", {"status": "delivered"}), 409,
            "shipment_out_of_order")
        self.assertIn("returned", refused["detail"])
        self.assert_books(shop, psp_receivable__stripe="100.00", escrow="100.00")

    def test_of_two_words_at_one_instant_each_counts_once(self):
        shop = self.market()
        for _ in range(ROUNDS):
            payment, (first, _) = self.paid(shop)
            key = str(uuid.uuid4())  # Of one request: two payments of a slot share their keys.
            told = at_once(*[lambda: self.client(shop.key).post(
                f"/v1/payment_orders/{first}/shipment", {"status": "delivered"}, key)] * 3)
            self.assertEqual([answer.status for answer in told], [200] * 3)
            self.released(shop, first)
            types = self.event_types(shop, payment)
            self.assertEqual(types.count("payment_order.delivered"), 1)
            self.assertEqual(types.count("payment_order.released"), 1)


class Refusals(ShippingCase):
    def test_a_key_stands_for_one_word(self):
        shop = self.market()
        _, (first, _) = self.paid(shop)
        self.tell(shop, first, key="one")
        again = shop.post(f"/v1/payment_orders/{first}/shipment",
                          {"status": "delivered", "carrier": "dhl"}, "one")
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (200, "true"))
        self.assert_problem(shop.post(f"/v1/payment_orders/{first}/shipment",
                                      {"status": "returned"}, "one"), 422,
                            "idempotency_key_reused")

    def test_whose_money_it_is_has_to_be_known(self):
        shop = self.shop()
        _, (first, _) = self.paid(shop)
        refused = self.assert_problem(
            shop.post(f"/v1/payment_orders/{first}/shipment", {"status": "shipped"}), 409,
            "seller_not_found")
        self.assertIn("POST /v1/sellers", refused["detail"])

    def test_what_nobody_paid_is_not_shipped(self):
        shop = self.market()
        declined = self.pay(shop, 402, payment_method={"type": "card",
                                                       "token": "pm_card_chargeDeclined"})
        order = self.read(shop, declined["payment"])["payment_orders"][0]["id"]
        self.assert_problem(shop.post(f"/v1/payment_orders/{order}/shipment",
                                      {"status": "shipped"}), 409, "payment_order_not_paid")

    def test_wrong_words_are_named(self):
        shop = self.market()
        _, (first, _) = self.paid(shop)
        path = f"/v1/payment_orders/{first}/shipment"
        for body, code, pointer in (
                ({}, "missing_field", "#/status"),
                ({"status": "lost"}, "not_allowed", "#/status"),
                ({"status": "shipped", "occurred_at": "yesterday"}, "time_malformed",
                 "#/occurred_at"),
                ({"status": "shipped", "occurred_at": "2036-01-01T00:00:00Z"}, "time_in_future",
                 "#/occurred_at"),
                ({"status": "shipped", "evidence": "e" * 2001}, "too_long", "#/evidence"),
                ({"status": "shipped", "when": 1}, "unknown_field", "#/when")):
            with self.subTest(body=body):
                self.assert_problem(shop.post(path, body), 422, code, pointer)
        for order in (STRANGE, "por_1", "x"):
            self.assert_problem(shop.post(f"/v1/payment_orders/{order}/shipment",
                                          {"status": "shipped"}), 404, "payment_order_not_found")
            self.assert_problem(shop.get(f"/v1/payment_orders/{order}"), 404,
                                "payment_order_not_found")
        stranger = self.shop()
        self.assert_problem(stranger.get(f"/v1/payment_orders/{first}"), 404,
                            "payment_order_not_found")
        self.assertIsNone(self.order(shop, first)["shipment"])


class TakingBack(ShippingCase):
    def refund(self, shop, payment, amount, order="ord_1", status=201):
        body = {"payment_orders": [{"payment_order_id": order, "amount": amount}]}
        return self.act(shop, payment, "refunds", body, status)

    def test_a_refund_after_the_release_is_the_sellers(self):
        shop = self.market()
        payment, (first, _) = self.paid(shop)
        self.tell(shop, first)
        self.released(shop, first)
        self.refund(shop, payment, "35.00")
        self.assert_books(shop, psp_receivable__stripe="65.00", escrow="30.00", commission="3.50",
                          seller_payable__seller_a="29.75", logistics_payable__dhl="3.50",
                          goodwill="1.75")
        self.refund(shop, payment, "35.00")
        self.assert_books(shop, psp_receivable__stripe="30.00", escrow="30.00",
                          logistics_payable__dhl="3.50", goodwill="3.50")
        found = self.order(shop, first)
        self.assertIsNone(found["release"])
        self.assertFalse(found["wallet_updated"])

    def test_release_and_refund_at_one_instant(self):
        """Whoever is first: the order's money is where its fees say, to the minor unit."""
        shop = self.market()
        for number in range(ROUNDS):
            payment, (first, second) = self.paid(shop)
            amount = f"{random.randint(1, 69)}.{random.randint(0, 99):02}"
            with self.subTest(number=number, amount=amount):
                at_once(lambda: self.tell(self.client(shop.key), first),
                        lambda: self.tell(self.client(shop.key), second),
                        lambda: self.refund(self.client(shop.key), payment, amount))
                left = round(7000 - 100 * float(amount))
                eventually(lambda: round(100 * float(
                    (self.order(shop, first)["release"] or {"amount": "0"})["amount"])) == left)
                release = self.order(shop, first)["release"]
                self.assertEqual(round(100 * float(release["amount"])), left)
                self.released(shop, second)
        self.assertEqual(self.balance(shop, "escrow:EUR"), "0.00")
        self.assertEqual(self.balance(shop, "refund_in_flight:stripe:EUR"), "0.00")
        for row in self.stack.florin_json("ledger", "trial-balance")["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)


if __name__ == "__main__":
    unittest.main()
