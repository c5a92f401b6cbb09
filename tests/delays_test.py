"""What takes its time: preferences about waiting, long polls, and events that are sent as they happen.

The provider is made slow by the sandbox's faults; florin 1 watches what florin 0 does.
"""

import socket
import threading
import time
import unittest
import urllib.parse
import uuid

import json
import kit
from shop import INTENTS, ApiTest, eventually

SLOW_MS = 700  # Longer than a request that does not wait, shorter than what is "unknown".


class DelaysTest(ApiTest):
    florins = 2

    def slow(self, path="/v1/payment_intents", milliseconds=SLOW_MS):
        """The next POST to that path at the provider takes so long."""
        self.fault("delay", path, delay_ms=[milliseconds, milliseconds])
        self.addCleanup(self.stack.set_faults, {})


class Prefer(DelaysTest):
    def post(self, shop, prefer, path="/v1/payments", body=None, key=None):
        body = kit.order() if path == "/v1/payments" and body is None else body
        return shop.post(path, body, key, headers={"Prefer": prefer})

    def assert_accepted(self, answer, applied):
        self.assertEqual(answer.status, 202, answer.text)
        self.assertEqual(answer.headers["Preference-Applied"], applied)
        self.assertTrue(answer.headers["Retry-After"])

    def test_who_waits_long_enough_gets_the_end(self):
        self.slow()
        paid = self.post(self.shop(), "wait=20")
        self.assertEqual([paid.status, paid.json["status"]], [201, "succeeded"])
        self.assertEqual(paid.headers["Preference-Applied"], "wait=20")

    def test_who_waits_too_short_gets_the_state_of_now_and_the_work_goes_on(self):
        self.slow(milliseconds=1300)
        shop = self.shop()
        waiting = self.post(shop, "respond-async, wait=1")
        self.assert_accepted(waiting, "wait=1")
        self.assertEqual(waiting.json["status"], "processing")
        path = waiting.headers["Location"]
        self.assertEqual(path, "/v1/payments/" + waiting.json["id"])
        paid = self.settled(shop, waiting.json["id"], "succeeded")
        self.assertEqual(len(self.charges(paid["id"])), 1)
        self.assertEqual(self.event_types(shop, paid["id"]), ["created", "succeeded"])

    def test_who_does_not_wait_is_answered_before_the_provider(self):
        self.slow()
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        left = self.post(shop, "respond-async", body=body, key=key)
        self.assert_accepted(left, "respond-async")
        self.assertEqual(self.charges(left.json["id"]), [], "the provider is not that fast")
        again = self.post(shop, "respond-async", body=body, key=key)
        self.assert_problem(again, 409, "request_in_progress")
        paid = self.settled(shop, left.json["id"], "succeeded")
        replayed = shop.post("/v1/payments", body, key)
        self.assertEqual([replayed.status, replayed.json], [201, paid])
        self.assertEqual(replayed.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(self.charges(paid["id"])), 1)

    def test_captures_cancellations_and_refunds_go_on_too(self):
        shop = self.shop()
        for action, status in (("capture", "succeeded"), ("cancel", "canceled")):
            held = self.pay(shop, capture="manual")["id"]
            self.slow(INTENTS)
            left = self.post(shop, "respond-async", f"/v1/payments/{held}/{action}")
            self.assert_accepted(left, "respond-async")
            self.assertEqual(left.json["operation"]["state"], "sending")
            self.settled(shop, held, status)
        paid = self.pay(shop)["id"]
        self.slow("/v1/refunds")
        left = self.post(shop, "wait=0", f"/v1/payments/{paid}/refunds", {"amount": "1.00"})
        self.assert_accepted(left, "wait=0")
        self.assertEqual([left.json["object"], left.json["status"]], ["refund", "pending"])
        self.assertTrue(eventually(
            lambda: self.read(shop, paid)["amount_refunded"] == "1.00"))

    def test_a_preference_that_cannot_be_read_is_none(self):
        for prefer in ("wait=soon", "wait", "return=minimal"):
            paid = self.post(self.shop(), prefer)
            self.assertEqual(paid.status, 201)
            self.assertIsNone(paid.headers["Preference-Applied"])

    def test_a_client_that_leaves_changes_nothing(self):
        for prefer in ("Prefer: wait=30\r\n", "Prefer: respond-async\r\n", ""):
            with self.subTest(prefer):
                shop, body = self.shop(), json.dumps(kit.order()).encode()
                self.slow()
                place = urllib.parse.urlsplit(self.stack.florins[0].url)
                with socket.create_connection((place.hostname, place.port)) as gone:
                    gone.sendall((f"POST /v1/payments HTTP/1.1\r\nHost: x\r\n{prefer}"
                                  f"Authorization: Bearer {shop.key}\r\nIdempotency-Key: k\r\n"
                                  f"Content-Type: application/json\r\n"
                                  f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
                stored = eventually(lambda: shop.get("/v1/payments").json["data"])
                paid = self.settled(shop, stored[0]["id"], "succeeded")
                self.assertEqual(self.event_types(shop, paid["id"]), ["created", "succeeded"])

    def test_a_florin_that_stops_finishes_what_was_left(self):
        self.slow(milliseconds=1000)
        shop = self.shop()
        left = self.post(shop, "respond-async")
        self.assert_accepted(left, "respond-async")
        self.stack.restart(0)
        seen = self.read(self.client(shop.key, 1), left.json["id"])
        self.assertEqual([seen["status"], seen["version"]], ["succeeded", 2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
