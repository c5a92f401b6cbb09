"""What finance people book by hand: settlements, write-offs, treasury, and the taking back of it.

Two florins on one database. After each story the books are in balance, and the auditor, who reads
what was asked for and what was booked, finds nothing.
"""

import contextlib
import http.client
import unittest
import uuid

import kit
from fx_test import FxStack
from paying import PayoutCase
from shop import LifecycleTest, at_once

ENTRIES = "/v1/journal_entries"
NOBODY = "jrn_01m7zam4mme49rcfs5fm3rh5am"


def debit(account, amount, reference=None):
    return {"account": account, "debit": amount, **({"reference": reference} if reference else {})}


def credit(account, amount, reference=None):
    return {"account": account, "credit": amount, **({"reference": reference} if reference else {})}


class JournalCase(LifecycleTest):
    florins = 2

    def setUp(self):
        self.made = self.new_key()
        self.owner = self.client(self.made["key"])
        self.finance, self.other = (self.clerk(florin=n) for n in range(2))

    def shop(self):
        return self.owner

    def clerk(self, merchant=None, florin=0):
        """A key of the merchant that may book by hand."""
        key = self.stack.florin_json(
            "keys", "create", "--name", "finance", "--merchant", merchant or self.made["merchant"],
            "--scope", "ledger:read", "--scope", "ledger:write")
        return self.client(key["key"], florin)

    def book(self, *lines, status=201, key=None, reason="as the statement says", by=None):
        answer = (by or self.finance).post(ENTRIES, {"reason": reason, "lines": list(lines)}, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def reverse(self, entry, status=201, key=None, by=None):
        answer = (by or self.finance).post(f"{ENTRIES}/{entry['id']}/reverse",
                                           {"reason": "it was wrong"}, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def of(self, account, *references):
        """What stands on an account in minor units, debits above zero, for each of these."""
        code = {"psp_receivable": 1100, "psp_settlement": 1110, "unapplied": 2900}[account]
        rows = dict(self.stack.sql(
            "SELECT e.reference_id, sum(e.amount) FROM florin.ledger_entry e"
            " JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id"
            f" WHERE a.code = {code} GROUP BY 1"))
        return [int(rows.get(uuid_of(reference), 0)) for reference in references]

    def assert_sound(self, **balances):
        for account, balance in balances.items():
            name = account.replace("__", ":")
            self.assertEqual(self.balance(self.finance, name), balance, name)
        for row in self.stack.trial_balance()["currencies"]:
            self.assertEqual(row["debits"], row["credits"], row)
        self.audit()


def uuid_of(text):
    """The UUID in an id, whose digits are those of Crockford."""
    number = 0
    for digit in text.split("_")[1]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(digit)
    return str(uuid.UUID(int=number))


class Settlements(JournalCase):
    def test_three_payments_from_the_fee_to_the_bank_and_all_of_it_back(self):
        payments = [self.pay(self.owner)["id"] for _ in range(3)]
        fees = [self.book(debit("psp_fees:stripe:EUR", "3.20", payment),
                          credit("psp_receivable:stripe:EUR", "3.20", payment))
                for payment in payments]
        batch = self.book(debit("psp_settlement:stripe:EUR", "290.40"),
                          *[credit("psp_receivable:stripe:EUR", "96.80", payment)
                            for payment in payments])
        self.assertEqual(self.of("psp_receivable", *payments), [0, 0, 0])
        self.assert_sound(psp_receivable__stripe__EUR="0.00", psp_settlement__stripe__EUR="290.40",
                          psp_fees__stripe__EUR="9.60")
        bank = self.book(debit("bank:main:EUR", "290.41"),
                         credit("psp_settlement:stripe:EUR", "290.40", batch["id"]),
                         credit("unapplied:EUR", "0.01"))
        self.assertEqual(self.of("psp_settlement", batch["id"]), [0])
        self.assertEqual(self.of("unapplied", bank["id"]), [-1])
        found = self.book(debit("unapplied:EUR", "0.01", bank["id"]),
                          credit("psp_fees:stripe:EUR", "0.01", payments[0]))
        self.assertEqual(self.of("unapplied", bank["id"]), [0])
        self.assert_sound(bank__main__EUR="290.41", psp_settlement__stripe__EUR="0.00",
                          unapplied__EUR="0.00", psp_fees__stripe__EUR="9.59")
        for entry in (found, bank, batch, *fees):
            self.reverse(entry)
        self.assertEqual(self.of("psp_receivable", *payments), [10000] * 3)
        self.assert_sound(bank__main__EUR="0.00", psp_settlement__stripe__EUR="0.00",
                          unapplied__EUR="0.00", psp_fees__stripe__EUR="0.00",
                          psp_receivable__stripe__EUR="300.00", escrow__EUR="300.00")

    def test_an_entry_tells_who_what_when_and_why(self):
        payment = self.pay(self.owner)["id"]
        lines = [debit("psp_fees:stripe:EUR", "3.20", payment),
                 credit("psp_receivable:stripe:EUR", "3.20", payment)]
        entry = self.book(*lines, reason="invoice 7 of November, line 3")
        self.assertEqual((entry["object"], entry["reason"], entry["lines"]),
                         ("journal_entry", "invoice 7 of November, line 3", lines))
        self.assertEqual((entry["reverses"], entry["reversed_by"]), (None, None))
        self.assertEqual(entry["created_by"], "key_" + self.finance.key.split("_")[2][:26])
        self.assertEqual(self.finance.get(f"{ENTRIES}/{entry['id']}").json, entry)
        (leg,) = self.finance.get("/v1/ledger/accounts/psp_fees:stripe:EUR/entries").json["data"]
        self.assertEqual((leg["kind"], leg["reference"], leg["payment"], leg["transaction"],
                          leg["direction"], leg["amount"]),
                         ("journal", entry["id"], None, entry["transaction"], "debit", "3.20"))
        reversal = self.reverse(entry)
        self.assertEqual((reversal["reverses"], reversal["reason"]),
                         (entry["id"], "it was wrong"))
        self.assertEqual(reversal["lines"], [credit("psp_fees:stripe:EUR", "3.20", payment),
                                             debit("psp_receivable:stripe:EUR", "3.20", payment)])
        after = self.finance.get(f"{ENTRIES}/{entry['id']}").json
        self.assertEqual(after, {**entry, "reversed_by": reversal["id"]})
        legs = self.finance.get("/v1/ledger/accounts/psp_fees:stripe:EUR/entries").json["data"]
        self.assertEqual([(one["kind"], one["reference"]) for one in legs],
                         [("journal_reversal", reversal["id"]), ("journal", entry["id"])])

    def test_money_in_suspense_that_went_back_over_the_bank(self):
        payment = self.pay(self.owner)["id"]
        came = self.book(debit("bank:main:EUR", "5.00"), credit("unapplied:EUR", "5.00", payment))
        self.book(debit("unapplied:EUR", "5.00", payment), credit("bank:main:EUR", "5.00"))
        self.assertEqual(self.of("unapplied", payment, came["id"]), [0, 0])
        self.assert_sound(unapplied__EUR="0.00", bank__main__EUR="0.00")


class Debts(JournalCase, PayoutCase):
    stack_type = PayoutCase.stack_type

    def test_a_debt_is_written_off_and_never_more_than_is_owed(self):
        shop = self.market()
        payment, _ = self.sold(shop)
        seller, payout = self.in_transit(shop)
        self.do(shop, payout, "outcome", status="paid")
        self.act(shop, payment, "refunds", None, 201)  # He has been paid: it is his debt.
        debt, loss = "seller_receivable:seller_a:EUR", "chargeback_loss:EUR"
        much = self.finance.post(ENTRIES, {"reason": "r", "lines": [debit(loss, "59.51"),
                                                                    credit(debt, "59.51")]}, "k")
        self.assert_problem(much, 409, "debt_too_small")
        self.assertIn(f"{debt} is 59.50 now", much.json["detail"])
        self.assertEqual(self.finance.get(ENTRIES).json["data"], [])
        entry = self.book(debit(loss, "20.00"), credit(debt, "20.00"), key="k")
        self.assert_sound(seller_receivable__seller_a__EUR="39.50", chargeback_loss__EUR="20.00")
        self.assertEqual(self.status_of(shop, seller)["debt"], "39.50")
        answers = at_once(*[lambda by=by: by.post(ENTRIES, {"reason": "r", "lines": [
            debit(loss, "30.00"), credit(debt, "30.00")]}) for by in (self.finance, self.other)])
        self.assertEqual(sorted(answer.status for answer in answers), [201, 409])
        self.assert_sound(seller_receivable__seller_a__EUR="9.50", chargeback_loss__EUR="50.00")
        self.reverse(entry)
        self.assert_sound(seller_receivable__seller_a__EUR="29.50", chargeback_loss__EUR="30.00")
        self.sold(shop)
        last = self.ask(shop, seller)  # What was not written off is taken out of the next payout.
        self.assertEqual((last["amount"], last["amount_netted"]), ("30.00", "29.50"))
        self.assert_sound(seller_receivable__seller_a__EUR="0.00")

    def test_fees_of_payouts_and_what_carriers_and_taxes_get(self):
        shop = self.market()
        self.sold(shop)
        _, payout = self.in_transit(shop)
        self.do(shop, payout, "outcome", status="paid")
        bank = next(account["id"] for account in self.finance.get("/v1/ledger/accounts")
                    .json["data"] if account["type"] == "bank")
        before = float(self.balance(self.finance, bank))
        fee = self.book(debit("payout_fees:bank_file:EUR", "0.25", payout),
                        credit(bank, "0.25", payout))
        self.book(debit("commission:EUR", "1.12"), credit("tax_payable:DE:EUR", "1.12"))
        self.book(debit("logistics_payable:dhl:EUR", "3.50"),
                  debit("tax_payable:DE:EUR", "1.12"), credit(bank, "4.62"))
        self.assertAlmostEqual(float(self.balance(self.finance, bank)), before - 4.87)
        self.assert_sound(payout_fees__bank_file__EUR="0.25", logistics_payable__dhl__EUR="0.00",
                          tax_payable__DE__EUR="0.00", commission__EUR="5.88")
        self.reverse(fee)
        self.assert_sound(payout_fees__bank_file__EUR="0.00")


class Treasury(JournalCase):
    stack_type = FxStack

    def test_a_position_is_closed_in_two_currencies_and_opened_again(self):
        quote = self.owner.post("/v1/fx_quotes", {"amount": "99.00", "currency": "USD",
                                                  "presentment_currency": "EUR"}).json
        self.pay(self.owner, currency="USD", fx_quote=quote["id"], payment_orders=[
            {"payment_order_id": "o", "seller_account": "s", "amount": "99.00"}])
        self.assert_sound(fx_position__EUR="92.00", fx_position__USD="-100.00",
                          fx_revenue__USD="1.00")
        entry = self.book(debit("fx_position:EUR", "92.00"), credit("bank:main:EUR", "92.00"),
                          debit("bank:main:USD", "99.50"), debit("fx_revenue:USD", "0.50"),
                          credit("fx_position:USD", "100.00"), reason="sold at the desk")
        self.assert_sound(fx_position__EUR="0.00", fx_position__USD="0.00",
                          fx_revenue__USD="0.50", bank__main__EUR="-92.00",
                          bank__main__USD="99.50")
        self.reverse(entry)
        self.assert_sound(fx_position__EUR="92.00", fx_position__USD="-100.00",
                          fx_revenue__USD="1.00", bank__main__EUR="0.00", bank__main__USD="0.00")


FEE = [debit("psp_fees:stripe:EUR", "3.20"), credit("psp_receivable:stripe:EUR", "3.20")]


class Keys(JournalCase):
    def test_a_key_books_once(self):
        body = {"reason": "r", "lines": FEE}
        first = self.finance.post(ENTRIES, body, "k")
        self.assertEqual(first.status, 201, first.text)
        self.assertEqual(first.headers["Location"], f"{ENTRIES}/{first.json['id']}")
        again = self.other.post(ENTRIES, body, "k")
        self.assertEqual((again.json, again.headers["Idempotent-Replayed"]), (first.json, "true"))
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assert_problem(self.finance.post(ENTRIES, {**body, "reason": "s"}, "k"), 422,
                            "idempotency_key_reused")
        answers = at_once(*[lambda by=by: by.post(ENTRIES, body, "same")
                            for by in (self.finance, self.other)])
        self.assertEqual([answer.status for answer in answers], [201, 201])
        self.assertEqual(answers[0].json["id"], answers[1].json["id"])
        self.assert_sound(psp_fees__stripe__EUR="6.40")

    def test_what_a_killed_server_left_is_booked_once(self):
        wanted = [str(uuid.uuid4()) for _ in range(8)]
        body = {"reason": "r", "lines": FEE}

        def send(key):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.client(self.finance.key, florin=1).post(ENTRIES, body, key)

        at_once(*[lambda key=key: send(key) for key in wanted],
                lambda: self.stack.restart(1, how="kill"))
        for key in wanted:
            self.assertEqual(self.finance.post(ENTRIES, body, key).status, 201)
        self.assertEqual(len(self.finance.get(ENTRIES).json["data"]), 8)
        self.assert_sound(psp_fees__stripe__EUR="25.60")

    def test_an_entry_is_reversed_once(self):
        entry = self.book(*FEE)
        path = f"{ENTRIES}/{entry['id']}/reverse"
        answers = at_once(*[lambda by=by, key=key: by.post(path, {"reason": "r"}, key)
                            for by, key in ((self.finance, "a"), (self.other, "b"))])
        self.assertEqual(sorted(answer.status for answer in answers), [201, 409])
        won, lost = sorted(answers, key=lambda answer: answer.status)
        self.assert_problem(lost, 409, "already_reversed")
        self.assertEqual(lost.json["journal_entry"], won.json["id"])
        self.assertIn(won.json["id"], lost.json["detail"])
        key = "a" if won is answers[0] else "b"
        again = self.finance.post(path, {"reason": "r"}, key)
        self.assertEqual((again.status, again.json), (201, won.json))
        self.assert_problem(self.finance.post(path, {"reason": "other"}, key), 422,
                            "idempotency_key_reused")
        self.assert_problem(self.finance.post(f"{ENTRIES}/{won.json['id']}/reverse",
                                              {"reason": "r"}), 409, "reversal_not_reversible")
        self.assert_problem(self.finance.post(f"{ENTRIES}/{NOBODY}/reverse", {"reason": "r"}), 404,
                            "journal_entry_not_found")
        self.assert_sound(psp_fees__stripe__EUR="0.00", psp_receivable__stripe__EUR="0.00")


class Refusals(JournalCase):
    def refused(self, lines, code, pointer, part=""):
        answer = self.finance.post(ENTRIES, {"reason": "r", "lines": lines})
        problem = self.assert_problem(answer, 422, code, pointer)
        self.assertIn(part, problem["detail"])

    def test_accounts_that_machines_move(self):
        for account, side, code, part in (
                ("escrow:EUR", debit, "account_not_by_hand", "releases"),
                ("seller_payable:ann:EUR", credit, "account_not_by_hand", "payouts"),
                ("buyer_wallet:ann:EUR", credit, "account_not_by_hand", "/credits"),
                ("refund_in_flight:stripe:EUR", debit, "account_not_by_hand", "refunds"),
                ("interslot:7:EUR", debit, "account_not_by_hand", "ledger"),
                ("points_liability:EUR", debit, "account_not_by_hand", "points"),
                ("psp_receivable:wallet:EUR", credit, "account_not_by_hand", "wallets"),
                ("seller_receivable:ann:EUR", debit, "debit_not_by_hand", "written off"),
                ("bank:main:PTS", debit, "currency_unknown", "ISO 4217"),
                ("bank:EUR", debit, "account_unknown", "chart"),
                ("money:EUR", debit, "account_unknown", "chart"),
                ("", debit, "empty", "")):
            with self.subTest(account=account):
                other = credit if side is debit else debit
                self.refused([side(account, "1"), other("bank:main:EUR", "1")], code,
                             "#/lines/0/account", part)

    def test_lines_that_are_wrong(self):
        bank, fees = "bank:main:EUR", "psp_fees:stripe:EUR"
        for line, code, field in (
                ({"account": bank}, "side_not_one", ""),
                ({"account": bank, "debit": "1", "credit": "1"}, "side_not_one", ""),
                (debit(bank, 1), "amount_not_text", "/debit"),
                (debit(bank, "0.00"), "amount_not_positive", "/debit"),
                (debit(bank, "-1.00"), "amount_malformed", "/debit"),
                (debit(bank, "1.001"), "amount_too_many_decimals", "/debit"),
                (debit(bank, "1", "ref_01m7zam4mme49rcfs5fm3rh5am"), "reference_malformed",
                 "/reference"),
                (debit(bank, "1", "pay_01m7zam4mme49rcfs5fm3rh5am"), "reference_unknown",
                 "/reference"),
                (debit(bank, "1", NOBODY), "reference_unknown", "/reference"),
                ({**debit(bank, "1"), "colour": "red"}, "unknown_field", "/colour")):
            with self.subTest(line=line):
                self.refused([line, credit(fees, "1")], code, "#/lines/0" + field)
        self.refused([debit(bank, "1.10"), credit(fees, "1")], "journal_entry_unbalanced",
                     "#/lines", "debits are 0.10 EUR more than credits")
        self.refused([debit(bank, "1")], "too_few", "#/lines")
        self.refused([debit(bank, "1")] * 101, "too_many", "#/lines")
        for reason in ("", "x" * 501):
            answer = self.finance.post(ENTRIES, {"reason": reason, "lines": FEE})
            self.assertEqual(answer.status, 422, answer.text)
            self.assertEqual([one["pointer"] for one in answer.json["errors"]], ["#/reason"])
        self.book(*[debit(bank, "0.01")] * 50, *[credit(fees, "0.01")] * 50,
                  reason="ü" * 500)
        self.assert_sound(bank__main__EUR="0.50")

    def test_who_may(self):
        self.assert_problem(self.owner.post(ENTRIES, {"reason": "r", "lines": FEE}), 403,
                            "scope_missing")
        entry = self.book(*FEE)
        self.assert_problem(self.owner.post(f"{ENTRIES}/{entry['id']}/reverse", {"reason": "r"}),
                            403, "scope_missing")
        self.assertEqual(self.owner.get(f"{ENTRIES}/{entry['id']}").json, entry)
        stranger = self.clerk(merchant=uuid.uuid4().hex)
        self.assert_problem(stranger.get(f"{ENTRIES}/{entry['id']}"), 404,
                            "journal_entry_not_found")
        self.assert_problem(stranger.post(f"{ENTRIES}/{entry['id']}/reverse", {"reason": "r"}),
                            404, "journal_entry_not_found")
        answer = stranger.post(ENTRIES, {"reason": "r", "lines": [
            debit("bank:main:EUR", "1", entry["id"]), credit("psp_fees:stripe:EUR", "1")]})
        self.assert_problem(answer, 422, "reference_unknown", "#/lines/0/reference")
        self.assertEqual(stranger.get(ENTRIES).json["data"], [])
        answer = self.finance.request("POST", ENTRIES, {"reason": "r", "lines": FEE})
        self.assert_problem(answer, 400, "idempotency_key_missing")
        self.assert_problem(self.finance.get(ENTRIES + "?starting_after=x"), 422,
                            "cursor_malformed", "?starting_after")

    def test_a_list_in_pages_and_on_the_command_line(self):
        made = [self.book(*FEE) for _ in range(5)]
        made.append(self.reverse(made[0]))
        made[0]["reversed_by"] = made[-1]["id"]
        found, cursor = [], ""
        while cursor is not None:
            page = self.finance.get(f"{ENTRIES}?limit=4{cursor}").json
            found += page["data"]
            cursor = page["next_cursor"] and "&starting_after=" + page["next_cursor"]
        self.assertEqual(sorted(found, key=lambda one: one["id"], reverse=True), found)
        self.assertEqual({one["id"]: one for one in found}, {one["id"]: one for one in made})
        merchant = self.made["merchant_id"]
        shown = self.stack.florin("journal", "list", "--merchant", merchant, "--json")
        self.assertEqual([kit.json.loads(line) for line in shown.splitlines()], found)
        table = self.stack.florin("journal", "list", "--merchant", merchant)
        self.assertIn("reversed by " + made[-1]["id"], table)
        self.assertIn("psp_fees:stripe:EUR", table)


if __name__ == "__main__":
    unittest.main(verbosity=2)
