#include "sandbox/params.h"

#include <gtest/gtest.h>

#include <array>

#include "sandbox/checks.h"

namespace florin::sandbox {
namespace {

Params form(std::string_view text) {
    return Params::parse(text).value();
}

TEST(Params, ReadsBracketsAndEncoding) {
    const auto params =
        form("amount=1099&metadata[order]=a%20b&metadata%5Bq%5D=1&expand[]=x&expand[1]=y&e=");
    EXPECT_EQ(*params.get("amount"), "1099");
    EXPECT_EQ(*params.get("e"), "");
    EXPECT_EQ(params.get("amoun"), nullptr);
    EXPECT_EQ(params.map("metadata"), (Pairs{{"order", "a b"}, {"q", "1"}}));
    EXPECT_EQ(params.list("expand"), (std::vector<std::string>{"x", "y"}));
}

TEST(Params, RefusesWhatIsNotText) {
    EXPECT_FALSE(Params::parse("a=%ff"));
    EXPECT_FALSE(Params::parse("a=%zz"));
}

TEST(Params, NamesTheFirstUnknown) {
    constexpr std::array<std::string_view, 4> kKnown = {"amount", "metadata[*]", "expand[]",
                                                        "card[number]"};
    EXPECT_FALSE(form("amount=1&metadata[a]=b&expand[0]=c&card[number]=4").first_unknown(kKnown));
    EXPECT_EQ(form("amount=1&amonut=2").first_unknown(kKnown), "amonut");
    EXPECT_EQ(form("amount[x]=1").first_unknown(kKnown), "amount[x]");
    EXPECT_EQ(form("expand[x]=1").first_unknown(kKnown), "expand[x]");
    EXPECT_EQ(form("card[cvc]=1").first_unknown(kKnown), "card[cvc]");
    EXPECT_EQ(form("metadatax[a]=1").first_unknown(kKnown), "metadatax[a]");
}

TEST(Params, FingerprintIgnoresOrderAndNothingElse) {
    EXPECT_EQ(form("a=1&b=2").fingerprint(), form("b=2&a=1").fingerprint());
    EXPECT_NE(form("a=1&b=2").fingerprint(), form("a=2&b=1").fingerprint());
    EXPECT_NE(form("a=1").fingerprint(), form("a=1&b=").fingerprint());
    EXPECT_NE(form("a=1&a=2").fingerprint(), form("a=2&a=1").fingerprint());  // The last one wins.
}

TEST(Checks, AmountsAreWholeAndWithinBounds) {
    EXPECT_EQ(check_amount(form("amount=1"), "amount").value(), 1);
    EXPECT_EQ(check_amount(form("amount=99999999"), "amount").value(), kAmountMax);
    EXPECT_EQ(check_amount(form(""), "amount").value(), std::nullopt);
    for (const auto* bad : {"amount=0", "amount=-5", "amount=1.5", "amount=", "amount=1e3",
                            "amount=%2B1", "amount=99999999999999999999"})
        EXPECT_EQ(check_amount(form(bad), "amount").error().code, "parameter_invalid_integer")
            << bad;
    EXPECT_EQ(check_amount(form("amount=100000000"), "amount").error().code, "amount_too_large");
}

TEST(Checks, CurrencyUrlAndMetadata) {
    EXPECT_EQ(check_currency(form("currency=eur")).value(), "eur");
    for (const auto* bad : {"currency=EUR", "currency=euro", "currency=e1r", ""})
        EXPECT_EQ(check_currency(form(bad)).error().param, "currency") << bad;
    EXPECT_TRUE(check_url(form("u=https://shop.example/back"), "u"));
    EXPECT_FALSE(check_url(form("u=https://a%0d%0aSet-Cookie:x"), "u"));
    EXPECT_FALSE(check_url(form("u=javascript:x"), "u"));
    EXPECT_FALSE(check_metadata(form("metadata[" + std::string(41, 'k') + "]=v")));
    EXPECT_FALSE(check_metadata(form("metadata[k]=" + std::string(501, 'v'))));
}

TEST(Checks, ExpandTakesKnownNamesOnly) {
    EXPECT_TRUE(check_expand(form("expand[]=latest_charge"), kIntentRefs).value().latest_charge);
    EXPECT_TRUE(check_expand(form("expand[]=data.payment_method"), kIntentRefs, "data.")
                    .value()
                    .payment_method);
    EXPECT_FALSE(check_expand(form("expand[]=secrets"), kIntentRefs));
    EXPECT_FALSE(check_expand(form("expand[]=latest_charge"), kChargeRefs));
    EXPECT_FALSE(check_expand(form("expand[]="), kChargeRefs, "data."));
}

}  // namespace
}  // namespace florin::sandbox
