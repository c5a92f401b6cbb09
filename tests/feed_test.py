"""The feed of all events: read page by page while payments happen, nothing is missing or twice.

Two florins relay at the same time. What stands in the feed is compared with the events that each
payment tells by itself.
"""

import collections
import json
import threading
import unittest
import uuid

import kit
from shop import ApiTest, at_once, eventually

PAYMENTS_AT_ONCE, ROUNDS = 4, 6
WAITS = "florin_outbox_oldest_seconds"


class FeedTest(ApiTest):
    florins = 2
    settings = {"fsync": "off", "max_prepared_transactions": "5"}

    def page(self, shop, cursor="0", limit=100):
        answer = shop.get(f"/v1/events?starting_after={cursor}&limit={limit}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def told(self, shop, count, limit=100, cursor="0"):
        """Events from the cursor on, page by page, until there are so many."""
        events = []
        for _ in range(10_000):
            page = self.page(shop, cursor, limit)
            events += page["data"]
            cursor = page["next_cursor"]
            if len(events) >= count and not page["has_more"]:
                return events
            if not page["has_more"]:
                self.assertTrue(eventually(lambda: self.page(shop, cursor)["data"]), len(events))
        self.fail(f"{len(events)} of {count}")

    def assert_told(self, shop, events, payments):
        """Each event of each payment once, by version; positions without a gap."""
        self.assertEqual([event["sequence"] for event in events],
                         list(range(1, len(events) + 1)))
        told = collections.defaultdict(list)
        for event in events:
            told[event["subject"]].append(event)
        self.assertEqual(set(told), set(payments))
        for payment in payments:
            listed = shop.get(f"/v1/payments/{payment}/events?limit=100").json["data"]
            same = [{name: value for name, value in event.items()
                     if name not in ("sequence", "subject")} for event in told[payment]]
            self.assertEqual(same, listed)


class Feed(FeedTest):
    def test_it_is_read_while_payments_happen(self):
        shop = self.shop()
        clients = [self.client(shop.key, n % 2) for n in range(PAYMENTS_AT_ONCE)]
        reader, payments, seen = self.client(shop.key, 1), [], []
        done = threading.Event()

        def story(client):
            payment = client.post("/v1/payments", kit.order(capture="manual")).json["id"]
            client.post(f"/v1/payments/{payment}/capture", {"amount": "60.00"})
            client.post(f"/v1/payments/{payment}/refunds", {"amount": "10.00"})
            payments.append(payment)

        def read():
            cursor = "0"
            while True:
                is_last = done.is_set()
                page = self.page(reader, cursor, 3)
                seen.extend(page["data"])
                cursor = page["next_cursor"]
                if is_last and not page["has_more"]:
                    return cursor

        def play():
            for _ in range(ROUNDS):
                at_once(*(lambda client=client: story(client) for client in clients))
            # A created, an authorized, two of the capture, two of the refund.
            count = 6 * PAYMENTS_AT_ONCE * ROUNDS
            eventually(lambda: self.page(shop, str(count - 1))["data"])
            done.set()

        cursor = at_once(read, play)[0]
        self.assertEqual(len(payments), PAYMENTS_AT_ONCE * ROUNDS)
        self.assert_told(shop, seen, payments)
        end = self.page(shop, cursor)
        self.assertEqual((end["data"], end["has_more"], end["next_cursor"]), ([], False, cursor))
        path = "/v1/events?starting_after=" + cursor
        nothing = {"If-None-Match": shop.get(path).headers["ETag"]}
        self.assertEqual(shop.get(path, nothing).status, 304)
        self.pay(shop)
        self.assertEqual([event["type"] for event in self.told(shop, 2, cursor=cursor)],
                         ["payment.created", "payment.succeeded"])

    def test_each_merchant_has_its_own(self):
        shops = [self.shop() for _ in range(3)]
        paid = [[self.pay(shop)["id"] for _ in range(n + 1)] for n, shop in enumerate(shops)]
        for shop, payments in zip(shops, paid):
            self.assert_told(shop, self.told(shop, 2 * len(payments), 2), payments)
        self.assertEqual(self.page(self.shop()), {"object": "list", "url": "/v1/events",
                         "data": [], "has_more": False, "next_cursor": "0"})

    def test_the_command_line_says_the_same(self):
        key = self.new_key()
        shop = self.client(key["key"])
        self.pay(shop)
        first, second = self.told(shop, 2)
        arguments = ("--json", "events", "--merchant", key["merchant_id"])
        shown = self.stack.florin(*arguments).splitlines()
        self.assertEqual([json.loads(line) for line in shown], [first, second])
        shown = self.stack.florin(*arguments, "--after", "1", "--limit", "1")
        self.assertEqual(json.loads(shown), second)
        self.assertEqual(self.stack.florin(*arguments, "--after", "2"), "")

    def test_what_cannot_be_right_is_refused(self):
        shop = self.shop()
        for query in ("limit=0", "limit=101", "starting_after=-1", "starting_after=x", "page=2"):
            self.assertEqual(shop.get("/v1/events?" + query).status, 422, query)
        for scopes in (["payments:read"], ["payouts:read"]):
            options = [word for scope in scopes for word in ("--scope", scope)]
            weak = self.client(self.new_key(*options)["key"])
            self.assert_problem(weak.get("/v1/events"), 403, "scope_missing")

    def test_what_is_prepared_holds_it_up_and_loses_nothing(self):
        shop = self.shop()
        like = self.pay(shop)["id"]
        self.told(shop, 2)
        # A later version of the payment, by somebody who is slow to commit.
        copy = """
            INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)
            SELECT slot, payment_id, {version}, '{id}', operation_id, 'payment.pending', data,
                   timestamptz '2026-01-01' FROM florin.event WHERE version = 2 AND id = '{like}'"""
        ((event,),) = self.stack.sql("SELECT e.id FROM florin.event e WHERE e.version = 2"
                                     " ORDER BY e.at DESC LIMIT 1")
        fresh = event[:24] + uuid.uuid4().hex[:12]
        self.stack.sql("BEGIN; " + copy.format(version=3, id=fresh, like=event) +
                       "; PREPARE TRANSACTION 'late'")
        try:
            after = self.pay(shop)["id"]
            for florin in (0, 1):
                client = self.client(florin=florin)
                self.assertTrue(eventually(lambda: any(
                    line.startswith(WAITS) and float(line.split()[-1]) >= 1
                    for line in client.get("/metrics").text.splitlines())))
            self.assertEqual(self.page(shop, "2")["data"], [])
        finally:
            self.stack.sql("COMMIT PREPARED 'late'")
        events = self.told(shop, 5)
        self.assertEqual([(event["subject"], event["version"]) for event in events],
                         [(like, 1), (like, 2), (like, 3), (after, 1), (after, 2)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
