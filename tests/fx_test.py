"""Currencies through a shop's eyes: quotes and their keys, lists of issuers, a file that changes.

What quotes come to is compared with sums made by Python's fractions.
"""

import datetime
import fractions
import math
import os
import random
import subprocess
import unittest
import uuid

from shop import ApiTest, FastStack, at_once, eventually

QUOTES, LISTS = "/v1/fx_quotes", "/v1/currency_lists"
DOLLARS = {"amount": "99.00", "currency": "USD", "presentment_currency": "EUR"}
DIGITS = {"JPY": 0, "KWD": 3, "BHD": 3}
RATES = {("EUR", "USD"): "1.0870", ("EUR", "JPY"): "155.35", ("EUR", "KWD"): "0.3341",
         ("EUR", "GBP"): "0.8605"}
CONFIG = """
fx_rates_file = "{folder}/rates.csv"
fx_rates_period_ms = 20
fx_inverse_rates = 1
fx_pivot = "EUR"
fx_spread = "2"
[[fx_pair]]
presentment = "EUR"
settlement = "USD"
spread = "1.0101"
"""


def time_before(**age):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**age)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rates_text(rates, as_of):
    rows = [f"{base},{quote},{rate},{as_of}\n" for (base, quote), rate in rates.items()]
    return "base,quote,rate,as_of\n" + "".join(rows)


class FxStack(FastStack):
    def environment(self):
        with open(os.path.join(self.folder, "florin.toml"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder))
        if not os.path.exists(os.path.join(self.folder, "rates.csv")):
            self.tell(rates_text(RATES, time_before(hours=1)))
        return {**super().environment(),
                "FLORIN_CONFIG": os.path.join(self.folder, "florin.toml")}

    def tell(self, text):
        """Puts another file of rates in place of the one that is there."""
        path = os.path.join(self.folder, "rates.csv")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(path + ".new", path)


def to_minor(amount, currency):
    return int(fractions.Fraction(amount) * 10 ** DIGITS.get(currency, 2))


def half_to_even(number):
    below = math.floor(number)
    rest = number - below
    half = fractions.Fraction(1, 2)
    return below + (1 if rest > half or (rest == half and below % 2) else 0)


class FxCase(ApiTest):
    stack_type = FxStack

    def setUp(self):
        self.owner = self.shop()

    def quote(self, status=201, key=None, **changes):
        wanted = {name: value for name, value in {**DOLLARS, **changes}.items() if value}
        answer = self.owner.post(QUOTES, wanted, key)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def put(self, key, *currencies, status=200):
        body = {"currencies": [{"currency": currency} for currency in currencies]}
        answer = self.owner.request("PUT", f"{LISTS}/{key}", body)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def offered(self, query):
        answer = self.owner.get(f"/v1/currencies?{query}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def refused(self, answer, status, code, pointer=None):
        return self.assert_problem(answer, status, code, pointer)


class Quotes:
    def test_a_quote_is_what_row_v_of_the_ledger_says(self):
        answer = self.owner.post(QUOTES, DOLLARS)
        self.assertEqual(answer.status, 201, answer.text)
        quote = answer.json
        self.assertEqual(answer.headers["Location"], f"{QUOTES}/{quote['id']}")
        self.assertEqual({name: quote[name] for name in DOLLARS}, DOLLARS)
        self.assertEqual((quote["presentment_amount"], quote["spread"], quote["spread_rate"]),
                         ("92.00", "1.00", "1.0101"))
        self.assertEqual({name: quote["rate"][name] for name in
                          ("base", "quote", "value", "derivation", "source")},
                         {"base": "EUR", "quote": "USD", "value": "1.087", "derivation": "stated",
                          "source": "file"})
        self.assertEqual((quote["object"], quote["status"], quote["fixed"], quote["payment"],
                          quote["used_at"]), ("fx_quote", "open", "amount", None, None))
        created, expires = (datetime.datetime.fromisoformat(quote[name])
                            for name in ("created_at", "expires_at"))
        self.assertEqual((expires - created).total_seconds(), 600)
        self.assertEqual(self.owner.get(f"{QUOTES}/{quote['id']}").json, quote)

    def test_quotes_agree_with_another_arithmetic(self):
        seed = random.randrange(2 ** 32)
        print("seed", seed)
        chance = random.Random(seed)
        for _ in range(60):
            settlement, presentment = chance.sample(("EUR", "USD", "JPY", "KWD", "GBP"), 2)
            given = chance.choice(("amount", "presentment_amount"))
            currency = settlement if given == "amount" else presentment
            digits = DIGITS.get(currency, 2)
            minor = chance.randrange(2000, 10 ** chance.randrange(5, 13))
            text = f"{minor:0{digits + 1}}"
            amount = text[:-digits] + "." + text[-digits:] if digits else text
            quote = self.quote(**{"currency": settlement, "presentment_currency": presentment,
                                  "amount": None, given: amount})
            with self.subTest(quote):
                rate = fractions.Fraction(quote["rate"]["value"])
                spread_rate = fractions.Fraction(quote["spread_rate"]) / 100
                unit = fractions.Fraction(10) ** (DIGITS.get(presentment, 2)
                                                  - DIGITS.get(settlement, 2))
                if given == "amount":
                    spread = half_to_even(minor * spread_rate)
                    expected = (half_to_even((minor + spread) / rate * unit), minor, spread)
                else:
                    gross = half_to_even(minor * rate / unit)
                    spread = half_to_even(gross * spread_rate / (1 + spread_rate))
                    expected = (minor, gross - spread, spread)
                self.assertEqual((to_minor(quote["presentment_amount"], presentment),
                                  to_minor(quote["amount"], settlement),
                                  to_minor(quote["spread"], settlement)), expected)
                self.assertEqual(quote[given], amount)
                self.assertEqual(quote["fixed"], given)

    def test_rates_are_derived_as_configured(self):
        for settlement, presentment, derivation, value in (
                ("USD", "EUR", "stated", "1.087"), ("EUR", "USD", "inverse", "0.919963201472"),
                ("USD", "JPY", "cross", "0.00699710331509")):
            rate = self.quote(currency=settlement, presentment_currency=presentment)["rate"]
            self.assertEqual((rate["derivation"], rate["value"]), (derivation, value))

    def test_a_key_has_one_quote(self):
        key = str(uuid.uuid4())
        first = self.owner.post(QUOTES, DOLLARS, key)
        again = self.owner.post(QUOTES, DOLLARS, key)
        self.assertEqual((again.status, again.text), (201, first.text))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.refused(self.owner.post(QUOTES, {**DOLLARS, "amount": "99.01"}, key), 422,
                     "idempotency_key_reused")
        clients = [self.client(self.owner.key) for _ in range(6)]
        key = str(uuid.uuid4())
        answers = at_once(*(lambda c=c: c.post(QUOTES, DOLLARS, key) for c in clients))
        self.assertEqual({answer.text for answer in answers}, {answers[0].text})
        replayed = [answer.headers["Idempotent-Replayed"] for answer in answers]
        self.assertEqual(replayed.count(None), 1)
        # The same key of another merchant is another quote.
        self.assertNotEqual(self.shop().post(QUOTES, DOLLARS, key).json["id"],
                            answers[0].json["id"])

    def test_a_wrong_field_is_named(self):
        def post(**changes):
            return self.owner.post(QUOTES, {name: value for name, value in
                                            {**DOLLARS, **changes}.items() if value is not None})

        for field, value, code in (
                ("amount", 99, "amount_not_text"), ("amount", "-1", "amount_malformed"),
                ("amount", "1.234", "amount_too_many_decimals"),
                ("amount", "0", "amount_not_positive"), ("amount", None, "missing_field"),
                ("currency", "usd", "currency_unknown"), ("currency", None, "missing_field"),
                ("presentment_currency", "XXX", "currency_unknown"),
                ("presentment_currency", "USD", "fx_same_currency"),
                ("rate", "1", "unknown_field")):
            with self.subTest(field=field, value=value):
                self.refused(post(**{field: value}), 422, code, "#/" + field)
        self.refused(post(presentment_amount="1.00"), 422, "fx_both_amounts", "#/amount")
        self.refused(post(presentment_currency="CHF"), 422, "fx_rate_unknown")
        self.refused(post(amount="9999999999999.99", presentment_currency="JPY"), 422,
                     "amount_too_large")
        self.refused(post(amount="0.001", currency="KWD", presentment_currency="JPY"), 422,
                     "fx_amount_too_small")
        self.refused(self.owner.request("POST", QUOTES, DOLLARS), 400, "idempotency_key_missing")
        self.refused(self.owner.get(QUOTES + "/fxq_1"), 404, "fx_quote_not_found")

    def test_nobody_sees_the_quotes_of_another_and_scopes_hold(self):
        quote, other = self.quote(), self.shop()
        problem = self.refused(other.get(f"{QUOTES}/{quote['id']}"), 404, "fx_quote_not_found")
        self.assertEqual(problem["fx_quote"], quote["id"])
        reader = self.client(self.new_key("--scope", "fx:read")["key"])
        self.refused(reader.post(QUOTES, DOLLARS), 403, "scope_missing")
        self.assertEqual(reader.get(LISTS).status, 200)
        self.refused(reader.request("PUT", LISTS + "/bin:41", {}), 403, "scope_missing")
        self.refused(reader.request("DELETE", LISTS + "/bin:41"), 403, "scope_missing")
        writer = self.client(self.new_key("--scope", "fx:write")["key"])
        self.refused(writer.get(LISTS), 403, "scope_missing")


class Lists:
    def test_the_list_that_says_most_decides_what_is_offered(self):
        self.put("method:card", "USD", "GBP")
        self.put("bin:41", "EUR")
        made = self.put("bin:411100-411199", "JPY", "CHF", "USD")
        self.assertEqual((made["id"], made["object"]), ("bin:411100-411199", "currency_list"))
        query = "amount=99.00&currency=USD&method=card"

        def currencies(more=""):
            found = self.offered(query + more)
            return found["list"], [one["currency"] for one in found["data"]]

        self.assertEqual(currencies(), ("method:card", ["USD", "GBP"]))
        self.assertEqual(currencies("&bin=41200000"), ("bin:41", ["EUR"]))
        self.assertEqual(currencies("&bin=41115000"),
                         ("bin:411100-411199", ["JPY", "CHF", "USD"]))
        self.assertEqual(currencies("&bin=52&bank=DEUTDEFF"), ("method:card", ["USD", "GBP"]))
        yen, francs, dollars = self.offered(query + "&bin=411150")["data"]
        self.assertEqual(yen["presentment_amount"], yen["price"]["presentment_amount"])
        self.assertEqual(yen["price"]["rate"]["derivation"], "cross")
        self.assertEqual((francs["presentment_amount"], francs["price"], francs["reason"]),
                         (None, None, "fx_rate_unknown"))
        self.assertEqual((dollars["presentment_amount"], dollars["price"], dollars["reason"]),
                         ("99.00", None, None))
        quote = self.quote(presentment_currency="JPY")
        self.assertEqual({name: quote[name] for name in yen["price"]}, yen["price"])

    def test_without_a_list_everything_with_a_rate_is_offered(self):
        found = self.offered("amount=99.00&currency=USD&bin=411111")
        self.assertIsNone(found["list"])
        self.assertEqual([one["currency"] for one in found["data"]],
                         ["USD", "EUR", "GBP", "JPY", "KWD"])
        self.assertEqual(self.offered("amount=99.00&currency=CHF")["data"],
                         [{"currency": "CHF", "presentment_amount": "99.00", "price": None,
                           "reason": None}])

    def test_lists_are_put_read_and_dropped_by_their_merchant(self):
        made = self.put("bin:4111", "EUR", "USD")
        self.put("bank:DEUTDEFF", "EUR")
        self.assertEqual(self.owner.get(LISTS + "/bin:4111").json, made)
        changed = self.put("bin:4111", "USD")
        self.assertEqual(changed["currencies"], [{"currency": "USD"}])
        listed = self.owner.get(LISTS).json
        self.assertEqual([one["id"] for one in listed["data"]], ["bin:4111", "bank:DEUTDEFF"])
        other = self.shop()
        self.assertEqual(other.get(LISTS).json["data"], [])
        self.refused(other.get(LISTS + "/bin:4111"), 404, "currency_list_not_found")
        self.assertEqual(other.request("DELETE", LISTS + "/bin:4111").status, 204)
        self.assertEqual(self.owner.get(LISTS + "/bin:4111").json, changed)
        for _ in range(2):
            self.assertEqual(self.owner.request("DELETE", LISTS + "/bin:4111").status, 204)
        self.refused(self.owner.get(LISTS + "/bin:4111"), 404, "currency_list_not_found")

    def test_a_wrong_key_or_list_is_refused(self):
        for key in ("4111", "bin:4", "bin:4100-42", "bank:x", "method:Card", "bin:41-40"):
            self.refused(self.owner.get(f"{LISTS}/{key}"), 422, "currency_list_key_malformed")
        def put(body):
            return self.owner.request("PUT", LISTS + "/bin:41", body)

        self.refused(put({}), 422, "missing_field", "#/currencies")
        self.refused(put({"currencies": []}), 422, "too_few", "#/currencies")
        self.refused(put({"currencies": [{"currency": "eur"}]}), 422, "currency_unknown",
                     "#/currencies/0/currency")
        self.refused(put({"currencies": [{"currency": "EUR"}] * 2}), 422, "duplicate_currency",
                     "#/currencies/1/currency")
        for query, name, code in (("currency=USD", "amount", "amount_malformed"),
                                  ("amount=1.00", "currency", "currency_unknown"),
                                  ("amount=0&currency=USD", "amount", "amount_not_positive"),
                                  ("amount=1.00&currency=USD&bin=4x", "bin",
                                   "currency_list_key_malformed"),
                                  ("amount=1.00&currency=USD&what=1", "what",
                                   "unknown_parameter")):
            self.refused(self.owner.get(f"/v1/currencies?{query}"), 422, code, "?" + name)


class FileOfRates:
    """Tests that change the file put back what was there."""

    def told(self, text, condition):
        self.addCleanup(self.wait_for, "1.087")
        self.addCleanup(self.stack.tell, rates_text(RATES, time_before(minutes=30)))
        self.stack.tell(text)
        self.assertTrue(eventually(condition), text)

    def wait_for(self, rate):
        self.assertTrue(eventually(lambda: self.rate_of_now() == rate))

    def rate_of_now(self):
        answer = self.owner.post(QUOTES, DOLLARS)
        return answer.json["rate"]["value"] if answer.status == 201 else answer.json["code"]

    def metric(self, name):
        lines = self.client("").get("/metrics").text.splitlines()
        (value,) = [line.split()[-1] for line in lines if line.startswith(name + " ")]
        return float(value)

    def test_is_read_again_when_it_changes(self):
        self.told(rates_text({("EUR", "USD"): "1.2"}, time_before(minutes=1)),
                  lambda: self.rate_of_now() == "1.2")
        self.refused(self.owner.post(QUOTES, {**DOLLARS, "presentment_currency": "JPY"}), 422,
                     "fx_rate_unknown")

    def test_a_bad_line_leaves_the_last_good_file(self):
        text = rates_text({("EUR", "USD"): "1.3"}, time_before(minutes=1))
        self.told(text + "EUR,JPY,a lot,2026-01-01T00:00:00Z\n",
                  lambda: self.metric("florin_fx_rates_refused") == 1)
        self.assertEqual(self.rate_of_now(), "1.087")
        self.assertGreater(self.metric("florin_fx_rates_age_seconds"), 60)
        answer = self.florin("rates")
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn("line 3: a rate is digits", answer.stderr)

    def test_old_rates_are_not_quoted(self):
        made = self.quote(key="before")
        self.told(rates_text(RATES, time_before(hours=25)),
                  lambda: self.rate_of_now() == "fx_rate_stale")
        self.refused(self.owner.post(QUOTES, DOLLARS), 503, "fx_rate_stale")
        self.assertEqual(self.owner.post(QUOTES, DOLLARS, "before").json, made)
        self.assertEqual([one["currency"] for one in
                          self.offered("amount=99.00&currency=USD")["data"]], ["USD"])

    def florin(self, *arguments):
        return subprocess.run([self.stack.binary("florin"), "fx", *arguments],
                              env={**os.environ, **self.stack.environment()},
                              capture_output=True, text=True, check=False)

    def test_the_command_line_shows_rates_and_prices(self):
        rates = self.florin("rates")
        self.assertEqual(rates.returncode, 0, rates.stderr)
        self.assertIn("155.35", rates.stdout)
        price = self.florin("quote", "--amount", "99.00", "--currency", "USD",
                            "--presentment-currency", "EUR")
        self.assertEqual(price.returncode, 0, price.stderr)
        self.assertIn("92.00 EUR", price.stdout)
        self.assertIn("1.00 USD (1.0101 %)", price.stdout)
        wrong = self.florin("quote", "--amount", "99.00", "--currency", "USD",
                            "--presentment-currency", "CHF")
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("no rate from CHF to USD", wrong.stderr)


class Currencies(Quotes, Lists, FileOfRates, FxCase):
    """All of them on one stack."""


if __name__ == "__main__":
    unittest.main()
