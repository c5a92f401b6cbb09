"""Wallets and points through a shop's eyes: two florins on one database, many requests at once.

After each story psp_receivable of the wallet is zero: what payments book of a provider and what the
wallet books of a payment meet there.
"""

import contextlib
import csv
import datetime
import http.client
import io
import os
import subprocess
import unittest
import uuid

import kit
from shop import FastStack, LifecycleTest, at_once, eventually


class PointsStack(FastStack):
    """A point is worth two cents, and expires soon after its time."""

    def environment(self):
        return {**super().environment(), "FLORIN_POINTS_CURRENCY": "EUR",
                "FLORIN_POINTS_VALUE": "2", "FLORIN_POINTS_PERIOD_MS": "50"}


def in_seconds(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class WalletCase(LifecycleTest):
    stack_type = PointsStack
    florins = 2

    def setUp(self):
        self.owner = self.shop()
        self.other = self.client(self.owner.key, florin=1)
        self.buyer = "ann"

    def wallet(self, shop=None):
        answer = (shop or self.owner).get(f"/v1/wallets/{self.buyer}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def has(self, currency="EUR"):
        """Available and held."""
        for one in self.wallet()["balances"]:
            if one["currency"] == currency:
                return one["available"], one["held"]
        return None

    def credit(self, amount, status=201, key=None, **changes):
        answer = self.owner.post(f"/v1/wallets/{self.buyer}/credits",
                                 {"amount": amount, "currency": "EUR", **changes}, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer

    def earn(self, points, status=201, key=None, **changes):
        answer = self.owner.post(f"/v1/wallets/{self.buyer}/points", {"amount": points, **changes},
                                 key)
        self.assertEqual(answer.status, status, answer.text)
        return answer

    def order(self, amount="10.00", method="wallet", **changes):
        return kit.order(buyer={"id": self.buyer}, payment_method={"type": method},
                         payment_orders=[{"payment_order_id": "o", "seller_account": "s",
                                          "amount": amount}], **changes)

    def buy(self, amount="10.00", status=201, shop=None, key=None, **changes):
        answer = (shop or self.owner).post("/v1/payments", self.order(amount, **changes), key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def entries(self, currency="EUR"):
        answer = self.owner.get(f"/v1/wallets/{self.buyer}/entries?currency={currency}&limit=100")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json["data"]

    def assert_books(self, provider="wallet"):
        self.assertEqual(self.balance(self.owner, f"psp_receivable:{provider}:EUR"), "0.00")
        for line in self.stack.trial_balance()["currencies"]:
            self.assertEqual(line["debits"], line["credits"], line)


class StoredValue(WalletCase):
    def test_a_payment_from_the_first_cent_to_the_last(self):
        credit = self.credit("50.00").json
        self.assertEqual((credit["object"], credit["kind"], credit["amount"], credit["currency"]),
                         ("wallet_movement", "credit", "50.00", "EUR"))
        held = self.buy("30.00", capture="manual")
        self.assertEqual(held["status"], "authorized")
        self.assertEqual(held["payment_method"], {"type": "wallet", "token": "ann"})
        self.assertEqual(self.has(), ("20.00", "30.00"))
        part = self.act(self.owner, held["id"], "capture", {"amount": "12.00", "final": False})
        self.assertEqual(self.has(), ("20.00", "18.00"))
        self.assertEqual(part["amount_captured"], "12.00")
        self.act(self.owner, held["id"], "capture", {"amount": "8.00"})
        self.assertEqual(self.has(), ("30.00", "0.00"))
        self.assert_books()
        self.act(self.owner, held["id"], "refunds", {"amount": "5.00"}, 201)
        self.assertEqual(self.has(), ("35.00", "0.00"))
        self.assertEqual(self.balance(self.owner, "escrow:EUR"), "15.00")
        self.assertEqual(self.balance(self.owner, "goodwill:EUR"), "50.00")
        self.assert_books()
        self.assertEqual([(line["kind"], line["amount"], line["balance"])
                          for line in self.entries()],
                         [("wallet_refund", "5.00", "35.00"), ("wallet_capture", "10.00", "30.00"),
                          ("wallet_hold", "-30.00", "20.00"), ("wallet_credit", "50.00", "50.00")])
        self.assertEqual([line["payment"] for line in self.entries()], [held["id"]] * 3 + [None])

    def test_what_is_canceled_is_given_back(self):
        self.credit("10.00")
        held = self.buy(capture="manual")
        self.assertEqual(self.has(), ("0.00", "10.00"))
        self.act(self.owner, held["id"], "cancel")
        self.assertEqual(self.has(), ("10.00", "0.00"))
        self.assert_books()

    def test_an_adjustment_holds_more_and_less(self):
        self.credit("10.00")
        held = self.buy("4.00", capture="manual")
        self.act(self.owner, held["id"], "adjust", {"amount": "9.00"})
        self.assertEqual(self.has(), ("1.00", "9.00"))
        answer = self.owner.post(f"/v1/payments/{held['id']}/adjust", {"amount": "10.01"})
        self.assert_problem(answer, 402, "insufficient_funds")
        self.act(self.owner, held["id"], "adjust", {"amount": "8.00"})
        self.assertTrue(eventually(lambda: self.has() == ("2.00", "8.00")), self.has())
        self.act(self.owner, held["id"], "capture")
        self.assertEqual(self.has(), ("2.00", "0.00"))
        self.assert_books()

    def test_not_enough_is_a_no_for_this_payment_and_not_for_the_next(self):
        key = str(uuid.uuid4())
        order = self.order()
        refused = self.owner.post("/v1/payments", order, key)
        self.assert_problem(refused, 402, "insufficient_funds")
        self.credit("10.00")
        again = self.owner.post("/v1/payments", order, key)
        self.assertEqual((again.status, again.json["code"]), (402, "insufficient_funds"))
        payment = refused.json["payment"]
        tried = self.act(self.owner, payment, "attempts")
        self.assertEqual(tried["status"], "succeeded")
        self.assertEqual(self.has(), ("0.00", "0.00"))
        self.assert_books()

    def test_a_credit_is_given_once_for_each_key(self):
        first = self.credit("10.00", key="k")
        for _ in range(2):
            again = self.credit("10.00", key="k")
            self.assertEqual((again.json, again.headers["Idempotent-Replayed"]),
                             (first.json, "true"))
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assert_problem(self.credit("11.00", 422, key="k"), 422, "idempotency_key_reused")
        answers = at_once(*[lambda shop=shop: shop.post(
            "/v1/wallets/ann/credits", {"amount": "1.00", "currency": "EUR"}, "same")
            for shop in (self.owner, self.other)])
        self.assertEqual([answer.status for answer in answers], [201, 201])
        self.assertEqual(answers[0].json["id"], answers[1].json["id"])
        self.assertEqual(self.has(), ("11.00", "0.00"))

    def test_of_many_at_once_as_many_win_as_there_is_money(self):
        self.credit("70.00")
        shops = [self.client(self.owner.key, florin=n % 2) for n in range(20)]
        answers = at_once(*[lambda shop=shop: shop.post("/v1/payments", self.order())
                            for shop in shops])
        won = [answer for answer in answers if answer.status == 201]
        for answer in answers:
            self.assertIn(answer.status, (201, 402), answer.text)
        self.assertEqual(len(won), 7)
        self.assertEqual(self.has(), ("0.00", "0.00"))
        self.assertEqual(self.balance(self.owner, "escrow:EUR"), "70.00")
        self.assert_books()

    def test_what_a_killed_server_left_is_finished_once(self):
        self.credit("100.00")
        wanted = {str(uuid.uuid4()): self.order() for _ in range(8)}

        def send(key, order):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.client(self.owner.key, florin=1).post("/v1/payments", order, key)

        def paid(key, order):
            return self.owner.post("/v1/payments", order, key).status == 201

        at_once(*[lambda pair=pair: send(*pair) for pair in wanted.items()],
                lambda: self.stack.restart(1, how="kill"))
        for key, order in wanted.items():
            self.assertTrue(eventually(lambda key=key, order=order: paid(key, order)), key)
        self.assertEqual(self.has(), ("20.00", "0.00"))
        self.assertEqual(self.balance(self.owner, "escrow:EUR"), "80.00")
        self.assertEqual(len(self.entries()), 9)
        self.assert_books()

    def test_nobody_pays_with_anothers_wallet(self):
        self.credit("10.00")
        order = {**self.order(), "buyer": {"id": "bob"},
                 "payment_method": {"type": "wallet", "token": "ann"}}
        self.assert_problem(self.owner.post("/v1/payments", order), 422, "wallet_not_of_buyer",
                            "#/payment_method/token")
        stranger = self.shop()
        self.assertEqual(self.wallet(stranger)["balances"], [])
        self.assert_problem(stranger.post("/v1/payments", self.order()), 402, "insufficient_funds")
        self.assertEqual(self.has(), ("10.00", "0.00"))

    def test_a_wallets_payment_stays_with_it(self):
        refused = self.owner.post("/v1/payments", self.order())
        payment = refused.json["payment"]
        answer = self.owner.post(f"/v1/payments/{payment}/attempts", {
            "payment_method": {"type": "card", "token": "pm_card_visa"}})
        self.assert_problem(answer, 422, "not_allowed", "#/payment_method/type")

    def test_points_are_no_currency_to_pay_or_to_be_paid_in(self):
        for path, body in (
                ("/v1/payments", kit.order(currency="PTS")),
                ("/v1/fee_rules", {"kind": "commission", "currency": "PTS", "rate": "10"}),
                ("/v1/wallets/ann/credits", {"amount": "1", "currency": "PTS"})):
            with self.subTest(path=path):
                self.assert_problem(self.owner.post(path, body), 422, "currency_unknown",
                                    "#/currency")

    def test_wrong_questions(self):
        entries = "/v1/wallets/ann/entries"
        for query, code, name in (("", "currency_unknown", "currency"),
                                  ("?currency=eur", "currency_unknown", "currency"),
                                  ("?currency=EUR&limit=0", "limit_out_of_range", "limit"),
                                  ("?currency=EUR&colour=red", "unknown_parameter", "colour")):
            self.assert_problem(self.owner.get(entries + query), 422, code, "?" + name)
        self.assert_problem(self.owner.get("/v1/wallets/" + "x" * 65), 404, "wallet_not_found")
        self.assert_problem(self.credit("0.00", 422), 422, "amount_not_positive", "#/amount")
        self.assert_problem(self.credit(10, 422), 422, "amount_not_text", "#/amount")
        answer = self.owner.request("POST", "/v1/wallets/ann/credits", {})
        self.assert_problem(answer, 400, "idempotency_key_missing")
        reader = self.client(self.new_key("--scope", "wallets:read")["key"])
        self.assertEqual(reader.get("/v1/wallets/ann").status, 200)
        self.assert_problem(reader.post("/v1/wallets/ann/credits", {}), 403, "scope_missing")

    def test_a_statement_in_pages_and_as_a_table(self):
        for cents in range(1, 6):
            self.credit(f"0.0{cents}")
        found, cursor = [], ""
        while cursor is not None:
            page = self.owner.get(f"/v1/wallets/ann/entries?currency=EUR&limit=2{cursor}").json
            found += page["data"]
            cursor = page["next_cursor"] and "&starting_after=" + page["next_cursor"]
        self.assertEqual([line["number"] for line in found], [5, 4, 3, 2, 1])
        answer = self.owner.get("/v1/wallets/ann/entries?currency=EUR",
                                headers={"Accept": "text/csv"})
        self.assertTrue(answer.headers["Content-Type"].startswith("text/csv"))
        table = list(csv.DictReader(io.StringIO(answer.text)))
        self.assertEqual([(line["number"], line["amount"], line["balance"]) for line in table[:2]],
                         [("5", "0.05", "0.15"), ("4", "0.04", "0.10")])
        shown = self.stack.florin_json("wallets", "show", "ann", "--merchant",
                                       self.merchant_of(self.owner))
        self.assertEqual(shown["wallet"], self.wallet())
        self.assertEqual(shown["entries"], found)

    def merchant_of(self, shop):
        (key,) = [key for key in self.stack.florin("keys", "list", "--json").splitlines()
                  if shop.key.split("_")[2] in key]
        return kit.json.loads(key)["merchant_id"]


class TopUps(WalletCase):
    def top_up(self, amount="20.00", status=201, key=None, **changes):
        order = kit.order(buyer={"id": self.buyer}, payment_orders=[
            {"payment_order_id": "o", "wallet": self.buyer, "amount": amount}])
        answer = self.owner.post("/v1/payments", {**order, **changes}, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def gets(self, available):
        self.assertTrue(eventually(lambda: self.has() == (available, "0.00")), self.has())

    def assert_sound(self, **balances):
        for account, balance in balances.items():
            self.assertEqual(self.balance(self.owner, account.replace("__", ":")), balance, account)
        self.assert_books()
        self.audit()

    def test_row_b_what_a_card_paid_is_in_the_wallet(self):
        paid = self.top_up(key="once", checkout_id="chk_top")
        self.gets("20.00")
        again = self.top_up(key="once", checkout_id="chk_top")
        self.assertEqual(again["id"], paid["id"])
        (order,) = self.read(self.owner, paid["id"])["payment_orders"]
        self.assertEqual((order["wallet"], order["seller_account"], order["wallet_updated"],
                          order["shipment"]["status"]), (self.buyer, None, True, "released"))
        self.assert_sound(psp_receivable__stripe__EUR="20.00", buyer_wallet__ann__EUR="20.00",
                          escrow__EUR="0.00")
        (entry,) = self.entries()
        self.assertEqual((entry["kind"], entry["amount"]), ("release", "20.00"))
        self.buy("15.00")
        self.assert_problem(self.owner.post(f"/v1/payments/{paid['id']}/refunds", {}), 409,
                            "wallet_balance_too_low")
        self.assert_problem(self.owner.post(f"/v1/payments/{paid['id']}/undo", {}), 409,
                            "wallet_balance_too_low")
        refund = self.owner.post(f"/v1/payments/{paid['id']}/refunds", {"amount": "5.00"})
        self.assertEqual((refund.status, refund.json["status"]), (201, "succeeded"), refund.text)
        self.assertEqual(self.has(), ("0.00", "0.00"))
        self.assert_sound(psp_receivable__stripe__EUR="15.00", escrow__EUR="15.00")

    def test_each_part_comes_when_it_is_captured(self):
        made = self.top_up("20.00", capture="manual")["id"]
        self.assertIsNone(self.has())
        for amount, final, total in (("5.00", False, "5.00"), ("10.00", True, "15.00")):
            done = self.owner.post(f"/v1/payments/{made}/capture",
                                   {"amount": amount, "final": final})
            self.assertEqual(done.status, 200, done.text)
            self.gets(total)
        self.assert_sound(psp_receivable__stripe__EUR="15.00", escrow__EUR="0.00")

    def test_a_no_and_silence(self):
        self.top_up(status=402, payment_method={"type": "card",
                                                "token": "pm_card_visa_chargeDeclined"})
        self.assertIsNone(self.has())
        self.fault("drop_reply")
        lost = self.top_up(status=202)
        self.settled(self.owner, lost["id"], "succeeded")
        self.gets("20.00")
        self.assertEqual(len(self.charges(lost["id"])), 1)
        self.assert_sound(psp_receivable__stripe__EUR="20.00")

    def test_what_is_spent_is_not_given_back_besides(self):
        for _ in range(6):
            paid = self.top_up("20.00")["id"]
            self.gets("20.00")
            refund, bought = at_once(
                lambda p=paid: self.owner.post(f"/v1/payments/{p}/refunds", {}),
                lambda: self.other.post("/v1/payments", self.order("20.00")))
            self.assertEqual((refund.status == 201) + (bought.status == 201), 1,
                             f"{refund.text} {bought.text}")
            self.assertIn((refund.status, bought.status), ((201, 402), (409, 201)))
            self.gets("0.00")
        self.assert_sound()

    def test_what_cannot_be_topped_up(self):
        one = {"payment_order_id": "o", "wallet": self.buyer, "amount": "1.00"}
        sold = {"payment_order_id": "p", "seller_account": "s", "amount": "1.00"}
        for code, pointer, changes in (
                ("payee_ambiguous", "#/payment_orders/0/wallet",
                 {"payment_orders": [{**one, "seller_account": "s"}]}),
                ("top_up_not_alone", "#/payment_orders", {"payment_orders": [one, sold]}),
                ("top_up_not_alone", "#/payment_orders", {"payment_orders": [sold, one]}),
                ("top_up_by_wallet", "#/payment_method", {"payment_method": {"type": "wallet"}}),
                ("top_up_by_wallet", "#/payment_method", {"payment_method": {"type": "points"}}),
                ("top_up_by_wallet", "#/payment_method",
                 {"split_tender": {"type": "points", "amount": "0.20"}})):
            with self.subTest(code=code, pointer=pointer):
                order = kit.order(buyer={"id": self.buyer}, **{"payment_orders": [one], **changes})
                answer = self.owner.post("/v1/payments", order)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertIn((code, pointer), [(error["code"], error["pointer"])
                                                for error in answer.json["errors"]])
        order = self.top_up("1.00")["payment_orders"][0]["id"]
        self.gets("1.00")
        self.assert_problem(self.owner.post(f"/v1/payment_orders/{order}/shipment",
                                            {"status": "shipped"}), 409, "shipment_out_of_order")


class Points(WalletCase):
    def test_earned_held_spent_and_given_back(self):
        self.earn("500")
        self.assertEqual(self.has("PTS"), ("500", "0"))
        self.assertEqual(self.balance(self.owner, "points_liability:EUR"), "10.00")
        held = self.buy("6.00", method="points", capture="manual")
        self.assertEqual(self.has("PTS"), ("200", "300"))
        self.act(self.owner, held["id"], "capture", {"amount": "4.00"})
        self.assertEqual(self.has("PTS"), ("300", "0"))
        self.assertEqual(self.balance(self.owner, "points_liability:EUR"), "6.00")
        self.assert_books("points")
        self.act(self.owner, held["id"], "refunds", {"amount": "1.00"}, 201)
        self.assertEqual(self.has("PTS"), ("350", "0"))
        self.assertEqual(self.balance(self.owner, "points_outstanding:PTS"), "350")
        self.assertEqual(self.balance(self.owner, "loyalty_expense:EUR"), "10.00")
        self.assert_books("points")
        self.assertEqual([(line["kind"], line["amount"]) for line in self.entries("PTS")],
                         [("points_refund", "50"), ("points_capture", "100"),
                          ("points_hold", "-300"), ("points_earn", "500")])

    def test_what_points_cannot_pay(self):
        self.earn("500")
        for order, code in ((self.order("0.03", "points"), "points_not_whole"),
                            (self.order("1.00", "points", currency="USD"), "points_currency"),
                            (self.order("10.02", "points"), "insufficient_funds")):
            self.assert_problem(self.owner.post("/v1/payments", order), 402, code)
        self.assertEqual(self.has("PTS"), ("500", "0"))

    def test_points_expire_but_not_those_that_are_held(self):
        self.earn("100", expires_at=in_seconds(1.5))
        self.earn("50")
        held = self.buy("1.00", method="points", capture="manual")
        self.assertTrue(eventually(lambda: self.has("PTS") == ("50", "50")), self.has("PTS"))
        self.assertEqual(self.balance(self.owner, "points_breakage:EUR"), "1.00")
        lots = [(lot["remaining"], lot["expires_at"]) for lot in self.wallet()["points_lots"]]
        self.assertEqual([lot[0] for lot in lots], ["50", "50"])
        self.assertIsNone(lots[1][1])
        self.act(self.owner, held["id"], "capture")
        self.assertEqual(self.has("PTS"), ("50", "0"))
        self.assertEqual(len(self.wallet()["points_lots"]), 1)
        self.assert_books("points")

    def test_points_that_would_expire_at_once_are_refused(self):
        self.assert_problem(self.earn("1", 422, expires_at=in_seconds(-1)), 422,
                            "expires_at_in_past")
        soon = in_seconds(1)
        first = self.earn("1", key="k", expires_at=soon)
        self.assertTrue(eventually(lambda: self.has("PTS") == ("0", "0")))
        self.assertEqual(self.earn("1", key="k", expires_at=soon).json, first.json)
        self.assertEqual(self.has("PTS"), ("0", "0"))

    def test_the_value_of_a_point_does_not_change(self):
        env = {**self.stack.environment(), "FLORIN_POINTS_VALUE": "3"}
        other = subprocess.run([self.stack.binary("florin"), "serve", "--listen", "127.0.0.1:0"],
                               env={**os.environ, **env}, capture_output=True, text=True,
                               check=False, timeout=60)
        self.assertNotEqual(other.returncode, 0)
        self.assertIn("a point is worth 0.02 EUR", other.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
