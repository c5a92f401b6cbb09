"""A storm in miniature: 600 payments, a provider that misbehaves, florins killed with -9.

Also proves that the comparison itself sees what it must see: a test of money that cannot fail is
worth nothing.
"""

import unittest

import kit  # Also finds bench/.
import chaos
import compare


def payment(**changes):
    return {"id": "pay_1", "status": "succeeded", "amount": "100.00", "amount_captured": "100.00",
            "amount_refunded": "0.00", "amount_refund_pending": "0.00", "currency": "EUR",
            "outcome_unknown": False, "waiting": None,
            "provider": {"name": "stripe", "reference": "pi_1"}, **changes}


def charge(**changes):
    return {"payment_intent": "pi_1", "charge": "ch_1", "amount": 10000, "amount_captured": 10000,
            "amount_refunded": 0, "currency": "eur", "status": "captured",
            "metadata": {}, **changes}


def books(difference="0.00"):
    return {"currencies": [{"currency": "EUR", "difference": difference}]}


class Comparison(unittest.TestCase):
    def test_agreement_is_silent(self):
        self.assertEqual(compare.compare_charges([payment()], [charge()]), [])
        canceled = payment(status="canceled", amount_captured="0.00")
        released = charge(status="canceled", amount_captured=0)
        self.assertEqual(compare.compare_charges([canceled], [released]), [])
        self.assertEqual(compare.check_books(books(), {"EUR": "100.00"}, [payment()]), [])

    def test_each_difference_is_seen(self):
        canceled = payment(status="canceled", amount_captured="0.00")
        cases = [
            ("a charge nobody knows", [], [charge()]),
            ("a payment without charge", [payment()], []),
            ("captured here only", [payment()], [charge(status="authorized")]),
            ("captured nothing", [payment(amount_captured="0.00")], [charge()]),
            ("charged twice", [payment()], [charge(), charge(charge="ch_2")]),
            ("charged twice under two intents", [payment()],
             [charge(), charge(payment_intent="pi_2")]),
            ("another amount", [payment()], [charge(amount=10001)]),
            ("captured less", [payment()], [charge(amount_captured=9999)]),
            ("refunded there only", [payment()], [charge(amount_refunded=100)]),
            ("refunded twice", [payment(amount_refunded="1.00")], [charge(amount_refunded=200)]),
            ("a refund that has not ended", [payment(amount_refund_pending="1.00")], [charge()]),
            ("another currency", [payment()], [charge(currency="usd")]),
            ("failed, yet charged", [payment(status="failed", amount_captured="0.00")], [charge()]),
            ("canceled here only", [canceled], [charge(status="authorized", amount_captured=0)]),
            ("failed, with money", [payment(status="failed")], []),
            ("still running", [payment(status="processing")], [charge()]),
            ("outcome unknown", [payment(outcome_unknown=True)], [charge()]),
            ("a capture that has not ended",
             [payment(status="authorized", amount_captured="0.00", waiting={"for": "provider"})],
             [charge(status="authorized", amount_captured=0)]),
            ("two payments, one charge", [payment(), payment(id="pay_2")], [charge()]),
        ]
        for story, payments, charges in cases:
            with self.subTest(story):
                self.assertNotEqual(compare.compare_charges(payments, charges), [])

    def test_wrong_books_are_seen(self):
        for story, balance, escrow in [
            ("a cent too much", books("0.01"), {"EUR": "100.00"}),
            ("a currency left out", {"currencies": []}, {"EUR": "100.00"}),
            ("nothing in escrow", books(), {}),
            ("refunded and still in escrow", books(), {"EUR": "100.01"}),
            ("too little in escrow", books(), {"EUR": "99.99"}),
            ("escrow of nobody", books(), {"EUR": "100.00", "USD": "1.00"}),
        ]:
            with self.subTest(story):
                self.assertNotEqual(compare.check_books(balance, escrow, [payment()]), [])

    def test_keys_and_payments_are_one_to_one(self):
        story = chaos.Story("hold", chaos.Post("/v1/payments", b"{}", "k"), False)
        story.payments = {"pay_1"}
        self.assertEqual(compare.compare_keys([story], [payment()]), [])
        self.assertNotEqual(compare.compare_keys([story], []), [])
        self.assertNotEqual(compare.compare_keys([story], [payment(), payment(id="pay_2")]), [])
        story.payments = {"pay_1", "pay_2"}
        self.assertNotEqual(
            compare.compare_keys([story], [payment(), payment(id="pay_2")]), [])

    def test_the_seed_decides_the_stories(self):
        first, again, other = (
            [story.create for story in chaos.Chaos(None, seed, payments=50).stories]
            for seed in (7, 7, 8))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)


class Storm(kit.StackTest):
    florins = 2
    sandbox_keeps_data = True

    def test_no_charge_is_lost_or_doubled(self):
        storm = chaos.Chaos(self.stack, chaos.seed_from_environment(), payments=600,
                            kill_every=(0.5, 1.5), patience=60)
        print(storm.run())


if __name__ == "__main__":
    unittest.main(verbosity=2)
