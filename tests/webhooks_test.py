"""What a provider tells by itself: signed, kept once, and only a reason to look.

A mailbox stands where the provider sends its webhooks, so the tests deliver them when and as they
like: late, twice, out of order, to a florin that has not heard the reply yet, forged.
"""

import hashlib
import hmac
import http.server
import json
import threading
import time
import unittest

import kit
from shop import ApiTest, FastStack, eventually

SECRET = "whsec_test"
ADDRESS = "/v1/providers/stripe/webhooks"


class Mailbox:
    """Takes what is sent, as bytes with their signature."""

    def __init__(self):
        self.letters, self.arrived = [], threading.Condition()
        self.deliver = None  # Takes a letter further: (body, signature) -> status.
        mailbox = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with mailbox.arrived:
                    mailbox.letters.append((body, self.headers["Stripe-Signature"]))
                    mailbox.arrived.notify_all()
                status = mailbox.deliver(body, self.headers["Stripe-Signature"]) \
                    if mailbox.deliver else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def letter(self, payment, kind):
        """The webhook of that type about that payment, as soon as it is there."""
        def is_it(letter):
            event = json.loads(letter[0])
            told = event["data"]["object"].get("metadata", {}).get("florin_payment")
            return event["type"] == kind and told == payment

        with self.arrived:
            self.arrived.wait_for(lambda: any(map(is_it, self.letters)), 30)
            found = [letter for letter in self.letters if is_it(letter)]
        if not found:
            raise AssertionError(f"no {kind} of {payment} in {len(self.letters)} letters")
        return found[0]


class MailStack(FastStack):
    def __init__(self, *arguments, **options):
        self.mailbox = Mailbox()
        super().__init__(*arguments, **options)

    def sandbox_options(self):
        return ["--webhook-url", self.mailbox.url, "--webhook-secret", SECRET]

    def environment(self):
        return {**super().environment(), "FLORIN_STRIPE_WEBHOOK_SECRET": SECRET}

    def close(self):
        super().close()
        self.mailbox.close()


def signed(body, secret=SECRET, at=None):
    at = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={at},v1={mac}"


class WebhooksTest(ApiTest):
    stack_type = MailStack

    def deliver(self, letter, status=200):
        body, signature = letter
        client = self.client("")
        answer = client.request("POST", ADDRESS, body, {"Stripe-Signature": signature})
        self.assertEqual(answer.status, status, answer.text)
        return answer

    def waiting(self, shop):
        """A refund that the provider has decided meanwhile, and that nobody looks at for a day."""
        method = {"type": "card", "token": "pm_card_pendingRefund"}
        payment = self.pay(shop, payment_method=method)["id"]
        answer = shop.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
        self.assertEqual(answer.status, 202, answer.text)
        self.postpone()
        self.stack.advance_sandbox()
        return payment, self.stack.mailbox.letter(payment, "refund.updated")

    def postpone(self):
        """Nobody looks at anything before tomorrow, unless there is a reason."""
        self.stack.postgres.query("update florin.operation set due_at = now() + interval '1 day' "
                                  "where due_at < 'infinity'")

    def refunded(self, shop, payment):
        return self.read(shop, payment)["amount_refunded"]

    def events(self, letter):
        name = json.loads(letter[0])["id"]
        return int(self.stack.postgres.query(
            f"select count(*) from florin.provider_event where id = '{name}'"))

    def test_it_is_a_reason_to_look_at_once(self):
        shop = self.shop()
        payment, letter = self.waiting(shop)
        self.assertEqual(self.refunded(shop, payment), "0.00")
        self.deliver(letter)
        self.assertTrue(eventually(lambda: self.refunded(shop, payment) == "60.00"))
        (refund,) = shop.get(f"/v1/payments/{payment}/refunds").json["data"]
        self.assertEqual(refund["proved_by"]["kind"], "query", "the event itself proves nothing")

    def test_twice_is_once_and_the_bytes_are_kept(self):
        shop = self.shop()
        payment, letter = self.waiting(shop)
        for _ in range(3):
            self.deliver(letter)
        self.assertTrue(eventually(lambda: self.refunded(shop, payment) == "60.00"))
        self.deliver(letter)
        self.assertEqual(self.events(letter), 1)
        kept = self.stack.postgres.query(
            "select encode(body, 'hex') from florin.provider_event where id = "
            f"'{json.loads(letter[0])['id']}'")
        self.assertEqual(bytes.fromhex(kept), letter[0])
        self.assertEqual(len(self.charges(payment)[0]["refunds"]), 1)

    def test_what_it_says_is_not_believed(self):
        shop = self.shop()
        method = {"type": "card", "token": "pm_card_pendingRefund"}
        payment = self.pay(shop, payment_method=method)["id"]
        shop.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
        letter = self.stack.mailbox.letter(payment, "refund.created")
        event = json.loads(letter[0])
        event["id"], event["type"] = "evt_hopeful", "refund.updated"
        event["data"]["object"]["status"] = "succeeded"
        self.postpone()
        before = self.looks(shop)
        self.deliver(signed(json.dumps(event).encode()))
        self.assertTrue(eventually(lambda: self.looks(shop) > before))
        self.assertEqual(self.refunded(shop, payment), "0.00")

    def looks(self, shop):
        for line in shop.get("/metrics").text.splitlines():
            if line.startswith("florin_resolver_looks_total "):
                return int(float(line.split()[1]))
        raise AssertionError("no metric florin_resolver_looks_total")

    def test_what_is_about_nothing_that_waits_is_kept(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        letter = self.stack.mailbox.letter(payment, "payment_intent.succeeded")
        self.deliver(letter)
        self.assertEqual(self.events(letter), 1)
        stray = signed(b'{"id":"evt_stray","object":"event","type":"balance.available",'
                       b'"data":{"object":{}}}')
        self.deliver(stray)
        self.assertEqual(self.events(stray), 1)

    def test_forged_and_replayed_ones_are_refused_and_counted(self):
        body = b'{"id":"evt_forged","object":"event","type":"t","data":{"object":{}}}'
        for letter, code in [(signed(body, "whsec_other"), "signature_wrong"),
                             (signed(body, at=time.time() - 600), "webhook_too_old"),
                             ((body + b" ", signed(body)[1]), "signature_wrong"),
                             ((body, "t=1"), "signature_missing"),
                             (signed(b"[]"), "webhook_malformed")]:
            self.assert_problem(self.deliver(letter, 400), 400, code)
        self.assertEqual(self.events((body, "")), 0)
        metrics = self.shop().get("/metrics").text
        self.assertIn('florin_provider_events_total{result="refused"} 5', metrics)
        answer = self.client("").request("POST", "/v1/providers/nobody/webhooks", body)
        self.assert_problem(answer, 404, "provider_not_found")


class WithoutSecret(ApiTest):
    def test_they_are_refused_until_the_secret_is_known(self):
        answer = self.client("").request("POST", ADDRESS, b"{}")
        self.assert_problem(answer, 503, "webhooks_not_configured")


if __name__ == "__main__":
    unittest.main(verbosity=2)
