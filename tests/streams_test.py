"""Events of a payment as they happen: live across processes, resumed, limited, ended in order.

One test reads them with the npm package `eventsource` (tests/events), which others wrote.
"""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest
import urllib.parse

import kit
from shop import PATIENCE, ApiTest, FastStack, eventually


class Stream:
    """Reads a payment's events as they come. Our own reader: it sees comments and the end too."""

    def __init__(self, client, payment, last_seen=None, query="", connection=None):
        headers = {"Authorization": f"Bearer {client.key}", "Accept": "text/event-stream"}
        if last_seen is not None:
            headers["Last-Event-ID"] = str(last_seen)
        self.connection = connection or http.client.HTTPConnection(client.place, timeout=PATIENCE)
        self.connection.request("GET", f"/v1/payments/{payment}/events{query}", headers=headers)
        self.answer = self.connection.getresponse()

    def message(self):
        """The fields of the next message: {"id", "event", "data"}, {"retry"} or {"": comment};
        nothing at the end."""
        fields = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                return fields
            name, _, value = line.rstrip("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        return None

    def events(self, count):
        """The next events: (version, type, the payment or refund)."""
        found = []
        while len(found) < count:
            message = self.message()
            if message is None:
                raise EOFError(f"the stream ended after {found}")
            if "data" in message:
                event = json.loads(message["data"])
                assert [message["id"], message["event"]] == [str(event["version"]), event["type"]]
                found.append((event["version"], event["type"], event["data"]["object"]))
        return found

    def close(self):
        self.answer.close()
        self.connection.close()


class StreamTest(ApiTest):
    florins = 2

    def stream(self, client, payment, last_seen=None, query=""):
        stream = Stream(client, payment, last_seen, query)
        self.addCleanup(stream.close)
        return stream


class Streams(StreamTest):
    def test_steps_of_another_process_come_as_they_happen_in_order_and_once(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        stream = self.stream(self.client(shop.key, 1), payment)
        self.assertEqual(stream.answer.status, 200)
        self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.answer.headers["Cache-Control"], "no-store")
        self.assertEqual(stream.answer.headers["X-Accel-Buffering"], "no")
        self.assertTrue(stream.message()["retry"].isdigit())
        self.assertEqual([event[:2] for event in stream.events(2)],
                         [(1, "payment.created"), (2, "payment.authorized")])
        captured = shop.post(f"/v1/payments/{payment}/capture")
        self.assertEqual([event[:2] for event in stream.events(2)],
                         [(3, "payment.capture_started"), (4, "payment.succeeded")])
        self.assertEqual(captured.status, 200)
        refund = shop.post(f"/v1/payments/{payment}/refunds", {"amount": "1.00"})
        self.assertEqual([event[:2] for event in stream.events(2)],
                         [(5, "refund.created"), (6, "refund.succeeded")])
        self.assertEqual(refund.status, 201)
        listed = shop.get(f"/v1/payments/{payment}/events").json["data"]
        again = self.stream(shop, payment).events(6)
        self.assertEqual(again, [(event["version"], event["type"], event["data"]["object"])
                                 for event in listed])

    def test_what_the_resolver_finds_out_is_told(self):
        shop = self.shop()
        self.fault("drop_reply")
        lost = self.pay(shop, 202)
        streams = [self.stream(self.client(shop.key, florin), lost["id"], lost["version"])
                   for florin in (0, 1)]
        for stream in streams:
            version, kind, payment = stream.events(1)[0]
            self.assertEqual([version, kind], [lost["version"] + 1, "payment.succeeded"])
            self.assertEqual(payment["status"], "succeeded")

    def test_who_connects_again_misses_nothing_and_sees_nothing_twice(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        first = self.stream(shop, payment)
        seen = [event[0] for event in first.events(2)]
        first.close()
        path = f"/v1/payments/{payment}/refunds"
        for _ in range(3):
            self.assertEqual(shop.post(path, {"amount": "1.00"}).status, 201)
        other = self.client(shop.key, 1)
        again = self.stream(other, payment, last_seen=2)
        seen += [event[0] for event in again.events(3)]
        # The header counts, not the address that the client began with.
        third = self.stream(other, payment, last_seen=5, query="?starting_after=1")
        self.assertEqual(shop.post(path, {"amount": "1.00"}).status, 201)
        seen += [event[0] for event in third.events(5)]
        self.assertEqual(seen, list(range(1, 11)))
        fourth = self.stream(shop, payment, query="?starting_after=9")
        self.assertEqual(fourth.events(1)[0][0], 10)

    def test_many_steps_while_many_watch_reach_everybody(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        streams = [self.stream(self.client(shop.key, n % 2), payment, 2) for n in range(20)]
        for _ in range(10):
            self.assertEqual(
                shop.post(f"/v1/payments/{payment}/refunds", {"amount": "1.00"}).status, 201)
        for stream in streams:
            self.assertEqual([event[0] for event in stream.events(20)], list(range(3, 23)))

    def test_only_who_may_see_the_payment_may_watch_it(self):
        shop, stranger = self.shop(), self.shop()
        payment = self.pay(shop)["id"]
        self.assertEqual(self.stream(stranger, payment).answer.status, 404)
        self.assertEqual(self.stream(shop, payment, last_seen="soon").answer.status, 422)
        self.assertEqual(self.stream(shop, payment, query="?limit=3").answer.status, 422)

    def test_head_tells_the_type_and_ends(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        answer = shop.request("HEAD", f"/v1/payments/{payment}/events",
                              headers={"Accept": "text/event-stream"})
        self.assertEqual([answer.status, answer.headers["Content-Type"], answer.text],
                         [200, "text/event-stream", ""])

    def test_a_florin_that_stops_ends_its_streams_in_order(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        stream = self.stream(self.client(shop.key, 1), payment)
        stream.events(2)
        began = time.monotonic()
        self.stack.restart(1)
        while stream.message() is not None:  # A stream that breaks off raises.
            pass
        self.assertLess(time.monotonic() - began, 10, "nobody waits for the time-out")

    def test_nothing_is_asked_when_nobody_watches(self):
        def looks():
            text = shop.get("/metrics").text
            return [float(line.split()[1]) for line in text.splitlines()
                    if line.startswith(("florin_watcher_looks_total", "florin_event_streams"))]
        shop = self.shop()
        payment = self.pay(shop)["id"]
        stream = self.stream(shop, payment)
        stream.events(2)
        self.assertTrue(eventually(lambda: 1 in looks()), looks())
        stream.close()
        self.assertTrue(eventually(lambda: 0 in looks()), "a client that left is noticed")
        before = looks()
        self.assertEqual(shop.get(f"/v1/payments/{payment}").status, 200)
        self.assertEqual(looks(), before)

    def test_a_client_that_others_wrote_reads_it_and_connects_again(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        lines = queue.Queue()
        folder = pathlib.Path(__file__).parent / "events"
        if not (folder / "node_modules").exists():
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                           cwd=folder, check=True, stdout=subprocess.DEVNULL)
        florin = self.stack.florins[1]
        proxy = self.enterContext(Door(florin))
        reader = subprocess.Popen(
            [shutil.which("node"), folder / "client.mjs",
             f"{proxy.url}/v1/payments/{payment}/events", shop.key, "refund.succeeded"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        threading.Thread(target=lambda: [lines.put(json.loads(line)) for line in reader.stdout],
                         daemon=True).start()

        def events(count):
            found = []
            while len(found) < count:
                line = lines.get(timeout=PATIENCE)
                if "id" in line:
                    self.assertEqual(line["data"]["version"], int(line["id"]))
                    found.append((line["id"], line["type"]))
            return found

        self.assertEqual(events(2), [("1", "payment.created"), ("2", "payment.authorized")])
        proxy.cut()
        shop.post(f"/v1/payments/{payment}/capture")
        self.assertEqual(events(2), [("3", "payment.capture_started"), ("4", "payment.succeeded")])
        self.stack.restart(1)
        shop.post(f"/v1/payments/{payment}/refunds")
        self.assertEqual(events(2), [("5", "refund.created"), ("6", "refund.succeeded")])
        self.assertEqual(reader.wait(PATIENCE), 0)


class Door:
    """Leads to a florin wherever it listens now, and can cut all its lines."""

    def __init__(self, florin):
        self.florin, self.lines = florin, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                place = urllib.parse.urlsplit(self.florin.url)
                try:
                    server = socket.create_connection((place.hostname, place.port))
                except OSError:  # It starts again just now.
                    client.close()
                    continue
                self.lines += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.copy, args=pair, daemon=True).start()

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def cut(self):
        lines, self.lines = self.lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


class SecretStack(FastStack):
    """One florin that speaks TLS only."""

    def environment(self):
        certificate, key = (os.path.join(self.folder, name) for name in ("tls.pem", "tls.key"))
        if not os.path.exists(key):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                            certificate, "-days", "1", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return {**super().environment(), "FLORIN_TLS_CERTIFICATE_FILE": certificate,
                "FLORIN_TLS_KEY_FILE": key}


class OverTls(StreamTest):
    stack_type = SecretStack
    florins = 1

    def test_a_stream_is_the_same_over_tls(self):
        key = self.new_key()["key"]
        place = urllib.parse.urlsplit(self.stack.florins[0].url).netloc
        trusted = ssl.create_default_context(
            cafile=self.stack.environment()["FLORIN_TLS_CERTIFICATE_FILE"])

        def connect():
            line = http.client.HTTPSConnection(place, timeout=PATIENCE, context=trusted)
            self.addCleanup(line.close)
            return line

        shop = kit.Client("https://" + place, key)
        shop.connection = connect()
        payment = self.pay(shop)["id"]
        stream = Stream(shop, payment, connection=connect())
        stream.events(2)
        self.assertEqual(
            shop.post(f"/v1/payments/{payment}/refunds", {"amount": "1.00"}).status, 201)
        self.assertEqual([event[0] for event in stream.events(2)], [3, 4])
        stream.close()
        gone = "florin_event_streams 0"
        self.assertTrue(eventually(lambda: gone in shop.get("/metrics").text.splitlines()))


class NarrowStack(FastStack):
    def environment(self):
        return {**super().environment(), "FLORIN_EVENT_STREAMS_MAX": "3",
                "FLORIN_EVENT_HEARTBEAT_MS": "50"}


class Limits(StreamTest):
    stack_type = NarrowStack
    florins = 1

    def test_a_silent_stream_is_kept_open_by_comments(self):
        shop = self.shop()
        stream = self.stream(shop, self.pay(shop)["id"], last_seen=2)
        self.assertIn("retry", stream.message())
        for _ in range(3):
            self.assertEqual(stream.message(), {"": "still here"})

    def test_one_too_many_is_refused_until_another_leaves(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]

        def opened():
            stream = self.stream(shop, payment)
            if stream.answer.status == 200:
                return stream
            stream.close()
            return None

        streams = [eventually(opened) for _ in range(3)]  # Others may still be leaving.
        refused = shop.get(f"/v1/payments/{payment}/events",
                           headers={"Accept": "text/event-stream"})
        self.assert_problem(refused, 503, "too_many_streams")
        self.assertEqual(refused.headers["Retry-After"], "5")
        self.assertEqual(shop.get(f"/v1/payments/{payment}/events").status, 200)
        streams[0].close()
        self.assertIsNotNone(eventually(opened))


if __name__ == "__main__":
    unittest.main(verbosity=2)
