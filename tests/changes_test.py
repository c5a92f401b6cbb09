"""Changes of mind about a payment: another amount, another method, undo, and nobody who captures.

The sandbox's own list of charges is the truth about money; the ledger has to say the same.
"""

import concurrent.futures
import unittest

import shop as shops
from shop import INTENTS, LifecycleTest, at_once, eventually

BASIC_CARD = {"type": "card", "token": "pm_card_credit_disableEnterpriseCardFeatures"}
DECLINED = {"type": "card", "token": "pm_card_visa_chargeDeclined"}
VISA = {"type": "card", "token": "pm_card_visa"}
ROUNDS = 12


class Adjustments(LifecycleTest):
    def test_up_is_made_in_place(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        now = self.act(shop, payment, "adjust", {"amount": "120.00"})
        self.assertEqual((now["status"], now["amount"], now["amount_authorized"]),
                         ("authorized", "120.00", "120.00"))
        self.assertEqual([order["amount"] for order in now["payment_orders"]], ["84.00", "36.00"])
        self.assertEqual(self.charge(payment)["amount"], 12000)
        created = shop.get(f"/v1/payments/{payment}/events").json["data"][0]["data"]["object"]
        self.assertEqual((created["amount"], created["payment_orders"][0]["amount"]),
                         ("100.00", "70.00"), "the past stays as it was")
        self.act(shop, payment, "capture")
        self.assertEqual(self.charge(payment)["amount_captured"], 12000)
        self.assert_balances(shop, "120.00", "120.00")
        answer = shop.post(f"/v1/payments/{payment}/adjust", {"amount": "130.00"})
        self.assert_problem(answer, 409, "payment_not_adjustable")

    def test_down_is_a_new_authorization_and_then_the_old_is_given_back(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        now = self.act(shop, payment, "adjust",
                       {"payment_orders": [{"payment_order_id": "ord_2", "amount": "10.00"}]})
        self.assertEqual((now["amount"], now["amount_authorized"]), ("80.00", "80.00"))
        released = eventually(lambda: [charge["amount"] for charge in self.charges(payment)
                                       if charge["status"] == "canceled"])
        self.assertEqual(released, [10000])
        self.act(shop, payment, "capture")
        self.assertEqual(sorted((charge["amount"], charge["amount_captured"])
                                for charge in self.charges(payment)), [(8000, 8000), (10000, 0)])
        self.assert_balances(shop, "80.00", "80.00")

    def test_a_card_that_cannot_be_raised_is_authorized_anew(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual", payment_method=BASIC_CARD)["id"]
        now = self.act(shop, payment, "adjust", {"amount": "120.00"})
        self.assertEqual(now["amount_authorized"], "120.00")
        self.assertTrue(eventually(lambda: sorted(
            (charge["amount"], charge["status"]) for charge in self.charges(payment)) == [
                (10000, "canceled"), (12000, "authorized")]), self.charges(payment))

    def test_a_refusal_leaves_what_was(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.act(shop, payment, "adjust", {"amount": "9999.00"}, 402)
        now = self.read(shop, payment)
        self.assertEqual((now["status"], now["amount"], now["amount_authorized"]),
                         ("authorized", "100.00", "100.00"))
        self.assertEqual(self.charge(payment)["amount"], 10000)
        for body, code in (({"amount": "100.00"}, "amount_unchanged"),
                           ({"amount": "0.01"}, "amount_too_small")):
            answer = shop.post(f"/v1/payments/{payment}/adjust", body)
            self.assert_problem(answer, 422, code)
        answer = shop.post(f"/v1/payments/{payment}/adjust", {})
        self.assertEqual(answer.status, 422, answer.text)

    def test_a_lost_answer_never_adds_twice(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.fault("drop_reply", INTENTS)
        self.act(shop, payment, "adjust", {"amount": "120.00"}, 202)
        now = eventually(lambda: self.read(shop, payment)["amount"] == "120.00")
        self.assertTrue(now, self.read(shop, payment))
        self.assertEqual(self.charge(payment)["amount"], 12000)


class Undo(LifecycleTest):
    def test_cancels_what_is_only_authorized(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        done = self.act(shop, payment, "undo", {"reason": "duplicate"})
        self.assertEqual((done["status"], done["cancellation_reason"]), ("canceled", "duplicate"))
        self.assertEqual(self.charge(payment)["status"], "canceled")

    def test_refunds_what_is_taken(self):
        shop = self.shop()
        payment = self.pay(shop)["id"]
        done = self.act(shop, payment, "undo")
        self.assertEqual((done["object"], done["amount"], done["status"]),
                         ("refund", "100.00", "succeeded"))
        self.assertEqual(self.charge(payment)["amount_refunded"], 10000)
        self.assert_balances(shop, "0.00", "0.00")

    def test_does_both_after_a_part_and_does_it_once(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.act(shop, payment, "capture", {"amount": "60.00", "final": False})
        done = self.act(shop, payment, "undo", key="undo-it")
        self.assertEqual((done["amount_voided"], done["amount_refund_pending"]), ("40.00", "60.00"))
        again = self.act(shop, payment, "undo", key="undo-it")
        self.assertEqual(again, done)
        back = eventually(lambda: self.read(shop, payment)["amount_refunded"] == "60.00")
        self.assertTrue(back, self.read(shop, payment))
        charge = self.charge(payment)
        self.assertEqual((charge["amount_captured"], charge["amount_refunded"]), (6000, 6000))
        self.assert_balances(shop, "0.00", "0.00")


class Attempts(LifecycleTest):
    florins = 2

    def test_a_failed_payment_is_paid_with_another_card(self):
        shop = self.shop()
        failed = self.pay(shop, 402, payment_method=DECLINED)
        payment = failed["payment"]
        paid = self.act(shop, payment, "attempts", {"payment_method": VISA})
        self.assertEqual((paid["status"], paid["payment_method"]["token"]),
                         ("succeeded", "pm_card_visa"))
        created = shop.get(f"/v1/payments/{payment}/events").json["data"][0]["data"]["object"]
        self.assertEqual(created["payment_method"]["token"], DECLINED["token"])
        self.assert_balances(shop, "100.00", "100.00")
        answer = shop.post(f"/v1/payments/{payment}/attempts", {"payment_method": VISA})
        self.assert_problem(answer, 409, "payment_not_retryable")

    def test_nobody_pays_again_while_the_outcome_is_unknown(self):
        shop = self.shop()
        self.fault("drop_reply", search_lag_ms=600_000)
        payment = self.pay(shop, 202)["id"]
        answer = shop.post(f"/v1/payments/{payment}/attempts", {"payment_method": VISA})
        self.assert_problem(answer, 409, "operation_in_progress")
        self.stack.set_faults({"search_lag_ms": 0})
        self.settled(shop, payment, "succeeded")
        self.assertEqual(len(self.charges(payment)), 1)

    def test_of_many_attempts_at_once_one_pays(self):
        shop = self.shop()
        other = self.client(shop.key, florin=1)
        for _ in range(ROUNDS):
            payment = self.pay(shop, 402, payment_method=DECLINED)["payment"]
            post = [lambda who=who: who.post(f"/v1/payments/{payment}/attempts",
                                             {"payment_method": VISA}) for who in (shop, other)]
            answers = at_once(*post)
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409],
                             [answer.text for answer in answers])
            taken = sum(charge["amount_captured"] for charge in self.charges(payment))
            self.assertEqual(taken, 10000)


class Withdrawals(LifecycleTest):
    """A payment is canceled while the provider has not decided: it waits for its buyer."""
    florins = 2

    def taken(self, payment):
        return sum(charge["amount_captured"] for charge in self.charges(payment))

    def test_the_buyer_can_do_no_more(self):
        shop = self.shop()
        waiting = self.challenged(shop)
        payment = waiting["id"]
        done = self.act(shop, payment, "cancel", {"reason": "abandoned"}, key="enough")
        self.assertEqual((done["status"], done["cancellation_reason"], done["next_action"]),
                         ("canceled", "abandoned", None))
        self.decide(waiting, "approve")
        self.assertEqual(self.taken(payment), 0)
        self.assertEqual(self.act(shop, payment, "cancel", {"reason": "abandoned"}, key="enough"),
                         done)
        self.assertEqual(self.event_types(shop, payment),
                         ["created", "requires_action", "cancel_started", "canceled"])
        self.assert_balances(shop, "0.00", "0.00")
        paid = self.act(shop, payment, "attempts", {"payment_method": VISA})
        self.assertEqual(paid["status"], "succeeded")
        self.assertNotIn("cancellation_reason", paid)
        self.assertEqual(self.taken(payment), 10000)
        self.assert_balances(shop, "100.00", "100.00")

    def test_buyer_and_shop_at_one_instant_agree(self):
        shop = self.shop()
        other = self.client(shop.key, florin=1)
        ends = set()
        for number in range(2 * ROUNDS):
            waiting = self.challenged(shop, capture="manual" if number % 2 else "automatic")
            payment = waiting["id"]
            cancel = lambda who: who.post(f"/v1/payments/{payment}/cancel")
            _, *answers = at_once(lambda: self.decide(waiting, "approve"),
                                  lambda: cancel(shop), lambda: cancel(other))
            for answer in answers:
                self.assertIn(answer.status, (200, 202, 409), answer.text)
            over = lambda: self.read(shop, payment)["status"] in ("canceled", "succeeded")
            self.assertTrue(eventually(over), self.read(shop, payment))
            end = self.read(shop, payment)
            ends.add(end["status"])
            self.assertEqual(self.taken(payment), 10000 if end["status"] == "succeeded" else 0)
            self.assertNotIn("authorized", [charge["status"] for charge in self.charges(payment)])
        self.assertIn("canceled", ends)
        for row in self.stack.florin_json("ledger", "trial-balance")["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)

    def test_a_lost_answer_is_no_answer(self):
        for fault in ("drop_reply", "drop_request", "error_500_after"):
            with self.subTest(fault=fault):
                shop = self.shop()
                waiting = self.challenged(shop)
                self.fault(fault, INTENTS)
                answer = shop.post(f"/v1/payments/{waiting['id']}/cancel")
                self.assertIn(answer.status, (200, 202), answer.text)
                self.settled(shop, waiting["id"], "canceled")
                self.decide(waiting, "approve")
                self.assertEqual(self.taken(waiting["id"]), 0)

    def test_who_dies_meanwhile_leaves_it_to_the_other(self):
        shop = self.shop()
        waiting = self.challenged(shop)
        self.fault("delay", INTENTS, delay_ms=[1200, 1200])
        with concurrent.futures.ThreadPoolExecutor() as pool:
            lost = pool.submit(shop.post, f"/v1/payments/{waiting['id']}/cancel")
            other = self.client(shop.key, florin=1)
            self.assertTrue(eventually(
                lambda: self.read(other, waiting["id"])["status"] == "canceling"))
            self.stack.restart(0, how="kill")
            self.assertIsNotNone(lost.exception())
        self.settled(other, waiting["id"], "canceled")
        self.decide(waiting, "approve")
        self.assertEqual(self.taken(waiting["id"]), 0)

    def test_what_was_never_sent_ends_at_once(self):
        shop = self.shop()
        self.stack.sandbox.stop()
        try:
            payment = self.pay(shop, 202)["id"]
            done = self.act(shop, payment, "cancel")
        finally:
            self.stack.sandbox.start()
        self.assertEqual((done["status"], done["operation"]["decline_code"]),
                         ("canceled", "canceled"))
        self.assertEqual(self.event_types(shop, payment), ["created", "delayed", "canceled"])
        self.assertEqual(self.charges(payment), [])

    def test_a_buyer_who_does_nothing_holds_nothing_up(self):
        shop = self.shop()
        waiting = self.challenged(shop, capture="manual")
        number = f"(SELECT id FROM florin.payment WHERE due_at < 'infinity' AND " \
                 f"checkout_id = '{waiting['checkout_id']}')"
        self.stack.postgres.query(
            f"UPDATE florin.payment SET due_at = now() - interval '1 s' WHERE id = {number}")
        done = self.settled(shop, waiting["id"], "expired")
        self.assertEqual(done["cancellation_reason"], "expired")
        self.decide(waiting, "approve")
        self.assertEqual(self.charges(waiting["id"]), [])
        paid = self.act(shop, waiting["id"], "attempts", {"payment_method": VISA})
        self.assertEqual(paid["status"], "authorized")


class ShortLivedStack(shops.FastStack):
    def sandbox_options(self):
        return ["--authorization-seconds", "3"]


class Expiry(LifecycleTest):
    stack_type = ShortLivedStack
    florins = 2

    def test_nobody_captures_so_it_is_announced_and_given_back(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")
        self.assertIsNotNone(payment["authorized_until"])
        self.assertEqual(payment["payment_method"]["brand"], "visa")
        done = self.settled(shop, payment["id"], "expired")
        self.assertEqual((done["cancellation_reason"], done["amount_voided"]),
                         ("expired", "100.00"))
        self.assertEqual(self.charge(payment["id"])["status"], "canceled")
        self.assertEqual(self.event_types(shop, payment["id"]),
                         ["created", "authorized", "expiring", "cancel_started", "expired"])
        answer = shop.post(f"/v1/payments/{payment['id']}/capture")
        self.assert_problem(answer, 409, "payment_not_capturable")
        self.assert_balances(shop, "0.00", "0.00")

    def test_the_rest_after_a_part_is_given_back_too(self):
        shop = self.shop()
        payment = self.pay(shop, capture="manual")["id"]
        self.act(shop, payment, "capture", {"amount": "60.00", "final": False})
        done = self.settled(shop, payment, "succeeded")
        self.assertEqual((done["amount_captured"], done["amount_voided"]), ("60.00", "40.00"))
        self.assert_balances(shop, "60.00", "60.00")

    def test_a_capture_at_the_last_moment_wins_or_loses_but_never_both(self):
        shop = self.shop()
        payments = [self.pay(shop, capture="manual")["id"] for _ in range(ROUNDS)]
        for payment in payments:
            warned = lambda payment=payment: "expiring" in self.event_types(shop, payment)
            self.assertTrue(eventually(warned))

        def keep_capturing(payment):
            """Until it is decided who was first."""
            while True:
                answer = shop_of[payment].post(f"/v1/payments/{payment}/capture")
                code = answer.json.get("code")
                if code not in ("operation_in_progress", "payment_is_busy"):
                    return answer

        shop_of = {payment: self.client(shop.key, florin=number % 2)
                   for number, payment in enumerate(payments)}

        def wait_and_capture(payment, number):
            """At about the moment of the cancellation, earlier and later."""
            until = lambda: self.read(shop_of[payment], payment)["status"] != "authorized"
            if number % 3:
                eventually(until, 0.1 * number)
            return keep_capturing(payment)

        answers = at_once(*(lambda p=payment, n=number: wait_and_capture(p, n)
                            for number, payment in enumerate(payments)))
        for payment, answer in zip(payments, answers):
            charge = self.charge(payment)
            if answer.status == 200:
                self.assertEqual((answer.json["status"], charge["amount_captured"]),
                                 ("succeeded", 10000))
            else:
                self.assert_problem(answer, 409, "payment_not_capturable")
                self.settled(shop, payment, "expired")
                self.assertEqual(self.charge(payment)["amount_captured"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
