"""Sellers and their fee rules through a shop's eyes: bad input, repeats, two writers at once.

Nobody is charged here; what the rules take is compared with sums made by Python's decimals.
"""

import datetime
import decimal
import os
import random
import subprocess
import unittest

from shop import ApiTest, at_once

SELLERS, RULES = "/v1/sellers", "/v1/fee_rules"
ANN = {"reference": "ann", "name": "Ann's books", "country": "DE"}
TEN = {"kind": "commission", "currency": "EUR", "rate": "10"}
STRANGE = "sel_01m7xmzqs8e82r0j6hb7h6nwvv"
ROUNDS = 10


def in_hours(hours):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SellersCase(ApiTest):
    def setUp(self):
        self.owner = self.shop()

    def seller(self, shop=None, **changes):
        answer = (shop or self.owner).post(SELLERS, {**ANN, **changes})
        self.assertEqual(answer.status, 201, answer.text)
        return answer.json

    def rule(self, shop=None, status=201, **changes):
        answer = (shop or self.owner).post(RULES, {**TEN, **changes})
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def fees(self, seller, query, shop=None):
        answer = (shop or self.owner).get(f"{SELLERS}/{seller['id']}/fees?{query}")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def split(self, seller, query):
        fees = self.fees(seller, query)
        return (fees["seller_amount"], fees["commission"]["amount"], fees["logistics"]["amount"])


class Registering(SellersCase):
    def test_a_seller_is_its_reference(self):
        answer = self.owner.post(SELLERS, ANN)
        self.assertEqual(answer.status, 201, answer.text)
        seller = answer.json
        self.assertEqual(answer.headers["Location"], f"{SELLERS}/{seller['id']}")
        self.assertEqual({name: seller[name] for name in ANN}, ANN)
        self.assertEqual((seller["object"], seller["state"]), ("seller", "active"))
        again = self.owner.post(SELLERS, ANN)
        self.assertEqual((again.status, again.json), (200, seller))
        refused = self.assert_problem(self.owner.post(SELLERS, {**ANN, "name": "Bob"}), 409,
                                      "seller_exists")
        self.assertEqual(refused["seller"], seller["id"])
        unknown_country = {name: ANN[name] for name in ("reference", "name")}
        self.assert_problem(self.owner.post(SELLERS, unknown_country), 409, "seller_exists")
        self.assertEqual(self.owner.get(f"{SELLERS}/{seller['id']}").json, seller)
        self.assertNotEqual(self.seller(self.shop())["id"], seller["id"])
        self.assertIsNone(self.owner.post(SELLERS, {"reference": "b", "name": "B"}).json["country"])

    def test_suspended_and_active_again(self):
        seller = self.seller()
        path = f"{SELLERS}/{seller['id']}"
        for action, state in (("suspend", "suspended"), ("suspend", "suspended"),
                              ("activate", "active"), ("activate", "active")):
            answer = self.owner.post(f"{path}/{action}")
            self.assertEqual((answer.status, answer.json["state"]), (200, state), answer.text)
            self.assertEqual(self.owner.get(path).json, answer.json)
        self.assert_problem(self.owner.post(f"{path}/suspend", {"why": "x"}), 422, "unknown_field",
                            "#/why")
        self.assertEqual(self.owner.get(path).json["state"], "active")

    def test_a_wrong_field_is_named(self):
        for field, value, code in (
                ("reference", None, "wrong_type"), ("reference", "", "empty"),
                ("reference", "r" * 65, "too_long"), ("reference", "a\nb", "bad_characters"),
                ("name", 7, "wrong_type"), ("name", "n" * 256, "too_long"),
                ("country", "de", "country_malformed"), ("country", "DEU", "too_long"),
                ("id", "sel_1", "unknown_field"), ("state", "active", "unknown_field")):
            with self.subTest(field=field, value=value):
                self.assert_problem(self.owner.post(SELLERS, {**ANN, field: value}), 422, code,
                                    "#/" + field)
        self.assertEqual(len(self.owner.post(SELLERS, {"country": 1}).json["errors"]), 3)
        self.assert_problem(self.owner.post(SELLERS, b"[]"), 400, "not_an_object")
        self.assertEqual(self.owner.get(SELLERS).json["data"], [])

    def test_pages_of_sellers(self):
        made = [self.seller(reference=str(n))["id"] for n in range(5)]
        self.owner.post(f"{SELLERS}/{made[1]}/suspend")
        found, cursor = [], ""
        while cursor is not None:
            page = self.owner.get(f"{SELLERS}?limit=2" + cursor).json
            found += [seller["id"] for seller in page["data"]]
            cursor = page["next_cursor"] and "&starting_after=" + page["next_cursor"]
            self.assertEqual(page["has_more"], cursor is not None)
        self.assertEqual(found, made[::-1])
        for query, expected in (("state=suspended", [made[1]]), ("reference=3", [made[3]]),
                                ("reference=x", [])):
            data = self.owner.get(f"{SELLERS}?{query}").json["data"]
            self.assertEqual([seller["id"] for seller in data], expected)
        for query, code, name in (("limit=0", "limit_out_of_range", "limit"),
                                  ("state=gone", "not_allowed", "state"),
                                  ("starting_after=x", "cursor_malformed", "starting_after"),
                                  ("colour=red", "unknown_parameter", "colour")):
            self.assert_problem(self.owner.get(f"{SELLERS}?{query}"), 422, code, "?" + name)
        self.assert_problem(self.owner.get(f"{SELLERS}?starting_after={STRANGE}"), 422,
                            "cursor_malformed")

    def test_nobody_sees_the_sellers_of_another(self):
        seller, rule = self.seller(), self.rule()
        other = self.shop()
        ours, theirs = f"{SELLERS}/{seller['id']}", f"{RULES}/{rule['id']}"
        for ask, path, code in (
                (other.get, ours, "seller_not_found"),
                (other.post, ours + "/suspend", "seller_not_found"),
                (other.post, ours + "/activate", "seller_not_found"),
                (other.get, ours + "/fees?amount=1&currency=EUR", "seller_not_found"),
                (other.get, theirs, "fee_rule_not_found"),
                (other.post, theirs + "/end", "fee_rule_not_found"),
                (other.get, SELLERS + "/sel_1", "seller_not_found"),
                (other.get, SELLERS + "/" + STRANGE, "seller_not_found"),
                (other.get, RULES + "/" + seller["id"], "fee_rule_not_found")):
            with self.subTest(path=path):
                self.assert_problem(ask(path), 404, code)
        self.assert_problem(other.post(RULES, {**TEN, "seller": seller["id"]}), 422,
                            "seller_unknown", "#/seller")
        for path in (SELLERS, RULES):
            self.assertEqual(other.get(path).json["data"], [])
        self.assertEqual(self.owner.get(ours).json, seller)
        self.assertEqual(self.owner.get(theirs).json, rule)

    def test_a_key_does_only_what_its_scopes_allow(self):
        reader = self.client(self.new_key("--scope", "sellers:read")["key"])
        self.assertEqual(reader.get(SELLERS).status, 200)
        self.assert_problem(reader.post(SELLERS, ANN), 403, "scope_missing")
        self.assert_problem(reader.post(RULES, TEN), 403, "scope_missing")
        payer = self.client(self.new_key("--scope", "payments:write")["key"])
        self.assert_problem(payer.get(RULES), 403, "scope_missing")

    def test_what_is_known_is_left_out(self):
        seller, rule = self.seller(), self.rule()
        for path in (SELLERS, f"{SELLERS}/{seller['id']}", RULES, f"{RULES}/{rule['id']}",
                     f"{SELLERS}/{seller['id']}/fees?amount=1&currency=EUR&at={in_hours(1)}"):
            with self.subTest(path=path):
                first = self.owner.get(path)
                again = self.owner.get(path, {"If-None-Match": first.headers["ETag"]})
                self.assertEqual((first.status, again.status, again.text), (200, 304, ""))


class Rules(SellersCase):
    def test_a_rule_is_read_as_it_was_sent(self):
        seller, until = self.seller(), in_hours(48)
        sent = {"kind": "logistics", "seller": seller["id"], "category": "books", "currency": "EUR",
                "tiers": [{"from": "0", "rate": "15"}, {"from": "100", "rate": "12.50"}],
                "fixed": "0.3", "minimum": "1", "maximum": "50.00", "valid_from": in_hours(1),
                "valid_until": until}
        answer = self.owner.post(RULES, sent)
        self.assertEqual(answer.status, 201, answer.text)
        rule = answer.json
        self.assertEqual(answer.headers["Location"], f"{RULES}/{rule['id']}")
        self.assertEqual(rule["tiers"], [{"from": "0.00", "rate": "15"},
                                         {"from": "100.00", "rate": "12.5"}])
        self.assertEqual([rule[name] for name in ("rate", "fixed", "minimum", "maximum")],
                         [None, "0.30", "1.00", "50.00"])
        for name in ("kind", "seller", "category", "currency", "valid_from", "valid_until"):
            self.assertEqual(rule[name], sent[name])
        self.assertEqual(self.owner.get(f"{RULES}/{rule['id']}").json, rule)
        again = self.owner.post(RULES, sent)
        self.assertEqual((again.status, again.json), (200, rule))
        plain = self.rule()
        absent = ("seller", "category", "maximum", "valid_until")
        self.assertEqual((plain["rate"], plain["tiers"]), ("10", []))
        self.assertEqual([plain[name] for name in absent], [None] * 4)
        self.assertEqual(plain["valid_from"], plain["created_at"])

    def test_a_wrong_field_is_named(self):
        tier = {"from": "0", "rate": "1"}
        without = {"rate": None}  # Left out.
        for changes, code, pointer in (
                ({"kind": "tax"}, "not_allowed", "kind"),
                ({"kind": None}, "wrong_type", "kind"),
                ({"currency": "eur"}, "currency_unknown", "currency"),
                ({"rate": 10}, "wrong_type", "rate"),
                ({"rate": "10%"}, "rate_malformed", "rate"),
                ({"rate": "-1"}, "rate_malformed", "rate"),
                ({"rate": "1.00001"}, "rate_malformed", "rate"),
                ({"rate": "100.5"}, "rate_too_large", "rate"),
                ({"tiers": [tier]}, "rate_and_tiers", "rate"),
                ({**without}, "missing_field", "rate"),
                ({**without, "tiers": []}, "too_few", "tiers"),
                ({**without, "tiers": [tier] * 21}, "too_many", "tiers"),
                ({**without, "tiers": "10"}, "wrong_type", "tiers"),
                ({**without, "tiers": [{**tier, "from": "1"}]}, "tier_not_from_zero",
                 "tiers/0/from"),
                ({**without, "tiers": [tier, tier]}, "tier_not_later", "tiers/1/from"),
                ({**without, "tiers": [tier, {"from": "5"}]}, "missing_field", "tiers/1/rate"),
                ({**without, "tiers": [{**tier, "to": "5"}]}, "unknown_field", "tiers/0/to"),
                ({"fixed": 1}, "amount_not_text", "fixed"),
                ({"fixed": "0.001"}, "amount_too_many_decimals", "fixed"),
                ({"minimum": "-1"}, "amount_malformed", "minimum"),
                ({"maximum": "0"}, "amount_not_positive", "maximum"),
                ({"minimum": "2", "maximum": "1"}, "maximum_below_minimum", "maximum"),
                ({"seller": "ann"}, "seller_malformed", "seller"),
                ({"seller": STRANGE}, "seller_unknown", "seller"),
                ({"category": ""}, "empty", "category"),
                ({"category": "c" * 65}, "too_long", "category"),
                ({"valid_from": "tomorrow"}, "time_malformed", "valid_from"),
                ({"valid_from": in_hours(-1)}, "valid_from_in_past", "valid_from"),
                ({"valid_until": in_hours(-1)}, "valid_until_too_early", "valid_until"),
                ({"valid_from": in_hours(2), "valid_until": in_hours(1)}, "valid_until_too_early",
                 "valid_until"),
                ({"percent": "10"}, "unknown_field", "percent")):
            body = {**TEN, **changes}
            if changes.get("rate", "") is None:
                del body["rate"]
            with self.subTest(changes=changes):
                self.assert_problem(self.owner.post(RULES, body), 422, code, "#/" + pointer)
        self.assertEqual(len(self.owner.post(RULES, {"rate": "x", "fixed": 1}).json["errors"]), 4)
        self.assertEqual(self.owner.get(RULES).json["data"], [])

    def test_the_second_of_two_that_overlap_is_refused(self):
        first = self.rule()
        self.assertEqual(self.rule(status=200), first)
        refused = self.assert_problem(self.owner.post(RULES, {**TEN, "rate": "11"}), 409,
                                      "fee_rule_overlaps")
        self.assertEqual(refused["fee_rule"], first["id"])
        self.assertIn(first["id"], refused["detail"])
        end = in_hours(2)
        path = f"{RULES}/{first['id']}/end"
        self.assertEqual(self.owner.post(path, {"valid_until": end}).json["valid_until"], end)
        sooner = {**TEN, "rate": "11", "valid_from": in_hours(1)}
        self.assert_problem(self.owner.post(RULES, sooner), 409, "fee_rule_overlaps")
        second = self.rule(rate="11", valid_from=end)
        seller = self.seller()
        for at, rule in ((in_hours(1), first["id"]), (end, second["id"])):
            fees = self.fees(seller, f"amount=100&currency=EUR&at={at}")
            self.assertEqual(fees["commission"]["rule"]["id"], rule)

    def test_the_times_that_are_shown_can_be_sent_back(self):
        rule, seller = self.rule(), self.seller()
        self.assertEqual(self.rule(status=200, valid_from=rule["valid_from"]), rule)
        ended = self.owner.post(f"{RULES}/{rule['id']}/end").json
        for at, amount in ((rule["valid_from"], "10.00"), (ended["valid_until"], "0.00")):
            fees = self.fees(seller, f"amount=100&currency=EUR&at={at}")
            self.assertEqual(fees["commission"]["amount"], amount)
        precise = self.rule(category="books", valid_from=in_hours(1)[:-1] + "999Z")
        shown = {"category": "books", "valid_from": precise["valid_from"]}
        self.assertEqual(self.rule(status=200, **shown), precise)

    def test_an_end_only_moves_forward(self):
        path = f"{RULES}/{self.rule()['id']}/end"
        self.assert_problem(self.owner.post(path, {"valid_until": in_hours(-1)}), 422,
                            "valid_until_in_past", "#/valid_until")
        end = in_hours(1)
        for _ in range(2):
            self.assertEqual(self.owner.post(path, {"valid_until": end}).json["valid_until"], end)
        self.assert_problem(self.owner.post(path, {"valid_until": in_hours(2)}), 409,
                            "fee_rule_ends_sooner")
        ended = self.owner.post(path)
        self.assertEqual(ended.status, 200, ended.text)
        self.assertLess(ended.json["valid_until"], end)
        self.assertEqual(self.owner.post(path).json, ended.json)
        self.assert_problem(self.owner.post(path, {"end": end}), 422, "unknown_field", "#/end")

    def test_pages_of_rules(self):
        seller = self.seller()
        made = []
        for number in range(5):
            whose = {"seller": seller["id"]} if number < 2 else {}
            made.append(self.rule(category=str(number), **whose,
                                  kind="logistics" if number == 4 else "commission",
                                  currency="USD" if number == 3 else "EUR")["id"])
        first = self.owner.get(f"{RULES}?limit=3").json
        rest = self.owner.get(f"{RULES}?limit=3&starting_after={first['next_cursor']}").json
        self.assertEqual([rule["id"] for rule in first["data"] + rest["data"]],
                         sorted(made, reverse=True))  # Those of one millisecond are in no order.
        self.assertEqual((first["has_more"], rest["has_more"]), (True, False))
        for query, numbers in ((f"seller={seller['id']}", (1, 0)), ("kind=logistics", (4,)),
                               ("currency=USD", (3,)), ("kind=logistics&currency=USD", ())):
            data = self.owner.get(f"{RULES}?{query}").json["data"]
            self.assertEqual({rule["id"] for rule in data}, {made[number] for number in numbers})
        for query, code, name in (("kind=tax", "not_allowed", "kind"),
                                  ("seller=ann", "seller_malformed", "seller"),
                                  ("currency=EURO", "currency_unknown", "currency"),
                                  ("starting_after=x", "cursor_malformed", "starting_after")):
            self.assert_problem(self.owner.get(f"{RULES}?{query}"), 422, code, "?" + name)


class Fees(SellersCase):
    def test_the_example_of_the_guide(self):
        """Seller 85, commission 10, logistics 5 of an order of 100."""
        seller = self.seller()
        commission, logistics = self.rule(), self.rule(kind="logistics", rate="5")
        fees = self.fees(seller, f"amount=100.00&currency=EUR&at={in_hours(1)}")
        self.assertEqual((fees["seller_amount"], fees["commission"], fees["logistics"]),
                         ("85.00", {"amount": "10.00", "rule": commission},
                          {"amount": "5.00", "rule": logistics}))
        self.assertEqual((fees["object"], fees["seller"], fees["amount"], fees["currency"]),
                         ("fees", seller["id"], "100.00", "EUR"))

    def test_the_most_specific_rule_decides(self):
        ann, bob = self.seller(), self.seller(reference="bob")
        own = {"seller": ann["id"]}
        for rate, changes in (("10", {}), ("8", {"category": "books"}), ("6", own),
                              ("4", {**own, "category": "books"}),
                              ("50", {"currency": "USD"})):
            self.rule(rate=rate, **changes)
        for seller, category, commission in ((ann, "books", "4.00"), (ann, "shoes", "6.00"),
                                             (ann, "", "6.00"), (bob, "books", "8.00"),
                                             (bob, "", "10.00")):
            query = f"amount=100&currency=EUR&category={category}"
            self.assertEqual(self.fees(seller, query)["commission"]["amount"], commission)
        nothing = self.fees(ann, "amount=100&currency=GBP")
        self.assertEqual((nothing["seller_amount"], nothing["commission"]),
                         ("100.00", {"amount": "0.00", "rule": None}))

    def test_minimum_tiers_and_yen(self):
        seller = self.seller()
        self.rule(rate="10", fixed="0.30", minimum="2.00", maximum="20.00")
        body = {"kind": "logistics", "currency": "EUR", "fixed": "3"}
        self.assertEqual(self.owner.post(RULES, body).json["rate"], "0")
        for amount, split in (("100", ("86.70", "10.30", "3.00")), ("10", ("5.00", "2.00", "3.00")),
                              ("500", ("477.00", "20.00", "3.00")), ("4", ("0.00", "2.00", "2.00")),
                              ("1", ("0.00", "1.00", "0.00")), ("0", ("0.00", "0.00", "0.00"))):
            self.assertEqual(self.split(seller, f"amount={amount}&currency=EUR"), split)
        tiers = [{"from": "0", "rate": "15"}, {"from": "1000", "rate": "10"}]
        body = {"kind": "commission", "currency": "JPY", "tiers": tiers}
        self.assertEqual(self.owner.post(RULES, body).status, 201)
        self.assertEqual(self.split(seller, "amount=1500&currency=JPY"), ("1300", "200", "0"))

    def test_sums_by_another_arithmetic(self):
        seed = random.randrange(2**32)
        draw = random.Random(seed)
        print("seed", seed)
        seller = self.seller()
        rate = f"{draw.randrange(10)}.{draw.randrange(10000):04}"
        self.rule(rate=rate)
        self.rule(kind="logistics", rate="2.5")
        for _ in range(100):
            amount = decimal.Decimal(draw.randrange(10 ** draw.randrange(1, 16))) / 100
            def cents(percent):
                part = amount * decimal.Decimal(percent) / 100
                return part.quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_EVEN)
            split = self.split(seller, f"amount={amount:.2f}&currency=EUR")
            self.assertEqual(split[1:], (f"{cents(rate):.2f}", f"{cents('2.5'):.2f}"), amount)
            self.assertEqual(sum(map(decimal.Decimal, split)), amount)

    def test_a_wrong_question_is_refused(self):
        path = f"{SELLERS}/{self.seller()['id']}/fees"
        good = "amount=1&currency=EUR"
        for query, code, name in (("currency=EUR", "amount_malformed", "amount"),
                                  ("amount=1", "currency_unknown", "currency"),
                                  ("amount=0.001&currency=EUR", "amount_too_many_decimals",
                                   "amount"),
                                  ("amount=1&currency=XXX", "currency_unknown", "currency"),
                                  (good + "&at=now", "time_malformed", "at"),
                                  (good + "&day=1", "unknown_parameter", "day")):
            with self.subTest(query=query):
                self.assert_problem(self.owner.get(f"{path}?{query}"), 422, code, "?" + name)


class Races(SellersCase):
    florins = 2

    def test_of_two_that_overlap_at_one_instant_one_is_written(self):
        key = self.new_key()["key"]
        shops = [self.client(key, florin) for florin in (0, 1)]
        for number in range(ROUNDS):
            answers = at_once(*[
                lambda shop=shop, rate=rate: shop.post(
                    RULES, {**TEN, "rate": rate, "category": str(number)})
                for shop, rate in zip(shops, ("1", "2"))])
            self.assertEqual(sorted(answer.status for answer in answers), [201, 409],
                             [answer.text for answer in answers])
            won, lost = sorted(answers, key=lambda answer: answer.status)
            self.assertEqual(lost.json["fee_rule"], won.json["id"])

    def test_the_same_seller_twice_at_one_instant_is_one(self):
        key = self.new_key()["key"]
        shops = [self.client(key, florin) for florin in (0, 1)]
        for number in range(ROUNDS):
            body = {**ANN, "reference": str(number)}
            answers = at_once(*[lambda shop=shop: shop.post(SELLERS, body) for shop in shops])
            self.assertEqual(sorted(answer.status for answer in answers), [200, 201])
            self.assertEqual(answers[0].json, answers[1].json)


class CommandLine(SellersCase):
    def test_lists_shows_and_computes(self):
        merchant = self.new_key()
        shop = self.client(merchant["key"])
        seller, other = self.seller(shop), self.seller(shop, reference="bob", name="Bob")
        rule = self.rule(shop, seller=seller["id"], rate="12.5")
        listed = self.stack.florin("sellers", "list", "--json", "--merchant",
                                   merchant["merchant_id"])
        self.assertIn(seller["id"], listed)
        self.assertEqual(listed.count("sel_"), 2)
        shown = self.stack.florin_json("sellers", "show", seller["id"])
        self.assertEqual(shown, {"seller": seller, "fee_rules": [rule]})
        fees = self.stack.florin_json("sellers", "fees", seller["id"], "--amount", "80",
                                      "--currency", "EUR")
        self.assertEqual((fees["seller_amount"], fees["commission"]),
                         ("70.00", {"amount": "10.00", "rule": rule}))
        text = self.stack.florin("sellers", "fees", seller["id"], "--amount", "80", "--currency",
                                 "EUR")
        self.assertRegex(text, rf"commission +10.00 +{rule['id']} +12.5 %")
        self.assertIn("none", text)
        self.assertIn(rule["id"], self.stack.florin("sellers", "show", seller["id"]))
        self.assertNotIn("fee_", self.stack.florin("sellers", "show", other["id"]))

    def exit_code(self, *words):
        return subprocess.run([self.stack.binary("florin"), "sellers", *words], check=False,
                              capture_output=True,
                              env={**os.environ, **self.stack.environment()}).returncode

    def test_refuses_with_its_exit_codes(self):
        one = ("--amount", "1", "--currency", "EUR")
        for code, words in ((4, ("show", STRANGE)), (2, ("show", "ann")),
                            (2, ("list", "--merchant", "x")), (4, ("fees", STRANGE, *one)),
                            (2, ("fees", STRANGE, "--amount", "1,0", "--currency", "EUR")),
                            (2, ("fees", STRANGE, "--amount", "1", "--currency", "EURO")),
                            (2, ("fees", STRANGE, *one, "--at", "x"))):
            with self.subTest(words=words):
                self.assertEqual(self.exit_code(*words), code)


if __name__ == "__main__":
    unittest.main(verbosity=2)
