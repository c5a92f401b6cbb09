"""Refunds above a limit wait for a second person: who may decide, and that it happens once.

Two florins share the limit of 50 euros. The sandbox's list of charges is the truth about money,
and the ledger has to say the same.
"""

import contextlib
import http.client
import os
import signal
import threading
import unittest
import uuid

from disputes_test import INQUIRED, DisputeTest, HeardStack
from shop import FastStack, LifecycleTest, at_once, eventually

LIMIT = """
[[refund_limit]]
currency = "{}"
amount = "50.00"
"""
REFUNDS = "/v1/refunds"
WAITING = REFUNDS + "?status=approval_pending"
ROUNDS = 15


def limited(environment, folder, currency="EUR"):
    path = os.path.join(folder, "florin.toml")
    with open(path, "w", encoding="ascii") as file:
        file.write(LIMIT.format(currency))
    return {**environment, "FLORIN_CONFIG": path}


class LimitedStack(FastStack):
    def environment(self):
        return limited(super().environment(), self.folder)


class HeardLimitedStack(HeardStack):
    currency = "EUR"

    def environment(self):
        return limited(super().environment(), self.folder, self.currency)


class PoundStack(HeardLimitedStack):
    currency = "GBP"  # Refunds of pounds have a limit, and no others.


def approver_of(stack, merchant):
    """A key that may approve and ask nothing."""
    return stack.florin_json("keys", "create", "--name", "boss", "--merchant", merchant,
                             "--scope", "payments:read", "--scope", "refunds:approve")


class Shop:
    """Keys of one merchant: one that asks, and two that may approve and ask nothing."""

    def __init__(self, test):
        made = test.new_key()
        self.merchant = made["merchant"]
        self.asks = test.client(made["key"])

        def approver(florin):
            key = approver_of(test.stack, made["merchant"])
            client = test.client(key["key"], florin)
            client.key_id = key["id"]
            return client

        self.boss, self.other = approver(0), approver(len(test.stack.florins) - 1)
        self.asks.key_id = made["id"]


class ApprovalCase(LifecycleTest):
    stack_type = LimitedStack

    def held(self, shop, amount="60.00", key=None, **changes):
        """A payment of 100.00, and a refund of it that waits."""
        payment = self.pay(shop.asks, **changes)["id"]
        refund = self.act(shop.asks, payment, "refunds", {"amount": amount}, 202, key)
        self.assertEqual(refund["status"], "approval_pending")
        return payment, refund

    def say(self, client, refund, word, body=None, status=200, key=None):
        answer = client.post(f"{REFUNDS}/{refund['id']}/{word}", body, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def refunded(self, payment):
        """What the provider really gave back, one entry for each time, in minor units."""
        return [refund["amount"] for refund in self.charge(payment)["refunds"]]

    def refund_types(self, shop, payment):
        events = shop.get(f"/v1/payments/{payment}/events").json["data"]
        return [event["type"] for event in events if event["type"].startswith("refund.")]


class Approvals(ApprovalCase):
    florins = 2

    def test_it_waits_and_is_sent_when_another_key_approves(self):
        shop = Shop(self)
        payment, refund = self.held(shop)
        self.assertEqual(refund["operation"]["state"], "ready")
        self.assertEqual(refund["waiting"]["for"], "approver")
        self.assertIsNone(refund["waiting"]["next_check_at"])
        self.assertEqual(refund["approval"]["asked_by"], shop.asks.key_id)
        self.assertEqual(self.read(shop.asks, payment)["amount_refund_pending"], "60.00")
        self.assert_balances(shop.asks, "40.00", "100.00", "60.00")
        self.assertEqual(self.charge(payment)["amount_refunded"], 0)
        listed = shop.boss.get(WAITING).json["data"]
        self.assertEqual(listed, [refund])
        done = self.say(shop.other, refund, "approve")
        self.assertEqual((done["status"], done["approval"]["decided_by"]),
                         ("succeeded", shop.other.key_id))
        self.assertEqual(self.refunded(payment), [6000])
        self.assert_balances(shop.asks, "40.00", "40.00")
        self.assertEqual(shop.boss.get(WAITING).json["data"], [])
        self.assertEqual(self.refund_types(shop.asks, payment),
                         ["refund.approval_pending", "refund.approved", "refund.succeeded"])

    def test_a_rejection_gives_the_amount_back(self):
        shop = Shop(self)
        payment, refund = self.held(shop)
        over = self.say(shop.boss, refund, "reject", {"reason": "no goods came back"})
        self.assertEqual((over["status"], over["approval"]["reason"], over["waiting"]),
                         ("rejected", "no goods came back", None))
        self.assert_balances(shop.asks, "100.00", "100.00")
        self.assertEqual(self.charge(payment)["amount_refunded"], 0)
        self.assertEqual(self.refund_types(shop.asks, payment),
                         ["refund.approval_pending", "refund.rejected"])
        again = self.act(shop.asks, payment, "refunds", {"amount": "50.00"}, 201)
        self.assertEqual(again["status"], "succeeded")
        self.assertIsNone(again["approval"])

    def test_repeats_get_the_same_answer(self):
        shop, keys = Shop(self), [uuid.uuid4().hex for _ in range(4)]
        payment, refund = self.held(shop, key=keys[0])
        body = {"amount": "60.00"}
        answer = shop.asks.post(f"/v1/payments/{payment}/refunds", body, keys[0])
        self.assertEqual((answer.status, answer.json), (202, refund))
        self.assertEqual(answer.headers["Idempotent-Replayed"], "true")
        self.assertIsNone(answer.headers["Retry-After"], "a person may take days")
        path = f"{REFUNDS}/{refund['id']}/approve"
        first = shop.boss.post(path, key=keys[1])
        again = shop.boss.post(path, key=keys[1])
        self.assertEqual((again.status, again.text), (first.status, first.text))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(again.headers["Location"],
                         f"/v1/payments/{payment}/refunds/{refund['id']}")
        asked = shop.asks.post(f"/v1/payments/{payment}/refunds", body, keys[0])
        self.assertEqual((asked.status, asked.text), (201, first.text))

        payment, refund = self.held(shop, key=keys[2])
        path = f"{REFUNDS}/{refund['id']}/reject"
        first = shop.boss.post(path, {"reason": "a"}, keys[3])
        again = shop.boss.post(path, {"reason": "a"}, keys[3])
        self.assertEqual((again.status, again.text), (200, first.text))
        self.assert_problem(shop.boss.post(path, {"reason": "b"}, keys[3]), 422,
                            "idempotency_key_reused")
        refused = shop.asks.post(f"/v1/payments/{payment}/refunds", body, keys[2])
        problem = self.assert_problem(refused, 402, "approval_rejected")
        self.assertEqual((problem["refund_status"], problem["outcome"]),
                         ("rejected", "not_charged"))

    def test_only_another_key_with_the_scope_decides(self):
        shop, stranger = Shop(self), Shop(self)
        payment = self.pay(shop.asks)["id"]
        may_both = self.client(self.stack.florin_json(
            "keys", "create", "--name", "both", "--merchant", shop.merchant, "--scope",
            "payments:write", "--scope", "refunds:approve")["key"])
        answer = may_both.post(f"/v1/payments/{payment}/refunds", {"amount": "60.00"})
        self.assertEqual(answer.status, 202, answer.text)
        refund = answer.json
        for word in ("approve", "reject"):
            path = f"{REFUNDS}/{refund['id']}/{word}"
            self.assert_problem(may_both.post(path), 403, "approver_is_asker")
            self.assert_problem(shop.asks.post(path), 403, "scope_missing")
            self.assert_problem(stranger.boss.post(path), 404, "refund_not_found")
        self.assertEqual(stranger.boss.get(WAITING).json["data"], [])
        below = self.act(shop.asks, payment, "refunds", {"amount": "1.00"}, 202)
        self.say(shop.boss, below, "approve")
        self.say(shop.boss, refund, "approve")
        for word in ("approve", "reject"):
            answer = shop.other.post(f"{REFUNDS}/{refund['id']}/{word}")
            self.assert_problem(answer, 409, "refund_not_waiting")
        self.assertEqual(sorted(self.refunded(payment)), [100, 6000])

    def test_ten_refunds_just_below_the_limit_do_not_pass(self):
        shop = Shop(self)
        payment = self.pay(shop.asks)["id"]
        self.act(shop.asks, payment, "refunds", {"amount": "30.00"}, 201)
        self.act(shop.asks, payment, "refunds", {"amount": "20.00"}, 201)
        held = self.act(shop.asks, payment, "refunds", {"amount": "0.01"}, 202)
        self.assertEqual(held["status"], "approval_pending")
        self.say(shop.boss, held, "approve")
        self.assertEqual(sorted(self.refunded(payment)), [1, 2000, 3000])
        held = self.act(shop.asks, payment, "refunds", {"amount": "0.01"}, 202)
        self.assertEqual(held["status"], "approval_pending", "the 50.00 are still on one word")

    def test_what_waits_is_promised_to_nobody_else(self):
        shop = Shop(self)
        payment, _ = self.held(shop)
        answer = shop.asks.post(f"/v1/payments/{payment}/refunds", {"amount": "40.01"})
        self.assert_problem(answer, 409, "amount_exceeds_refundable")

    def test_an_undo_that_refunds_waits_too(self):
        shop = Shop(self)
        payment = self.pay(shop.asks)["id"]
        held = self.act(shop.asks, payment, "undo", status=202)
        self.assertEqual((held["object"], held["status"], held["amount"]),
                         ("refund", "approval_pending", "100.00"))
        self.say(shop.boss, held, "approve")
        self.assertEqual(self.refunded(payment), [10000])

    def test_an_undo_after_a_part_cancels_and_the_refund_waits(self):
        shop = Shop(self)
        payment = self.pay(shop.asks, capture="manual")["id"]
        self.act(shop.asks, payment, "capture", {"amount": "60.00", "final": False})
        done = self.act(shop.asks, payment, "undo")
        self.assertEqual((done["status"], done["amount_voided"]), ("succeeded", "40.00"))
        (held,) = shop.boss.get(WAITING).json["data"]
        self.assertEqual((held["amount"], held["payment"]), ("60.00", payment))
        self.assertEqual(self.refunded(payment), [])
        self.say(shop.boss, held, "approve")
        self.assertEqual(self.refunded(payment), [6000])

    def test_pages_of_what_waits(self):
        shop = Shop(self)
        made = [self.held(shop)[1]["id"] for _ in range(3)]
        first = shop.boss.get(WAITING + "&limit=2").json
        self.assertTrue(first["has_more"])
        rest = shop.boss.get(WAITING + "&limit=2&starting_after=" + first["next_cursor"]).json
        self.assertFalse(rest["has_more"])
        listed = [refund["id"] for refund in first["data"] + rest["data"]]
        self.assertEqual(listed, made[::-1])
        self.assert_problem(shop.boss.get(REFUNDS), 422, "not_allowed")

    def test_the_auditor_has_nothing_against_waiting(self):
        shop = Shop(self)
        self.held(shop)
        payment, refund = self.held(shop)
        self.say(shop.boss, refund, "reject")
        payment, refund = self.held(shop)
        self.say(shop.boss, refund, "approve")
        self.stack.florin("audit")  # Exit code 0, or it raises.

    def test_other_currencies_have_no_limit(self):
        shop = Shop(self)
        payment = self.pay(shop.asks, currency="USD")["id"]
        self.assertEqual(self.act(shop.asks, payment, "refunds", status=201)["status"],
                         "succeeded")


class Races(ApprovalCase):
    florins = 2

    def test_of_a_yes_and_a_no_at_one_instant_one_wins(self):
        shop, won = Shop(self), {"approve": 0, "reject": 0}
        for number in range(ROUNDS):
            payment, refund = self.held(shop)
            path = f"{REFUNDS}/{refund['id']}/"
            words = ("approve", "reject") if number % 2 else ("reject", "approve")
            answers = at_once(lambda: shop.boss.post(path + words[0]),
                              lambda: shop.other.post(path + words[1]))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409],
                             [answer.text for answer in answers])
            lost = max(answers, key=lambda answer: answer.status)
            self.assert_problem(lost, 409, "refund_not_waiting")
            winner = words[0 if answers[0].status == 200 else 1]
            won[winner] += 1
            self.assertEqual(self.refunded(payment), [6000] if winner == "approve" else [])
        print(won)
        left = f"{100 * ROUNDS - 60 * won['approve']}.00"
        self.assert_balances(shop.asks, left, left)

    def test_of_two_yeses_at_one_instant_one_sends(self):
        shop = Shop(self)
        for _ in range(ROUNDS):
            payment, refund = self.held(shop)
            path = f"{REFUNDS}/{refund['id']}/approve"
            answers = at_once(lambda: shop.boss.post(path), lambda: shop.other.post(path))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409],
                             [answer.text for answer in answers])
            self.assertEqual(self.refunded(payment), [6000])

    def test_two_refunds_that_pass_the_limit_together_do_not_both_pass(self):
        shop = Shop(self)
        twins = [self.client(shop.asks.key, florin) for florin in (0, 1)]
        for _ in range(ROUNDS):
            payment = self.pay(shop.asks)["id"]
            answers = at_once(*[
                lambda twin=twin: twin.post(f"/v1/payments/{payment}/refunds", {"amount": "30.00"})
                for twin in twins])
            self.assertEqual(sorted(answer.status for answer in answers), [201, 202],
                             [answer.text for answer in answers])
            self.assertEqual(self.refunded(payment), [3000])


class Crashes(ApprovalCase):
    florins = 2
    sandbox_keeps_data = True

    def approve_and_kill(self, shop, refund, committed):
        """Florin 0 commits the approval and dies; `committed`: called before it does."""
        def post():
            with contextlib.suppress(OSError, http.client.HTTPException):
                shop.boss.post(f"{REFUNDS}/{refund['id']}/approve")

        asking = threading.Thread(target=post)
        asking.start()
        # Every refund of this class ends approved.
        waiting = "SELECT count(*) FROM florin.refund_approval WHERE state = 1"
        self.assertTrue(eventually(lambda: self.stack.sql(waiting) == [["0"]]))
        committed()
        self.stack.restart(0, how="kill")
        asking.join()

    def ends_once(self, shop, payment, refund):
        watcher = self.client(shop.asks.key, 1)
        path = f"/v1/payments/{payment}/refunds/{refund['id']}"
        self.assertTrue(eventually(lambda: watcher.get(path).json["status"] == "succeeded"),
                        watcher.get(path).text)
        self.assertEqual(self.refunded(payment), [6000])
        self.assert_balances(watcher, "40.00", "40.00")

    def test_killed_between_the_approval_and_the_send(self):
        """The provider is frozen, so that what florin sends is read by nobody, and starts anew."""
        shop = Shop(self)
        payment, refund = self.held(shop)
        self.stack.sandbox.process.send_signal(signal.SIGSTOP)
        self.approve_and_kill(shop, refund, self.stack.sandbox.kill)
        self.stack.sandbox.start()
        self.ends_once(shop, payment, refund)
        self.assertIn("refund.outcome_unknown",
                      self.refund_types(self.client(shop.asks.key, 1), payment))

    def test_killed_while_the_provider_pays_it_out(self):
        shop = Shop(self)
        payment, refund = self.held(shop)
        self.fault("delay", REFUNDS, delay_ms=[800, 800])
        self.addCleanup(self.stack.set_faults, {})
        self.approve_and_kill(shop, refund, lambda: None)
        self.ends_once(shop, payment, refund)

    def test_a_lost_answer_is_found(self):
        shop = Shop(self)
        payment, refund = self.held(shop)
        self.fault("drop_reply", REFUNDS)
        seen = self.say(shop.boss, refund, "approve", status=202)
        self.assertEqual((seen["status"], seen["outcome_unknown"]), ("pending", True))
        self.ends_once(shop, payment, refund)

    def test_what_waits_outlives_every_process(self):
        shop, key = Shop(self), uuid.uuid4().hex
        payment, refund = self.held(shop, key=key)
        for florin in (0, 1):
            self.stack.restart(florin, how="kill")
        boss = self.client(shop.boss.key, 1)
        self.assertEqual(boss.get(WAITING).json["data"], [refund])
        self.say(boss, refund, "approve")
        self.ends_once(shop, payment, refund)


class Disputed(DisputeTest, ApprovalCase):
    stack_type = HeardLimitedStack
    florins = 2

    def taken_while_it_waits(self, shop):
        """A payment, its refund that waits, and the dispute that has taken the money since."""
        payment = self.pay(shop.asks, payment_method=INQUIRED)["id"]
        inquiry = self.disputed(shop.asks, payment, "inquiry")
        refund = self.act(shop.asks, payment, "refunds", {"amount": "60.00"}, 202)
        self.stack.answer(inquiry, "escalate_inquiry_evidence")
        self.stack.advance_sandbox()
        return payment, refund, self.disputed(shop.asks, payment, "needs_response")

    def test_what_the_bank_has_taken_is_not_paid_twice(self):
        shop = Shop(self)
        payment, refund, taken = self.taken_while_it_waits(shop)
        self.assertEqual(taken["amount"], "100.00")
        answer = shop.boss.post(f"{REFUNDS}/{refund['id']}/approve")
        self.assert_problem(answer, 409, "payment_disputed")
        (waiting,) = shop.boss.get(WAITING).json["data"]
        self.assertEqual(waiting["status"], "approval_pending")
        self.say(shop.boss, refund, "reject")
        self.assertEqual(self.balance(shop.asks, "escrow:EUR"), "100.00")
        self.assertEqual(self.refunded(payment), [])

    def test_once_the_dispute_is_won_it_can_be_approved(self):
        shop = Shop(self)
        payment, refund, taken = self.taken_while_it_waits(shop)
        self.stack.answer(taken, "winning_evidence")
        self.stack.advance_sandbox()
        self.disputed(shop.asks, payment, "won")
        self.say(shop.boss, refund, "approve")
        self.assertEqual(self.refunded(payment), [6000])


if __name__ == "__main__":
    unittest.main(verbosity=2)
