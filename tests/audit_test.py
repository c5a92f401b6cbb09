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
from corruptions import CORRUPTIONS, HONEST, PLANTED, found_by, spelled_out, stories_of, together
from shop import eventually
from stories import StoriesTest

AGREES, FINDINGS, NOT_CHECKED = 0, 1, 2
PAYMENTS_IN_STORM = 80


class AuditTest(StoriesTest):
    """The database of all stories, and copies of it."""

    settings = {"fsync": "off"}  # Nothing here is about losing power, and copies are many.

    def url(self, database, user="florin"):
        return self.stack.postgres.url.replace("florin@/florin?", f"{user}@/{database}?")

    def audit(self, *arguments, database="florin", **environment):
        env = {**os.environ, "FLORIN_DATABASE_URL": self.url(database), **environment}
        return subprocess.run([self.stack.binary("florin"), "audit", *arguments], env=env,
                              capture_output=True, text=True, check=False)

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
        self.assertEqual(listed, PLANTED)
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
        # After a lost connection it takes smaller steps, which a busy machine makes long.
        self.assertTrue(eventually(
            lambda: metrics(program)["florin_audit_passes_total"] >= before + 2, 120),
            program.tail())
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
