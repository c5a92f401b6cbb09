"""Quotes for tests/audit_test.py: honest ones, made by hand, and how it spoils them."""

NIL = "'00000000-0000-0000-0000-000000000000'"
QUOTE_IDS = [f"'0192f0c1-2345-7001-8abc-0123456789{n:02x}'" for n in range(8)]

# currency, amount, presentment currency and amount, fixed, coefficient, scale, spread rate, spread
HONEST_QUOTES = [
    ("USD", 9900, "EUR", 9200, 1, 1087, 3, 10101, 100),
    ("USD", 9900, "JPY", 14290, 1, 699710331509, 14, 10000, 99),
    ("JPY", 1000, "EUR", 657, 1, 15535, 2, 20000, 20),
    ("KWD", 30697, "BHD", 37876, 1, 8145, 4, 5000, 153),
    ("JPY", 500, "KWD", 1000, 2, 5005, 1, 0, 0),
    ("USD", 6863, "JPY", 10000, 2, 7, 3, 20000, 137),
    ("USD", 3, "EUR", 2, 1, 2, 0, 0, 0),
    ("KWD", 148743, "JPY", 247905, 2, 6, 4, 0, 0),
]


def quote_row(quote_id, quote, payment=NIL):
    """A row that stands in slot 1, as the id says."""
    currency, amount, presentment, presented, fixed, coefficient, scale, rate, spread = quote
    used = "'infinity'" if payment == NIL else "now()"
    return (f"INSERT INTO fx_quote VALUES (1, {quote_id}, {NIL}, '{currency}', {amount},"
            f" '{presentment}', {presented}, {fixed}, {coefficient}, {scale}, 1, 'file', now(),"
            f" {rate}, {spread}, '', now(), now() + interval '1 day', {payment}, {used});")


HONEST = "".join(quote_row(quote_id, quote, "gen_random_uuid()" if n % 2 else NIL)
                 for n, (quote_id, quote) in enumerate(zip(QUOTE_IDS, HONEST_QUOTES, strict=True)))


def spoilt(n, column, value):
    """The quote and then a change of it behind everybody's back."""
    return (quote_row(QUOTE_IDS[n], HONEST_QUOTES[n]) +
            f"UPDATE fx_quote SET {column} = {value} WHERE id = {QUOTE_IDS[n]}")


CORRUPTIONS = [
    # The buyer pays a cent more than the rate says.
    ("fx_quote", set(), spoilt(0, "presentment_amount", "presentment_amount + 1")),
    # We take a cent more and the order gets it less.
    ("fx_quote", set(), spoilt(0, "(amount, spread)", "(amount - 1, spread + 1)")),
    # Another rate than the one at which it was made.
    ("fx_quote", set(), spoilt(5, "rate_coefficient", "8")),
    ("fx_quote", set(), spoilt(6, "presentment_amount", "1")),
    # Two quotes for one payment.
    ("fx_use", set(), quote_row(QUOTE_IDS[0], HONEST_QUOTES[0], "payment(sale)") +
     quote_row(QUOTE_IDS[1], HONEST_QUOTES[1], "payment(sale)")),
    ("row_slot", set(), quote_row(QUOTE_IDS[2], HONEST_QUOTES[2]) +
     f"UPDATE fx_quote SET slot = 2 WHERE id = {QUOTE_IDS[2]}"),
]
