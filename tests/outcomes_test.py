"""Repeated and simultaneous requests, lost answers, a provider that is away, florin killed with -9.

However it ends, there is one charge, and everybody gets the same answer.
"""

import contextlib
import copy
import http.client
import json
import threading
import time
import unittest
import uuid

import kit
from shop import INTENTS, ApiTest, at_once, eventually


class Idempotency(ApiTest):
    florins = 2

    def assert_same(self, first, again):
        self.assertEqual(again.status, first.status)
        self.assertEqual(again.text, first.text, "byte by byte")
        self.assertEqual(again.headers["Location"], first.headers["Location"])
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")

    def test_the_same_request_gets_the_same_answer(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        first = shop.post("/v1/payments", body, key)
        self.assertEqual(first.status, 201)
        self.assert_same(first, shop.post("/v1/payments", body, key))
        self.assert_same(first, shop.post("/v1/payments", body, f'"{key}"'))
        self.assert_same(first, self.client(shop.key, 1).post("/v1/payments", body, key))
        self.assertEqual(len(self.charges(first.json["id"])), 1)
        self.assertEqual(len(shop.get("/v1/payments").json["data"]), 1)

    def test_so_does_a_declined_one(self):
        shop, key = self.shop(), uuid.uuid4().hex
        body = kit.order(payment_method={"type": "card", "token": "pm_card_chargeDeclined"})
        first = shop.post("/v1/payments", body, key)
        self.assertEqual(first.status, 402)
        self.assert_same(first, shop.post("/v1/payments", body, key))

    def test_order_and_white_space_say_nothing(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        first = shop.post("/v1/payments", body, key)
        turned = json.dumps(dict(reversed(body.items())), indent=3)
        self.assertNotEqual(turned, json.dumps(body))
        self.assert_same(first, shop.post("/v1/payments", turned, key))

    def test_another_request_under_the_key_is_refused(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        first = shop.post("/v1/payments", body, key)
        other = copy.deepcopy(body)
        other["payment_orders"][0]["amount"] = "70.01"
        self.assert_problem(shop.post("/v1/payments", other, key), 422, "idempotency_key_reused")
        self.assertEqual(len(self.charges(first.json["id"])), 1)
        self.assertEqual(len(shop.get("/v1/payments").json["data"]), 1)
        self.assert_same(first, shop.post("/v1/payments", body, key))

    def test_a_key_belongs_to_one_merchant_and_one_operation(self):
        shop, other, key = self.shop(), self.shop(), uuid.uuid4().hex
        held = shop.post("/v1/payments", kit.order(capture="manual"), key).json
        self.assertEqual(other.post("/v1/payments", kit.order(), key).status, 201)
        self.assertEqual(shop.post(f"/v1/payments/{held['id']}/capture", key=key).status, 200)

    def test_captures_and_cancellations_repeat_too(self):
        for action in ("capture", "cancel"):
            shop, key = self.shop(), uuid.uuid4().hex
            path = f"/v1/payments/{self.pay(shop, capture='manual')['id']}/{action}"
            first = shop.post(path, key=key)
            self.assertEqual(first.status, 200)
            self.assert_same(first, shop.post(path, key=key))
            self.assert_same(first, shop.post(path, b"", key=key))

    def test_a_retry_much_later_gets_the_first_answer(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order(capture="manual")
        first = shop.post("/v1/payments", body, key)
        path = "/v1/payments/" + first.json["id"]
        self.assertEqual(shop.post(path + "/capture").status, 200)
        self.stack.restart(0)  # Nothing is remembered but what is stored.
        shop = self.client(shop.key)
        self.assertEqual(shop.get(path).json["status"], "succeeded")
        again = shop.post("/v1/payments", body, key)
        self.assert_same(first, again)
        self.assertEqual(again.json["status"], "authorized")

    def test_two_identical_requests_at_one_instant_make_one_charge(self):
        self.stack.set_faults({"rates": {"delay": 0.5}, "delay_ms": [1, 30]})
        self.addCleanup(self.stack.set_faults, {})
        shop = self.shop()
        twins = [self.client(shop.key, florin) for florin in (0, 1)]
        running = 0
        for _ in range(40):
            key, body = uuid.uuid4().hex, kit.order()
            answers = at_once(*[lambda twin=twin: twin.post("/v1/payments", body, key)
                                for twin in twins])
            won = [answer for answer in answers if answer.status == 201]
            lost = [answer for answer in answers if answer.status == 409]
            self.assertEqual(len(won) + len(lost), 2, [answer.text for answer in answers])
            self.assertEqual({answer.text for answer in won}, {won[0].text})
            for answer in lost:
                running += 1
                self.assert_problem(answer, 409, "request_in_progress")
                self.assertTrue(answer.headers["Retry-After"])
                self.assertNotEqual(answer.json.get("outcome"), "not_charged",
                                    "the first request may have charged by now")
            self.assertEqual(len(self.charges(won[0].json["id"])), 1)
        self.assertEqual(len(shop.get("/v1/payments?limit=100").json["data"]), 40)
        self.assertGreater(running, 0, "no two requests met")

    def test_of_a_capture_and_a_cancellation_at_one_instant_one_wins(self):
        shop = self.shop()
        twins = [self.client(shop.key, florin) for florin in (0, 1)]
        for _ in range(15):
            payment = self.pay(shop, capture="manual")["id"]
            answers = at_once(
                lambda: twins[0].post(f"/v1/payments/{payment}/capture"),
                lambda: twins[1].post(f"/v1/payments/{payment}/cancel"))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409],
                             [answer.text for answer in answers])
            won = next(answer.json for answer in answers if answer.status == 200)
            charge, = self.charges(payment)
            self.assertEqual(charge["amount_captured"],
                             10000 if won["status"] == "succeeded" else 0)


class UnknownOutcomes(ApiTest):
    florins = 2

    def test_a_lost_answer_is_found_by_the_resolver(self):
        for fault in ("drop_reply", "error_500_after", "error_500", "drop_request"):
            with self.subTest(fault):
                shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
                self.fault(fault)
                first = shop.post("/v1/payments", body, key)
                self.assertEqual(first.status, 202, first.text)
                self.assertEqual([first.json["status"], first.json["outcome_unknown"]],
                                 ["processing", True])
                paid = self.settled(shop, first.json["id"], "succeeded")
                self.assertEqual(len(self.charges(paid["id"])), 1)
                self.assertIn("outcome_unknown", self.event_types(shop, paid["id"]))
                again = shop.post("/v1/payments", body, key)
                self.assertEqual([again.status, again.json], [201, paid])

    def test_a_declined_payment_whose_answer_was_lost_is_declined(self):
        shop, key = self.shop(), uuid.uuid4().hex
        body = kit.order(payment_method={"type": "card", "token": "pm_card_chargeDeclined"})
        self.fault("drop_reply")
        first = shop.post("/v1/payments", body, key)
        self.assertEqual(first.status, 202, first.text)
        self.settled(shop, first.json["id"], "failed")
        self.assertEqual(shop.post("/v1/payments", body, key).status, 402)
        self.assertEqual(self.charges(first.json["id"]), [])

    def test_a_search_that_lags_does_not_charge_twice(self):
        shop = self.shop()
        self.fault("drop_reply", search_lag_ms=5000)
        self.addCleanup(self.stack.set_faults, {})
        lost = self.pay(shop, 202)
        self.settled(shop, lost["id"], "succeeded")
        self.assertEqual(len(self.charges(lost["id"])), 1)

    def test_while_the_outcome_is_unknown_nothing_else_may_start(self):
        shop = self.shop()
        self.fault("drop_reply")
        lost = self.pay(shop, 202, capture="manual")
        answer = shop.post(f"/v1/payments/{lost['id']}/capture")
        if answer.status != 200:  # Unless the resolver was faster.
            self.assert_problem(answer, 409, "operation_in_progress")
            self.settled(shop, lost["id"], "authorized")

    def test_a_lost_capture_and_a_lost_cancellation_are_found(self):
        for action, status, captured in (("capture", "succeeded", 10000),
                                         ("cancel", "canceled", 0)):
            with self.subTest(action):
                shop = self.shop()
                held = self.pay(shop, capture="manual")
                self.fault("drop_reply", INTENTS)
                answer = shop.post(f"/v1/payments/{held['id']}/{action}")
                self.assertEqual(answer.status, 202, answer.text)
                self.assertTrue(answer.json["outcome_unknown"])
                self.settled(shop, held["id"], status)
                charge, = self.charges(held["id"])
                self.assertEqual(charge["amount_captured"], captured)

    def test_a_busy_provider_delays_the_payment(self):
        shop = self.shop()
        self.fault("rate_limit_429")
        delayed = self.pay(shop, 202)
        self.assertEqual([delayed["operation"]["state"], delayed["outcome_unknown"]],
                         ["not_sent", False])
        self.settled(shop, delayed["id"], "succeeded")
        self.assertEqual(len(self.charges(delayed["id"])), 1)
        self.assertEqual(self.event_types(shop, delayed["id"]),
                         ["created", "delayed", "retried", "succeeded"])

    def test_a_slow_provider_is_unknown_in_time(self):
        shop = self.shop()
        self.fault("delay", delay_ms=[3000, 3000])
        self.addCleanup(self.stack.set_faults, {})
        began = time.monotonic()
        lost = self.pay(shop, 202)
        self.assertTrue(lost["outcome_unknown"])
        self.assertLess(time.monotonic() - began, 3, "1.5 s are the limit")
        self.settled(shop, lost["id"], "succeeded")
        self.assertEqual(len(self.charges(lost["id"])), 1)

    def test_a_provider_that_is_away_is_asked_again(self):
        shop = self.shop()
        self.stack.sandbox.stop()
        try:
            delayed = self.pay(shop, 202)
            self.assertEqual([delayed["operation"]["state"], delayed["outcome_unknown"]],
                             ["not_sent", False])
            self.assertTrue(delayed["operation"]["why"])
        finally:
            self.stack.sandbox.start()
        self.settled(shop, delayed["id"], "succeeded")
        self.assertEqual(len(self.charges(delayed["id"])), 1)

    def test_a_killed_florin_leaves_nothing_in_doubt(self):
        key, body = uuid.uuid4().hex, kit.order()
        shop = self.client(self.new_key()["key"])
        watcher = self.client(shop.key, 1)
        self.fault("delay", delay_ms=[1200, 1200])
        self.addCleanup(self.stack.set_faults, {})

        def post():
            with contextlib.suppress(OSError, http.client.HTTPException):
                shop.post("/v1/payments", body, key)

        asking = threading.Thread(target=post)
        asking.start()
        stored = eventually(lambda: watcher.get("/v1/payments").json["data"])
        self.stack.restart(0, how="kill")
        asking.join()
        self.assertEqual([payment["status"] for payment in stored], ["processing"])
        paid = self.settled(watcher, stored[0]["id"], "succeeded")
        self.assertEqual(len(self.charges(paid["id"])), 1)
        self.assertIn("outcome_unknown", self.event_types(watcher, paid["id"]))
        again = self.client(shop.key).post("/v1/payments", body, key)
        self.assertEqual([again.status, again.json], [201, paid])
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")


class WithoutDatabase(ApiTest):
    def test_nothing_is_charged_and_it_says_so(self):
        shop = self.shop()
        self.pay(shop)
        self.stack.postgres.stop()
        self.assertTrue(eventually(lambda: shop.get("/readyz").status == 503))
        self.assertEqual(shop.get("/healthz").status, 200, "alive, so that nobody restarts it")
        answer = shop.post("/v1/payments", kit.order())
        self.assertEqual(answer.status, 503, answer.text)
        self.assertEqual(answer.json["outcome"], "unknown")
        self.assertTrue(answer.headers["Retry-After"])
        self.assertEqual(len(self.stack.sandbox_charges()), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
