"""Sellers are paid: what is owed becomes a payout, a file, a bank's word; nothing is lost between.

Two florins share the work. The ledger has to say the same as the payouts, to the minor unit, and
the file for the bank is held against the schema of ISO 20022.
"""

import csv
import io
import os
import pathlib
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

import kit
from paying import BANK, IBAN, OURS, PayoutCase
from shop import at_once, eventually

SPECS = pathlib.Path(os.environ.get("FLORIN_SPECS", kit.ROOT / "../shared/specs"))
SCHEMA = SPECS / "iso20022/pain.001.001.09.xsd"
NAMES = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
ROUNDS = 8


class BankFiles(PayoutCase):
    def test_what_is_owed_is_paid_once(self):
        shop = self.market()
        payment, order = self.sold(shop)
        seller = self.seller(shop)
        self.put(shop, seller)
        made = self.ask(shop, seller, key="once")
        self.assertEqual((made["status"], made["amount"], made["amount_gross"]),
                         ("approved", "59.50", "59.50"))
        self.assertEqual(made["destination"], {"name": BANK["destination"]["name"], "iban": IBAN,
                                               "bic": None})
        again = shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}, "once")
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (200, "true"))
        self.assertEqual(again.json["id"], made["id"])
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "USD"}, "once"),
                            422, "idempotency_key_reused")
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "nothing_payable")
        self.assert_books(shop, psp_receivable__stripe="70.00", commission="7.00",
                          logistics_payable__dhl="3.50", payout_in_flight__bank_file="59.50")
        batch = self.exported(shop, made["id"])
        self.assertEqual(self.get(shop, f"/v1/payouts/{made['id']}")["status"], "in_transit")
        paid = self.do(shop, made["id"], "outcome", status="paid", reference="E2E1", fee="0.25")
        self.assertEqual((paid["status"], paid["fee"]), ("paid", "0.25"))
        self.do(shop, made["id"], "outcome", status="paid", reference="E2E1", fee="0.25")
        self.assert_books(shop, **{f"bank__{OURS}": "-59.75"}, psp_receivable__stripe="70.00",
                          commission="7.00", logistics_payable__dhl="3.50",
                          payout_fees__bank_file="0.25")
        found = self.proved(shop, made["id"])
        (item,) = found["items"]
        self.assertEqual((item["kind"], item["payment"], item["payment_order"]),
                         ("release", payment, order))
        self.assertEqual(item["released"], {"amount": "70.00", "seller_amount": "59.50",
                                            "commission": "7.00", "logistics": "3.50",
                                            "sums": True})
        history = self.get(shop, f"/v1/payouts/{made['id']}")["history"]
        self.assertEqual([one["type"] for one in history],
                         ["payout.created", "payout.exported", "payout.paid"])
        self.assertEqual(self.get(shop, "/v1/payout_batches")["data"][0]["id"], batch)
        self.assert_fed(shop, made, ["created", "exported", "paid"])

    def assert_fed(self, shop, payout, steps):
        """The feed of all events tells the steps of the payout, in their order."""
        def told():
            events = self.get(shop, "/v1/events?limit=100")["data"]
            return [event for event in events if event["subject"] == payout["id"]]

        self.assertTrue(eventually(lambda: len(told()) == len(steps)), told())
        self.assertEqual([(event["type"], event["version"]) for event in told()],
                         [("payout." + step, n + 1) for n, step in enumerate(steps)])
        last = told()[-1]["data"]["object"]
        self.assertEqual({name: last[name] for name in ("id", "seller", "amount", "status")},
                         {**{name: payout[name] for name in ("id", "seller", "amount")},
                          "status": "paid"})

    def test_the_file_is_a_pain_001_and_never_changes(self):
        shop = self.market()
        self.sold(shop)
        seller = self.seller(shop)
        self.put(shop, seller, destination={"name": BANK["destination"]["name"], "iban": IBAN,
                                            "bic": "COBADEFFXXX"})
        payout = self.ask(shop, seller)["id"]
        batch = eventually(lambda: self.get(shop, f"/v1/payouts/{payout}")["batch"])
        path = f"/v1/payout_batches/{batch}"
        self.assert_problem(shop.get(path + "/file"), 409, "payout_batch_not_exported")
        self.exported(shop, payout)
        first = shop.get(path + "/file")
        self.assertEqual(first.status, 200, first.text)
        self.assertIn("pain.001.xml", first.headers["Content-Disposition"])
        root = xml.fromstring(first.text.encode())
        self.assertEqual(root.findtext(".//p:CdtTrfTxInf/p:Amt/p:InstdAmt", None, NAMES), "59.50")
        self.assertEqual(root.findtext(".//p:GrpHdr/p:CtrlSum", None, NAMES), "59.50")
        self.assertEqual(root.findtext(".//p:CdtTrfTxInf/p:Cdtr/p:Nm", None, NAMES),
                         BANK["destination"]["name"])
        self.assertEqual(root.findtext(".//p:EndToEndId", None, NAMES), payout)
        self.do(shop, payout, "outcome", status="failed", reason="account closed")
        shop.post(path + "/export")
        self.sold(shop)
        self.exported(shop, self.ask(shop, seller)["id"])
        self.assertEqual(shop.get(path + "/file").text, first.text)
        if not SCHEMA.exists() or not shutil.which("xmllint"):
            self.skipTest(f"needs {SCHEMA} and xmllint (libxml2-utils)")
        checked = subprocess.run(["xmllint", "--noout", "--schema", str(SCHEMA), "-"],
                                 input=first.text.encode(), capture_output=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr.decode())

    def test_what_fails_is_owed_again(self):
        shop = self.market()
        self.sold(shop)
        seller, payout = self.in_transit(shop)
        failed = self.do(shop, payout, "outcome", status="failed", reason="no such account")
        self.assertEqual((failed["status"], failed["reason"]), ("failed", "no such account"))
        self.assertEqual(self.balance(shop, "seller_payable:seller_a:EUR"), "59.50")
        self.sold(shop)
        second = self.ask(shop, seller)
        self.assertEqual(second["amount"], "119.00")
        kinds = {item["kind"]: item["payout"] for item in self.proved(shop, second["id"])["items"]}
        self.assertEqual(kinds, {"payout_failed": payout, "release": None})
        self.assert_problem(shop.post(f"/v1/payouts/{payout}/outcome", {"status": "paid"}), 409,
                            "payout_out_of_order")

    def test_what_comes_back_days_later_suspends_the_destination(self):
        shop = self.market()
        self.sold(shop)
        seller, payout = self.in_transit(shop)
        self.do(shop, payout, "outcome", status="paid")
        back = self.do(shop, payout, "outcome", status="returned", reason="AC04", fee="1.00")
        self.assertEqual(back["status"], "returned")
        self.assert_books(shop, **{f"bank__{OURS}": "-1.00"}, psp_receivable__stripe="70.00",
                          commission="7.00", logistics_payable__dhl="3.50",
                          payout_fees__bank_file="1.00", seller_payable__seller_a="59.50")
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "destination_suspended")
        self.assertIn("destination_suspended", self.status_of(shop, seller)["why"])
        self.assertIsNone(self.put(shop, seller)["suspended"])
        self.assertEqual(self.ask(shop, seller)["amount"], "59.50")

    def test_a_recall_ends_as_the_bank_says(self):
        shop = self.market()
        for word, status in (("recalled", "canceled"), ("paid", "paid")):
            with self.subTest(word=word):
                self.sold(shop)
                _, payout = self.in_transit(shop)
                self.assert_problem(shop.post(f"/v1/payouts/{payout}/outcome",
                                              {"status": "recalled"}), 409, "payout_out_of_order")
                self.assert_problem(shop.post(f"/v1/payouts/{payout}/cancel"), 409,
                                    "payout_out_of_order")
                self.assertTrue(self.do(shop, payout, "recall")["recall_requested"])
                self.do(shop, payout, "recall")
                self.assertEqual(self.do(shop, payout, "outcome", status=word)["status"], status)

    def test_what_was_canceled_is_in_no_file(self):
        shop = self.market()
        self.sold(shop)
        seller = self.seller(shop)
        self.put(shop, seller)
        payout = self.ask(shop, seller)["id"]
        batch = eventually(lambda: self.get(shop, f"/v1/payouts/{payout}")["batch"])
        self.assertEqual(self.do(shop, payout, "cancel")["status"], "canceled")
        self.do(shop, payout, "cancel")
        shop.post(f"/v1/payout_batches/{batch}/export")
        self.assert_problem(shop.get(f"/v1/payout_batches/{batch}/file"), 409, "payout_batch_empty")
        self.assertEqual(self.balance(shop, "seller_payable:seller_a:EUR"), "59.50")

    def test_what_came_back_once_is_not_sent_there_again(self):
        shop = self.market()
        self.sold(shop)
        seller, first = self.in_transit(shop)
        self.sold(shop)
        second = self.ask(shop, seller)["id"]
        batch = eventually(lambda: self.get(shop, f"/v1/payouts/{second}")["batch"])
        self.do(shop, first, "outcome", status="returned", reason="AC04")
        answer = shop.post(f"/v1/payout_batches/{batch}/export")
        self.assertEqual(answer.status, 200, answer.text)
        self.assert_problem(shop.get(f"/v1/payout_batches/{batch}/file"), 409, "payout_batch_empty")
        held = self.get(shop, f"/v1/payouts/{second}")
        self.assertEqual((held["status"], held["batch"]), ("approved", None))
        self.assertIn("destination_suspended", self.status_of(shop, seller)["why"])
        self.put(shop, seller)  # Somebody has looked, and it is right.
        self.assertNotEqual(self.exported(shop, second), batch)
        self.assertEqual(self.do(shop, second, "outcome", status="paid")["status"], "paid")
        self.audit()


class Rules(PayoutCase):
    def test_debts_come_first_and_fees_are_told(self):
        shop = self.market()
        payment, order = self.sold(shop)
        seller, payout = self.in_transit(shop)
        self.do(shop, payout, "outcome", status="paid")
        self.act(shop, payment, "refunds", None, 201)  # He has been paid: it is his debt.
        self.assertEqual(self.balance(shop, "seller_receivable:seller_a:EUR"), "59.50")
        found = self.status_of(shop, seller)
        self.assertEqual((found["debt"], found["available"]), ("59.50", "0.00"))
        self.sold(shop, "50.00")  # 42.50 his
        netted = self.ask(shop, seller)
        self.assertEqual((netted["status"], netted["amount"], netted["amount_netted"]),
                         ("netted", "0.00", "42.50"))
        self.sold(shop)
        last = self.ask(shop, seller)
        self.assertEqual((last["amount"], last["amount_netted"]), ("42.50", "17.00"))
        self.proved(shop, last["id"])
        self.assertEqual(self.balance(shop, "seller_receivable:seller_a:EUR"), "0.00")

    def test_a_reserve_is_held_and_given_back_once(self):
        shop = self.market()
        self.sold(shop)
        seller = self.seller(shop)
        self.put(shop, seller, reserve_rate="10", reserve_days="30")
        made = self.ask(shop, seller)
        self.assertEqual((made["amount"], made["amount_reserved"]), ("53.55", "5.95"))
        found = self.status_of(shop, seller)
        self.assertEqual((found["reserve"], found["in_flight"]), ("5.95", "53.55"))
        self.assertIn("reserve_held", found["why"])
        self.stack.sql("UPDATE florin.payout_reserve SET due_at = due_at - interval '30 days'"
                       " WHERE due_at < 'infinity'")
        eventually(lambda: self.balance(shop, "seller_reserve:seller_a:EUR") == "0.00")
        self.assertEqual(self.balance(shop, "seller_payable:seller_a:EUR"), "5.95")
        again = self.ask(shop, seller)  # And no reserve of what was a reserve.
        self.assertEqual((again["amount"], again["amount_reserved"]), ("5.95", "0.00"))
        (item,) = self.proved(shop, again["id"])["items"]
        self.assertEqual((item["kind"], item["payout"]), ("reserve_released", made["id"]))

    def test_above_the_limit_a_second_person_decides(self):
        made = self.new_key()
        shop = self.client(made["key"])
        self.addCleanup(shop.close)
        boss = self.client(self.stack.florin_json(
            "keys", "create", "--name", "boss", "--merchant", made["merchant"], "--scope",
            "payouts:approve", "--scope", "payouts:read", "--scope", "payouts:write")["key"])
        for reference in ("seller_a", "seller_b"):
            shop.post("/v1/sellers", {"reference": reference, "name": reference})
        for word, status in (("approve", "approved"), ("reject", "canceled")):
            self.sold(shop, "900.01")
            seller = self.seller(shop)
            self.put(shop, seller)
            payout = self.ask(shop, seller)
            self.assertEqual(payout["status"], "awaiting_approval")
            self.assert_problem(shop.post(f"/v1/payouts/{payout['id']}/{word}"), 403,
                                "scope_missing")
            self.assertIn("awaiting_approval", self.status_of(shop, seller)["why"])
            self.assertEqual(self.do(boss, payout["id"], word)["status"], status)
            self.do(boss, payout["id"], word)
        # Who says where the money goes does not say yes to it.
        self.put(boss, seller)
        payout = self.ask(shop, seller)
        self.assert_problem(boss.post(f"/v1/payouts/{payout['id']}/approve"), 403,
                            "approver_is_asker")

    def test_the_status_names_all_that_is_in_the_way(self):
        shop = self.market()
        seller = self.seller(shop)
        self.assertEqual(self.status_of(shop, seller)["why"], ["no_settings", "nothing_payable"])
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "no_settings")
        self.put(shop, seller, minimum="60.00", schedule="daily", hour="3")
        _, order = self.sold(shop)
        found = self.status_of(shop, seller, order)
        self.assertEqual(found["why"], ["below_minimum"])
        self.assertTrue(found["next_run_at"].endswith("T03:00:00.000Z"), found)
        self.assertEqual(found["order"]["state"], "payable")
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "below_minimum")
        self.put(shop, seller)
        shop.post(f"/v1/sellers/{seller}/suspend")
        self.assertEqual(self.status_of(shop, seller)["why"], ["seller_suspended"])
        self.assert_problem(shop.post("/v1/payouts", {"seller": seller, "currency": "EUR"}), 409,
                            "seller_suspended")
        shop.post(f"/v1/sellers/{seller}/activate")
        self.assertEqual(self.status_of(shop, seller)["why"], ["on_demand_only"])
        payout = self.ask(shop, seller)["id"]
        told = self.status_of(shop, seller, order)
        self.assertEqual((told["order"]["state"], told["order"]["payout"]), ("approved", payout))
        _, (waiting,) = self.paid(shop, payment_orders=[
            {"payment_order_id": "o", "seller_account": "seller_a", "amount": "9.00"}])
        self.assertEqual(self.status_of(shop, seller, waiting)["order"]["state"], "not_shipped")

    def test_a_schedule_pays_by_itself_and_into_a_wallet(self):
        shop = self.market()
        self.sold(shop)
        seller = self.seller(shop)
        self.put(shop, seller, rail="wallet", destination={"wallet": "ann"}, schedule="weekly",
                 weekday="friday")
        self.stack.sql("UPDATE florin.payout_settings SET due_at = '2026-01-01'"
                       " WHERE due_at < 'infinity'")
        def paid():
            found = self.get(shop, f"/v1/payouts?seller={seller}&status=paid")["data"]
            return found[0] if found else None
        found = eventually(paid)
        self.assertTrue(found)
        self.assertEqual((found["rail"], found["amount"], found["asked_by"]),
                         ("wallet", "59.50", None))
        self.assertEqual(self.balance(shop, "buyer_wallet:ann:EUR"), "59.50")
        self.assertEqual(self.balance(shop, "payout_in_flight:wallet:EUR"), "0.00")
        self.assertGreater(self.status_of(shop, seller)["next_run_at"], "2026-11")
        self.assert_problem(shop.post(f"/v1/payouts/{found['id']}/outcome", {"status": "failed"}),
                            409, "payout_outcome_not_told")

    def test_a_statement_tells_every_entry(self):
        shop = self.market()
        _, order = self.sold(shop)
        seller, payout = self.in_transit(shop)
        self.do(shop, payout, "outcome", status="failed")
        path = f"/v1/sellers/{seller}/statement?currency=EUR"
        answer = shop.get(path)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/csv"))
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        self.assertEqual([(row["kind"], row["amount"], row["balance_after"]) for row in rows],
                         [("release", "59.50", "59.50"), ("payout", "-59.50", "0.00"),
                          ("payout_failed", "59.50", "59.50")])
        self.assertEqual((rows[0]["payment_order"], rows[1]["payment_or_payout"]), (order, payout))
        none = shop.get(path + "&from=2036-01-01T00:00:00Z").text
        self.assertEqual(len(none.splitlines()), 1)

    def test_the_command_line_says_the_same(self):
        shop = self.market()
        self.sold(shop)
        seller, payout = self.in_transit(shop)
        listed = self.stack.florin_json("payouts", "list", "--seller", seller)
        self.assertEqual((listed["id"], listed["status"]), (payout, "in_transit"))
        shown = self.stack.florin_json("payouts", "show", payout)
        self.assertEqual(shown["history"], self.get(shop, f"/v1/payouts/{payout}")["history"])
        found = self.stack.florin_json("payouts", "explain", payout)
        self.assertEqual(found["proof"], self.proved(shop, payout)["proof"])
        self.assertIn("It adds up", self.stack.florin("payouts", "explain", payout))
        self.assertIn("done", self.stack.florin_json("payouts", "run"))


class Races(PayoutCase):
    def test_of_many_at_one_instant_one_pays(self):
        shop = self.market()
        seller = self.seller(shop)
        self.put(shop, seller)
        other = self.client(shop.key, 1)
        for _ in range(ROUNDS):
            self.sold(shop)
            answers = at_once(*(lambda client=client: client.post(
                "/v1/payouts", {"seller": seller, "currency": "EUR"})
                for client in (shop, other, self.client(shop.key), self.client(shop.key, 1))))
            self.assertEqual(sorted(answer.status for answer in answers), [201, 409, 409, 409])
        self.assertEqual(self.balance(shop, "payout_in_flight:bank_file:EUR"),
                         f"{59.5 * ROUNDS:.2f}")

    def test_paid_and_failed_at_one_instant(self):
        shop = self.market()
        other = self.client(shop.key, 1)
        for _ in range(ROUNDS):
            self.sold(shop)
            _, payout = self.in_transit(shop)
            answers = at_once(*(lambda client=client, word=word: client.post(
                f"/v1/payouts/{payout}/outcome", {"status": word})
                for client, word in ((shop, "paid"), (other, "failed"))))
            self.assertEqual(sorted(answer.status for answer in answers), [200, 409])
        self.assertEqual(self.balance(shop, "payout_in_flight:bank_file:EUR"), "0.00")

    def test_canceled_and_exported_at_one_instant(self):
        shop = self.market()
        other = self.client(shop.key, 1)
        seller = self.seller(shop)
        self.put(shop, seller)
        for _ in range(ROUNDS):
            self.sold(shop)
            payout = self.ask(shop, seller)["id"]
            batch = eventually(lambda: self.get(shop, f"/v1/payouts/{payout}")["batch"])
            at_once(lambda: shop.post(f"/v1/payouts/{payout}/cancel"),
                    lambda: other.post(f"/v1/payout_batches/{batch}/export"))
            status = self.get(shop, f"/v1/payouts/{payout}")["status"]
            file = shop.get(f"/v1/payout_batches/{batch}/file")
            self.assertEqual((status, file.status),
                             ("canceled", 409) if file.status == 409 else ("in_transit", 200))
            if status == "in_transit":
                self.do(shop, payout, "outcome", status="failed")

    def test_a_killed_process_leaves_nothing_half_done(self):
        shop = self.market()
        seller = self.seller(shop)
        self.put(shop, seller, rail="wallet", destination={"wallet": "bob"})
        for number in range(3):
            self.sold(shop)
            self.ask(shop, seller)
            self.stack.restart(number % 2, "kill")
            shop = self.client(shop.key)
        eventually(lambda: self.balance(shop, "buyer_wallet:bob:EUR") == "178.50")
        self.assertEqual(self.balance(shop, "buyer_wallet:bob:EUR"), "178.50")
        self.assertEqual(self.balance(shop, "payout_in_flight:wallet:EUR"), "0.00")


class Refusals(PayoutCase):
    def test_wrong_settings_are_named(self):
        shop = self.market()
        path = f"/v1/sellers/{self.seller(shop)}/payout_settings/EUR"
        good = {"name": "Ann", "iban": IBAN}
        for body, code, pointer in (
                ({}, "required", "#/rail"),
                ({**BANK, "destination": {**good, "iban": "DE00"}}, "iban_malformed",
                 "#/destination/iban"),
                ({**BANK, "destination": {**good, "iban": IBAN[:-1] + "1"}}, "iban_wrong_checksum",
                 "#/destination/iban"),
                ({**BANK, "destination": {**good, "bic": "x"}}, "bic_malformed",
                 "#/destination/bic"),
                ({**BANK, "hour": "24"}, "number_out_of_range", "#/hour"),
                ({**BANK, "reserve_rate": "101"}, "rate_too_large", "#/reserve_rate"),
                ({**BANK, "minimum": 5}, "amount_is_number", "#/minimum"),
                ({**BANK, "when": "x"}, "unknown_field", "#/when")):
            with self.subTest(body=body):
                answer = shop.request("PUT", path, body)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertIn(pointer, [error["pointer"] for error in answer.json["errors"]])
        self.assert_problem(shop.get(path), 404, "payout_settings_not_found")
        self.assert_problem(shop.request("PUT", path, {
            "rail": "stripe_connect", "destination": {"account": "acct_1"}}), 409,
            "rail_not_configured")

    def test_strangers_see_nothing(self):
        shop, stranger = self.market(), self.shop()
        self.sold(shop)
        _, payout = self.in_transit(shop)
        batch = self.get(shop, f"/v1/payouts/{payout}")["batch"]
        for path, code in ((f"/v1/payouts/{payout}", "payout_not_found"),
                           (f"/v1/payouts/{payout}/explain", "payout_not_found"),
                           ("/v1/payouts/x", "payout_not_found"),
                           (f"/v1/payout_batches/{batch}", "payout_batch_not_found"),
                           (f"/v1/payout_batches/{batch}/file", "payout_batch_not_found")):
            self.assert_problem(stranger.get(path), 404, code)
        self.assert_problem(stranger.post(f"/v1/payouts/{payout}/outcome", {"status": "failed"}),
                            404, "payout_not_found")
        self.assertEqual(stranger.get("/v1/payouts").json["data"], [])


if __name__ == "__main__":
    unittest.main()
