"""The auditor: silent over honest books, and each corruption is found by the check meant for it.

Real payments of all stories are played once. Then each corruption of corruptions.py is planted in a
copy of that database, behind the back of every guard, and the audit has to say exactly what is
wrong with it. A check without a corruption is a failure.
"""

import concurrent.futures
import contextlib
import http.server
import json
import os
import subprocess
import tempfile
import threading
import unittest
import urllib.request
import uuid

import kit  # Also finds bench/.
import chaos
import stack
from changes_test import DECLINED, VISA
from approval_test import PoundStack, approver_of
from corruptions import CORRUPTIONS, HONEST, found_by, spelled_out, stories_of, together
from disputes_test import BOUNCES, DISPUTED, INQUIRED
from shop import ApiTest, eventually

AGREES, FINDINGS, NOT_CHECKED = 0, 1, 2
PAYMENTS_IN_STORM = 80


class AuditTest(ApiTest):
    """One database with every story in it, and copies of it."""

    stack_type = PoundStack
    settings = {"fsync": "off"}  # Nothing here is about losing power, and copies are many.
    names = {}

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
        lost_part = disputed("dispute_lost_part", "losing_evidence", capture="manual",
                             then=[("capture", {"amount": "33.33"}, 200)])
        inquired = disputed("inquiry_escalated", "escalate_inquiry_evidence", INQUIRED, "inquiry",
                            then=[("refunds", {"amount": "30.00"}, 201)])
        returned = cls.story(shop, "refund_returned", payment_method=BOUNCES,
                             then=[("refunds", {"amount": "40.00"}, 201)])
        for payment in won, lost, lost_part:
            cls.await_that("under review", lambda p=payment: with_status(p, "under_review"))
        cls.stack.advance_sandbox()
        cls.await_that("won", lambda: with_status(won, "won"))
        for payment in lost, lost_part:
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

    def url(self, database, user="florin"):
        return self.stack.postgres.url.replace("florin@/florin?", f"{user}@/{database}?")

    def audit(self, *arguments, database="florin", **environment):
        answer = subprocess.run(
            [self.stack.binary("florin"), "audit", *arguments], capture_output=True, text=True,
            check=False,
            env={**os.environ, "FLORIN_DATABASE_URL": self.url(database), **environment})
        return answer

    def findings(self, database="florin"):
        """Check -> its findings."""
        answer = self.audit("--json", database=database)
        self.assertIn(answer.returncode, (AGREES, FINDINGS), answer.stderr)
        report = json.loads(answer.stdout)
        found = {check["check"]: check for check in report["checks"] if check["findings"]}
        self.assertEqual(report["agrees"], not found)
        self.assertEqual(answer.returncode, FINDINGS if found else AGREES)
        return found

    def plant(self, sql, database="florin"):
        """Changes rows behind everybody's back. The server does not count it, unless asked to."""
        self.stack.postgres.query("SET track_counts = off; SET session_replication_role = replica;"
                                  f" SET search_path = florin; {spelled_out(sql)}", database)

    @contextlib.contextmanager
    def copy(self, sql=""):
        """A copy of the database, changed behind everybody's back."""
        name = "copy_" + uuid.uuid4().hex
        self.stack.postgres.query(f"CREATE DATABASE {name} TEMPLATE florin", "postgres")
        try:
            self.plant(sql, name)
            yield name
        finally:
            self.stack.postgres.query(f"DROP DATABASE {name}", "postgres")


def card(token):
    return {"type": "card", "token": token}


class Books:
    def test_honest_books_agree(self):
        self.assertEqual(self.findings(), {})

    def test_what_came_late_is_no_fault_of_the_books(self):
        for name, sql in HONEST.items():
            with self.subTest(name), self.copy(sql) as database:
                self.assertEqual(self.findings(database), {})

    def test_each_corruption_is_found_by_its_check(self):
        def plant_and_look(group):
            with self.copy() as database:
                for _, _, sql in group:
                    self.plant(sql, database)
                return self.findings(database)

        groups = together()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for group, found in zip(groups, pool.map(plant_and_look, groups), strict=True):
                with self.subTest(planted=group):
                    self.assert_found(group, found)

    def assert_found(self, group, found):
        """Everything that was planted, and in each story nothing else."""
        told = json.dumps(found, indent=1)
        self.assertEqual(set(found), set.union(*map(found_by, group)), told)
        for check, _, _ in group:
            self.assertTrue(found[check]["data"])
        for name, check in found.items():
            stories = {self.names.get(finding["payment"]) for finding in check["data"]}
            for corruption in group:
                if stories & stories_of(corruption):
                    self.assertIn(name, found_by(corruption), told)

    def test_each_check_has_a_corruption(self):
        answer = self.audit("--list", "--json")
        listed = {check["check"] for check in json.loads(answer.stdout)}
        self.assertEqual(listed, {check for check, _, _ in CORRUPTIONS})
        files = {path.stem for path in (kit.ROOT / "src/audit/sql").glob("*.sql")}
        self.assertEqual(files - {"prelude", "privileges"}, listed)


class Rights:
    def test_the_role_reads_everything_but_secrets_and_writes_nothing(self):
        def refused(sql):
            with self.assertRaises(subprocess.CalledProcessError) as failure:
                self.stack.postgres.query("SET ROLE florin_auditor; " + sql)
            self.assertIn("permission denied", failure.exception.stderr)

        self.stack.postgres.query("SET ROLE florin_auditor; SELECT count(*) FROM florin.payment")
        refused("SELECT * FROM florin.installation")
        refused("SELECT * FROM florin.api_key")
        refused("UPDATE florin.payment SET version = 0")
        refused("INSERT INTO florin.slot_dir VALUES (1024)")
        refused("SELECT florin.grant_audit()")
        # Tables of later migrations too, without anything in them about the audit.
        closed = self.stack.sql("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
                                " AND relnamespace = 'florin'::regnamespace"
                                " AND NOT has_table_privilege('florin_auditor', oid, 'SELECT')"
                                " ORDER BY 1")
        self.assertEqual(closed, [["api_key"], ["installation"]])

    def test_a_login_of_its_own(self):
        self.stack.postgres.query("CREATE ROLE auditor LOGIN IN ROLE florin_auditor")
        url = self.url("florin", "auditor")
        answer = self.audit("--slots", "256", FLORIN_AUDIT_DATABASE_URL=url)
        self.assertEqual(answer.returncode, AGREES, answer.stderr)
        self.assertIn("0 findings", answer.stdout)

    def test_a_role_that_may_write_is_refused(self):
        with self.copy() as database:
            self.stack.postgres.query(
                "CREATE ROLE writer LOGIN; GRANT USAGE ON SCHEMA florin TO writer;"
                " GRANT SELECT ON ALL TABLES IN SCHEMA florin TO writer;"
                " GRANT SELECT ON public.florin_migration TO writer;"
                " GRANT DELETE ON florin.event TO writer", database)
            url = {"FLORIN_AUDIT_DATABASE_URL": self.url(database, "writer")}
            answer = self.audit(**url)
            self.assertEqual(answer.returncode, NOT_CHECKED, answer.stdout)
            self.assertIn("'writer' may write", answer.stderr)
            self.assertEqual(self.audit("--watch", **url).returncode, NOT_CHECKED)
            self.assertEqual(self.audit("--allow-writer", **url).returncode, AGREES)

    def test_what_cannot_be_checked_is_neither_right_nor_wrong(self):
        answer = self.audit("--json", database="nowhere")
        self.assertEqual(answer.returncode, NOT_CHECKED)
        self.assertEqual(json.loads(answer.stderr)["code"], "database_unavailable")
        with self.copy("DELETE FROM public.florin_migration WHERE name LIKE '0008%'") as database:
            answer = self.audit("--json", database=database)
            self.assertEqual(answer.returncode, NOT_CHECKED)
            self.assertEqual(json.loads(answer.stderr)["code"], "schema_missing")

    def test_a_private_database(self):
        with tempfile.TemporaryDirectory(prefix="florin-audit-", dir="/var/tmp") as folder:
            os.chmod(folder, 0o755)  # PostgreSQL may run as another user.
            environment = {name: value for name, value in os.environ.items()
                           if name != "FLORIN_DATABASE_URL"}
            for command in ("migrate", "audit"):
                answer = subprocess.run(
                    [self.stack.binary("florin"), command,
                     "--data-dir", os.path.join(folder, "data")],
                    capture_output=True, text=True, check=False, env=environment)
                self.assertEqual(answer.returncode, AGREES, answer.stderr)
        self.assertIn("0 findings", answer.stdout)


class AlarmServer:
    """What hears alarms. It is out of order for the first one."""

    def __init__(self):
        self.alarms, self.refused = [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.refused == 0:
                    outer.refused += 1
                    self.send_response(503)
                else:
                    outer.alarms.append(body)
                    self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alarms"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def watch(stack_, url, **settings):
    """`florin audit --watch` as a program that runs."""
    environment = {"FLORIN_DATABASE_URL": url, "FLORIN_AUDIT_PERIOD_MS": "20",
                   "FLORIN_AUDIT_LISTEN": "127.0.0.1:0", **settings}
    command = [stack_.binary("florin"), "audit", "--watch", "--slots", "512"]
    return stack.Program("audit-" + uuid.uuid4().hex[:8], command, stack_.logs, environment).start()


def metrics(program):
    with urllib.request.urlopen(program.url + "/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def logged(program, event):
    with open(program.log_path, encoding="utf-8") as log:
        lines = [json.loads(line) for line in log if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


class Watch:
    def passes(self, program):
        """Waits until everything was looked at once more from the start."""
        before = metrics(program)["florin_audit_passes_total"]
        self.assertTrue(eventually(
            lambda: metrics(program)["florin_audit_passes_total"] >= before + 2), program.tail())
        return metrics(program)

    def test_a_finding_is_told_once_and_taken_back(self):
        alarms = AlarmServer()
        self.addCleanup(alarms.close)
        with self.copy() as database:
            program = watch(self.stack, self.url(database), FLORIN_AUDIT_ALARM_URL=alarms.url)
            try:
                gauge = 'florin_audit_findings{check="payment_counters",severity="halt"}'
                money = ('florin_audit_money_at_stake_minor_units{check="payment_counters",'
                         'severity="halt",currency="EUR"}')
                self.assertEqual(self.passes(program)[gauge], 0)
                self.plant("UPDATE payment SET refunded = 100 WHERE id = payment(sale)",
                           database)
                seen = self.passes(program)
                self.assertEqual((seen[gauge], seen[money]), (1, 100))
                self.assertLess(seen["florin_audit_pass_age_seconds"], 30)
                self.assertTrue(eventually(lambda: alarms.alarms))
                self.passes(program)
                (alarm,) = alarms.alarms
                self.assertEqual(alarms.refused, 1)
                self.assertEqual(
                    (alarm["type"], alarm["check"], alarm["severity"], alarm["what"],
                     alarm["expected"], alarm["found"], alarm["money_at_stake"]),
                    ("audit.finding", "payment_counters", "halt", "refunded", "0", "100",
                     {"amount": "1.00", "currency": "EUR"}))
                self.assertTrue(alarm["payment"].startswith("pay_"))
                (line,) = logged(program, "audit.finding")
                self.assertEqual((line["level"], line["payment"]), ("error", alarm["payment"]))
                self.plant("UPDATE payment SET refunded = 200 WHERE id = payment(sale)",
                           database)
                self.passes(program)
                self.assertEqual([alarm["found"] for alarm in alarms.alarms], ["100", "200"])
                self.plant("UPDATE payment SET refunded = 0 WHERE id = payment(sale)",
                           database)
                seen = self.passes(program)
                self.assertEqual((seen[gauge], seen[money]), (0, 0))
                self.assertEqual(len(logged(program, "audit.resolved")), 1)
            finally:
                self.assertEqual(program.stop(), 0, program.tail())

    def test_a_database_that_goes_away_comes_back(self):
        with self.copy() as database:
            program = watch(self.stack, self.url(database))
            try:
                self.passes(program)
                self.stack.postgres.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    f" WHERE datname = '{database}'", "postgres")
                self.passes(program)
                self.assertEqual(logged(program, "audit.finding"), [])
            finally:
                self.assertEqual(program.stop(), 0, program.tail())


class Audit(Books, Rights, Watch, AuditTest):
    """All of them on one database: its stories are played once."""


class UnderLoad(kit.StackTest):
    """Nothing that is under way looks like a mistake, even when processes die."""

    florins = 2
    sandbox_keeps_data = True

    def test_no_false_finding_in_a_storm(self):
        program = watch(self.stack, self.stack.postgres.url)
        try:
            storm = chaos.Chaos(self.stack, chaos.seed_from_environment(),
                                payments=PAYMENTS_IN_STORM, kill_every=(1.0, 2.0), patience=60)
            print(storm.run())
            passes = metrics(program)["florin_audit_passes_total"]
            print(f"{passes:.0f} passes of the audit")
            self.assertGreaterEqual(passes, 3)
            self.assertEqual(logged(program, "audit.finding"), [])
            self.assertEqual(logged(program, "audit.not_checked"), [])
        finally:
            self.assertEqual(program.stop(), 0, program.tail())
        self.stack.florin("audit")


if __name__ == "__main__":
    unittest.main(verbosity=2)
