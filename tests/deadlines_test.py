"""The time for evidence of disputes: warnings before its end, and what is said after it.

The sandbox's bank is told how long it waits, to the second; two florins watch over the same
disputes.
"""

import datetime
import unittest

from disputes_test import DISPUTED, INQUIRED, DisputeTest
from shop import eventually


class Deadlines(DisputeTest):
    florins = 2

    def opened(self, shop, method=DISPUTED, status="needs_response"):
        payment = self.pay(shop, payment_method=method)["id"]
        return payment, self.disputed(shop, payment, status)

    def bank_waits(self, dispute, **left):
        """Until so much later, at the start of a second; when it is."""
        end = int((datetime.datetime.now() + datetime.timedelta(**left)).timestamp())
        self.stack.tell_provider("/_sandbox/advance", {
            "id": dispute["provider"]["reference"], "evidence_due_by": end})
        return datetime.datetime.fromtimestamp(end, datetime.UTC).strftime("%FT%T.000Z")

    def told(self, shop, payment):
        events = shop.get(f"/v1/payments/{payment}/events").json["data"]
        return [(event["type"].removeprefix("dispute."), event["data"]["object"]["evidence_due_at"])
                for event in events if event["type"].startswith("dispute.")]

    def assert_told(self, shop, payment, *story):
        """As soon as that is the story, each event once."""
        eventually(lambda: len(self.told(shop, payment)) >= len(story))
        self.assertEqual(self.told(shop, payment), list(story))

    def test_each_warning_comes_once_and_the_time_runs_out(self):
        shop = self.shop()
        payment, dispute = self.opened(shop)
        first = dispute["evidence_due_at"]
        # We hear of it seconds before the last warning: the one for three days is due.
        end = self.bank_waits(dispute, days=1, seconds=5)
        story = [("opened", first), ("updated", end), ("response_due", end), ("response_due", end)]
        self.assert_told(shop, payment, *story)
        nearer = self.bank_waits(dispute, seconds=5)
        story += [("updated", nearer), ("response_due", nearer), ("expired", nearer)]
        self.assert_told(shop, payment, *story)
        self.disputed(shop, payment, "expired")
        path = f"/v1/payments/{payment}/disputes/{dispute['id']}/"
        for word, body in (("evidence", {"customer_name": "Ann"}), ("accept", None)):
            self.assert_problem(shop.post(path + word, body), 409, "dispute_not_open")
        # The provider goes on waiting, and tells it once more: nothing is news.
        reference = dispute["provider"]["reference"]
        read = ("select count(*) from florin.provider_event where state = 1 and object = "
                f"'{reference}'")
        before = self.stack.sql(read)
        self.stack.tell_provider("/v1/disputes/" + reference, {"metadata[looked]": "at"})
        self.assertTrue(eventually(lambda: self.stack.sql(read) != before))
        self.assert_told(shop, payment, *story)
        self.assert_sound()
        # The bank has taken the money, whatever we call it; it gives more time.
        self.assertEqual(self.balance(shop, "chargeback_receivable:EUR"), "100.00")
        later = self.bank_waits(dispute, days=8)
        self.assert_told(shop, payment, *story, ("needs_response", later))
        self.assertEqual(shop.post(path + "evidence", {
            "uncategorized_text": "losing_evidence"}).status, 202)
        self.disputed(shop, payment, "under_review")
        self.stack.advance_sandbox()
        self.disputed(shop, payment, "lost")
        self.assertEqual(self.balance(shop, "chargeback_receivable:EUR"), "0.00")
        self.assert_sound()

    def test_nothing_is_said_twice_after_a_restart(self):
        shop = self.shop()
        payment, dispute = self.opened(shop)
        end = self.bank_waits(dispute, days=1, seconds=10)
        story = [("opened", dispute["evidence_due_at"]), ("updated", end), ("response_due", end)]
        self.assert_told(shop, payment, *story)
        for number in range(self.florins):
            self.stack.restart(number, how="kill")
        shop = self.client(shop.key)
        story.append(("response_due", end))
        self.assert_told(shop, payment, *story)
        self.assertEqual(self.stack.sql(
            "select due_at = evidence_due_at from florin.dispute where reference = "
            f"'{dispute['provider']['reference']}'"), [["t"]])
        self.assert_told(shop, payment, *story)

    def test_who_has_answered_is_not_warned(self):
        shop = self.shop()
        payment, dispute = self.opened(shop)
        end = self.bank_waits(dispute, days=1, seconds=4)
        story = [("opened", dispute["evidence_due_at"]), ("updated", end), ("response_due", end)]
        self.assert_told(shop, payment, *story)
        self.stack.answer(dispute, "winning_evidence")
        self.disputed(shop, payment, "under_review")
        self.assertEqual(self.stack.sql("select count(*) from florin.dispute where due_at < "
                                        "'infinity' and status = 'under_review'"), [["0"]])

    def test_an_inquiry_expires_and_may_become_a_dispute_after_all(self):
        shop = self.shop()
        payment, inquiry = self.opened(shop, INQUIRED, "inquiry")
        end = self.bank_waits(inquiry, seconds=5)
        story = [("opened", inquiry["evidence_due_at"]), ("updated", end), ("response_due", end),
                 ("expired", end)]
        self.assert_told(shop, payment, *story)
        later = self.bank_waits(inquiry, days=8)
        self.assert_told(shop, payment, *story, ("inquiry_reopened", later))
        self.stack.answer(inquiry, "escalate_inquiry_evidence")
        self.assert_told(shop, payment, *story, ("inquiry_reopened", later), ("updated", None))
        self.stack.advance_sandbox()
        self.disputed(shop, payment, "needs_response")
        self.assert_sound()

    def test_our_word_on_its_way_is_waited_for(self):
        """The provider does not hear it at first, and meanwhile the time is over."""
        shop = self.shop()
        payment, dispute = self.opened(shop)
        reference = dispute["provider"]["reference"]
        self.fault("error_500", "/v1/disputes/" + reference)
        self.assertEqual(shop.post(f"/v1/payments/{payment}/disputes/{dispute['id']}/evidence",
                                   {"uncategorized_text": "winning_evidence"}).status, 202)
        self.stack.postgres.query(
            "update florin.dispute set due_at = now(), evidence_due_at = now() "
            f"where reference = '{reference}'")
        self.assertTrue(eventually(
            lambda: self.stack.sql("select due_at > now() from florin.dispute where reference = "
                                   f"'{reference}'") == [["t"]]))
        self.disputed(shop, payment, "under_review")
        self.assertNotIn("expired", [word for word, _ in self.told(shop, payment)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
