"""The auditor and payouts: silent over honest ones of every end, and each corruption is found."""

import unittest

import audit_test
from paying import PayingStack, PayoutCase
from payout_corruptions import PAYOUT_CORRUPTIONS, payouts_spelled_out


class PayoutAudit(audit_test.AuditTest, PayoutCase):
    """One database with payouts of every end, and copies of it."""

    stack_type = PayingStack
    florins = 1

    @classmethod
    def play(cls):
        pass  # By an instance, see setUp.

    def setUp(self):
        shop = self.market()
        for words in (("paid",), ("failed",), ("paid", "returned"), ("returned",)):
            self.sold(shop)
            _, payout = self.in_transit(shop, reserve_rate="10")
            for word in words:
                self.do(shop, payout, "outcome", status=word, fee="0.10")
        self.sold(shop)
        self.in_transit(shop)
        for florin in self.stack.florins:
            florin.stop()
        self.stack.postgres.query("SET track_counts = off")

    def test_honest_payouts_agree_and_each_corruption_is_found(self):
        self.assertEqual(self.findings(), {})
        for check, also, sql in PAYOUT_CORRUPTIONS:
            with self.subTest(sql), self.copy(payouts_spelled_out(sql)) as database:
                self.assertEqual(set(self.findings(database)), {check} | also)


if __name__ == "__main__":
    unittest.main()
