// Goal: a request is read strictly, and each mistake comes back with its place, a stable code and
// advice. Method: bodies of every kind of wrong against one reader, and random bodies for the
// canonical form (the seed is printed).

#include "base/form.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace florin {
namespace {

// A small payment, read the way a handler reads one.
Result<void> read_payment(Form& form) {
    Fields root = form.root();
    root.text("checkout_id", {.length_max = 8});
    root.optional_text("note", {.length_max = 5});
    root.word("capture", {"automatic", "manual"}, "automatic");
    Fields buyer = root.object("buyer");
    buyer.text("id");
    for (Fields& order : root.list("orders", 1, 2)) {
        const auto amount = order.amount("amount");
        if (amount == "0") form.add_error(order.pointer("amount"), "amount_zero", "Send more.");
    }
    return form.finish();
}

// "code pointer" of each mistake; the code alone when the body was refused as a whole.
std::vector<std::string> mistakes(std::string_view body) {
    Form form(body);
    const auto result = read_payment(form);
    std::vector<std::string> out;
    if (result) return out;
    for (const auto& field : result.error().fields) out.push_back(field.code + ' ' + field.pointer);
    if (out.empty()) out.push_back(result.error().code);
    return out;
}

using Mistakes = std::vector<std::string>;

// A right body with one field replaced.
std::string with(std::string_view from, std::string_view to) {
    std::string body = R"({"checkout_id":"chk_1","buyer":{"id":"b"},"orders":[{"amount":"1.00"}]})";
    const auto at = body.find(from);
    EXPECT_NE(at, std::string::npos);
    return body.replace(at, from.size(), to);
}

TEST(Form, TakesLinesAndLargeBodiesOnlyWhereTheyAreWanted) {
    const auto body = R"({"text":"a\n\tb","more":")" + std::string(kBodySizeMax, 'x') + "\"}";
    Form large(body, 2 * kBodySizeMax);
    EXPECT_EQ(large.root().text("text", {.has_lines = true}), "a\n\tb");
    EXPECT_EQ(large.root().text("more", {.length_max = kBodySizeMax}).size(), kBodySizeMax);
    EXPECT_TRUE(large.finish());
    Form small(body);
    EXPECT_EQ(small.finish().error().code, "body_too_large");
    Form strict(R"({"text":"a\nb"})");
    EXPECT_EQ(strict.root().text("text"), "");
    EXPECT_EQ(strict.finish().error().code, "bad_characters");
    Form bell(R"({"text":"a\u0007b"})");
    EXPECT_EQ(bell.root().text("text", {.has_lines = true}), "");
}

TEST(Form, ReadsARightBody) {
    Form form(R"( {"checkout_id": "chk_1", "note": "héllo", "capture": "manual",
                   "buyer": {"id": "b\u00e9"}, "orders": [{"amount": "1"}, {"amount": "2.50"}]} )");
    Fields root = form.root();
    EXPECT_EQ(root.text("checkout_id"), "chk_1");
    EXPECT_EQ(root.optional_text("note", {.length_max = 5}), "héllo");
    EXPECT_EQ(root.optional_text("email"), std::nullopt);
    EXPECT_EQ(root.word("capture", {"automatic", "manual"}), "manual");
    EXPECT_EQ(root.object("buyer").text("id"), "bé");
    EXPECT_FALSE(root.optional_object("shipping"));
    EXPECT_TRUE(root.optional_list("fees", 3).empty());
    EXPECT_TRUE(root.has("orders"));
    EXPECT_FALSE(root.has("fees"));
    auto orders = root.list("orders", 1, 2);
    ASSERT_EQ(orders.size(), 2u);
    EXPECT_EQ(orders[1].amount("amount"), "2.50");
    EXPECT_EQ(orders[0].optional_amount("amount"), "1");
    EXPECT_EQ(orders[0].optional_amount("fee"), std::nullopt);
    EXPECT_EQ(orders[1].pointer("amount"), "#/orders/1/amount");
    EXPECT_TRUE(form.finish());
}

TEST(Form, RefusesWhatIsNotOneJsonObject) {
    for (const std::string_view body :
         {"", "  ", "{", "}", "nothing", "{} {}", "{}x", "{'a':1}", "{\"a\":}", "{\"a\":01}",
          "{\"a\":1,}", "{\"a\":NaN}", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}",
          "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"tab\there\"}",
          "{\"a\":1e999}"}) {
        EXPECT_EQ(mistakes(body), Mistakes{"malformed_json"}) << body;
    }
    EXPECT_EQ(mistakes(std::string_view("{}\0", 3)), Mistakes{"malformed_json"});
    for (const std::string_view body : {"[]", "\"text\"", "12", "null", "true"}) {
        EXPECT_EQ(mistakes(body), Mistakes{"not_an_object"}) << body;
    }
}

TEST(Form, LimitsDepthAndSize) {
    const auto nested = [](std::size_t levels) {
        return R"({"a":)" + std::string(levels - 1, '[') + '1' + std::string(levels - 1, ']') + '}';
    };
    EXPECT_NE(mistakes(nested(kBodyDepthMax)), Mistakes{"too_deep"});
    EXPECT_EQ(mistakes(nested(kBodyDepthMax + 1)), Mistakes{"too_deep"});
    EXPECT_EQ(mistakes(nested(100'000)), Mistakes{"too_deep"});

    Form form("{\"a\":\"" + std::string(kBodySizeMax, 'x') + "\"}");
    const auto result = form.finish();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::too_large);
    EXPECT_EQ(result.error().code, "body_too_large");
    EXPECT_EQ(mistakes("{}"), mistakes(" {} "));  // The parser of the thread still works.
}

TEST(Form, RefusesDuplicateFieldsAtAnyDepth) {
    EXPECT_EQ(mistakes(with("\"b\"", R"("b","id":"c")")), Mistakes{"duplicate_field #/buyer/id"});
    EXPECT_EQ(mistakes(with("\"1.00\"", R"("1.00","amount":"9.00")")),
              Mistakes{"duplicate_field #/orders/0/amount"});
    EXPECT_EQ(mistakes(R"({"a":1,"\u0061":2})"), Mistakes{"duplicate_field #/a"});
    EXPECT_EQ(mistakes(R"({"x":[[{"y/~ ":1,"y/~ ":1}]]})"),
              Mistakes{"duplicate_field #/x/0/0/y~1~0%20"});
    Form form(R"({"a":1,"a":1})");
    EXPECT_EQ(form.finish().error().fault, Fault::malformed);
    EXPECT_EQ(form.canonical(), "");
}

TEST(Form, NamesEachMistake) {
    EXPECT_EQ(mistakes(with("chk_1", "chk_2")), Mistakes{});
    EXPECT_EQ(mistakes(with("\"chk_1\"", "7")), Mistakes{"wrong_type #/checkout_id"});
    EXPECT_EQ(mistakes(with("\"chk_1\"", "null")), Mistakes{"wrong_type #/checkout_id"});
    EXPECT_EQ(mistakes(with("chk_1", "")), Mistakes{"empty #/checkout_id"});
    EXPECT_EQ(mistakes(with("chk_1", "123456789")), Mistakes{"too_long #/checkout_id"});
    EXPECT_EQ(mistakes(with("chk_1", "ééééééééé")), Mistakes{"too_long #/checkout_id"});
    EXPECT_EQ(mistakes(with("chk_1", "éééééééé")), Mistakes{});
    EXPECT_EQ(mistakes(with("checkout_id", "checkout")),
              (Mistakes{"missing_field #/checkout_id", "unknown_field #/checkout"}));
    EXPECT_EQ(mistakes(with("{\"id\":\"b\"}", "[]")), Mistakes{"wrong_type #/buyer"});
    EXPECT_EQ(mistakes(with("\"id\"", "\"Id\"")),
              (Mistakes{"missing_field #/buyer/id", "unknown_field #/buyer/Id"}));
    EXPECT_EQ(mistakes(with("[{\"amount\":\"1.00\"}]", "{}")), Mistakes{"wrong_type #/orders"});
    EXPECT_EQ(mistakes(with("[{\"amount\":\"1.00\"}]", "[]")), Mistakes{"too_few #/orders"});
    EXPECT_EQ(mistakes(with("[{\"amount\":\"1.00\"}]", "[{},{},{}]")),
              Mistakes{"too_many #/orders"});
    EXPECT_EQ(mistakes(with("{\"amount\":\"1.00\"}", "\"1.00\"")),
              Mistakes{"wrong_type #/orders/0"});
    EXPECT_EQ(mistakes(with("\"1.00\"", "1.00")), Mistakes{"amount_not_text #/orders/0/amount"});
    EXPECT_EQ(mistakes(with("\"1.00\"", "true")), Mistakes{"wrong_type #/orders/0/amount"});
    EXPECT_EQ(mistakes(with("\"1.00\"", "\"0\"")), Mistakes{"amount_zero #/orders/0/amount"});
    EXPECT_EQ(mistakes(with("{\"checkout", R"({"capture":"later","checkout)")),
              Mistakes{"not_allowed #/capture"});
    EXPECT_EQ(mistakes(with("{\"checkout", R"({"capture":null,"checkout)")),
              Mistakes{"wrong_type #/capture"});
}

TEST(Form, RefusesCharactersThatDoNoGood) {
    for (const std::string_view text :
         {"a\\u0000", "\\n", "\\u001b[2J", "\\u007f", "\\u0085", "{{card}}", "a{{", "\\u007b{"}) {
        EXPECT_EQ(mistakes(with("chk_1", text)), Mistakes{"bad_characters #/checkout_id"}) << text;
    }
    for (const std::string_view text : {"{ {", "}}", "\\u00a0", "漢字", "🎟"}) {
        EXPECT_EQ(mistakes(with("chk_1", text)), Mistakes{}) << text;
    }
}

TEST(Form, SaysWhatToSendInstead) {
    Form form(R"({"checkout_id":"c","capture":"x","buyer":{"id":"b"},"orders":[{"amount":5}]})");
    const auto result = read_payment(form);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::invalid);
    EXPECT_EQ(result.error().code, "not_allowed");
    EXPECT_EQ(result.error().detail,
              "2 fields are wrong; the first is #/capture: Send one of \"automatic\", \"manual\".");
    ASSERT_EQ(result.error().fields.size(), 2u);
    EXPECT_EQ(result.error().fields[1].detail,
              "Send the amount as text in major units: \"10.99\", not 10.99.");
}

TEST(Form, ReportsOneMistakeAPlaceAndNotTooMany) {
    Form form(R"({"a":1})");
    form.root().text("a");
    form.add_error("#/a", "again", "Not kept.");
    form.add_error("", "nowhere", "Not kept.");
    const auto result = form.finish();
    ASSERT_FALSE(result);
    ASSERT_EQ(result.error().fields.size(), 1u);
    EXPECT_EQ(result.error().fields[0].code, "wrong_type");

    std::string body = "{\"f0\":0";
    for (int i = 1; i < 1000; ++i) body += ",\"f" + std::to_string(i) + "\":0";
    EXPECT_EQ(mistakes(body + '}').size(), kMistakesMax);
    const auto long_name = mistakes("{\"" + std::string(10'000, 'n') + "\":1}");
    EXPECT_LT(long_name.back().size(), 100u);
}

TEST(Form, TwoFormsOfOneThreadDoNotDisturbEachOther) {
    Form first(R"({"a":"one"})");
    Form second(R"({"a":"two"})");
    EXPECT_EQ(first.root().text("a"), "one");
    EXPECT_EQ(second.root().text("a"), "two");
    EXPECT_EQ(first.canonical(), R"({"a":"one"})");
}

std::string canonical(std::string_view body) {
    return Form(body).canonical();
}

TEST(Form, CanonicalFormIsEqualForEqualRequests) {
    EXPECT_EQ(canonical(R"( { "b" : [ 1 , -2.50 , 1e3 ] , "a" : { "d" : null , "c" : true } } )"),
              R"({"a":{"c":true,"d":null},"b":[1,-2.50,1e3]})");
    EXPECT_EQ(canonical(R"({"a":"\u0041\/\t\u00e9"})"), R"({"a":"A/\té"})");
    EXPECT_EQ(canonical(R"({"\"1\\":"2\"3",  "x":4})"), R"({"\"1\\":"2\"3","x":4})");
    EXPECT_EQ(canonical(R"({"b":1,"a":2})"), canonical(R"({"a":2,"b":1})"));
    EXPECT_NE(canonical(R"({"a":1})"), canonical(R"({"a":1.0})"));
    EXPECT_NE(canonical(R"({"a":["1"]})"), canonical(R"({"a":"1"})"));
    EXPECT_EQ(canonical("{}"), "{}");
    EXPECT_EQ(canonical("{"), "");
}

class CanonicalProperties : public testing::Test {
protected:
    std::string spaces() { return std::string(random_() % 3, " \n\t"[random_() % 3]); }

    // A random value; objects list their members in a random order.
    std::string value(int depth) {
        switch (random_() % (depth > 0 ? 6 : 4)) {
            case 0:
                return std::to_string(static_cast<std::int64_t>(random_()));
            case 1:
                return "\"\\u00e9\\\\ \\\" 12\"";
            case 2:
                return random_() % 2 ? "true" : "null";
            case 3:
                return "-0." + std::to_string(random_() % 1000) + "e-7";
            case 4:
                return '[' + value(depth - 1) + spaces() + ',' + value(depth - 1) + ']';
            default:
                return object(depth - 1).first;
        }
    }
    // The same object twice, with its members in different orders.
    std::pair<std::string, std::string> object(int depth) {
        std::vector<std::string> members;
        for (std::size_t i = 0; i < random_() % 6; ++i) {
            members.push_back(spaces() + "\"k" + std::to_string(i) + "\":" + value(depth));
        }
        const auto one = join(members);
        std::ranges::shuffle(members, random_);
        return {one, join(members)};
    }
    static std::string join(const std::vector<std::string>& members) {
        std::string out = "{";
        for (const auto& member : members) out += (out.size() > 1 ? "," : "") + member;
        return out + '}';
    }

    std::mt19937_64 random_;
};

TEST_F(CanonicalProperties, OrderDoesNotMatterAndTwiceIsOnce) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    for (int i = 0; i < 20'000; ++i) {
        const auto [one, other] = object(4);
        const auto text = canonical(one);
        ASSERT_FALSE(text.empty()) << one;
        ASSERT_EQ(canonical(other), text) << one << '\n' << other;
        ASSERT_EQ(canonical(text), text);
    }
}

}  // namespace
}  // namespace florin
