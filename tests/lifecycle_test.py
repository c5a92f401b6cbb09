"""What happens to a payment after it was authorized: captures in parts, and refunds.

The sandbox's own list of charges is the truth about money; the ledger has to say the same.
"""

import unittest
import uuid
from shop import INTENTS, LifecycleTest, at_once, eventually

REFUNDS = "/v1/refunds"


class Captures(LifecycleTest):
    def test_a_part_is_taken_and_the_rest_given_back(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        taken = self.act(shop, payment, "capture", {"amount": "60.00"})
        self.assertEqual(
            (taken["status"], taken["amount_captured"], taken["amount_voided"]),
            ("succeeded", "60.00", "40.00"))
        self.assertEqual(self.charge(payment)["amount_captured"], 6000)
        self.assert_balances(shop, "60.00", "60.00")
        answer = shop.post(f"/v1/payments/{payment}/capture", {"amount": "1.00"})
        self.assert_problem(answer, 409, "payment_not_capturable")

    def test_several_parts_of_named_orders_and_then_the_rest(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        part = {"final": False, "payment_orders": [{"payment_order_id": "ord_1",
                                                    "amount": "70.00"}]}
        held = self.act(shop, payment, "capture", part)
        self.assertEqual((held["status"], held["amount_captured"], held["amount_voided"]),
                         ("partially_captured", "70.00", "0.00"))
        answer = shop.post(f"/v1/payments/{payment}/capture", part)
        self.assert_problem(answer, 409, "amount_exceeds_capturable")
        self.act(shop, payment, "capture", {"amount": "10.00", "final": False})
        done = self.act(shop, payment, "capture")
        self.assertEqual((done["status"], done["amount_captured"]), ("succeeded", "100.00"))
        self.assertEqual(self.charge(payment)["amount_captured"], 10000)
        self.assert_balances(shop, "100.00", "100.00")

    def test_what_was_not_captured_is_canceled(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.act(shop, payment, "capture", {"amount": "30.00", "final": False})
        done = self.act(shop, payment, "cancel")
        self.assertEqual((done["status"], done["amount_captured"], done["amount_voided"]),
                         ("succeeded", "30.00", "70.00"))
        self.assert_balances(shop, "30.00", "30.00")

    def test_a_lost_answer_to_a_part_is_found_again(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.act(shop, payment, "capture", {"amount": "30.00", "final": False})
        self.fault("drop_reply", INTENTS)
        self.act(shop, payment, "capture", {"amount": "20.00", "final": False}, 202)
        found = eventually(lambda: self.read(shop, payment)["amount_captured"] == "50.00")
        self.assertTrue(found, self.read(shop, payment))
        self.assertEqual(self.charge(payment)["amount_captured"], 5000)
        self.assert_balances(shop, "50.00", "50.00")


class Refunds(LifecycleTest):
    florins = 2

    def test_all_of_it(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        refund = self.act(shop, payment, "refunds", {"reason": "duplicate"}, 201)
        self.assertEqual((refund["status"], refund["amount"], refund["reason"]),
                         ("succeeded", "100.00", "duplicate"))
        self.assertTrue(refund["id"].startswith("ref_"))
        self.assertEqual(refund["payment"], payment)
        self.assertEqual(refund["payment_orders"],
                         [{"payment_order_id": "ord_1", "amount": "70.00"},
                          {"payment_order_id": "ord_2", "amount": "30.00"}])
        self.assertEqual(refund["proved_by"]["kind"], "answer")
        now = self.read(shop, payment)
        self.assertEqual((now["status"], now["amount_refunded"], now["amount_refund_pending"]),
                         ("succeeded", "100.00", "0.00"))
        self.assertEqual(now["operation"]["kind"], "sale")
        self.assertEqual(self.charge(payment)["amount_refunded"], 10000)
        self.assert_balances(shop, "0.00", "0.00")
        booked = shop.get("/v1/ledger/accounts/psp_receivable:stripe:EUR/entries?payment="
                          + payment).json["data"]
        self.assertEqual([entry["kind"] for entry in booked], ["refund_paid", "capture"])
        answer = shop.post(f"/v1/payments/{payment}/refunds")
        self.assert_problem(answer, 409, "payment_not_refundable")
        types = [event["type"] for event in shop.get(f"/v1/payments/{payment}/events").json["data"]]
        self.assertEqual(types, ["payment.created", "payment.succeeded", "refund.created",
                                 "refund.succeeded"])

    def test_two_equal_parts_are_two_refunds_and_one_key_is_one(self):
        shop, key = self.shop(), uuid.uuid4().hex
        payment = self.pay(shop)["id"]
        first = self.act(shop, payment, "refunds", {"amount": "20.00"}, 201, key)
        again = self.act(shop, payment, "refunds", {"amount": "20.00"}, 201, key)
        self.assertEqual(first, again)
        second = self.act(shop, payment, "refunds", {"amount": "20.00"}, 201)
        self.assertNotEqual(first["id"], second["id"])
        listed = shop.get(f"/v1/payments/{payment}/refunds").json["data"]
        self.assertEqual(listed, [first, second])
        self.assertEqual(self.charge(payment)["amount_refunded"], 4000)
        self.assert_balances(shop, "60.00", "60.00")

    def test_of_two_refunds_of_60_on_100_one_wins(self):
        shop = self.shop()
        twins = [self.client(shop.key, florin) for florin in (0, 1)]
        rounds = 20
        for _ in range(rounds):
            payment = self.pay(shop)["id"]
            answers = at_once(*[
                lambda twin=twin: twin.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
                for twin in twins])
            self.assertEqual(sorted(answer.status for answer in answers), [201, 409],
                             [answer.text for answer in answers])
            lost = max(answers, key=lambda answer: answer.status)
            self.assert_problem(lost, 409, "amount_exceeds_refundable")
            self.assertEqual(self.charge(payment)["amount_refunded"], 6000)
        left = f"{40 * rounds}.00"
        self.assert_balances(shop, left, left)

    def test_a_lost_answer_keeps_the_amount_reserved_until_it_is_found(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        self.fault("drop_reply", REFUNDS)
        refund = self.act(shop, payment, "refunds", {"amount": "60.00"}, 202)
        self.assertEqual((refund["status"], refund["outcome_unknown"]), ("pending", True))
        now = self.read(shop, payment)
        self.assertFalse(now["outcome_unknown"], "the payment itself is known")
        found = eventually(
            lambda: self.read(shop, payment)["amount_refunded"] == "60.00")
        self.assertTrue(found, self.read(shop, payment))
        self.assertEqual(len(self.charge(payment)["refunds"]), 1)
        self.assert_balances(shop, "40.00", "40.00")

    def test_an_answer_that_never_left_is_sent_again_once(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        self.fault("rate_limit_429", REFUNDS)
        self.act(shop, payment, "refunds", {"amount": "10.00"}, 202)
        self.assertTrue(eventually(
            lambda: self.read(shop, payment)["amount_refunded"] == "10.00"))
        self.assertEqual(len(self.charge(payment)["refunds"]), 1)

    def test_a_refund_that_the_provider_takes_its_time_for(self):
        shop = self.shop()
        method = {"type": "card", "token": "pm_card_pendingRefund"}
        payment = self.pay(shop, payment_method=method)["id"]
        refund = self.act(shop, payment, "refunds", {"amount": "60.00"}, 202)
        self.assertEqual((refund["status"], refund["outcome_unknown"]), ("pending", False))
        self.assertEqual(self.read(shop, payment)["amount_refund_pending"], "60.00")
        self.assert_balances(shop, "40.00", "100.00", "60.00")
        answer = shop.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
        self.assert_problem(answer, 409, "amount_exceeds_refundable")
        self.stack.advance_sandbox()
        self.assertTrue(eventually(
            lambda: self.read(shop, payment)["amount_refunded"] == "60.00"))
        self.assert_balances(shop, "40.00", "40.00")

    def test_what_the_provider_refuses_goes_back_to_the_sellers(self):
        shop = self.shop()
        method = {"type": "card", "token": "pm_card_createDispute"}
        payment = self.pay(shop, payment_method=method)["id"]
        answer = shop.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
        self.assertEqual(answer.status, 402, answer.text)
        self.assertEqual((answer.json["payment"], answer.json["refund_status"]),
                         (payment, "failed"))
        (refund,) = shop.get(f"/v1/payments/{payment}/refunds").json["data"]
        self.assertEqual((refund["status"], refund["operation"]["decline_detail"]),
                         ("failed", "charge_disputed"))
        self.assertEqual(self.read(shop, payment)["amount_refund_pending"], "0.00")
        self.assert_balances(shop, "100.00", "100.00")


if __name__ == "__main__":
    unittest.main(verbosity=2)
