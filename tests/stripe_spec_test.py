"""What the Stripe connector really sends, held against Stripe's published OpenAPI document.

A proxy between florin and florin-sandbox records every exchange. The document is
stripe/stripe-needed.openapi.json in $FLORIN_SPECS (../shared/specs beside the repository).
"""

import dataclasses
import http.client
import http.server
import json
import os
import pathlib
import re
import threading
import unittest
import urllib.parse

import kit

SPECS = pathlib.Path(os.environ.get("FLORIN_SPECS", kit.ROOT / "../shared/specs"))
DOCUMENT = SPECS / "stripe/stripe-needed.openapi.json"
# Younger than the document, which is of 2022-11-15. All are in the types of Stripe's own client
# (PaymentIntentCreateParams, PaymentIntentCaptureParams).
ADDED_SINCE = ["body[payment_method_options][card][request_multicapture] is unknown",
               "body[payment_method_options][card][request_incremental_authorization] is unknown",
               "body[final_capture] is unknown"]
WHY_SKIPPED = f"Stripe's OpenAPI document is missing: {DOCUMENT} (set FLORIN_SPECS)"
needs_document = unittest.skipUnless(DOCUMENT.exists(), WHY_SKIPPED)

INTENT = "payment_intent"
# What src/connectors/stripe/mapping.cpp reads.
READ_OF_INTENT = [
    "id", "object", "status", "amount", "currency", "amount_received", "amount_capturable",
    "metadata", "next_action.redirect_to_url.url", "last_payment_error.code",
    "last_payment_error.decline_code",
]
READ_OF_ERROR = ["error.type", "error.code", "error.decline_code", "error.payment_intent.id"]


@dataclasses.dataclass
class Exchange:
    method: str
    target: str
    headers: dict  # Names in lower case.
    body: str
    status: int = 0  # 0 = the reply was dropped.
    reply: str = ""

    @property
    def path(self):
        return self.target.partition("?")[0]


class Document:
    """The part of OpenAPI that Stripe's document uses."""

    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def operation(self, method, path):
        paths = self.document["paths"]
        candidates = [path] if path in paths else [
            template for template in paths
            if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path)]
        for template in candidates:
            if method.lower() in paths[template]:
                return paths[template][method.lower()]
        return None

    def check_request(self, exchange):
        """Sentences about what Stripe would not understand."""
        operation = self.operation(exchange.method, exchange.path)
        if operation is None:
            return [f"there is no {exchange.method} {exchange.path}"]
        query = urllib.parse.urlsplit(exchange.target).query
        parameters = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        problems = self.check_value({
            "type": "object",
            "properties": {one["name"]: one["schema"] for one in parameters},
            "required": [one["name"] for one in parameters if one.get("required")],
        }, tree_of(query), "query")
        if exchange.method == "GET":
            return problems + (["a GET with a body"] if exchange.body else [])
        content = operation["requestBody"]["content"]
        media = exchange.headers.get("content-type", "")
        if media not in content:
            return problems + [f"content type {media!r}"]
        return problems + self.check_value(content[media]["schema"], tree_of(exchange.body), "body")

    def check_value(self, schema, node, where):
        """`node`: a text, or a dict of nodes, as form fields spell objects and arrays."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            found = [self.check_value(one, node, where) for one in schema["anyOf"]]
            return min(found, key=lambda texts: sum(text not in ADDED_SINCE for text in texts))
        kind = schema.get("type")
        if isinstance(node, str):
            return self.check_text(schema, node, where)
        if kind == "array":
            if list(node) != [str(n) for n in range(len(node))]:
                return [f"{where}: the indexes {list(node)}"]
            return [problem for name, child in node.items()
                    for problem in self.check_value(schema["items"], child, f"{where}[{name}]")]
        if kind != "object":
            return [f"{where}: fields inside a {kind}"]
        return self.check_object(schema, node, where)

    def check_object(self, schema, node, where):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        problems = [f"{where}[{name}] is required" for name in schema.get("required", [])
                    if name not in node]
        for name, child in node.items():
            if name in known:
                problems += self.check_value(known[name], child, f"{where}[{name}]")
            elif isinstance(others, dict):
                problems += self.check_value(others, child, f"{where}[{name}]")
            else:
                problems.append(f"{where}[{name}] is unknown")
        return problems

    @staticmethod
    def check_text(schema, text, where):
        kind = schema.get("type")
        forms = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false",
                 "string": r"(?s).*"}
        if kind not in forms or not re.fullmatch(forms[kind], text):
            return [f"{where}: {text!r} is not a {kind}"]
        if "enum" in schema and text not in schema["enum"]:
            return [f"{where}: {text!r} is none of {schema['enum']}"]
        if len(text) > schema.get("maxLength", len(text)):
            return [f"{where}: longer than {schema['maxLength']}"]
        return []

    def check_reply(self, exchange):
        """Only the fields that the connector reads."""
        operation = self.operation(exchange.method, exchange.path)
        good = exchange.status == 200
        content = operation["responses"]["200" if good else "default"]["content"]
        schema, reply = content["application/json"]["schema"], json.loads(exchange.reply)
        if not good:
            return [p for field in READ_OF_ERROR for p in self.check_field(schema, reply, field)]
        if reply["object"] != "search_result":
            return [p for field in READ_OF_INTENT for p in self.check_field(schema, reply, field)]
        found = self.check_field(schema, reply, "object") + self.check_field(schema, reply, "data")
        items = self.resolve(schema)["properties"]["data"]["items"]
        return found + [p for item in reply["data"] for field in READ_OF_INTENT
                        for p in self.check_field(items, item, field)]

    def alternatives(self, schema):
        schema = self.resolve(schema)
        if "anyOf" not in schema:
            return [schema]
        return [one for inner in schema["anyOf"] for one in self.alternatives(inner)]

    def check_field(self, schema, value, path):
        """`path`: "a.b". What is absent is right unless it is required."""
        if value is None:
            return [] if self.resolve(schema).get("nullable") else [f"{path}: null"]
        options = self.alternatives(schema)
        if not path:
            return [] if any(fits(one, value) for one in options) else [f"the value {value!r}"]
        name, _, rest = path.partition(".")
        children = [one["properties"][name] for one in options if name in one.get("properties", {})]
        if not children:
            return [f"the document has no {name}"]
        if name not in value:
            required = any(name in one.get("required", []) for one in options)
            return [f"{name} is required"] if required else []
        found = [self.check_field(child, value[name], rest) for child in children]
        return [f"{name}: {problem}" for problem in min(found, key=len)]


def fits(schema, value):
    types = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list,
             "number": (int, float)}
    kind = types.get(schema.get("type"), object)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        return False
    return "enum" not in schema or value in schema["enum"]


def tree_of(form):
    """a=1&b[c]=2&d[0]=3 -> {"a": "1", "b": {"c": "2"}, "d": {"0": "3"}}"""
    tree = {}
    fields = urllib.parse.parse_qsl(form, keep_blank_values=True, strict_parsing=bool(form))
    for name, value in fields:
        root, *inner = re.split(r"\]\[|\[", name.removesuffix("]"))
        node = tree
        for part in [root, *inner][:-1]:
            node = node.setdefault(part, {})
        node[[root, *inner][-1]] = value
    return tree


class Recorder(http.server.ThreadingHTTPServer):
    """Passes everything on to `upstream()` and keeps it. A dropped reply is dropped here, too."""

    daemon_threads = True

    def __init__(self, upstream):
        super().__init__(("127.0.0.1", 0), Relay)
        self.upstream, self.exchanges, self.changed = upstream, [], threading.Condition()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def add(self, exchange):
        with self.changed:
            self.exchanges.append(exchange)
            self.changed.notify_all()

    def wait_for(self, wanted, seconds=60):
        """The first exchange of which that is true."""
        with self.changed:
            self.changed.wait_for(lambda: any(map(wanted, self.exchanges)), seconds)
            return next(filter(wanted, self.exchanges), None)

    def close(self):
        self.shutdown()
        self.server_close()


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        exchange = Exchange(self.command, self.path,
                            {name.lower(): value for name, value in self.headers.items()},
                            body.decode())
        upstream = http.client.HTTPConnection(
            urllib.parse.urlsplit(self.server.upstream()).netloc, timeout=60)
        try:
            upstream.request(self.command, self.path, body or None, dict(self.headers))
            answer = upstream.getresponse()
            exchange.status, exchange.reply = answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        finally:
            upstream.close()
            self.server.add(exchange)
        self.send_response(exchange.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "server", "connection", "transfer-encoding",
                                    "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(exchange.reply.encode())))
        self.end_headers()
        self.wfile.write(exchange.reply.encode())

    do_GET = do_POST = relay

    def log_message(self, *_):
        pass


class RecordedStack(kit.Stack):
    def __init__(self):
        self.recorder = Recorder(lambda: self.sandbox.url)
        super().__init__()

    def environment(self):
        return {**super().environment(), "FLORIN_STRIPE_URL": self.recorder.url}

    def close(self):
        super().close()
        self.recorder.close()


@needs_document
class WhatIsSent(unittest.TestCase):
    """One story per kind of request; then every exchange is judged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stack = cls.enterClassContext(RecordedStack())
        cls.document = Document(json.loads(DOCUMENT.read_text()))
        cls.shop = cls.stack.client()
        cls.addClassCleanup(cls.shop.close)
        cls.play()
        cls.exchanges = list(cls.stack.recorder.exchanges)

    @classmethod
    def play(cls):
        shop = cls.shop
        cls.sale = shop.post("/v1/payments", kit.order())
        held = [shop.post("/v1/payments", kit.order(capture="manual")).json for _ in range(3)]
        shop.post(f"/v1/payments/{held[0]['id']}/capture")
        shop.post(f"/v1/payments/{held[1]['id']}/cancel")
        declined = {"type": "card", "token": "pm_card_chargeDeclined"}
        shop.post("/v1/payments", kit.order(payment_method=declined))
        yen = [{"payment_order_id": "o", "seller_account": "s", "amount": "500"}]
        shop.post("/v1/payments", kit.order(currency="JPY", payment_orders=yen))
        cls.lose(lambda: shop.post("/v1/payments", kit.order()), "/v1/payment_intents")
        cls.search = cls.stack.recorder.wait_for(lambda x: "/search?" in x.target)
        cls.lose(lambda: shop.post(f"/v1/payments/{held[2]['id']}/capture"),
                 "/v1/payment_intents/*")
        reference = held[2]["provider"]["reference"]
        cls.retrieve = cls.stack.recorder.wait_for(
            lambda x: x.method == "GET" and x.path.endswith("/" + reference))

    @classmethod
    def lose(cls, request, path):
        """Executed, but the reply is lost: the resolver has to ask."""
        cls.stack.set_faults({"next": [{"fault": "drop_reply", "path": path, "method": "POST"}]})
        request()

    def of(self, method, pattern):
        return [x for x in self.exchanges
                if x.method == method and re.fullmatch(pattern, x.path)]

    def test_every_kind_of_request_was_seen(self):
        intent = "/v1/payment_intents/pi_[^/]+"
        for method, pattern, count in [("POST", "/v1/payment_intents", 7),
                                       ("POST", intent + "/capture", 2),
                                       ("POST", intent + "/cancel", 1)]:
            self.assertEqual(count, len(self.of(method, pattern)), pattern)
        self.assertIsNotNone(self.search, "the resolver has searched")
        self.assertIsNotNone(self.retrieve, "the resolver has retrieved")
        self.assertEqual(2, sum(x.status == 0 for x in self.exchanges))
        created = self.of("POST", "/v1/payment_intents")
        methods = {tree_of(x.body)["capture_method"] for x in created}
        self.assertEqual({"automatic", "manual"}, methods)
        self.assertEqual(201, self.sale.status, self.sale.text)

    def test_every_request_is_in_the_document(self):
        for exchange in self.exchanges:
            with self.subTest(f"{exchange.method} {exchange.target} {exchange.body}"):
                problems = self.document.check_request(exchange)
                self.assertEqual([], [text for text in problems if text not in ADDED_SINCE])

    def test_every_reply_is_in_the_document(self):
        replies = [x for x in self.exchanges if x.status]
        self.assertEqual({200, 402}, {x.status for x in replies})
        for exchange in replies:
            with self.subTest(f"{exchange.method} {exchange.target} {exchange.reply}"):
                self.assertEqual([], self.document.check_reply(exchange))

    def test_headers(self):
        keys = []
        for exchange in self.exchanges:
            with self.subTest(f"{exchange.method} {exchange.target}"):
                self.assertRegex(exchange.headers["stripe-version"], r"^\d{4}-\d\d-\d\d(\.\w+)?$")
                self.assertEqual("Bearer sk_test_sandbox", exchange.headers["authorization"])
                self.assertNotIn("{{", str(exchange))
                if exchange.method == "POST":
                    self.assertRegex(exchange.headers["idempotency-key"], r"^[!-~]{1,255}$")
                    keys.append(exchange.headers["idempotency-key"])
        self.assertEqual(len(keys), len(set(keys)), "each request has a key of its own")

    def test_the_search_is_for_the_key_that_was_sent(self):
        lost = next(x for x in self.exchanges if x.status == 0)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.search.target).query)["query"][0]
        self.assertIn(f"'{lost.headers['idempotency-key']}'", query)


@needs_document
class TheChecker(unittest.TestCase):
    """A checker that sees nothing would always be content."""

    GOOD = "amount=100&currency=eur&confirm=true&payment_method_types[0]=card&metadata[a]=b"

    def setUp(self):
        self.document = Document(json.loads(DOCUMENT.read_text()))

    def problems(self, body, method="POST", target="/v1/payment_intents", media=None):
        headers = {"content-type": media or "application/x-www-form-urlencoded"}
        return self.document.check_request(Exchange(method, target, headers, body))

    def test_a_right_request_is_right(self):
        self.assertEqual([], self.problems(self.GOOD))
        self.assertEqual([], self.problems("", "GET", "/v1/payment_intents/search?query=x"))

    def test_each_mistake_is_seen(self):
        for story, problem, body in [
            ("an unknown field", "body[colour] is unknown", self.GOOD + "&colour=red"),
            ("an unknown inner field", "is unknown", self.GOOD + "&shipping[colour]=red"),
            ("a missing field", "body[currency] is required", "amount=100"),
            ("a word for a number", "not a integer", "amount=ten&currency=eur"),
            ("a decimal amount", "not a integer", "amount=10.00&currency=eur"),
            ("a wrong boolean", "not a boolean", self.GOOD.replace("true", "yes")),
            ("a wrong choice", "is none of", self.GOOD + "&capture_method=later"),
            ("an array without index", "is not a array",
             "amount=1&currency=eur&payment_method_types=card"),
            ("an array that starts at one", "the indexes",
             "amount=1&currency=eur&payment_method_types[1]=card"),
            ("fields inside a number", "fields inside", "amount[a]=1&currency=eur"),
        ]:
            with self.subTest(story):
                self.assertIn(problem, "; ".join(self.problems(body)))
        for story, arguments in [
            ("another path", (self.GOOD, "POST", "/v1/payment_intent")),
            ("another method", ("", "DELETE", "/v1/payment_intents")),
            ("an unknown parameter", ("", "GET", "/v1/payment_intents/search?query=a&sort=b")),
            ("a missing parameter", ("", "GET", "/v1/payment_intents/search")),
            ("JSON", ("{}", "POST", "/v1/payment_intents", "application/json")),
        ]:
            with self.subTest(story):
                self.assertNotEqual([], self.problems(*arguments))

    def test_each_mistake_in_a_reply_is_seen(self):
        intent = {name: "x" for name in ("capture_method", "confirmation_method")}
        intent |= {"id": "pi_1", "object": INTENT, "status": "succeeded", "amount": 100,
                   "currency": "eur", "metadata": {"a": "b"}, "next_action": None}

        def problems(**changes):
            reply = json.dumps({**intent, **changes})
            return self.document.check_reply(
                Exchange("GET", "/v1/payment_intents/pi_1", {}, "", 200, reply))

        self.assertEqual([], problems())
        for changes in ({"amount": "100"}, {"amount": True}, {"status": "paid"}, {"id": None},
                        {"metadata": []}, {"next_action": {"redirect_to_url": {"url": 5}}}):
            with self.subTest(changes):
                self.assertNotEqual([], problems(**changes))


if __name__ == "__main__":
    unittest.main(verbosity=2)
