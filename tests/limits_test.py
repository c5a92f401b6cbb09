"""Limits over real sockets, with two florins on one database: what all processes accept together
stays within the limit, a provider that is down is left alone, and a storm of writes leaves room.
"""

import collections
import json
import re
import subprocess
import threading
import time
import unittest
import uuid

import kit
from shop import ApiTest, FastStack, eventually
from webhooks_test import ADDRESS, SECRET, signed

FIELD = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')


def event_about(payment):
    """A provider's event, new each time."""
    subject = {"id": "pi_1", "object": "payment_intent", "metadata": {"florin_payment": payment}}
    return json.dumps({"id": "evt_" + uuid.uuid4().hex, "object": "event",
                       "type": "payment_intent.succeeded", "data": {"object": subject}}).encode()


class LimitedTest(ApiTest):
    """`limits` are settings of both florins."""

    florins = 2
    limits = {}

    @classmethod
    def setUpClass(cls):
        limits = cls.limits

        class Limited(FastStack):
            def environment(self):
                return {**super().environment(), **limits}

        cls.stack_type = Limited
        super().setUpClass()

    def metric(self, name, florin=0, **labels):
        """The value, or 0 when there is none yet."""
        wanted = ",".join(f'{label}="{value}"' for label, value in labels.items())
        line = name + (f"{{{wanted}}}" if wanted else "") + " "
        for text in self.client("", florin).get("/metrics").text.splitlines():
            if text.startswith(line):
                return float(text.removeprefix(line))
        return 0.0

    def storm(self, seconds, requests, threads=4):
        """Calls each of `requests` again and again from threads; [(when, answer)]."""
        end, told, lock = time.monotonic() + seconds, [], threading.Lock()

        def run(make):
            call = make()
            while time.monotonic() < end:
                before = time.monotonic()
                answer = call()
                with lock:
                    told.append((before, time.monotonic(), answer))

        running = [threading.Thread(target=run, args=(make,))
                   for make in requests for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return told

    def assert_within(self, told, rate, burst):
        """No window accepts more than burst + rate * its width. A request is accepted at some time
        between its beginning and its end, so the widest reading of a window must hold."""
        accepted = sorted((began, ended) for began, ended, answer in told if answer.status != 429)
        for first, (began, _) in enumerate(accepted):
            latest = began
            for last in range(first, len(accepted)):
                latest = max(latest, accepted[last][1])
                self.assertLessEqual(last - first + 1, burst + rate * (latest - began) + 1e-6)
        return len(accepted)


class KeyLimit(LimitedTest):
    limits = {"FLORIN_RATE_LIMIT_KEY_READS": "20", "FLORIN_RATE_LIMIT_KEY_WRITES": "5",
              "FLORIN_RATE_LIMIT_ADDRESS": "0"}

    def test_two_processes_together_keep_to_the_limit(self):
        key = self.new_key()["key"]

        def reader(florin):
            return lambda: (lambda client: lambda: client.get("/v1/payments"))(
                self.client(key, florin))

        told = self.storm(4, [reader(0), reader(1)])
        seconds = max(end for _, end, _ in told) - min(begin for begin, _, _ in told)
        accepted = self.assert_within(told, 20, 40)
        self.assertGreaterEqual(accepted, 20 * seconds * 0.8, "and it can be used")
        statuses = collections.Counter(answer.status for _, _, answer in told)
        self.assertEqual(set(statuses), {200, 429})
        for _, _, answer in told:
            self.assertEqual(answer.headers["RateLimit-Policy"], '"read";q=40;w=2')
            policy, left, within = FIELD.fullmatch(answer.headers["RateLimit"]).groups()
            self.assertEqual(policy, "read")
            self.assertLessEqual(int(left), 40)
            if answer.status == 429:
                self.assertEqual(int(left), 0)
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), int(within))

    def test_whoever_waits_as_long_as_told_passes(self):
        shop = self.shop()
        answers = []
        while not answers or answers[-1].status != 429:
            answers.append(shop.post("/v1/payments", kit.order()))
        self.assertLessEqual(len(answers), 12)
        problem = self.assert_problem(answers[-1], 429, "rate_limited")
        self.assertEqual(problem["violated-policies"], ["write"])
        self.assertEqual(problem["outcome"], "unknown", "the key may have been used before")
        self.assertEqual(shop.get("/v1/payments").status, 200, "reads have a limit of their own")
        self.assertEqual(self.shop().post("/v1/payments", kit.order()).status, 201, "and others")
        time.sleep(int(answers[-1].headers["Retry-After"]))
        self.assertEqual(shop.post("/v1/payments", kit.order()).status, 201)

    def test_a_refused_write_did_nothing(self):
        shop, key, body = self.shop(), uuid.uuid4().hex, kit.order()
        while shop.post("/v1/payments", kit.order()).status != 429:
            pass
        before = len(self.stack.sandbox_charges())
        refused = shop.post("/v1/payments", body, key)
        self.assertEqual(refused.status, 429)
        self.assertEqual(len(self.stack.sandbox_charges()), before)

        def again():
            answer = shop.post("/v1/payments", body, key)
            return answer if answer.status != 429 else None

        answer = eventually(again)
        self.assertEqual(answer.status, 201)
        self.assertIsNone(answer.headers["Idempotent-Replayed"])

    def test_without_the_shared_buckets_a_process_goes_on_with_its_part(self):
        shop = self.shop()
        self.assertEqual(shop.get("/v1/payments").status, 200)
        locked = subprocess.Popen(
            ["psql", "-XAtq", self.stack.postgres.url, "-c",
             "BEGIN; LOCK TABLE florin.rate_bucket; SELECT pg_sleep(4)"], stdout=subprocess.DEVNULL)
        with locked:
            self.assertTrue(eventually(lambda: self.stack.sql(
                "SELECT 1 FROM pg_locks WHERE relation = 'florin.rate_bucket'::regclass "
                "AND mode = 'AccessExclusiveLock' AND granted")))
            passed, slowest, end = 0, 0.0, time.monotonic() + 2
            while time.monotonic() < end:
                began = time.monotonic()
                passed += shop.get("/v1/payments").status == 200
                slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, 1)
        self.assertGreaterEqual(passed, 10, "5 a second and 10 at once are a quarter")
        self.assertLessEqual(passed, 10 + 5 * 3 + 12, "and what was leased before")


class AddressLimit(LimitedTest):
    limits = {"FLORIN_RATE_LIMIT_ADDRESS": "20", "FLORIN_TRUSTED_PROXIES": "127.0.0.1"}

    def guess(self, florin, address):
        """A client with a wrong key, from behind the proxy."""
        client = self.client("sk_test_wrong", florin)
        return lambda: client.request("GET", "/v1/payments",
                                      headers={"X-Forwarded-For": f"6.6.6.6, {address}"})

    def test_guessing_is_slow_and_hurts_nobody_else(self):
        told = self.storm(3, [lambda: self.guess(0, "203.0.113.1"),
                              lambda: self.guess(1, "203.0.113.1")])
        statuses = collections.Counter(answer.status for _, _, answer in told)
        self.assertEqual(set(statuses), {401, 429})
        # A guess costs ten: four at first, then two a second. Each process may be wrong once more
        # for each guess that is on its way.
        self.assertLessEqual(statuses[401], 4 + 2 * 4 + 8, statuses)
        refused = next(answer for _, _, answer in told if answer.status == 429)
        self.assert_problem(refused, 429, "rate_limited")
        self.assertEqual(refused.headers["RateLimit-Policy"], '"address";q=40;w=2')
        self.assertTrue(refused.headers["Retry-After"])
        self.assertEqual(self.guess(0, "203.0.113.2")().status, 401, "another address")
        self.assertEqual(self.guess(0, "2001:db8::1")().status, 401)
        shop = self.shop()
        self.assertEqual(shop.get("/v1/payments").status, 200)

    def test_a_good_key_is_not_limited_by_its_address(self):
        shop = self.shop()
        for _ in range(100):
            self.assertEqual(shop.get("/v1/payments").status, 200)

    def test_all_addresses_of_a_network_are_one(self):
        answers = [self.guess(0, f"2001:db8:5:6::{number:x}")() for number in range(1, 60)]
        self.assertIn(429, [answer.status for answer in answers])


class Outgoing(LimitedTest):
    limits = {"FLORIN_STRIPE_REQUESTS_PER_SECOND": "10"}

    def test_the_circuit_opens_and_closes(self):
        shop = self.shop()
        state = lambda: self.metric("florin_provider_circuit", account="stripe")
        self.assertEqual(state(), 0)
        self.stack.sandbox.stop()
        try:
            delayed = []
            self.assertTrue(eventually(
                lambda: delayed.append(self.pay(shop, 202)) or state() == 2))
            held = self.metric("florin_provider_held_back_total", account="stripe",
                               why="circuit_open")
            began = time.monotonic()
            refused = [self.pay(shop, 202) for _ in range(3)]
            self.assertLess(time.monotonic() - began, 3)
            self.assertGreater(self.metric("florin_provider_held_back_total", account="stripe",
                                           why="circuit_open"), held)
            for payment in delayed + refused:
                self.assertEqual([payment["operation"]["state"], payment["outcome_unknown"]],
                                 ["not_sent", False])
        finally:
            self.stack.sandbox.start()
        self.assertTrue(eventually(lambda: state() == 0), "it closes by itself")
        for payment in delayed + refused:
            self.settled(shop, payment["id"], "succeeded")
            self.assertEqual(len(self.charges(payment["id"])), 1)

    def test_two_processes_together_keep_to_the_accounts_limit(self):
        key, before = self.new_key()["key"], len(self.stack.sandbox_charges())
        began = time.monotonic()

        def payer(florin):
            return lambda: (lambda client: lambda: client.post("/v1/payments", kit.order()))(
                self.client(key, florin))

        told = self.storm(4, [payer(0), payer(1)], 2)
        charged = len(self.stack.sandbox_charges()) - before
        seconds = time.monotonic() - began
        self.assertLessEqual(charged, 5 + 10 * seconds)
        self.assertGreaterEqual(charged, 10 * seconds * 0.6, "and it can be used")
        statuses = collections.Counter(answer.status for _, _, answer in told)
        self.assertLessEqual(set(statuses), {201, 202})
        for _, _, answer in told:
            if answer.status == 202:
                self.assertEqual(answer.json["operation"]["state"], "not_sent")
                self.assertFalse(answer.json["outcome_unknown"], "held back is not unknown")
        charges = collections.Counter(
            charge["metadata"]["florin_payment"] for charge in self.stack.sandbox_charges())
        self.assertEqual(set(charges.values()), {1})
        for _, _, answer in told:
            self.assertIn(charges[answer.json["id"]], {1} if answer.status == 201 else {0, 1})


class Storm(LimitedTest):
    limits = {"FLORIN_WRITES_AT_ONCE": "10", "FLORIN_PROVIDER_TIME_MS": "8000",
              "FLORIN_STRIPE_WEBHOOK_SECRET": SECRET}

    def test_reads_and_webhooks_have_room_of_their_own(self):
        shop = self.shop()
        paid = self.pay(shop)
        self.stack.set_faults({"rates": {"delay": 1.0}, "delay_ms": [2000, 2500]})
        self.addCleanup(self.stack.set_faults, {})
        done, slowest = threading.Event(), 0.0
        told, lock = [], threading.Lock()

        def write():
            client = self.client(shop.key)
            while not done.is_set():
                key, body = uuid.uuid4().hex, kit.order()
                answer = client.post("/v1/payments", body, key)
                with lock:
                    told.append((key, body, answer))

        threads = [threading.Thread(target=write) for _ in range(40)]
        for thread in threads:
            thread.start()
        try:
            self.assertTrue(eventually(
                lambda: self.metric("florin_shed_total", room="writes") > 50))
            hook, health = self.client(""), self.client("")
            for _ in range(50):
                began = time.monotonic()
                self.assertEqual(shop.get("/v1/payments/" + paid["id"]).status, 200)
                body, signature = signed(event_about(paid["id"]))
                heard = hook.request("POST", ADDRESS, body, {"Stripe-Signature": signature})
                self.assertEqual(heard.status, 200, heard.text)
                self.assertEqual(health.get("/readyz").status, 200)
                slowest = max(slowest, time.monotonic() - began)
            self.assertEqual(self.metric("florin_shed_total", room="webhooks"), 0)
            self.assertEqual(self.metric("florin_shed_total", room="reads"), 0)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assertLess(slowest, 1.5, "three answers")
        statuses = collections.Counter(answer.status for _, _, answer in told)
        self.assertLessEqual(set(statuses), {201, 202, 503}, statuses)
        refused = [each for each in told if each[2].status == 503]
        problem = self.assert_problem(refused[0][2], 503, "overloaded")
        self.assertEqual(problem["outcome"], "unknown")
        self.assertTrue(refused[0][2].headers["Retry-After"])
        self.stack.set_faults({"rates": {}, "delay_ms": [0, 0]})
        for key, body, answer in told:
            if answer.status != 503:
                self.settled(shop, answer.json["id"], "succeeded")
                self.assertEqual(len(self.charges(answer.json["id"])), 1)
        # Nothing was done: the same request makes it happen once.
        for key, body, _ in refused[:20]:
            answer = shop.post("/v1/payments", body, key)
            self.assertEqual(answer.status, 201, answer.text)
            self.assertIsNone(answer.headers["Idempotent-Replayed"])
            self.assertEqual(len(self.charges(answer.json["id"])), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
