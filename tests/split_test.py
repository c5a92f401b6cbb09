"""Payments split over points, or stored value, and a card: all of both or nothing of either.

The sandbox tells what the card was charged, the wallet what the buyer has; both have to agree with
the books after each story, whoever was lost or killed in it.
"""

import contextlib
import http.client
import unittest
import uuid

from shop import INTENTS, at_once, eventually
from wallets_test import WalletCase

CARD = {"type": "card", "token": "pm_card_visa"}
DECLINED = {"type": "card", "token": "pm_card_chargeDeclined"}
REFUNDS = "/v1/refunds"
POINTS = {"type": "points", "amount": "5.00"}  # 250 points.


class SplitCase(WalletCase):
    def split(self, amount="100.00", part=POINTS, card=CARD, **changes):
        return {**self.order(amount, **changes), "payment_method": card, "split_tender": part}

    def pay_split(self, amount="100.00", status=201, key=None, **changes):
        answer = self.owner.post("/v1/payments", self.split(amount, **changes), key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def on_card(self, payment):
        """Authorized, captured, refunded at the provider, in cents."""
        charge = self.charge(payment)
        return charge["amount"], charge["amount_captured"], charge["amount_refunded"]

    def assert_sound(self, escrow, points=None):
        self.assertEqual(self.balance(self.owner, "escrow:EUR"), escrow)
        if points is not None:
            self.assertTrue(eventually(lambda: self.has("PTS") == points), self.has("PTS"))
        self.assert_books("points")
        self.audit()


class Split(SplitCase):
    def setUp(self):
        super().setUp()
        self.earn("1000")

    def test_both_pay_at_once(self):
        paid = self.pay_split()
        self.assertEqual(paid["status"], "succeeded")
        self.assertEqual(paid["split_tender"], {"type": "points", "amount": "5.00",
                                                "amount_captured": "5.00",
                                                "amount_refunded": "0.00"})
        self.assertEqual(self.on_card(paid["id"]), (9500, 9500, 0))
        self.assertEqual(self.balance(self.owner, "psp_receivable:stripe:EUR"), "95.00")
        self.assert_sound("100.00", ("750", "0"))

    def test_stored_value_and_points_are_two_wallets(self):
        self.credit("20.00")
        paid = self.pay_split("25.00", card={"type": "wallet"})
        self.assertEqual(paid["status"], "succeeded")
        self.assertEqual(self.has(), ("0.00", "0.00"))
        self.assert_sound("25.00", ("750", "0"))
        self.assertEqual(self.balance(self.owner, "psp_receivable:wallet:EUR"), "0.00")

    def test_captures_take_from_the_card_first_and_refunds_give_back_to_it_first(self):
        held = self.pay_split(capture="manual")
        self.assertEqual(self.has("PTS"), ("750", "250"))
        self.act(self.owner, held["id"], "capture", {"amount": "94.00", "final": False})
        self.assertEqual(self.has("PTS"), ("750", "250"))
        # A point is two cents: of 3.01 the card pays 0.99 of the euro that it has left.
        self.act(self.owner, held["id"], "capture", {"amount": "3.01", "final": False})
        self.assertEqual(self.on_card(held["id"])[1], 9499)
        self.assertEqual(self.has("PTS"), ("750", "149"))
        self.act(self.owner, held["id"], "capture")
        self.assertEqual(self.on_card(held["id"])[1], 9500)
        self.assert_sound("100.00", ("750", "0"))
        some = self.act(self.owner, held["id"], "refunds", {"amount": "90.00"}, 201)
        self.assertNotIn("split_tender_amount", some)
        both = self.act(self.owner, held["id"], "refunds", {"amount": "6.00"}, 201)
        self.assertEqual(both["split_tender_amount"], "1.00")
        self.assertEqual(self.on_card(held["id"])[2], 9500)
        answer = self.owner.post(f"/v1/payments/{held['id']}/refunds", {"amount": "0.01"})
        self.assert_problem(answer, 422, "amount_not_whole_points")
        self.act(self.owner, held["id"], "refunds", None, 201)
        self.assert_sound("0.00", ("1000", "0"))
        self.assertEqual(self.read(self.owner, held["id"])["split_tender"]["amount_refunded"],
                         "5.00")

    def test_the_last_capture_and_a_cancellation_let_the_points_go(self):
        held = self.pay_split(capture="manual")
        self.act(self.owner, held["id"], "capture", {"amount": "40.00"})
        self.assertEqual(self.has("PTS"), ("1000", "0"))
        held = self.pay_split(capture="manual")
        self.act(self.owner, held["id"], "cancel")
        self.assertEqual(self.has("PTS"), ("1000", "0"))
        self.assert_sound("40.00", ("1000", "0"))

    def test_an_undo_gives_all_back(self):
        held = self.pay_split(capture="manual")
        self.act(self.owner, held["id"], "capture", {"amount": "97.00", "final": False})
        self.act(self.owner, held["id"], "undo")
        self.assertTrue(eventually(
            lambda: self.read(self.owner, held["id"])["amount_refunded"] == "97.00"))
        self.assert_sound("0.00", ("1000", "0"))

    def test_an_adjustment_is_the_cards(self):
        held = self.pay_split(capture="manual")
        self.act(self.owner, held["id"], "adjust", {"amount": "80.00"})
        answer = self.owner.post(f"/v1/payments/{held['id']}/adjust", {"amount": "5.00"})
        self.assert_problem(answer, 422, "amount_too_small")
        self.act(self.owner, held["id"], "capture")
        self.assertEqual(sum(charge["amount_captured"] for charge in self.charges(held["id"])),
                         7500)
        self.assert_sound("80.00", ("750", "0"))

    def test_a_no_of_either_is_a_no_of_both(self):
        answer = self.owner.post("/v1/payments", self.split(card=DECLINED))
        self.assert_problem(answer, 402, "card_declined")
        failed = answer.json["payment"]
        self.assert_sound("0.00", ("1000", "0"))
        again = self.act(self.owner, failed, "attempts", {"payment_method": CARD})
        self.assertEqual(again["status"], "succeeded")
        self.assert_sound("100.00", ("750", "0"))
        answer = self.owner.post("/v1/payments",
                                 self.split(part={"type": "points", "amount": "15.02"}))
        self.assert_problem(answer, 402, "insufficient_funds")
        self.assertEqual(self.charges(answer.json["payment"]), [])
        self.assert_sound("100.00", ("750", "0"))

    def test_what_cannot_be_split_is_refused(self):
        wrong = {"amount_not_whole_points": {"type": "points", "amount": "5.01"},
                 "amount_too_large": {"type": "points", "amount": "100.00"}}
        for code, part in wrong.items():
            answer = self.owner.post("/v1/payments", self.split(part=part))
            self.assertEqual(answer.status, 422, answer.text)
            self.assertIn(code, answer.text)
        answer = self.owner.post("/v1/payments", self.split(card={"type": "points"}))
        self.assert_problem(answer, 422, "tender_twice", "#/split_tender/type")
        self.assert_sound("0.00", ("1000", "0"))

    def test_a_buyer_who_does_not_act_gets_the_points_back(self):
        waits = self.challenged(self.owner, buyer={"id": self.buyer}, split_tender=POINTS)
        self.assertEqual(self.has("PTS"), ("750", "250"))
        self.owner.post(f"/v1/payments/{waits['id']}/cancel")
        self.settled(self.owner, waits["id"], "canceled")
        self.assert_sound("0.00", ("1000", "0"))
        waits = self.challenged(self.owner, buyer={"id": self.buyer}, split_tender=POINTS)
        self.decide(waits, "approve")
        self.settled(self.owner, waits["id"], "succeeded")
        self.assert_sound(waits["amount"], ("750", "0"))


class Lost(SplitCase):
    def setUp(self):
        super().setUp()
        self.earn("1000")

    def test_an_answer_that_gets_lost_splits_nothing(self):
        for fault in ("drop_reply", "drop_request", "error_500_after"):
            self.fault(fault)
            key, order = str(uuid.uuid4()), self.split("20.00")

            def pay(key=key, order=order):
                return self.owner.post("/v1/payments", order, key).json

            pay()
            self.assertTrue(eventually(lambda pay=pay: pay().get("status") == "succeeded"), pay())
        self.assert_sound("60.00", ("250", "0"))

    def test_a_capture_and_a_refund_whose_answers_get_lost(self):
        held = self.pay_split(capture="manual")
        self.fault("drop_reply", INTENTS + "/capture")
        self.owner.post(f"/v1/payments/{held['id']}/capture", {"amount": "100.00"})
        self.settled(self.owner, held["id"], "succeeded")
        self.fault("drop_reply", REFUNDS)
        self.owner.post(f"/v1/payments/{held['id']}/refunds", {"amount": "98.00"})
        self.assertTrue(eventually(
            lambda: self.read(self.owner, held["id"])["amount_refunded"] == "98.00"))
        self.assertEqual(self.on_card(held["id"]), (9500, 9500, 9500))
        self.assert_sound("2.00", ("900", "0"))

    def test_a_killed_server_leaves_no_half(self):
        cards = [CARD, DECLINED]
        wanted = {str(uuid.uuid4()): self.split("20.00", card=cards[n % 2],
                                                part={"type": "points", "amount": "1.00"})
                  for n in range(12)}

        def send(key, order):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.client(self.owner.key, florin=1).post("/v1/payments", order, key)

        def has_ended(key, order):
            return self.owner.post("/v1/payments", order, key).status in (201, 402)

        at_once(*[lambda pair=pair: send(*pair) for pair in wanted.items()],
                lambda: self.stack.restart(1, how="kill"))
        for key, order in wanted.items():
            self.assertTrue(eventually(lambda key=key, order=order: has_ended(key, order)), key)
        self.assert_sound("120.00", ("700", "0"))

    def test_two_at_once_cannot_spend_the_same_points(self):
        answers = at_once(*[lambda n=n: self.client(self.owner.key, florin=n % 2).post(
            "/v1/payments", self.split("20.00")) for n in range(8)])
        statuses = sorted(answer.status for answer in answers)
        self.assertEqual(statuses, [201] * 4 + [402] * 4)
        self.assert_sound("80.00", ("0", "0"))


if __name__ == "__main__":
    unittest.main()
