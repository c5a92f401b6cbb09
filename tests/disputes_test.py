"""What comes after a payment has ended: disputes, refunds that come back, holds that lapse, charges
that succeed after all.

The provider tells it by webhook, and florin believes what it reads afterwards. Two florins hear
the same provider; the ledger has to say what the provider's list of charges says.
"""

import base64
import hashlib
import json
import os
import subprocess
import time
import unittest
import urllib.parse
import urllib.request
import uuid

from shop import LifecycleTest, at_once, eventually
from webhooks_test import ADDRESS, MailStack, signed

DISPUTED = {"type": "card", "token": "pm_card_createDispute"}
INQUIRED = {"type": "card", "token": "pm_card_createDisputeInquiry"}
PDF = base64.b64encode(b"%PDF-1.7\n").decode()
BOUNCES = {"type": "card", "token": "pm_card_refundFail"}
DECLINED = {"type": "card", "token": "pm_card_visa_chargeDeclined"}
VISA = {"type": "card", "token": "pm_card_visa"}
ROUNDS = 8


class HeardStack(MailStack):
    """The provider's webhooks reach the florins, one after the other."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.delivered = 0
        self.copies = 1  # Of each webhook, delivered at one instant.
        self.mailbox.deliver = self.deliver

    def deliver(self, body, signature):
        self.delivered += 1
        first = self.delivered
        return max(at_once(*(lambda n=n: self.deliver_to(first + n, body, signature)
                             for n in range(self.copies))))

    def deliver_to(self, florin, body, signature):
        florin = self.client("", florin % len(self.florins))
        try:
            return florin.request("POST", ADDRESS, body, {"Stripe-Signature": signature}).status
        except OSError:  # It has gone: at the end of the tests it may.
            return 503
        finally:
            florin.close()

    def tell_provider(self, path, form=None):
        """As somebody does on the provider's own pages; without a form, only looks."""
        request = urllib.request.Request(
            self.sandbox.url + path,
            data=None if form is None else urllib.parse.urlencode(form).encode(),
            headers={"Authorization": "Bearer sk_test_sandbox",
                     "Idempotency-Key": uuid.uuid4().hex})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def sandbox_lines(self, path):
        with urllib.request.urlopen(self.sandbox.url + path, timeout=30) as answer:
            return [json.loads(line) for line in answer]

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

    def assert_sound(self):
        """No event waits or is dead, and the auditor finds nothing."""
        waiting = "select id, why from florin.provider_event where state in (0, 2)"
        eventually(lambda: not self.stack.sql(waiting))
        self.assertEqual(self.stack.sql(waiting), [])
        answer = subprocess.run(
            [self.stack.binary("florin"), "audit", "--json"], capture_output=True, text=True,
            check=False, env={**os.environ, "FLORIN_DATABASE_URL": self.stack.postgres.url})
        self.assertTrue(answer.stdout, answer.stderr)
        found = [check for check in json.loads(answer.stdout)["checks"] if check["findings"]]
        self.assertEqual((found, answer.returncode), ([], 0))


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


class Answers(DisputeTest):
    """What the shop says to a dispute goes to the provider once."""

    EVIDENCE = {"uncategorized_text": "winning_evidence",
                "product_description": "Shoes,\nsize 42: {name}"}

    def opened(self, shop):
        payment = self.pay(shop, payment_method=DISPUTED)["id"]
        dispute = self.disputed(shop, payment, "needs_response")
        return payment, dispute, f"/v1/payments/{payment}/disputes/{dispute['id']}/"

    def at_provider(self, dispute):
        return self.stack.tell_provider("/v1/disputes/" + dispute["provider"]["reference"])

    def test_evidence_is_handed_in_once_and_wins(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        key = uuid.uuid4().hex
        first = shop.post(path + "evidence", self.EVIDENCE, key)
        self.assertEqual(first.status, 202, first.text)
        self.assertEqual(first.headers["Location"], f"/v1/payments/{payment}/disputes")
        self.disputed(shop, payment, "under_review")
        again = shop.post(path + "evidence", self.EVIDENCE, key)
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (200, "true"))
        self.assert_problem(shop.post(path + "evidence", {"customer_name": "Ann"}, key), 422,
                            "idempotency_key_reused")
        self.assert_problem(shop.post(path + "evidence", self.EVIDENCE), 409, "dispute_not_open")
        self.assert_problem(shop.post(path + "accept"), 409, "dispute_not_open")
        there = self.at_provider(dispute)
        self.assertEqual(there["evidence_details"]["submission_count"], 1)
        for field, text in self.EVIDENCE.items():
            self.assertEqual(there["evidence"][field], text)
        self.stack.advance_sandbox()
        self.disputed(shop, payment, "won")

    def test_files_go_with_it_byte_by_byte(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        files = {"receipt": b"%PDF-1.7\r\n--x\r\n" + bytes(range(256)) * 9_000,
                 "shipping_documentation": b"\x89PNG\r\n\x1a\n" + os.urandom(100),
                 "customer_signature": b"\xff\xd8\xff" + b"\0" * 5}
        body = {field: {"name": f"{field} \u00e4.x", "content": base64.b64encode(data).decode()}
                for field, data in files.items()}
        self.fault("drop_reply", "/v1/files")
        self.assertEqual(shop.post(path + "evidence", {**self.EVIDENCE, **body}).status, 202)
        self.disputed(shop, payment, "under_review")
        evidence = self.at_provider(dispute)["evidence"]
        there = {one["id"]: one for one in self.stack.sandbox_lines("/_sandbox/files")}
        for field, data in files.items():
            file = there.pop(evidence[field])
            self.assertEqual((file["filename"], file["size"], file["sha256"]),
                             (body[field]["name"], len(data), hashlib.sha256(data).hexdigest()))
        again = [file for file in there.values() if file["filename"] in
                 [one["name"] for one in body.values()]]
        self.assertEqual(again, [], "a file that was sent twice is there once")

    def test_what_is_accepted_is_lost_and_the_client_may_wait_for_it(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        done = shop.post(path + "accept", headers={"Prefer": "wait=20"})
        self.assertEqual((done.status, done.json["status"]), (200, "lost"), done.text)
        self.assertEqual(done.headers["Preference-Applied"], "wait=20")
        self.assertEqual(self.at_provider(dispute)["status"], "lost")
        self.assertEqual(self.balance(shop, "escrow:EUR"), "0.00")

    def test_a_lost_answer_is_asked_for_again_and_said_once(self):
        shop = self.shop()
        for fault in ("drop_reply", "error_500_after", "error_500", "rate_limit_429"):
            with self.subTest(fault):
                payment, dispute, path = self.opened(shop)
                reference = dispute["provider"]["reference"]
                self.fault(fault, "/v1/disputes/" + reference)
                self.assertEqual(shop.post(path + "evidence", self.EVIDENCE).status, 202)
                self.disputed(shop, payment, "under_review")
                self.assertEqual(
                    self.at_provider(dispute)["evidence_details"]["submission_count"], 1)

    def test_many_at_once_are_one(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        key = uuid.uuid4().hex
        answers = at_once(*[lambda: self.client(shop.key).post(path + "evidence", self.EVIDENCE,
                                                               key) for _ in range(8)])
        self.assertEqual({answer.status for answer in answers} - {200, 202}, set())
        self.assertEqual([answer.headers.get("Idempotent-Replayed") for answer in answers]
                         .count(None), 1)
        self.disputed(shop, payment, "under_review")
        self.assertEqual(self.at_provider(dispute)["evidence_details"]["submission_count"], 1)

    def test_what_the_provider_refuses_waits_for_a_person(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        self.stack.mailbox.deliver = lambda body, signature: 503
        try:
            self.stack.answer(dispute, "losing_evidence")
            self.assertEqual(shop.post(path + "evidence", self.EVIDENCE).status, 202)
            letter = eventually(lambda: [one for one in shop.get("/v1/dlq").json["data"]
                                         if one["payment"] == payment])
        finally:
            self.stack.mailbox.deliver = self.stack.deliver
        self.assertIn("refused our word", letter[0]["why"])

    def test_what_makes_no_sense_is_refused(self):
        shop = self.shop()
        payment, dispute, path = self.opened(shop)
        for body, code in (({}, "missing_field"), ({"customer_name": ""}, "empty"),
                           ({"customer_name": "Ann", "nonsense": "x"}, "unknown_field"),
                           ({"customer_name": "x" * 20_001}, "too_long"),
                           ({"customer_name": "\u0007"}, "bad_characters"),
                           ({"receipt": "x"}, "wrong_type"),
                           ({"receipt": {"name": "a", "content": "%"}}, "not_base64"),
                           ({"receipt": {"name": "a", "content": "AAAA"}}, "file_type"),
                           ({"receipt": {"name": 'a"b', "content": PDF}}, "bad_characters"),
                           ({"receipt": {"name": "a", "content": PDF + "A" * 6_000_000}},
                            "too_long")):
            self.assert_problem(shop.post(path + "evidence", body), 422, code)
        self.assert_problem(shop.post(path + "accept", {"really": True}), 422, "unknown_field")
        self.assert_problem(shop.post(path + "accept", {"really": "x" * 300_000}), 413,
                            "body_too_large")
        nobody = path.replace(dispute["id"], dispute["id"][:-4] + "0000")
        self.assert_problem(shop.post(nobody + "accept"), 404, "dispute_not_found")
        stranger = self.shop()
        self.assert_problem(stranger.post(path + "accept"), 404, "payment_not_found")
        self.assertEqual(self.at_provider(dispute)["status"], "needs_response")
        self.assertEqual(self.disputes(shop, payment), [dispute])


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


class LateSuccesses(DisputeTest):
    """A declined charge succeeds after all: the buyer goes on with it at the provider."""

    florins = 2

    def tearDown(self):
        self.stack.copies = 1
        super().tearDown()

    def failed(self, shop, **changes):
        """A payment that was declined, and the provider's name of its charge."""
        payment = self.pay(shop, 402, payment_method=DECLINED, **changes)["payment"]
        return payment, self.read(shop, payment)["provider"]["reference"]

    def succeed(self, charge):
        return self.stack.tell_provider(f"/v1/payment_intents/{charge}/confirm",
                                        {"payment_method": "pm_card_visa"})

    def try_again(self, shop, payment, method=VISA):
        return shop.post(f"/v1/payments/{payment}/attempts", {"payment_method": method})

    def told(self, shop, payment, what, times=1):
        """All events of the payment, as soon as `what` is among them."""
        self.assertTrue(eventually(lambda: what in self.event_types(shop, payment)),
                        f"no {what}: {self.event_types(shop, payment)}")
        types = self.event_types(shop, payment)
        self.assertEqual(types.count(what), times, types)
        return types

    def taken(self, payment):
        """What the buyer has paid at the provider, less what came back."""
        return sum(charge["amount_captured"] - charge["amount_refunded"]
                   for charge in self.charges(payment))

    def test_it_waits_for_a_person_and_nobody_charges_again(self):
        shop = self.shop()
        payment, charge = self.failed(shop)
        self.succeed(charge)
        self.told(shop, payment, "late_success")
        self.assertEqual(self.read(shop, payment)["status"], "failed")
        self.assert_balances(shop, "0.00", "100.00", unapplied="100.00")
        self.assert_problem(self.try_again(shop, payment), 409, "payment_needs_review")
        (letter,) = shop.get("/v1/dlq").json["data"]
        self.stack.florin("dlq", "discard", letter["id"], "--reason", "given back by hand")
        self.stack.tell_provider("/v1/refunds", {"payment_intent": charge})
        self.assertEqual(self.try_again(shop, payment).status, 200)
        self.assertEqual(self.taken(payment), 10000)
        self.assert_sound()

    def test_a_charge_whose_name_we_never_heard_is_found_by_our_key(self):
        shop = self.shop()
        payment, charge = self.failed(shop)
        self.stack.postgres.query("update florin.operation set provider_reference = '' "
                                  f"where provider_reference = '{charge}'")
        self.succeed(charge)
        self.told(shop, payment, "late_success")
        self.assertEqual(self.read(shop, payment)["provider"]["reference"], charge)
        self.assert_sound()

    def test_an_authorization_is_given_back(self):
        shop = self.shop()
        payment, charge = self.failed(shop, capture="manual")
        self.succeed(charge)
        self.told(shop, payment, "late_success")
        self.told(shop, payment, "release.succeeded")
        self.assertEqual([one["status"] for one in self.charges(payment)], ["canceled"])
        self.assertEqual(self.try_again(shop, payment).json["status"], "authorized")
        self.act(shop, payment, "capture")
        self.assert_balances(shop, "100.00", "100.00")
        self.assert_sound()

    def test_a_second_decline_or_a_lie_changes_nothing(self):
        shop = self.shop()
        payment, charge = self.failed(shop)
        letter = json.loads(self.stack.mailbox.letter(payment, "payment_intent.payment_failed")[0])
        letter.update(id="evt_lie_" + uuid.uuid4().hex, type="payment_intent.succeeded")
        letter["data"]["object"]["status"] = "succeeded"
        self.assertEqual(self.stack.deliver(*signed(json.dumps(letter).encode())), 200)
        self.assert_sound()
        self.assertEqual(self.event_types(shop, payment), ["created", "failed"])
        self.succeed(charge)
        self.told(shop, payment, "late_success")

    def test_after_the_buyer_has_paid_another_way_it_goes_back(self):
        shop = self.shop()
        for number in range(ROUNDS):
            self.stack.copies = 1 + number % 2
            payment, charge = self.failed(shop)
            self.assertEqual(self.try_again(shop, payment).status, 200)
            self.succeed(charge)
            self.told(shop, payment, "refund.succeeded")
            self.told(shop, payment, "late_success")
            self.assertEqual(self.taken(payment), 10000)
            self.assertEqual(self.read(shop, payment)["status"], "succeeded")
        all_of_it = f"{100 * ROUNDS}.00"
        self.assert_balances(shop, all_of_it, all_of_it)
        self.assert_sound()

    def race(self, shop, number, method, status):
        """An attempt that takes a while, and the late success before, in the middle of or after
        it. Whether the attempt was begun; then its answer has `status`."""
        self.stack.copies = 1 + number % 2
        payment, charge = self.failed(shop)
        self.fault("delay", delay_ms=[200, 200])

        def after(seconds, call):
            time.sleep(max(0, seconds))
            return call()

        ahead = 0.2 - number / 40
        other = self.client(shop.key, florin=number % 2)
        answer, _ = at_once(lambda: after(ahead, lambda: self.try_again(other, payment, method)),
                            lambda: after(-ahead, lambda: self.succeed(charge)))
        self.told(shop, payment, "late_success")
        if answer.status == 409:
            self.assert_problem(answer, 409, "payment_needs_review")
            return payment, False
        self.assertEqual(answer.status, status, answer.text)
        return payment, True

    def test_while_the_buyer_pays_another_way_it_counts_once(self):
        shop = self.shop()
        begun = 0
        for number in range(2 * ROUNDS):
            payment, is_begun = self.race(shop, number, VISA, 200)
            begun += is_begun
            if is_begun:
                self.told(shop, payment, "refund.succeeded")
            self.assertEqual(self.taken(payment), 10000)
        self.assertGreater(begun, 0)
        self.assert_balances(shop, f"{100 * begun}.00", f"{200 * ROUNDS}.00",
                             unapplied=f"{100 * (2 * ROUNDS - begun)}.00")
        self.assert_sound()

    def test_while_another_attempt_fails_the_buyer_pays_once_or_not_at_all(self):
        shop = self.shop()
        parked = 0
        for number in range(2 * ROUNDS):
            payment, is_begun = self.race(shop, number, DECLINED, 402)
            types = self.event_types(shop, payment)
            # It goes back when the attempt was under way, and waits for a person before and after.
            is_parked = not is_begun or types.index("late_success") > len(types) - 1 - \
                types[::-1].index("failed")
            parked += is_parked
            if not is_parked:
                self.told(shop, payment, "refund.succeeded")
            self.assertEqual(self.taken(payment), 10000 if is_parked else 0, types)
            if not is_parked:
                self.assertEqual(self.try_again(shop, payment).status, 200)
                self.assertEqual(self.taken(payment), 10000)
        self.assert_balances(shop, f"{100 * (2 * ROUNDS - parked)}.00", f"{200 * ROUNDS}.00",
                             unapplied=f"{100 * parked}.00")
        self.assert_sound()


if __name__ == "__main__":
    unittest.main(verbosity=2)
