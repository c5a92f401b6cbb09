"""Plants one fault for each rule of ./dev check, and sees that it is found and that it alone is."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check  # noqa: E402
import layers  # noqa: E402
import sql  # noqa: E402
import tidy  # noqa: E402

LAYERS = """
base:
domain: base
platform: base
connectors: base domain platform
payments: base domain platform connectors
app: *
pure: */rules.* domain/*
island: connectors/*
door: co_spawn only platform/async/
door: libpq-fe.h only platform/pg/
"""


class LayersTest(unittest.TestCase):
    def findings(self, rules=LAYERS, **sources):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "tools").mkdir()
            (root / "tools/layers.txt").write_text(rules)
            for name, text in sources["sources"].items():
                path = root / "src" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return layers.check(root)

    def test_allowed_includes_pass(self):
        self.assertEqual([], self.findings(sources={
            "payments/engine.cpp": '#include <boost/asio/post.hpp>\n#include "domain/money.h"\n',
            "connectors/stripe/a.cpp": '#include "connectors/stripe/b.h"\n',
            "connectors/registry.cpp": '#include "connectors/stripe/b.h"\n',
            "payments/rules.cpp": '#include "payments/rules.h"\n// co_spawn is no code here\n',
            "platform/async/scope.cpp": "asio::co_spawn(io);\n",
            "app/main.cpp": '#include "payments/engine.h"\n'}))

    def test_each_fault_is_found(self):
        faults = {
            "an upward include": ("base/x.cpp", '#include "payments/engine.h"', "may not include"),
            "a pure file with I/O": ("payments/rules.cpp", "#include <boost/asio.hpp>", "pure"),
            "a sister": ("connectors/a/x.h", '#include "connectors/b/y.h"', "sister"),
            "a door": ("payments/x.cpp", "asio::co_spawn(io);", "belongs to"),
            "a door of a header": ("payments/x.cpp", "#include <libpq-fe.h>", "belongs to"),
            "a path": ("payments/x.cpp", '#include "engine.h"', "not a path"),
            "a folder without a line": ("extra/x.cpp", "", "no module"),
        }
        for title, (name, text, expected) in faults.items():
            with self.subTest(title):
                found = self.findings(sources={name: "\n" + text + "\n"})
                self.assertEqual(1, len(found), found)
                self.assertIn(expected, found[0])
                if text:
                    self.assertIn(f"src/{name}:2: ", found[0])

    def test_a_pure_file_reaches_no_io_through_a_friend(self):
        found = self.findings(sources={
            "payments/rules.h": '#include "payments/words.h"\n#include "payments/store.h"\n',
            "payments/words.h": '#include "domain/money.h"\n#include <string>\n',
            "payments/store.h": '#include "platform/pool.h"\n',
            "platform/pool.h": "#include <boost/asio/post.hpp>\n"})
        self.assertEqual(1, len(found), found)
        self.assertIn("src/payments/rules.h:2: ", found[0])

    def test_the_map_has_an_order(self):
        found = self.findings(rules="base: domain\ndomain:\n", sources={})
        self.assertIn("not above it", found[0])


class TidyTest(unittest.TestCase):
    def one(self, code, name="x.cpp"):
        found = tidy.check_text(name, code)
        self.assertEqual(1, len(found), found)
        return found[0]

    def test_good_code_passes(self):
        self.assertEqual([], tidy.check_text("x.cpp", """
Task<Result<Payment>> capture(Engine& engine, std::vector<int> parts, Money amount) {
    Settlement settlement{std::move(parts), amount};  // {braces} and & in words
    CO_TRY(auto done, co_await engine.settle(std::move(settlement)));
    if (co_await engine.ready()) {
        done.note = "Task<int> f(const int& x)";
    }
    for (auto& row : co_await engine.rows(list[0])) use(row);
    // outlives: the text is a constant
    auto later = [](Engine& e, std::string_view sql) -> Task<> { co_await e.run(sql); };
    co_return co_await engine.settle(done);
}
Clock::Clock(int a) : a_{a}, b_{a} { start(a); }
std::string_view name(const Money& money, std::span<int> parts);
"""))

    def test_coroutines_that_borrow(self):
        for parameter in ("const Money& amount", "std::string_view id", "std::span<int> x",
                          "Money&& amount", "Money const& amount", "int tries = 3"):
            with self.subTest(parameter):
                self.assertIn("a coroutine", self.one(f"Task<int> f(Engine& e, {parameter});\n"))
                self.assertIn("a coroutine", self.one(f"Task<> A::f({parameter}) {{}}\n"))
                self.assertIn("a coroutine", self.one(f"auto f = []({parameter}) -> Task<> {{}};"))

    def test_capturing_lambda_coroutine(self):
        self.assertIn("captures", self.one("auto f = [this](int a) -> Task<> { co_return; };\n"))

    def test_a_line_that_awaits_builds_nothing(self):
        for statement in ("co_await f(Order{1, 2});", "co_await f([&x](int y) { use(x); });",
                          "auto r = co_await f({1, 2});", "auto [a, b] = co_await f();"):
            with self.subTest(statement):
                self.assertIn("co_await", self.one(f"void f() {{\n    {statement}\n}}\n"))

    def test_sizes(self):
        body = "    call();\n"
        self.assertEqual([], tidy.check_text("x.cpp", "void f() {\n" + body * 58 + "}\n"))
        found = self.one("int x;\n\nvoid f(int a) {\n" + body * 59 + "}\n")
        self.assertIn("x.cpp:3: the function has 61 lines", found)
        self.assertIn("61 lines", self.one("namespace n {\nclass A {\npublic:\n    A() : a_(1) {\n"
                                           + body * 59 + "    }\n};\n}\n"))
        self.assertIn("501 lines", self.one("int x;\n" * 501))
        self.assertIn("101 columns", self.one("#" * 101 + "\n", "x.py"))

    def test_unfinished_and_unguarded(self):
        self.assertIn("unfinished", self.one("int x;  // TO" "DO later\n"))
        self.assertIn("#pragma once", self.one("int x;\n", "x.h"))
        self.assertEqual([], tidy.check_text("x.h", "#pragma once\n"))


class SqlTest(unittest.TestCase):
    def test_good_statements_pass(self):
        for text in (
                "SELECT * FROM payment WHERE slot = $1 AND id = $2 FOR UPDATE SKIP LOCKED",
                "WITH r AS (INSERT INTO a (slot) SELECT $1 RETURNING id)"
                " SELECT array_agg(id) FROM r",
                "UPDATE payment p SET status = $2, at = $3 WHERE slot = $1 AND now() > at_max"
                " -- citus-ok: constant in one statement",
                "INSERT INTO a VALUES (now()) ON CONFLICT (slot, id) DO UPDATE SET n = excluded.n",
                "CREATE TABLE a (slot int NOT NULL, id uuid, n numeric(3) UNIQUE NULLS NOT DISTINCT"
                " (slot, n), PRIMARY KEY (slot, id), UNIQUE (slot, n))",
                "CREATE TABLE currency (code text PRIMARY KEY)",
                "CREATE TABLE slot_dir (slot smallint PRIMARY KEY, epoch smallint)",
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$",
                "SELECT 'merge into, serial, on delete set null'"):
            with self.subTest(text):
                self.assertEqual([], sql.check_text("x.sql", "-- What it does.\n" + text + ";\n"))

    def test_each_fault_is_found(self):
        for text in (
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE TABLE a (id bigserial)",
                "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY)",
                "CREATE SEQUENCE a",
                "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a",
                "CREATE TABLE a (b int REFERENCES c ON DELETE SET NULL)",
                "SELECT 1 FROM job FOR UPDATE SKIP LOCKED",
                "SELECT 1 FROM job WHERE slot = ANY($1) AND slot = 1 FOR UPDATE",
                "WITH r AS (UPDATE a SET n = 1 WHERE slot = $1 RETURNING id) SELECT * FROM r",
                "WITH r AS (INSERT INTO a VALUES (1) RETURNING id) INSERT INTO b SELECT * FROM r",
                "UPDATE a SET at = now() WHERE slot = $1",
                "UPDATE a x SET n = random() WHERE slot = $1",
                "UPDATE a SET n = p_n[i] WHERE slot = $1",
                "INSERT INTO a VALUES (1) ON CONFLICT (slot) DO UPDATE SET at = now()",
                "UPDATE a SET slot = 2 WHERE id = 1",
                "SELECT 1 FROM a WHERE slot = (SELECT 1)",
                "DELETE FROM a WHERE CURRENT OF c",
                "CREATE TABLE a (slot int, id uuid, PRIMARY KEY (id, slot))",
                "CREATE TABLE a (slot int, id uuid PRIMARY KEY)"):
            with self.subTest(text):
                found = sql.check_text("x.sql", "-- What it does.\n\n" + text + ";\nSELECT 1;\n")
                self.assertEqual(1, len(found), found)
                self.assertTrue(found[0].startswith("x.sql:3: "), found)

    def test_first_line_and_unique_index(self):
        self.assertIn("x.sql:1: ", sql.check_text("x.sql", "SELECT 1;\n")[0])
        index = "-- Index.\nCREATE UNIQUE INDEX i ON florin.a (id);\n"
        self.assertIn("x.sql:2: ", sql.check_text("x.sql", index, {"a"})[0])
        self.assertEqual([], sql.check_text("x.sql", index, {"b"}))


class CommitTest(unittest.TestCase):
    def test_subjects(self):
        for subject in ("payments: refuse capture after void", "dev: install what is missing",
                        "api: embed the document", "ledger: process late success"):
            with self.subTest(subject):
                self.assertIsNone(check.subject_findings(subject))
        for subject in ("Refuse capture", "payments: Refuse capture", "payments: refused capture",
                        "payments: adds a thing", "misc: fix", "payments: " + "refuse " * 12):
            with self.subTest(subject):
                self.assertIsNotNone(check.subject_findings(subject))


if __name__ == "__main__":
    unittest.main()
