"""What banks do after a payment has ended: disputes, refunds that come back, holds that lapse.

The provider tells it by webhook, and florin believes what it reads afterwards. Two florins hear
the same provider; the ledger has to say what the provider's list of charges says.
"""

import json
import unittest
import urllib.parse
import urllib.request
import uuid

from shop import LifecycleTest, at_once, eventually
from webhooks_test import ADDRESS, MailStack

DISPUTED = {"type": "card", "token": "pm_card_createDispute"}
INQUIRED = {"type": "card", "token": "pm_card_createDisputeInquiry"}
BOUNCES = {"type": "card", "token": "pm_card_refundFail"}
ROUNDS = 8


class HeardStack(MailStack):
    """The provider's webhooks reach the florins, one after the other."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.delivered = 0
        self.mailbox.deliver = self.deliver

    def deliver(self, body, signature):
        self.delivered += 1
        florin = self.client("", self.delivered % len(self.florins))
        try:
            return florin.request("POST", ADDRESS, body, {"Stripe-Signature": signature}).status
        except OSError:  # It has gone: at the end of the tests it may.
            return 503
        finally:
            florin.close()

    def tell_provider(self, path, form):
        """As somebody does on the provider's own pages."""
        request = urllib.request.Request(
            self.sandbox.url + path, method="POST", data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": "Bearer sk_test_sandbox",
                     "Idempotency-Key": uuid.uuid4().hex})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def answer(self, dispute, evidence):
        """As the shop does on the provider's own pages."""
        reference = dispute["provider"]["reference"]
        self.tell_provider(f"/v1/disputes/{reference}",
                           {"evidence[uncategorized_text]": evidence, "submit": "true"})


class DisputeTest(LifecycleTest):
    stack_type = HeardStack

    def disputes(self, shop, payment):
        return shop.get(f"/v1/payments/{payment}/disputes").json["data"]

    def disputed(self, shop, payment, status):
        """The dispute as soon as it has that status."""
        def look():
            return [one for one in self.disputes(shop, payment) if one["status"] == status]
        found = eventually(look)
        self.assertTrue(found, f"not {status}: {self.disputes(shop, payment)}")
        return found[0]

    def books(self, shop):
        names = ("psp_receivable:stripe:EUR", "chargeback_receivable:EUR", "escrow:EUR",
                 "chargeback_fees:EUR", "chargeback_loss:EUR", "unapplied:EUR")
        return tuple(self.balance(shop, name) for name in names)


class Disputes(DisputeTest):
    def test_won(self):
        shop = self.shop()
        payment = self.pay(shop, payment_method=DISPUTED)["id"]
        opened = self.disputed(shop, payment, "needs_response")
        self.assertEqual((opened["amount"], opened["fee"], opened["reason"],
                          opened["funds_withdrawn"]), ("100.00", "15.00", "fraudulent", True))
        self.assertIsNotNone(opened["evidence_due_at"])
        self.assertEqual(self.books(shop), ("-15.00", "100.00", "100.00", "15.00", "0.00", "0.00"))
        answer = shop.post(f"/v1/payments/{payment}/refunds")
        self.assert_problem(answer, 409, "payment_disputed")
        self.stack.answer(opened, "winning_evidence")
        self.disputed(shop, payment, "under_review")
        self.stack.advance_sandbox()
        won = self.disputed(shop, payment, "won")
        self.assertEqual((won["funds_withdrawn"], won["fee"]), (False, "0.00"))
        self.assertEqual(self.books(shop), ("100.00", "0.00", "100.00", "0.00", "0.00", "0.00"))
        self.act(shop, payment, "refunds", status=201)
        types = [event["type"] for event in shop.get(f"/v1/payments/{payment}/events").json["data"]]
        self.assertEqual([one for one in types if one.startswith("dispute.")],
                         ["dispute.opened", "dispute.evidence_taken", "dispute.won"])

    def test_lost_is_paid_by_the_orders(self):
        shop = self.shop()
        payment = self.pay(shop, payment_method=DISPUTED)["id"]
        self.stack.answer(self.disputed(shop, payment, "needs_response"), "losing_evidence")
        self.stack.advance_sandbox()
        self.disputed(shop, payment, "lost")
        self.assertEqual(self.books(shop), ("-15.00", "0.00", "0.00", "15.00", "0.00", "0.00"))
        booked = shop.get("/v1/ledger/accounts/escrow:EUR/entries?payment=" + payment).json["data"]
        self.assertEqual([(entry["kind"], entry["amount"]) for entry in booked][:2],
                         [("dispute_lost", "30.00"), ("dispute_lost", "70.00")])
        for row in self.stack.florin_json("ledger", "trial-balance")["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)

    def test_an_inquiry_moves_no_money_until_it_becomes_a_dispute(self):
        shop = self.shop()
        payment = self.pay(shop, payment_method=INQUIRED)["id"]
        inquiry = self.disputed(shop, payment, "inquiry")
        self.assertEqual((inquiry["funds_withdrawn"], inquiry["fee"]), (False, "0.00"))
        self.act(shop, payment, "refunds", {"amount": "30.00"}, 201)
        self.stack.answer(inquiry, "escalate_inquiry_evidence")
        self.stack.advance_sandbox()
        now = self.disputed(shop, payment, "needs_response")
        self.assertEqual((now["amount"], now["funds_withdrawn"]), ("70.00", True))
        self.assertEqual(self.balance(shop, "chargeback_receivable:EUR"), "70.00")


class Races(DisputeTest):
    florins = 2

    def test_a_refund_and_a_dispute_at_one_instant(self):
        shop = self.shop()
        for _ in range(ROUNDS):
            payment = self.pay(shop, payment_method=DISPUTED)["id"]
            answer, _ = at_once(lambda: shop.post(f"/v1/payments/{payment}/refunds",
                                                  {"amount": "60.00"}),
                                lambda: self.disputed(self.client(shop.key, florin=1), payment,
                                                      "needs_response"))
            self.assertIn(answer.status, (201, 402, 409), answer.text)
            self.disputed(shop, payment, "needs_response")
            now = self.read(shop, payment)
            (charge,) = self.charges(payment)
            self.assertEqual(now["amount_refunded"], "0.00" if charge["amount_refunded"] == 0
                             else "60.00")
            self.assertEqual(now["amount_refund_pending"], "0.00")


class Returns(DisputeTest):
    def test_a_refund_that_the_bank_sends_back(self):
        shop = self.shop()
        payment = self.pay(shop, payment_method=BOUNCES)["id"]
        refund = self.act(shop, payment, "refunds", {"amount": "40.00"}, 201)
        self.assertEqual(refund["status"], "succeeded")
        self.assert_balances(shop, "60.00", "60.00")
        self.stack.advance_sandbox()
        back = eventually(lambda: [one for one in shop.get(
            f"/v1/payments/{payment}/refunds").json["data"] if one["status"] == "returned"])
        self.assertEqual([(one["id"], one["operation"]["review"]) for one in back],
                         [(refund["id"], True)])
        self.assert_balances(shop, "60.00", "100.00", unapplied="40.00")


class Lapses(DisputeTest):
    def test_an_authorization_that_ends_at_the_provider(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")
        reference = payment["provider"]["reference"]
        self.stack.tell_provider(f"/v1/payment_intents/{reference}/cancel", {})
        done = self.settled(shop, payment["id"], "expired")
        self.assertEqual(done["amount_voided"], "100.00")
        answer = shop.post(f"/v1/payments/{payment['id']}/capture")
        self.assert_problem(answer, 409, "payment_not_capturable")


if __name__ == "__main__":
    unittest.main(verbosity=2)
