"""Every story that a payment can have, played once, for tests of what is written about them then.

A story's name is the checkout id of its payment.
"""

import kit
from approval_test import approver_of
from changes_test import DECLINED, VISA
from disputes_test import BOUNCES, DISPUTED, INQUIRED
from journal_corruptions import play_journal
from shop import ApiTest, eventually
from wallet_corruptions import PointsStack, play_wallets


def card(token):
    return {"type": "card", "token": token}


class StoryStack(PointsStack):
    """What is delivered is released at once."""

    def environment(self):
        return {**super().environment(), "FLORIN_RELEASE_HOLD_HOURS": "0"}


class StoriesTest(ApiTest):
    """One database with every story in it. Nobody works on it any more when the tests begin."""

    stack_type = StoryStack
    names = {}  # Payment -> story.

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.play()
        except BaseException:
            cls.doClassCleanups()
            raise

    @classmethod
    def play(cls):
        shop = cls.stack.client(cls.stack.key)
        deliver, cls.stack.mailbox.deliver = cls.stack.mailbox.deliver, None
        cls.play_beginnings(shop)
        cls.play_changes(shop)
        cls.play_second_persons(shop)
        cls.play_shipping(shop)
        play_wallets(cls, shop)
        play_journal(cls, next(iter(cls.names)))
        cls.stack.mailbox.deliver = deliver
        cls.play_what_banks_do(shop)
        cls.play_what_has_no_end(shop)
        shop.close()
        for florin in cls.stack.florins:
            florin.stop()
        # Nobody looks any more, and that is no finding.
        cls.stack.postgres.query("SET track_counts = off; UPDATE florin.operation"
                                 " SET due_at = due_at + interval '1 day'"
                                 " WHERE due_at < 'infinity'")

    @classmethod
    def play_beginnings(cls, shop):
        cls.story(shop, "sale")
        cls.story(shop, "yen", currency="JPY", payment_orders=[
            {"payment_order_id": "ord_1", "seller_account": "seller_a", "amount": "700"}])
        cls.story(shop, "decline", 402, payment_method=DECLINED)
        cls.story(shop, "hold", capture="manual")
        cls.story(shop, "buyer_has_to_act", 202,
                  payment_method=card("pm_card_threeDSecure2Required"))
        cls.story(shop, "cancel", capture="manual", then=[("cancel", None, 200)])
        cls.story(shop, "capture_part", capture="manual",
                  then=[("capture", {"amount": "60.00"}, 200)])
        cls.story(shop, "capture_parts", capture="manual", then=[
            ("capture", {"amount": "33.33", "final": False}, 200),
            ("capture", {"amount": "10.00", "final": False}, 200), ("capture", None, 200)])
        cls.story(shop, "capture_and_cancel", capture="manual", then=[
            ("capture", {"amount": "30.00", "final": False}, 200), ("cancel", None, 200)])
        cls.story(shop, "refund", then=[("refunds", None, 201)])
        cls.story(shop, "refund_part", then=[("refunds", {"amount": "60.00"}, 201)])
        cls.story(shop, "refund_parts", then=[("refunds", {"amount": "33.33"}, 201)] * 3)
        cls.story(shop, "attempts", 402, payment_method=DECLINED, then=[
            ("attempts", {"payment_method": DECLINED}, 402),
            ("attempts", {"payment_method": VISA}, 200)])
        cls.story(shop, "attempt_to_hold", 402, payment_method=DECLINED, capture="manual", then=[
            ("attempts", {"payment_method": VISA}, 200),
            ("refunds", None, 409), ("capture", {"amount": "70.00"}, 200)])

    @classmethod
    def play_changes(cls, shop):
        down = {"payment_orders": [{"payment_order_id": "ord_2", "amount": "10.00"}]}
        cls.story(shop, "adjust_up", capture="manual", then=[
            ("adjust", {"amount": "120.00"}, 200), ("capture", None, 200)])
        cls.story(shop, "adjust_down", capture="manual", then=[
            ("adjust", down, 200), ("capture", None, 200), ("refunds", {"amount": "8.00"}, 201)])
        cls.story(shop, "adjust_often", capture="manual", then=[
            ("adjust", {"amount": "120.00"}, 200), ("adjust", down, 200),
            ("adjust", {"amount": "50.00"}, 200), ("adjust", {"amount": "9999.00"}, 402)])
        cls.story(shop, "undo_hold", capture="manual", then=[("undo", None, 200)])
        cls.story(shop, "undo_sale", then=[("undo", None, 200)])
        cls.story(shop, "undo_part", capture="manual", then=[
            ("capture", {"amount": "60.00", "final": False}, 200), ("undo", None, 200)])
        cls.time_passes(cls.story(shop, "expired", capture="manual"))
        cls.time_passes(cls.story(shop, "expired_part", capture="manual", then=[
            ("capture", {"amount": "60.00", "final": False}, 200)]))

    @classmethod
    def play_second_persons(cls, shop):
        """Pounds have a limit here."""
        boss = cls.stack.client(approver_of(cls.stack, "default")["key"])
        for name, word in (("held", None), ("approved", "approve"), ("rejected", "reject")):
            payment = cls.story(shop, name, currency="GBP",
                                then=[("refunds", {"amount": "60.00"}, 202)])
            (refund,) = shop.get(f"/v1/payments/{payment}/refunds").json["data"]
            assert not word or boss.post(f"/v1/refunds/{refund['id']}/{word}").status == 200, name
        boss.close()

    @classmethod
    def play_shipping(cls, shop):
        for seller in ("seller_a", "seller_b"):
            assert shop.post("/v1/sellers", {"reference": seller, "name": seller}).status == 201
        for kind, rate in (("commission", "10"), ("logistics", "5")):
            rule = {"kind": kind, "currency": "EUR", "rate": rate}
            assert shop.post("/v1/fee_rules", rule).status == 201
        cls.ship(shop, "shipped", cls.story(shop, "shipped"))
        cls.ship(shop, "delivered", cls.story(shop, "released"))
        part = {"payment_orders": [{"payment_order_id": "ord_1", "amount": "33.33"}]}
        for name, refunds in (("taken_back", [part]), ("taken_back_often", [part] * 2)):
            payment = cls.story(shop, name)
            cls.ship(shop, "delivered", payment)
            for body in refunds:
                answer = shop.post(f"/v1/payments/{payment}/refunds", body)
                assert answer.status == 201, answer.text

    @classmethod
    def ship(cls, shop, status, payment):
        """Tells of its first order, and waits for the release of what is delivered."""
        order = shop.get("/v1/payments/" + payment).json["payment_orders"][0]["id"]
        path = "/v1/payment_orders/" + order
        answer = shop.post(path + "/shipment", {"status": status, "carrier": "dhl"})
        assert answer.status == 200, answer.text
        cls.await_that("released", lambda: status == "shipped" or shop.get(path).json["release"])

    @classmethod
    def time_passes(cls, payment):
        """Until somebody should warn of the end of the authorization, and then until the end."""
        shop = cls.stack.client(cls.stack.key)
        number = f"(SELECT id FROM florin.payment WHERE checkout_id = '{cls.names[payment]}')"
        change = "SET track_counts = off; UPDATE florin.payment SET due_at = now() - interval '1 s'"
        cls.stack.postgres.query(f"{change} WHERE id = {number}")
        cls.await_that("warned", lambda: "payment.expiring" in shop.get(
            f"/v1/payments/{payment}/events").text)
        cls.stack.postgres.query(f"{change}, authorized_until = now() WHERE id = {number}")
        cls.await_that("ended", lambda: shop.get(
            "/v1/payments/" + payment).json["status"] in ("expired", "succeeded"))
        shop.close()

    @classmethod
    def play_what_banks_do(cls, shop):
        def with_status(payment, status):
            return [one for one in shop.get(f"/v1/payments/{payment}/disputes").json["data"]
                    if one["status"] == status]

        def disputed(name, evidence, method=DISPUTED, status="needs_response", **more):
            payment = cls.story(shop, name, payment_method=method, **more)
            cls.await_that(name, lambda: with_status(payment, status))
            if evidence:
                cls.stack.answer(with_status(payment, status)[0], evidence)
            return payment

        disputed("dispute_open", None)
        disputed("inquiry", None, INQUIRED, "inquiry")
        won = disputed("dispute_won", "winning_evidence")
        lost = disputed("dispute_lost", "losing_evidence")
        won_released = cls.disputed_after_release(shop, "dispute_won_released")
        lost_released = cls.disputed_after_release(shop, "dispute_lost_released")
        for payment, evidence in ((won_released, "winning_evidence"),
                                  (lost_released, "losing_evidence")):
            cls.await_that("disputed", lambda p=payment: with_status(p, "needs_response"))
            cls.stack.answer(with_status(payment, "needs_response")[0], evidence)
        frozen = cls.disputed_after_release(shop, "dispute_frozen")
        cls.await_that("frozen", lambda: with_status(frozen, "needs_response"))
        lost_part = disputed("dispute_lost_part", "losing_evidence", capture="manual",
                             then=[("capture", {"amount": "33.33"}, 200)])
        inquired = disputed("inquiry_escalated", "escalate_inquiry_evidence", INQUIRED, "inquiry",
                            then=[("refunds", {"amount": "30.00"}, 201)])
        returned = cls.story(shop, "refund_returned", payment_method=BOUNCES,
                             then=[("refunds", {"amount": "40.00"}, 201)])
        for payment in won, lost, lost_part, won_released, lost_released:
            cls.await_that("under review", lambda p=payment: with_status(p, "under_review"))
        cls.stack.advance_sandbox()
        for payment in won, won_released:
            cls.await_that("won", lambda p=payment: with_status(p, "won"))
        for payment in lost, lost_part, lost_released:
            cls.await_that("lost", lambda p=payment: with_status(p, "lost"))
        cls.await_that("escalated", lambda: with_status(inquired, "needs_response"))
        cls.await_that("returned", lambda: "returned" in shop.get(
            f"/v1/payments/{returned}/refunds").text)
        lapsed = cls.story(shop, "lapsed", capture="manual")
        reference = shop.get("/v1/payments/" + lapsed).json["provider"]["reference"]
        cls.stack.tell_provider(f"/v1/payment_intents/{reference}/cancel", {})
        cls.await_that("lapsed", lambda: shop.get(
            "/v1/payments/" + lapsed).json["status"] == "expired")

    @classmethod
    def disputed_after_release(cls, shop, name):
        """The provider is heard only when the first order is released."""
        mailbox = cls.stack.mailbox
        deliver, mailbox.deliver, read = mailbox.deliver, None, len(mailbox.letters)
        payment = cls.story(shop, name, payment_method=DISPUTED)
        cls.ship(shop, "delivered", payment)
        mailbox.deliver = deliver
        for letter in mailbox.letters[read:]:
            deliver(*letter)
        return payment

    @classmethod
    def play_what_has_no_end(cls, shop):
        """The provider is not heard any more, as in the beginning."""
        ready = "SELECT count(*) FROM florin.operation WHERE due_at < 'infinity' AND kind IN (5, 7)"
        cls.await_that("given back", lambda: cls.stack.sql(ready) == [["0"]])
        told = "SELECT count(*) FROM florin.provider_event WHERE state = 0"
        cls.await_that("understood", lambda: cls.stack.sql(told) == [["0"]])
        cls.stack.mailbox.deliver = None
        cls.story(shop, "refund_refused", payment_method=DISPUTED,
                  then=[("refunds", {"amount": "60.00"}, 402)])
        cls.story(shop, "refund_pending", payment_method=card("pm_card_pendingRefund"),
                  then=[("refunds", {"amount": "60.00"}, 202)])
        cls.stack.set_faults({"next": [{"fault": "drop_reply", "path": "/v1/payment_intents",
                                        "method": "POST"}]})
        lost = cls.story(shop, "lost_reply", 202)
        cls.await_that("found", lambda: shop.get(
            "/v1/payments/" + lost).json["status"] == "succeeded")
        cls.stack.set_faults({"rates": {"error_500": 1.0}})
        cls.story(shop, "unknown", 202)

    @classmethod
    def await_that(cls, what, condition):
        if not eventually(condition):
            raise AssertionError(f"not {what}:\n{cls.stack.tails()}")

    @classmethod
    def story(cls, shop, name, status=201, then=(), **changes):
        answer = shop.post("/v1/payments", kit.order(checkout_id=name, **changes))
        if answer.status != status:
            raise AssertionError(f"{name}: {answer.status} {answer.text}")
        paid = answer.json.get("payment") or answer.json["id"]
        cls.names[paid] = name
        for action, body, wanted in then:
            answer = shop.post(f"/v1/payments/{paid}/{action}", body)
            if answer.status != wanted:
                raise AssertionError(f"{name}, {action}: {answer.status} {answer.text}")
        return paid
