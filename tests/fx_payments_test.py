"""Payments that the buyer pays in another currency than the orders have, at the price of a quote.

What the provider really charged is compared with the quote; after each story the books are in
balance in each currency, and the auditor, who reads the rates for himself, finds nothing.
"""

import unittest
import uuid

import kit
from disputes_test import DISPUTED, DisputeTest, HeardStack
from fx_test import FxStack
from shop import INTENTS, LifecycleTest, at_once, eventually

REFUNDS = "/v1/refunds"


class QuotedCase(LifecycleTest):
    stack_type = FxStack
    florins = 2

    def setUp(self):
        self.owner = self.shop()

    def quote(self, amount="99.00", currency="USD", presentment="EUR"):
        answer = self.owner.post("/v1/fx_quotes", {"amount": amount, "currency": currency,
                                                   "presentment_currency": presentment})
        self.assertEqual(answer.status, 201, answer.text)
        return answer.json

    def order(self, quote, **changes):
        return kit.order(currency=quote["currency"], fx_quote=quote["id"], payment_orders=[
            {"payment_order_id": "o", "seller_account": "s", "amount": quote["amount"]}],
            **changes)

    def buy(self, quote, status=201, key=None, **changes):
        answer = self.owner.post("/v1/payments", self.order(quote, **changes), key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def assert_sound(self, **balances):
        for account, balance in balances.items():
            name = account.replace("__", ":")
            self.assertEqual(self.balance(self.owner, name), balance, name)
        for row in self.stack.trial_balance()["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)
        self.audit()


class FxPayments(QuotedCase):
    def test_row_v_the_buyer_pays_in_his_currency_and_the_order_gets_its_own(self):
        quote = self.quote()
        self.assertEqual((quote["presentment_amount"], quote["spread"]), ("92.00", "1.00"))
        paid = self.buy(quote)
        self.assertEqual(paid["presentment"], {
            "fx_quote": quote["id"], "currency": "EUR", "amount": "92.00",
            "amount_captured": "92.00", "amount_refunded": "0.00"})
        charge = self.charge(paid["id"])
        self.assertEqual((charge["amount"], charge["currency"]), (9200, "eur"))
        self.assert_sound(psp_receivable__stripe__EUR="92.00", escrow__USD="99.00",
                          fx_revenue__USD="1.00", fx_position__EUR="92.00",
                          fx_position__USD="-100.00")
        used = self.owner.get("/v1/fx_quotes/" + quote["id"]).json
        self.assertEqual((used["status"], used["payment"]), ("used", paid["id"]))

    def test_parts_add_up_and_a_refund_of_all_closes_the_positions(self):
        quote = self.quote("100.00", "USD", "JPY")
        held = self.buy(quote, capture="manual")
        for part in ("33.33", "0.01", "66.66"):
            self.act(self.owner, held["id"], "capture", {"amount": part, "final": False})
        paid = self.read(self.owner, held["id"])
        self.assertEqual(paid["presentment"]["amount_captured"], quote["presentment_amount"])
        self.assertEqual(self.charge(held["id"])["amount_captured"],
                         int(quote["presentment_amount"]))
        self.assert_sound(escrow__USD="100.00")
        for part in ("0.02", "49.99", None):
            body = {"amount": part} if part else None
            made = self.act(self.owner, held["id"], "refunds", body, 201)
            self.assertEqual(made["presentment_currency"], "JPY")
        self.assertEqual(self.charge(held["id"])["amount_refunded"],
                         int(quote["presentment_amount"]))
        self.assert_sound(escrow__USD="0.00", fx_revenue__USD="0.00", fx_position__JPY="0",
                          fx_position__USD="0.00", psp_receivable__stripe__JPY="0")

    def test_a_quote_pays_once_and_for_what_it_says(self):
        quote, key = self.quote(), str(uuid.uuid4())
        order = self.order(quote)
        first = self.owner.post("/v1/payments", order, key)
        self.assertEqual(first.status, 201, first.text)
        again = self.owner.post("/v1/payments", order, key)
        self.assertEqual(again.json["id"], first.json["id"])
        other = self.owner.post("/v1/payments", self.order(quote))
        self.assert_problem(other, 409, "fx_quote_used")
        wrong = {**self.order(self.quote()), "payment_orders": [
            {"payment_order_id": "o", "seller_account": "s", "amount": "98.00"}]}
        self.assert_problem(self.owner.post("/v1/payments", wrong), 422, "fx_quote_mismatch")
        split = self.order(self.quote(), split_tender={"type": "wallet", "amount": "1.00"})
        self.assertIn("tender_not_convertible", self.owner.post("/v1/payments", split).text)
        self.assert_sound()

    def test_of_many_at_once_one_gets_the_price(self):
        quote = self.quote()
        answers = at_once(*[lambda n=n: self.client(self.owner.key, florin=n % 2).post(
            "/v1/payments", self.order(quote)) for n in range(8)])
        self.assertEqual(sorted(answer.status for answer in answers), [201] + [409] * 7)
        self.assert_sound(escrow__USD="99.00")

    def test_lost_answers_convert_once(self):
        held = self.buy(self.quote(), capture="manual")
        self.fault("drop_reply", INTENTS + "/capture")
        self.owner.post(f"/v1/payments/{held['id']}/capture", {"amount": "50.00"})
        self.settled(self.owner, held["id"], "succeeded")
        self.fault("drop_reply", REFUNDS)
        self.owner.post(f"/v1/payments/{held['id']}/refunds", {"amount": "10.00"})
        self.assertTrue(eventually(
            lambda: self.read(self.owner, held["id"])["amount_refunded"] == "10.00"))
        charge = self.charge(held["id"])
        self.assertEqual((charge["amount_captured"], charge["amount_refunded"]), (4646, 929))
        self.assert_sound(escrow__USD="40.00")

    def test_a_no_books_nothing_and_another_attempt_keeps_the_price(self):
        declined = {"type": "card", "token": "pm_card_chargeDeclined"}
        quote = self.quote()
        answer = self.owner.post("/v1/payments", self.order(quote, payment_method=declined))
        self.assert_problem(answer, 402, "card_declined")
        self.assert_sound(fx_revenue__USD="0.00")
        good = {"payment_method": {"type": "card", "token": "pm_card_visa"}}
        paid = self.act(self.owner, answer.json["payment"], "attempts", good)
        self.assertEqual(paid["presentment"]["amount_captured"], "92.00")
        self.assert_sound(escrow__USD="99.00")

    def test_the_price_stands_so_the_amount_does_too(self):
        held = self.buy(self.quote(), capture="manual")
        answer = self.owner.post(f"/v1/payments/{held['id']}/adjust", {"amount": "90.00"})
        self.assert_problem(answer, 409, "payment_not_adjustable")
        self.act(self.owner, held["id"], "cancel")
        self.assert_sound(escrow__USD="0.00", fx_position__EUR="0.00")


class HeardFxStack(HeardStack, FxStack):
    """Rates, and a provider whose webhooks arrive."""


class DisputedAtAQuote(QuotedCase, DisputeTest):
    """A bank takes the buyer's euros; the orders may lose their dollars."""

    stack_type = HeardFxStack

    def opened(self):
        paid = self.buy(self.quote(), payment_method=DISPUTED)
        dispute = self.disputed(self.owner, paid["id"], "needs_response")
        self.assertEqual((dispute["amount"], dispute["currency"]), ("99.00", "USD"))
        self.assertEqual((dispute["fee"], dispute["fee_currency"]), ("15.00", "EUR"))
        self.assert_sound(psp_receivable__stripe__EUR="-15.00", chargeback_fees__EUR="15.00",
                          chargeback_receivable__USD="99.00", escrow__USD="99.00",
                          fx_position__EUR="0.00", fx_position__USD="0.00", fx_revenue__USD="0.00")
        return paid["id"], dispute

    def test_lost_is_paid_by_the_orders(self):
        paid, dispute = self.opened()
        self.stack.answer(dispute, "losing_evidence")
        self.stack.advance_sandbox()
        self.disputed(self.owner, paid, "lost")
        self.assert_sound(psp_receivable__stripe__EUR="-15.00", chargeback_receivable__USD="0.00",
                          escrow__USD="0.00", fx_position__EUR="0.00")

    def test_won_is_as_if_it_had_not_been(self):
        paid, dispute = self.opened()
        self.stack.answer(dispute, "winning_evidence")
        self.disputed(self.owner, paid, "under_review")
        self.stack.advance_sandbox()
        self.assertEqual(self.disputed(self.owner, paid, "won")["fee"], "0.00")
        self.assert_sound(psp_receivable__stripe__EUR="92.00", chargeback_receivable__USD="0.00",
                          escrow__USD="99.00", fx_revenue__USD="1.00", fx_position__EUR="92.00",
                          fx_position__USD="-100.00", chargeback_fees__EUR="0.00")
        self.act(self.owner, paid, "refunds", status=201)
        self.assert_sound(psp_receivable__stripe__EUR="0.00", fx_position__USD="0.00")


if __name__ == "__main__":
    unittest.main()
