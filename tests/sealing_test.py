"""The books of running programs are sealed and anchored, and what is done to them is found.

Two florins seal at the same time. Payments are real; what is done behind their back is SQL as a
superuser. A proof is checked by our own program, without a database, and by a program around Go's
golang.org/x/mod/sumdb (tests/ledger), which others wrote and which knows our format from
docs/sealing.md only.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import uuid

import kit
from shop import ApiTest, FastStack, eventually

GOOD, FAILED, USAGE, FINDINGS = 0, 1, 2, 5
GO_PROGRAM = kit.ROOT / "tests/ledger"
LATE = "timestamptz '2026-01-01'"
BOOKING = """
    INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind, recorded_at)
    SELECT t.slot, '{id}', t.merchant_id, t.source_id, 'manual', {at}
    FROM florin.ledger_transaction t WHERE t.id = '{like}';
    INSERT INTO florin.ledger_entry (slot, account_id, transaction_id, leg, amount, reference_id)
    SELECT e.slot, e.account_id, '{id}', e.leg, e.amount, e.reference_id
    FROM florin.ledger_entry e WHERE e.transaction_id = '{like}'"""


class SealingStack(FastStack):
    def environment(self):
        key, copies = (os.path.join(self.folder, name) for name in ("ledger.key", "copies"))
        if not os.path.exists(key):
            os.mkdir(copies)
            self.public_key = subprocess.run(
                [self.binary("florin"), "ledger", "keygen", key, "--name", "shop.example/ledger"],
                capture_output=True, text=True, check=True).stdout.strip()
        self.copies = copies
        return {**super().environment(), "FLORIN_LEDGER_KEY_FILE": key,
                "FLORIN_LEDGER_ANCHOR_DIR": copies, "FLORIN_LEDGER_SEAL_AGE_MS": "200",
                "FLORIN_LEDGER_ANCHOR_PERIOD_MS": "200"}


class SealingTest(ApiTest):
    stack_type = SealingStack
    florins = 2
    settings = {"fsync": "off", "max_prepared_transactions": "5"}

    def florin(self, *arguments, url=None, environment=None):
        """(exit code, stdout, stderr)"""
        variables = {**os.environ, **self.stack.environment(), **(environment or {})}
        if url:
            variables["FLORIN_DATABASE_URL"] = url
        answer = subprocess.run([str(kit.BUILD / "florin"), *arguments], capture_output=True,
                                text=True, check=False, env=variables)
        return answer.returncode, answer.stdout, answer.stderr

    def verify(self, *arguments, **how):
        code, out, err = self.florin("ledger", "verify", "--anchors", self.stack.copies, "--json",
                                     *arguments, **how)
        self.assertIn(code, (GOOD, FINDINGS), err)
        report = json.loads(out)
        self.assertEqual(code == GOOD, report["findings_count"] == 0)
        return report

    def codes(self, report):
        return sorted({finding["code"] for finding in report["findings"]})

    def one(self, sql):
        return self.stack.sql(sql)[0][0]

    def pay(self, count=1):
        """Ids of the operations that took the money."""
        shop = self.shop()
        ids = []
        for _ in range(count):
            paid = shop.post("/v1/payments", kit.order())
            self.assertEqual(201, paid.status, paid.text)
            entries = shop.get("/v1/ledger/accounts/escrow:EUR/entries").json["data"]
            ids.append(entries[0]["transaction"])
        return ids

    def wait_until_anchored(self):
        """Every transaction is in a block, and every block below an anchor."""
        def is_done():
            unsealed = self.one("SELECT (SELECT count(*) FROM florin.ledger_transaction)"
                                " - (SELECT coalesce(sum(n), 0) FROM florin.ledger_block)")
            late = self.one("SELECT count(*) FROM florin.ledger_block WHERE sealed_at >"
                            " (SELECT coalesce(max(anchored_at), '-infinity')"
                            "  FROM florin.ledger_anchor)")
            return unsealed == "0" and late == "0"

        self.assertTrue(eventually(is_done))


class Sealing(SealingTest):
    def test_payments_are_sealed_anchored_and_copied(self):
        self.pay(5)
        self.wait_until_anchored()
        report = self.verify()
        self.assertEqual([], report["findings"])
        self.assertGreaterEqual(report["transactions"], 5)
        self.assertGreater(report["anchors"], 0)
        self.assertTrue(report["signatures_checked"])
        self.assertTrue(eventually(lambda: self.verify()["copies"] == self.verify()["anchors"]))
        metrics = "".join(self.client(florin=n).get("/metrics").text for n in (0, 1))
        self.assertIn("florin_ledger_blocks_total", metrics)

    def test_a_transaction_that_is_prepared_stops_the_horizon_and_is_sealed_when_it_commits(self):
        self.pay()
        like = self.one("SELECT id FROM florin.ledger_transaction LIMIT 1")
        self.wait_until_anchored()
        late, early = (str(uuid.UUID(like[:24] + uuid.uuid4().hex[:12])) for _ in range(2))
        self.stack.sql(f"BEGIN; {BOOKING.format(id=late, like=like, at=LATE)};"
                       " PREPARE TRANSACTION 'late'")
        try:
            self.stack.sql(BOOKING.format(id=early, like=like, at=LATE))
            # Both florins have looked meanwhile, and say that something waits.
            waits = "florin_ledger_unsealed_age_seconds"
            for florin in (0, 1):
                client = self.client(florin=florin)
                self.assertTrue(eventually(lambda: any(
                    line.startswith(waits) and float(line.split()[-1]) > 60
                    for line in client.get("/metrics").text.splitlines())))
            report = self.verify()
            self.assertEqual(["transaction_unsealed"], self.codes(report))
            self.assertEqual(1, report["findings_count"])
        finally:
            self.stack.sql("COMMIT PREPARED 'late'")
        self.wait_until_anchored()
        self.assertEqual([], self.verify()["findings"])
        for transaction in (late, early):
            hexadecimal = transaction.replace("-", "")
            self.assertEqual("1", self.one(
                "SELECT count(*) FROM florin.ledger_block WHERE"
                f" position('\\x{hexadecimal}'::bytea IN leaves) % 48 = 1"))

    def test_a_proof_needs_no_database_and_nobody_elses_word(self):
        transaction = self.pay()[0]
        self.wait_until_anchored()
        code, text, err = self.florin("ledger", "proof", transaction, "--json")
        self.assertEqual(GOOD, code, err)
        nothing = {"FLORIN_DATABASE_URL": "host=/nowhere", "FLORIN_LEDGER_KEY_FILE": ""}
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = os.path.join(folder, "proof.json")

        def check(text, *keys):
            pathlib.Path(file).write_text(text, encoding="utf-8")
            options = [part for key in keys for part in ("--public-key", key)]
            return self.florin("ledger", "check-proof", file, *options, environment=nothing)

        code, out, err = check(text, self.stack.public_key)
        self.assertEqual(GOOD, code, err)
        self.assertIn(transaction, out)
        entry = self.florin("ledger", "proof", transaction + ".1", "--json")[1]
        self.assertEqual(text, entry, "the proof of a leg is that of its transaction")
        self.assertEqual(USAGE, check(text)[0])
        other = self.florin("ledger", "keygen", os.path.join(folder, "other.key"))[1].strip()
        self.assertNotEqual(GOOD, check(text, other)[0])
        proof = json.loads(text)
        for name in ("transaction", "position", "path", "block", "head_path", "anchor", "note"):
            spoiled = json.loads(text)
            value = proof[name]
            if name == "position":
                spoiled[name] = value + 1
            elif name == "note":
                spoiled[name] = value.replace("\n", "\n1", 1)
            elif name == "block":
                spoiled[name]["n"] += 1
            elif name == "anchor":
                spoiled[name]["at_us"] += 1
            elif name == "transaction":
                spoiled[name] = value[:-1] + ("0" if value[-1] != "0" else "1")
            else:
                spoiled[name] = value + ["00" * 32]
            self.assertNotEqual(GOOD, check(json.dumps(spoiled), self.stack.public_key)[0], name)
        self.assertEqual(USAGE, check("{}", self.stack.public_key)[0])

    def test_a_proof_agrees_with_the_trees_and_notes_of_go(self):
        if not shutil.which("go"):
            self.skipTest("no `go` here: the proof was checked by our own program only")
        transaction = self.pay(3)[-1]
        self.wait_until_anchored()
        program = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "check")
        built = subprocess.run(["go", "build", "-o", program, "."], cwd=GO_PROGRAM, check=False,
                               capture_output=True, text=True)
        if built.returncode != 0 and "golang.org/x/mod" in built.stderr:
            self.skipTest("go cannot fetch golang.org/x/mod: " + built.stderr[-200:])
        self.assertEqual(0, built.returncode, built.stderr)
        text = self.florin("ledger", "proof", transaction, "--json")[1]

        def go(text):
            return subprocess.run([program, self.stack.public_key], input=text, check=False,
                                  capture_output=True, text=True)

        checked = go(text)
        self.assertEqual((0, "capture 3\n"), (checked.returncode, checked.stdout), checked.stderr)
        self.assertNotEqual(0, go(text.replace('"position":', '"position":1')).returncode)

    def test_a_key_is_made_once_and_kept_from_others(self):
        file = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "ledger.key")
        code, public, err = self.florin("ledger", "keygen", file)
        self.assertEqual(GOOD, code, err)
        self.assertRegex(public, r"^florin\.local/ledger-[0-9a-f]{8}\+[0-9a-f]{8}\+\S{44}\n$")
        self.assertEqual(0o600, os.stat(file).st_mode & 0o777)
        before = pathlib.Path(file).read_text(encoding="ascii")
        self.assertEqual(FINDINGS, self.florin("ledger", "keygen", file)[0])
        self.assertEqual(before, pathlib.Path(file).read_text(encoding="ascii"))
        self.assertEqual(USAGE, self.florin("ledger", "keygen", file + "2", "--name", "a b")[0])
        pathlib.Path(file).write_text("no key\n", encoding="ascii")
        self.assertEqual(USAGE, self.florin("serve", environment={
            "FLORIN_LEDGER_KEY_FILE": file})[0])


class Tampering(SealingTest):
    """Copies of one database, each spoiled in one way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            shop = cls.stack.client(cls.stack.key)
            for _ in range(4):
                shop.post("/v1/payments", kit.order())
            shop.close()
            for florin in cls.stack.florins:
                florin.stop()
        except BaseException:
            cls.doClassCleanups()
            raise

    # What is done, and every finding that follows.
    SPOILS = {
        "amount": ("UPDATE florin.ledger_entry SET amount = amount + sign(amount)::bigint"
                   " WHERE transaction_id = (SELECT min(id::text)::uuid FROM"
                   " florin.ledger_transaction)", ["transaction_changed"]),
        "kind": ("UPDATE florin.ledger_transaction SET kind = 'refund' WHERE id ="
                 " (SELECT min(id::text)::uuid FROM florin.ledger_transaction)",
                 ["transaction_changed"]),
        "time": ("UPDATE florin.ledger_transaction SET recorded_at = recorded_at"
                 " - interval '1 microsecond' WHERE id ="
                 " (SELECT min(id::text)::uuid FROM florin.ledger_transaction)",
                 ["transaction_changed"]),
        "leg": ("DELETE FROM florin.ledger_entry WHERE leg = 2 AND transaction_id ="
                " (SELECT min(id::text)::uuid FROM florin.ledger_transaction)",
                ["transaction_changed"]),
        "transaction": ("DELETE FROM florin.ledger_transaction WHERE id ="
                        " (SELECT min(id::text)::uuid FROM florin.ledger_transaction)",
                        ["transaction_removed"]),
        "block": ("DELETE FROM florin.ledger_block WHERE slot ="
                  " (SELECT min(slot) FROM florin.ledger_block)", ["head_differs"]),
        "anchors": ("DELETE FROM florin.ledger_anchor", ["anchor_copy_newer"]),
        "old xid": ("INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind,"
                    " recorded_at, xid) SELECT slot, overlay(id::text placing '00000' from 32)"
                    "::uuid, merchant_id, source_id, kind, recorded_at, xid"
                    " FROM florin.ledger_transaction LIMIT 1", ["transaction_added"]),
    }

    def test_each_change_is_found_and_named(self):
        self.assertEqual([], self.verify()["findings"], "the florins have sealed before they ended")
        for number, (name, (statement, expected)) in enumerate(self.SPOILS.items()):
            with self.subTest(name):
                copy = f"spoiled_{number}"
                self.stack.postgres.query(f"CREATE DATABASE {copy} TEMPLATE florin", "postgres")
                self.stack.postgres.query(statement, copy)
                found = self.verify(url=self.stack.postgres.url.replace("/florin?", f"/{copy}?"))
                codes = [code for code in self.codes(found) if code != "transaction_unsealed"]
                self.assertEqual(expected, codes)
                if name not in ("block", "anchors"):
                    self.assertEqual(1, found["findings_count"])
                    self.assertTrue(found["findings"][0]["transaction"].startswith("op_"))

    def test_without_a_key_it_says_what_is_not_proved(self):
        code, out, _ = self.florin("ledger", "verify", environment={"FLORIN_LEDGER_KEY_FILE": ""})
        self.assertEqual(GOOD, code)
        self.assertIn("no signature was checked", out)
        self.assertIn("no copy was compared", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
