"""The HTTP interface from outside: payments, lists, the ledger, and what machines ask.

florin, the sandbox and PostgreSQL are processes, and the sockets are real.
"""

import json
import re
import unittest
import urllib.parse
import uuid

import kit
from shop import ApiTest


class Payments(ApiTest):
    def test_a_payment_is_captured_and_stands_in_the_ledger(self):
        shop = self.shop()
        answer = shop.post("/v1/payments", kit.order())
        self.assertEqual(answer.status, 201, answer.text)
        paid = answer.json
        self.assertEqual(answer.headers["Location"], "/v1/payments/" + paid["id"])
        self.assertRegex(answer.headers["Request-Id"], "^req_")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(
            [paid["status"], paid["amount"], paid["amount_captured"], paid["is_payment_done"]],
            ["succeeded", "100.00", "100.00", True])
        self.assertEqual(paid["proved_by"]["kind"], "answer")
        for order in paid["payment_orders"]:
            self.assertEqual([order["status"], order["payment_order_status"],
                              order["ledger_updated"], order["wallet_updated"]],
                             ["captured", "SUCCESS", True, False])
        charge, = self.charges(paid["id"])
        self.assertEqual([charge["amount"], charge["amount_captured"], charge["currency"]],
                         [10000, 10000, "eur"])
        self.assertEqual(charge["payment_intent"], paid["provider"]["reference"])
        self.assertEqual(self.read(shop, paid["id"]), paid)

    def test_balances_of_the_past_are_those_of_then(self):
        shop = self.shop()
        first, second = self.pay(shop), self.pay(shop)

        def balance(at):
            answer = shop.get(f"/v1/ledger/accounts/escrow:EUR?as_of={at}")
            self.assertEqual(answer.status, 200, answer.text)
            listed = shop.get(f"/v1/ledger/accounts?as_of={at}").json["data"]
            found = {one["id"]: one["balance"] for one in listed}
            self.assertEqual(found.get("escrow:EUR", "0.00"), answer.json["balance"])
            return answer.json["balance"]

        self.assertEqual(balance(first["created_at"]), "0.00")
        self.assertEqual(balance(first["updated_at"][:-1] + "999Z"), "100.00")
        self.assertEqual(balance(second["updated_at"][:-1] + "999Z"), "200.00")
        answer = shop.get("/v1/ledger/accounts?as_of=2999-01-01T00:00:00Z")
        self.assertIn("time_in_future", answer.text)
        then = self.stack.florin_json("ledger", "trial-balance", "--as-of", "2026-01-01T00:00:00Z")
        self.assertEqual(then["accounts"], [])

    def test_the_ledger_holds_one_debit_and_a_credit_for_each_order(self):
        shop = self.shop()
        paid, other = self.pay(shop), self.pay(shop)
        orders = {order["payment_order_id"]: order["id"] for order in paid["payment_orders"]}

        def entries(account, query=""):
            found = shop.get(f"/v1/ledger/accounts/{account}/entries?{query}").json
            return [[entry["direction"], entry["amount"], entry["reference"]]
                    for entry in found["data"]]

        mine = "payment=" + paid["id"]
        self.assertEqual(entries("psp_receivable:stripe:EUR", mine),
                         [["debit", "100.00", paid["id"]]])
        self.assertCountEqual(entries("escrow:EUR", mine),
                              [["credit", "70.00", orders["ord_1"]],
                               ["credit", "30.00", orders["ord_2"]]])
        self.assertEqual(len(entries("escrow:EUR")), 4)
        balances = {account["id"]: account["balance"]
                    for account in shop.get("/v1/ledger/accounts").json["data"]}
        self.assertEqual(balances,
                         {"psp_receivable:stripe:EUR": "200.00", "escrow:EUR": "200.00"})
        escrow = shop.get("/v1/ledger/accounts/escrow:EUR").json
        self.assertEqual([escrow["normal"], escrow["credits"]], ["credit", "200.00"])
        self.assertEqual(shop.get("/v1/ledger/accounts/escrow:USD").json["balance"], "0.00")
        self.assertNotEqual(paid["operation"]["id"], other["operation"]["id"])
        for row in self.stack.trial_balance()["currencies"]:
            self.assertEqual(float(row["difference"]), 0, row)

    def test_entries_come_in_pages(self):
        shop = self.shop()
        for _ in range(2):
            self.pay(shop)
        seen, after = [], ""
        while True:
            page = shop.get(f"/v1/ledger/accounts/escrow:EUR/entries?limit=1{after}").json
            seen += [entry["id"] for entry in page["data"]]
            if not page["has_more"]:
                break
            after = "&starting_after=" + page["next_cursor"]
        self.assertEqual(len(seen), 4)
        self.assertEqual(len(set(seen)), 4)

    def test_an_authorization_is_captured_later(self):
        shop = self.shop()
        held = self.pay(shop, capture="manual")
        self.assertEqual([held["status"], held["amount_authorized"], held["amount_captured"]],
                         ["authorized", "100.00", "0.00"])
        self.assertEqual(shop.get("/v1/ledger/accounts").json["data"], [], "not money yet")
        answer = shop.post(f"/v1/payments/{held['id']}/capture")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual([answer.json["status"], answer.json["amount_captured"]],
                         ["succeeded", "100.00"])
        charge, = self.charges(held["id"])
        self.assertEqual(charge["amount_captured"], 10000)
        self.assert_problem(shop.post(f"/v1/payments/{held['id']}/capture"), 409,
                            "payment_not_capturable")
        self.assert_problem(shop.post(f"/v1/payments/{held['id']}/cancel"), 409,
                            "payment_not_cancelable")

    def test_an_authorization_is_given_back(self):
        shop = self.shop()
        held = self.pay(shop, capture="manual")
        answer = shop.post(f"/v1/payments/{held['id']}/cancel")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual([answer.json["status"], answer.json["amount_voided"]],
                         ["canceled", "100.00"])
        charge, = self.charges(held["id"])
        self.assertEqual([charge["status"], charge["amount_captured"]], ["canceled", 0])
        self.assertEqual(shop.get("/v1/ledger/accounts").json["data"], [])

    def test_other_currencies_have_other_decimals(self):
        shop = self.shop()
        for currency, amount, minor in (("JPY", "500", 500), ("BHD", "1.120", 1120)):
            order = {"payment_order_id": "o", "seller_account": "s", "amount": amount}
            paid = self.pay(shop, currency=currency, payment_orders=[order])
            self.assertEqual(paid["amount"], amount)
            charge, = self.charges(paid["id"])
            self.assertEqual(charge["amount"], minor)

    def test_a_decline_says_why_and_what_to_do(self):
        shop = self.shop()
        for card, code, finer, advice in (
                ("InsufficientFunds", "card_declined", "insufficient_funds", "use_other_method"),
                ("ExpiredCard", "expired_card", None, "use_other_method"),
                ("IncorrectCvc", "incorrect_cvc", None, "confirm_card_data"),
                ("ProcessingError", "processing_error", None, "try_again_later")):
            with self.subTest(card):
                method = {"type": "card", "token": "pm_card_visa_chargeDeclined" + card}
                answer = shop.post("/v1/payments", kit.order(payment_method=method))
                problem = self.assert_problem(answer, 402, code)
                self.assertEqual(problem.get("decline_code"), finer)
                self.assertEqual([problem["advice"], problem["outcome"], problem["payment_status"]],
                                 [advice, "not_charged", "failed"])
                self.assertEqual(answer.headers["Location"], "/v1/payments/" + problem["payment"])
                self.assertEqual(self.charges(problem["payment"]), [])
                self.assertEqual(self.read(shop, problem["payment"])["status"], "failed")

    def test_a_card_with_3ds_tells_where_to_send_the_buyer(self):
        waiting = self.challenged(self.shop())
        self.assertEqual([waiting["status"], waiting["outcome_unknown"]],
                         ["requires_action", False])
        self.assertEqual(waiting["next_action"]["type"], "redirect")
        self.assertRegex(waiting["next_action"]["url"], "^https?://")

    def test_the_bank_approves(self):
        shop = self.shop()
        waiting = self.challenged(shop)
        self.assertEqual(self.charges(waiting["id"]), [])
        self.decide(waiting, "approve")
        paid = self.settled(shop, waiting["id"], "succeeded")
        self.assertIsNone(paid["next_action"])
        self.assertEqual(len(self.charges(waiting["id"])), 1)

    def test_the_bank_refuses(self):
        shop = self.shop()
        waiting = self.challenged(shop)
        self.decide(waiting, "fail")
        failed = self.settled(shop, waiting["id"], "failed")
        self.assertEqual(failed["operation"]["decline_code"], "authentication_failed")
        self.assertEqual(self.charges(waiting["id"]), [])

    def test_the_buyers_answer_ends_at_the_same_request(self):
        shop, key = self.shop(), uuid.uuid4().hex
        method = {"type": "card", "token": "pm_card_threeDSecure2Required"}
        body = kit.order(payment_method=method)
        waiting = shop.post("/v1/payments", body, key)
        self.assertEqual(waiting.status, 202)
        self.assertEqual(shop.post("/v1/payments", body, key).status, 202)
        self.decide(waiting.json, "approve")
        self.settled(shop, waiting.json["id"], "succeeded")
        self.assertEqual(shop.post("/v1/payments", body, key).status, 201)

    def test_events_tell_the_story_in_order(self):
        shop = self.shop()
        held = self.pay(shop, capture="manual")
        shop.post(f"/v1/payments/{held['id']}/capture")
        page = shop.get(f"/v1/payments/{held['id']}/events").json
        self.assertEqual([event["type"] for event in page["data"]],
                         ["payment.created", "payment.authorized", "payment.capture_started",
                          "payment.succeeded"])
        self.assertEqual([event["version"] for event in page["data"]], [1, 2, 3, 4])
        self.assertEqual(len({event["id"] for event in page["data"]}), 4)
        for event in page["data"]:
            self.assertEqual(event["data"]["object"]["version"], event["version"])
        self.assertEqual(page["data"][1]["data"]["object"], held)
        self.assertEqual(page["data"][-1]["data"]["object"], self.read(shop, held["id"]))
        self.assertFalse(page["has_more"])
        self.assertTrue(shop.get(f"/v1/payments/{held['id']}/events?limit=2").json["has_more"])

    def test_an_unchanged_payment_is_not_sent_again(self):
        shop = self.shop()
        held = self.pay(shop, capture="manual")
        path = "/v1/payments/" + held["id"]
        first = shop.get(path)
        self.assertEqual(first.headers["ETag"], '"2"')
        again = shop.get(path, {"If-None-Match": first.headers["ETag"]})
        self.assertEqual([again.status, again.text], [304, ""])
        self.assertEqual(again.headers["ETag"], '"2"')
        shop.post(path + "/capture")
        changed = shop.get(path, {"If-None-Match": first.headers["ETag"]})
        self.assertEqual([changed.status, changed.headers["ETag"]], [200, '"4"'])

    def test_head_is_get_without_the_body(self):
        shop = self.shop()
        path = "/v1/payments/" + self.pay(shop)["id"]
        got, head = shop.get(path), shop.request("HEAD", path)
        self.assertEqual([head.status, head.text], [200, ""])
        for name in ("ETag", "Content-Type", "Content-Length"):
            self.assertEqual(head.headers[name], got.headers[name])
        self.assertEqual(shop.get(path).status, 200, "the connection still works")


class Lists(ApiTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        key = cls.stack.florin_json("keys", "create", "--name", "lists", "--merchant", "lists")
        cls.owner = cls.stack.client(key["key"])
        cls.addClassCleanup(cls.owner.close)
        orders = [kit.order(checkout_id="chk_a"), kit.order(checkout_id="chk_a", capture="manual"),
                  kit.order(checkout_id="chk_b", currency="USD"), kit.order(checkout_id="chk_b"),
                  kit.order(checkout_id="chk_c", capture="manual")]
        cls.payments = [cls.owner.post("/v1/payments", order).json for order in orders]

    def ids(self, query):
        answer = self.owner.get("/v1/payments?" + query)
        self.assertEqual(answer.status, 200, answer.text)
        return [payment["id"] for payment in answer.json["data"]]

    def expect(self, query, *numbers):
        self.assertEqual(self.ids(query), [self.payments[number]["id"] for number in numbers])

    def test_newest_first(self):
        self.expect("", 4, 3, 2, 1, 0)

    def test_filters(self):
        self.expect("status=authorized", 4, 1)
        self.expect("status=succeeded&checkout_id=chk_a", 0)
        self.expect("currency=USD", 2)
        self.expect("checkout_id=chk_b", 3, 2)
        self.expect("checkout_id=nobody")
        made = urllib.parse.quote(self.payments[2]["created_at"])
        later = urllib.parse.quote(self.payments[3]["created_at"])
        # Times are shown in milliseconds, and some of the payments may share one.
        self.assertIn(self.payments[2]["id"], self.ids(f"created%5Bgte%5D={made}"))
        self.assertNotIn(self.payments[3]["id"], self.ids(f"created%5Blt%5D={later}"))
        self.expect("created%5Bgte%5D=2100-01-01T00:00:00Z")
        self.expect("created%5Blt%5D=2000-01-01T00:00:00Z")

    def test_pages_hold_everything_once(self):
        for limit in (1, 2, 5, 100):
            seen, after = [], ""
            while True:
                page = self.owner.get(f"/v1/payments?limit={limit}{after}").json
                self.assertLessEqual(len(page["data"]), limit)
                seen += [payment["id"] for payment in page["data"]]
                if not page["has_more"]:
                    self.assertIsNone(page["next_cursor"])
                    break
                self.assertEqual(page["next_cursor"], seen[-1])
                after = "&starting_after=" + page["next_cursor"]
            self.assertEqual(seen, [payment["id"] for payment in reversed(self.payments)])

    def test_nobody_else_sees_them(self):
        self.assertEqual(self.shop().get("/v1/payments").json["data"], [])

    def test_a_wrong_query_names_its_mistakes(self):
        for query, code, name in (
                ("limit=0", "limit_out_of_range", "limit"),
                ("limit=101", "limit_out_of_range", "limit"),
                ("limit=ten", "limit_out_of_range", "limit"),
                ("limit=1.5", "limit_out_of_range", "limit"),
                ("limit=99999999999999999999", "limit_out_of_range", "limit"),
                ("limit=1&limit=2", "duplicate_parameter", "limit"),
                ("status=paid", "not_allowed", "status"),
                ("currency=eur", "currency_unknown", "currency"),
                ("starting_after=pay_1", "cursor_malformed", "starting_after"),
                ("created%5Bgte%5D=yesterday", "time_malformed", "created[gte]"),
                ("created%5Blt%5D=2026-02-30T00:00:00Z", "time_malformed", "created[lt]"),
                ("colour=red", "unknown_parameter", "colour")):
            with self.subTest(query):
                self.assert_problem(self.owner.get("/v1/payments?" + query), 422, code, "?" + name)
        both = self.owner.get("/v1/payments?limit=0&status=paid").json["errors"]
        self.assertEqual({error["pointer"] for error in both}, {"?limit", "?status"})

    def test_bytes_that_are_no_text_are_refused_in_text(self):
        for path, statuses in (("/v1/%ff", {400, 404}), ("/v1/payments/%ff", {400, 404}),
                               ("/v1/ledger/accounts/%ff", {400, 404}),
                               ("/v1/ledger/accounts/psp_receivable:%00:EUR", {400, 404}),
                               ("/v1/payments?checkout_id=%ff", {400, 422}),
                               ("/v1/payments?checkout_id=%00", {400, 422}),
                               ("/v1/payments?%ff=1", {400, 422}), ("/v1/%zz", {400})):
            with self.subTest(path):
                answer = self.owner.get(path)  # Reads the answer as UTF-8.
                self.assertIn(answer.status, statuses, answer.text)
                self.assertTrue(answer.json["detail"])


class Service(ApiTest):
    def test_health_and_readiness_are_open_to_everybody(self):
        anybody = self.client("")
        self.assertEqual(anybody.get("/healthz").json, {"status": "ok"})
        self.assertEqual(anybody.get("/readyz").json, {"status": "ready"})

    def test_metrics_are_readable_and_count(self):
        anybody, name = self.client(""), 'florin_http_requests_total{route="/healthz",status="200"}'

        def read():
            answer = anybody.get("/metrics")
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4")
            values = {}
            for line in answer.text.splitlines():
                if line.startswith("#"):
                    self.assertRegex(line, r"^# (HELP|TYPE) [a-z_]+ \S")
                    continue
                found = re.fullmatch(r'([a-z_]+(?:\{[^{}]*\})?) ([0-9.e+-]+)', line)
                self.assertIsNotNone(found, line)
                self.assertNotIn(found[1], values, "a series twice")
                values[found[1]] = float(found[2])
            return values

        before = read().get(name, 0)
        anybody.get("/healthz")
        self.assertEqual(read()[name], before + 1)
        self.assertIn("florin_engine_commands_total", read())

    def test_the_document_is_served(self):
        document = self.client("").get("/openapi.json").json
        self.assertEqual(document["openapi"], "3.1.0")
        on_disk = json.loads((kit.ROOT / "src/api/openapi.json").read_text())
        self.assertEqual(document["paths"].keys(), on_disk["paths"].keys())


if __name__ == "__main__":
    unittest.main(verbosity=2)
