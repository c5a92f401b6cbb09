"""Stories of wallets for tests/audit_test.py, and the ways in which it spoils them.

The SQL speaks of stories as that of corruptions.py does.
"""

from approval_test import PoundStack


class PointsStack(PoundStack):
    """A point is worth two cents."""

    def environment(self):
        return {**super().environment(), "FLORIN_POINTS_CURRENCY": "EUR",
                "FLORIN_POINTS_VALUE": "2"}


def play_wallets(case, shop):
    for path, body in (("credits", {"amount": "500.00", "currency": "EUR"}),
                       ("points", {"amount": "20000"})):
        answer = shop.post(f"/v1/wallets/buyer_7/{path}", body)
        if answer.status != 201:
            raise AssertionError(f"{path}: {answer.status} {answer.text}")
    for method in ("wallet", "points"):
        how = {"payment_method": {"type": method}}
        case.story(shop, method + "_hold", capture="manual", **how)
        case.story(shop, method + "_sale", then=[("refunds", {"amount": "30.00"}, 201)], **how)
        case.story(shop, method + "_cancel", capture="manual", then=[("cancel", None, 200)], **how)
    case.story(shop, "wallet_part", capture="manual", payment_method={"type": "wallet"},
               then=[("adjust", {"amount": "110.00"}, 200), ("capture", {"amount": "60.00"}, 200)])
    case.story(shop, "wallet_empty", 402, payment_method={"type": "wallet"},
               buyer={"id": "nobody"})


CORRUPTIONS = [
    ("wallet_booking", {"wallet_charge"},
     "UPDATE wallet_movement SET amount = amount + 1"
     " WHERE payment_id = payment(wallet_sale) AND kind = 2"),
    ("wallet_booking", {"wallet_charge"},
     "UPDATE wallet_movement SET refusal = 'insufficient_funds'"
     " WHERE payment_id = payment(wallet_hold)"),
    ("wallet_booking", set(),
     "UPDATE wallet_movement SET refusal = 'canceled' WHERE kind = 7"),
    ("wallet_booking", set(), "DELETE FROM wallet_movement WHERE kind = 7"),
    ("wallet_charge", set(),
     "UPDATE wallet_charge SET refunded = refunded + 1 WHERE payment_id = payment(points_sale)"),
    ("wallet_held", set(),
     "UPDATE wallet_charge SET amount = amount + 1 WHERE payment_id = payment(wallet_part)"),
    ("wallet_held", set(),
     "UPDATE wallet_charge SET released = amount WHERE payment_id = payment(points_hold)"),
    ("points_lots", set(), "UPDATE points_lot SET remaining = remaining - 1"
                           " WHERE id = (SELECT min(id::text)::uuid FROM points_lot)"),
    ("points_worth", set(), "UPDATE points_terms SET value = 3"),
    ("points_overdue", set(), "UPDATE points_lot SET due_at = now() - interval '2 hours'"
                              " WHERE id = (SELECT min(id::text)::uuid FROM points_lot)"),
]
