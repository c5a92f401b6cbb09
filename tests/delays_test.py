"""What takes its time: preferences about waiting, long polls, and answers that a client has.

The provider is made slow by the sandbox's faults; florin 1 watches what florin 0 does.
"""

import json
import queue
import socket
import threading
import time
import unittest
import urllib.parse
import uuid

import kit
from shop import INTENTS, PATIENCE, ApiTest, eventually

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
        waiting = left.json["waiting"]
        self.assertEqual([waiting["for"], waiting["since"], waiting["do_not_pay_again"]],
                         ["provider", left.json["created_at"], True])
        again = self.post(shop, "respond-async", body=body, key=key)
        self.assert_problem(again, 409, "request_in_progress")
        paid = self.settled(shop, left.json["id"], "succeeded")
        self.assertIsNone(paid["waiting"])
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
        path = f"/v1/payments/{paid}/refunds/{left.json['id']}"
        self.assertEqual(left.headers["Location"], path)
        self.assertTrue(eventually(lambda: shop.get(path).json["status"] == "succeeded"))
        self.assertIsNone(shop.get(path).json["waiting"])
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


class Unchanged(DelaysTest):
    def test_every_read_has_a_tag_and_is_not_sent_twice(self):
        shop = self.shop()
        payment = self.pay(shop)
        path = "/v1/payments/" + payment["id"]
        operator = self.client(self.new_key("--scope", "ledger:read")["key"])
        refund = shop.post(path + "/refunds", {"amount": "1.00"})
        self.assertEqual(refund.status, 201)
        for client, read in (
                (shop, path), (shop, path + "/refunds"), (shop, path + "/events"),
                (shop, refund.headers["Location"]),
                (shop, "/v1/payments"), (operator, "/v1/ledger/accounts"),
                (operator, "/v1/ledger/accounts/escrow:EUR"),
                (operator, "/v1/ledger/accounts/escrow:EUR/entries")):
            with self.subTest(read):
                first = client.get(read)
                self.assertEqual(first.status, 200, first.text)
                tag = first.headers["ETag"]
                self.assertRegex(tag, '^"[0-9a-z]+"$')
                for known in (tag, f'"x", W/{tag}', "*"):
                    again = client.get(read, headers={"If-None-Match": known})
                    self.assertEqual([again.status, again.text, again.headers["ETag"]],
                                     [304, "", tag])
                head = client.request("HEAD", read)
                self.assertEqual([head.status, head.text, head.headers["ETag"]], [200, "", tag])
                other = client.get(read, headers={"If-None-Match": '"x"'})
                self.assertEqual([other.status, other.text], [200, first.text])
        tags = [shop.get(read).headers["ETag"] for read in (path, path + "/events", "/v1/payments")]
        self.assertEqual(tags[0], '"4"')
        self.assertEqual(shop.post(path + "/refunds", {"amount": "1.00"}).status, 201)
        for read, tag in zip((path, path + "/events", "/v1/payments"), tags):
            self.assertEqual(shop.get(read, headers={"If-None-Match": tag}).status, 200)

    def test_a_refund_is_read_under_its_payment_only(self):
        shop, stranger = self.shop(), self.shop()
        paid, other = self.pay(shop)["id"], self.pay(shop)["id"]
        refund = shop.post(f"/v1/payments/{paid}/refunds").json
        path = f"/v1/payments/{paid}/refunds/"
        self.assertEqual(shop.get(path + refund["id"]).json, refund)
        sale = self.read(shop, paid)["operation"]["id"].replace("op_", "ref_")
        for name in (sale, "ref_x", paid, "%20"):
            self.assert_problem(shop.get(path + name), 404, "refund_not_found")
        self.assert_problem(shop.get(f"/v1/payments/{other}/refunds/{refund['id']}"), 404,
                            "refund_not_found")
        self.assert_problem(stranger.get(path + refund["id"]), 404, "payment_not_found")
        for name in ("", refund["id"] + "/", refund["id"] + "/x"):
            self.assert_problem(shop.get(path + name), 404, "route_not_found")

    def test_a_long_poll_ends_with_the_change(self):
        shop = self.shop()
        held = self.pay(shop, capture="manual")
        path = "/v1/payments/" + held["id"]
        for florin in (0, 1):  # The process that writes, and another one.
            version = self.read(shop, held["id"])["version"]
            watcher, answers = self.client(shop.key, florin), queue.Queue()
            ask = {"If-None-Match": f'"{version}"', "Prefer": "wait=30"}
            threading.Thread(target=lambda: answers.put(watcher.get(path, headers=ask))).start()
            self.assertTrue(eventually(lambda: self.watched(florin)))
            body = {"amount": "10.00", "final": False}
            self.assertEqual(shop.post(path + "/capture", body).status, 200)
            changed = answers.get(timeout=PATIENCE)
            self.assertEqual(changed.status, 200, changed.text)
            self.assertGreater(changed.json["version"], version)
            self.assertEqual(changed.headers["ETag"], f'"{changed.json["version"]}"')
            self.assertEqual(changed.headers["Preference-Applied"], "wait=30")

    def watched(self, florin):
        text = self.client("", florin).get("/metrics").text
        return "florin_watched_payments 1" in text.splitlines()

    def test_a_long_poll_without_a_change_says_so_in_time(self):
        shop = self.shop()
        paid = self.pay(shop)
        path, tag = "/v1/payments/" + paid["id"], f'"{paid["version"]}"'
        began = time.monotonic()
        same = shop.get(path, headers={"If-None-Match": tag, "Prefer": "wait=1"})
        self.assertEqual([same.status, same.text, same.headers["ETag"]], [304, "", tag])
        self.assertGreaterEqual(time.monotonic() - began, 1)
        news = shop.get(path, headers={"If-None-Match": '"1"', "Prefer": "wait=30"})
        self.assertEqual([news.status, news.json["version"]], [200, 2])

    def test_a_florin_that_stops_answers_who_waits(self):
        shop = self.shop()
        paid = self.pay(shop)
        watcher, answers = self.client(shop.key, 1), queue.Queue()
        ask = {"If-None-Match": f'"{paid["version"]}"', "Prefer": "wait=60"}
        threading.Thread(target=lambda: answers.put(
            watcher.get("/v1/payments/" + paid["id"], headers=ask))).start()
        self.assertTrue(eventually(lambda: self.watched(1)))
        self.stack.restart(1)
        self.assertEqual(answers.get(timeout=PATIENCE).status, 304)


if __name__ == "__main__":
    unittest.main(verbosity=2)
