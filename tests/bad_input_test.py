"""Every way to send nonsense: it is named, nothing is stored and nothing is charged."""

import base64
import copy
import json
import unittest
import uuid

import kit
from shop import ApiTest, eventually


def changed(place, value):
    """The good order with one place changed; Ellipsis removes it."""
    body = copy.deepcopy(kit.order())
    *way, last = place
    at = body
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return body


def pointer_of(place):
    return "#/" + "/".join(str(step) for step in place)


ORDER = ("payment_orders", 0)
AMOUNT = (*ORDER, "amount")
TOKEN = ("payment_method", "token")
REQUIRED = (("checkout_id",), ("buyer",), ("buyer", "id"), ("payment_method",),
            ("payment_method", "type"), TOKEN, ("currency",), ("payment_orders",),
            (*ORDER, "payment_order_id"), (*ORDER, "seller_account"), AMOUNT)
GOOD = json.dumps(kit.order())
# place, value, code
FIELDS = [
    *[(place, ..., "missing_field") for place in REQUIRED],
    *[(place, 7, "wrong_type") for place in REQUIRED if place != AMOUNT],
    *[(place, None, "wrong_type") for place in REQUIRED],
    *[((*place, "colour"), "red", "unknown_field")
      for place in ((), ("buyer",), ("payment_method",), ORDER)],
    (("merchant_id",), "mer_1", "unknown_field"),
    (AMOUNT, 70, "amount_not_text"), (AMOUNT, 70.5, "amount_not_text"),
    (AMOUNT, "70.001", "amount_too_many_decimals"), (AMOUNT, "0", "amount_not_positive"),
    (AMOUNT, "0.00", "amount_not_positive"), (AMOUNT, "10000000000000.00", "amount_too_large"),
    (AMOUNT, "9" * 40, "amount_too_large"), (AMOUNT, "", "empty"), (AMOUNT, True, "wrong_type"),
    *[(AMOUNT, text, "amount_malformed")
      for text in ("-1.00", "-0", "+1.00", "1e3", "1,00", "1 ", " 1", "01.00", ".5", "5.", "NaN",
                   "0x10", "1_000", "\u0663", "\uff11", "1.0.0", "EUR 1")],
    *[(("currency",), text, "currency_unknown") for text in ("XYZ", "eur", "XTS", "XAU", "E")],
    (("currency",), "EURO", "too_long"), (("currency",), "", "empty"),
    ((*ORDER, "currency"), "USD", "currency_mixed"),
    (TOKEN, "4242424242424242", "card_number_refused"),
    (TOKEN, "4242-4242-4242-4242", "card_number_refused"),
    (TOKEN, "4242 4242 4242 4242", "token_malformed"), (TOKEN, "pm/../x", "token_malformed"),
    (TOKEN, "{{secret.api_key}}", "bad_characters"), (TOKEN, "p" * 256, "too_long"),
    (("payment_method", "type"), "cash", "not_allowed"), (("capture",), "later", "not_allowed"),
    (("capture",), None, "wrong_type"), (("payment_orders",), [], "too_few"),
    (("payment_orders",), [kit.order()["payment_orders"][0]] * 101, "too_many"),
    (("payment_orders",), {}, "wrong_type"), (ORDER, "ord_1", "wrong_type"),
    (("payment_orders", 1, "payment_order_id"), "ord_1", "duplicate_order"),
    (("checkout_id",), "", "empty"), (("checkout_id",), "c" * 65, "too_long"),
    (("checkout_id",), "a\0b", "bad_characters"), (("checkout_id",), "a\nb", "bad_characters"),
    (("checkout_id",), "{{x}}", "bad_characters"),
    (("buyer", "email"), "ann", "email_malformed"), (("buyer", "email"), "", "empty"),
    (("buyer", "email"), "a@" + "b" * 253, "too_long"),
]
# title, body, status, code, pointer
BODIES = [
    ("empty", b"", 400, "malformed_json", None),
    ("half", GOOD[:50].encode(), 400, "malformed_json", None),
    ("two", (GOOD + GOOD).encode(), 400, "malformed_json", None),
    ("a comma too much", b'{"a":1,}', 400, "malformed_json", None),
    ("a comment", b'{/* */}', 400, "malformed_json", None),
    ("NaN", b'{"a":NaN}', 400, "malformed_json", None),
    ("a form", b"checkout_id=1", 400, "malformed_json", None),
    ("not UTF-8", GOOD.replace("chk_", "\xff").encode("latin-1"), 400, "malformed_json", None),
    ("half a character", GOOD.replace("chk_", "\\ud800").encode(), 400, "malformed_json", None),
    ("a list", b"[]", 400, "not_an_object", None),
    ("null", b"null", 400, "not_an_object", None),
    ("text", b'"x"', 400, "not_an_object", None),
    ("deep lists", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep", None),
    ("deep objects", b'{"a":' * 40 + b"1" + b"}" * 40, 400, "too_deep", None),
    ("a field twice", GOOD.replace("{", '{"currency":"EUR",', 1).encode(), 400, "duplicate_field",
     "#/currency"),
    ("twice in disguise", GOOD.replace("{", '{"curr\\u0065ncy":"USD",', 1).encode(), 400,
     "duplicate_field", "#/currency"),
    ("an amount twice", GOOD.replace('"amount"', '"amount":"1.00","amount"', 1).encode(), 400,
     "duplicate_field", "#/payment_orders/0/amount"),
    ("no object", b"{}", 422, "missing_field", "#/checkout_id"),
    ("too large a sum",
     json.dumps(kit.order(payment_orders=[
         {"payment_order_id": str(n), "seller_account": "s", "amount": "9999999999999.99"}
         for n in range(2)])).encode(), 422, "amount_too_large", "#/payment_orders"),
    ("decimals of yen", json.dumps(kit.order(currency="JPY")).encode(), 422,
     "amount_too_many_decimals", "#/payment_orders/0/amount"),
    ("300 KiB", json.dumps(kit.order(checkout_id="c" * 300 * 1024)).encode(), 413,
     "body_too_large", None),
    ("300 KiB of spaces", b" " * 300 * 1024 + GOOD.encode(), 413, "body_too_large", None),
]


class BadInput(ApiTest):
    def setUp(self):
        self.owner = self.shop()
        self.before = self.world()

    def world(self):
        """What is stored here and what is charged there."""
        return self.owner.get("/v1/payments?limit=100").json, self.stack.sandbox_charges()

    def assert_nothing_happened(self):
        before, self.before = self.before, self.world()
        self.assertEqual(self.before[0], before[0], "stored")
        self.assertEqual(self.before[1], before[1], "charged")

    def test_a_wrong_field_is_named_with_what_to_send_instead(self):
        for place, value, code in FIELDS:
            with self.subTest(place=pointer_of(place), value=str(value)[:30]):
                answer = self.owner.post("/v1/payments", changed(place, value))
                self.assert_nothing_happened()
                self.assert_problem(answer, 422, code, pointer_of(place))

    def test_a_wrong_body_is_refused_as_a_whole(self):
        for title, body, status, code, pointer in BODIES:
            with self.subTest(title):
                answer = self.owner.post("/v1/payments", body)
                if answer.headers["Connection"] == "close":
                    self.owner.close()
                self.assert_nothing_happened()
                self.assert_problem(answer, status, code, pointer)

    def test_all_mistakes_are_named_at_once(self):
        body = changed(AMOUNT, 7)
        body["colour"], body["capture"] = "red", "later"
        errors = self.owner.post("/v1/payments", body).json["errors"]
        self.assertEqual({error["pointer"] for error in errors},
                         {"#/colour", "#/capture", pointer_of(AMOUNT)})

    def test_a_refused_request_may_be_repaired_under_its_key(self):
        key = uuid.uuid4().hex
        self.assertEqual(self.owner.post("/v1/payments", changed(AMOUNT, 7), key).status, 422)
        self.assertEqual(self.owner.post("/v1/payments", kit.order(), key).status, 201)

    def test_who_may_not_pay_is_told_why(self):
        for title, value, code in (
                ("no key", None, "key_missing"), ("an empty one", "Bearer ", "key_invalid"),
                ("no key of ours", "Bearer sk_test_123", "key_invalid"),
                ("a mistyped one", "Bearer " + self.owner.key[:-1], "key_invalid"),
                ("another letter", "Bearer " + self.owner.key[:-1] + "~", "key_invalid"),
                ("another scheme", "Digest x", "key_invalid"),
                ("broken base64", "Basic %%%", "key_invalid")):
            with self.subTest(title):
                answer = self.owner.post("/v1/payments", kit.order(),
                                         headers={"Authorization": value})
                self.assert_problem(answer, 401, code)
                self.assertTrue(answer.headers["WWW-Authenticate"])
        self.assert_nothing_happened()

    def test_the_key_may_be_the_user_of_basic(self):
        text = base64.b64encode(f"{self.owner.key}:".encode()).decode()
        answer = self.owner.get("/v1/payments", {"Authorization": "Basic " + text})
        self.assertEqual(answer.status, 200, answer.text)

    def test_a_revoked_key_stops_working(self):
        made = self.new_key()
        shop = self.client(made["key"])
        self.assertEqual(shop.get("/v1/payments").status, 200)
        self.stack.florin("keys", "revoke", made["id"])
        self.assertTrue(eventually(lambda: shop.get("/v1/payments").status == 401))
        self.assert_problem(shop.post("/v1/payments", kit.order()), 401, "key_invalid")

    def test_a_key_does_only_what_its_scopes_allow(self):
        reader = self.client(self.new_key("--scope", "payments:read")["key"])
        self.assertEqual(reader.get("/v1/payments").status, 200)
        problem = self.assert_problem(reader.post("/v1/payments", kit.order()), 403,
                                      "scope_missing")
        self.assertIn("payments:write", problem["detail"])
        self.assert_problem(reader.get("/v1/ledger/accounts"), 403, "scope_missing")
        self.assertEqual(reader.get("/v1/payments").json["data"], [])

    def test_the_idempotency_key_is_wanted(self):
        answer = self.owner.request("POST", "/v1/payments", kit.order())
        self.assert_problem(answer, 400, "idempotency_key_missing")
        for key in ("", '""', "a b", '"', "k" * 256, "a\\b"):
            with self.subTest(key[:20]):
                answer = self.owner.post("/v1/payments", kit.order(),
                                         headers={"Idempotency-Key": key})
                self.assert_problem(answer, 400, "idempotency_key_malformed")
        self.assert_nothing_happened()

    def test_the_media_type_is_json(self):
        for media in (None, "text/plain", "application/x-www-form-urlencoded",
                      "application/jsonx", "text/json"):
            with self.subTest(media):
                answer = self.owner.post("/v1/payments", kit.order(),
                                         headers={"Content-Type": media})
                self.assert_problem(answer, 415, "media_type_not_json")
        self.assert_nothing_happened()
        answer = self.owner.post("/v1/payments", kit.order(),
                                 headers={"Content-Type": "application/json; charset=utf-8"})
        self.assertEqual(answer.status, 201)

    def test_only_the_routes_of_the_document_exist(self):
        for method, path, status, code in (
                ("PUT", "/v1/payments", 405, "method_not_allowed"),
                ("DELETE", "/v1/payments/pay_1", 405, "method_not_allowed"),
                ("GET", "/v1/payments/pay_1/capture", 405, "method_not_allowed"),
                ("POST", "/v1/ledger/accounts", 405, "method_not_allowed"),
                ("GET", "/", 404, "route_not_found"),
                ("GET", "/v1/payments/", 404, "route_not_found"),
                ("GET", "/v1/payments/a/b", 404, "route_not_found"),
                ("GET", "/v2/payments", 404, "route_not_found"),
                ("GET", "/v1/payments/pay_1", 404, "payment_not_found"),
                ("GET", "/v1/payments/pay_00000000000000000000000000", 404, "payment_not_found"),
                ("GET", "/v1/ledger/accounts/cash:EUR", 404, "ledger_account_not_found"),
                ("GET", "/v1/ledger/accounts/escrow:EURO", 404, "ledger_account_not_found")):
            with self.subTest(f"{method} {path}"):
                self.assert_problem(self.owner.request(method, path), status, code)

    def test_the_payment_of_another_merchant_does_not_exist(self):
        payment = self.pay(self.shop(), capture="manual")["id"]
        before = self.stack.sandbox_charges()
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/capture"),
                             ("POST", "/cancel")):
            with self.subTest(method + path):
                ask = self.owner.get if method == "GET" else self.owner.post
                self.assert_problem(ask("/v1/payments/" + payment + path), 404,
                                    "payment_not_found")
        entries = self.owner.get("/v1/ledger/accounts/escrow:EUR/entries?payment=" + payment)
        self.assertEqual(entries.json["data"], [])
        self.assertEqual(self.stack.sandbox_charges(), before)

    def test_a_capture_and_a_refund_say_what_they_can(self):
        payment = self.pay(self.owner, capture="manual")["id"]
        path = f"/v1/payments/{payment}/capture"
        part = {"payment_order_id": "ord_1", "amount": "1.00"}
        for action, body, code, pointer in [
                ("capture", {"colour": "red"}, "unknown_field", "#/colour"),
                ("capture", {"amount": 1}, "amount_not_text", "#/amount"),
                ("capture", {"amount": "1.001"}, "amount_too_many_decimals", "#/amount"),
                ("capture", {"amount": "0.00"}, "amount_not_positive", "#/amount"),
                ("capture", {"final": "yes"}, "wrong_type", "#/final"),
                ("capture", {"reason": "duplicate"}, "unknown_field", "#/reason"),
                ("cancel", {"amount": "1.00"}, "unknown_field", "#/amount"),
                ("refunds", {"final": True}, "unknown_field", "#/final"),
                ("refunds", {"reason": "because"}, "not_allowed", "#/reason"),
                ("refunds", {"payment_orders": []}, "too_few", "#/payment_orders"),
                ("refunds", {"payment_orders": [part, part]}, "duplicate_order",
                 "#/payment_orders/1/payment_order_id")]:
            with self.subTest(action=action, body=body):
                answer = self.owner.post(f"/v1/payments/{payment}/{action}", body)
                self.assert_problem(answer, 422, code, pointer)
        self.assert_problem(self.owner.post(path, b"[]"), 400, "not_an_object")
        self.assertEqual(self.read(self.owner, payment)["status"], "authorized")
        self.assertEqual(self.owner.post(path, b"").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
