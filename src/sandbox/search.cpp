#include "sandbox/search.h"

#include <fmt/format.h>

#include <algorithm>

namespace florin::sandbox {
namespace {

constexpr std::size_t kTermsMax = 10;

class Reader {
public:
    explicit Reader(std::string_view text) : left_(text) {}

    void skip_spaces() {
        while (left_.starts_with(' ')) left_.remove_prefix(1);
    }
    bool done() {
        skip_spaces();
        return left_.empty();
    }
    bool take(std::string_view token) {
        if (!left_.starts_with(token)) return false;
        left_.remove_prefix(token.size());
        return true;
    }
    std::string_view word() {
        std::size_t length = 0;
        while (length < left_.size() && is_word(left_[length])) ++length;
        const auto out = left_.substr(0, length);
        left_.remove_prefix(length);
        return out;
    }
    // 'text' or "text"; a backslash takes the next character as it is.
    std::optional<std::string> quoted() {
        if (left_.empty() || (left_.front() != '\'' && left_.front() != '"')) return {};
        const char quote = left_.front();
        std::string out;
        for (std::size_t i = 1; i < left_.size(); ++i) {
            if (left_[i] == quote) {
                left_.remove_prefix(i + 1);
                return out;
            }
            if (left_[i] == '\\' && i + 1 < left_.size()) ++i;
            out += left_[i];
        }
        return {};
    }
    std::string_view relation() {
        for (const std::string_view token : {">=", "<=", ">", "<", ":"}) {
            if (take(token)) return token;
        }
        return {};
    }
    std::string_view rest() const { return left_; }

private:
    static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }

    std::string_view left_;
};

bool read_number_term(Reader& in, Range& range) {
    const auto relation = in.relation();
    if (relation.empty()) return false;
    std::string digits;
    if (const auto text = in.quoted()) {
        digits = *text;
    } else {
        digits = in.word();
    }
    const auto bound = whole_number(digits);
    if (!bound) return false;
    range.narrow(relation == ":" ? "=" : relation, *bound);
    return true;
}

bool read_text_term(Reader& in, std::vector<std::string>& values) {
    if (!in.take(":")) return false;
    auto value = in.quoted();
    if (!value) return false;
    values.push_back(*std::move(value));
    return true;
}

bool read_metadata_term(Reader& in, Pairs& pairs) {
    if (!in.take("[")) return false;
    auto key = in.quoted();
    if (!key || !in.take("]") || !in.take(":")) return false;
    auto value = in.quoted();
    if (!value) return false;
    pairs.emplace_back(*std::move(key), *std::move(value));
    return true;
}

bool read_term(Reader& in, Query& query) {
    const auto field = in.word();
    if (field == "metadata") return read_metadata_term(in, query.metadata);
    if (field == "status") return read_text_term(in, query.statuses);
    if (field == "currency") return read_text_term(in, query.currencies);
    if (field == "amount") return read_number_term(in, query.amount);
    if (field == "created") return read_number_term(in, query.created);
    return false;
}

}  // namespace

Checked<Query> parse_query(std::string_view text) {
    Reader in(text);
    Query query;
    for (std::size_t terms = 0; terms < kTermsMax; ++terms) {
        in.skip_spaces();
        const auto here = in.rest();
        if (!read_term(in, query))
            return refuse("query", "",
                          fmt::format("We were unable to parse your search query at '{}'. Send "
                                      "terms like metadata['key']:'value', status:'succeeded' or "
                                      "amount>100, joined by AND.",
                                      here.substr(0, 100)));
        if (in.done()) return query;
        if (!in.take("AND ") && !in.take("and "))
            return refuse("query", "", "Search terms must be joined by AND.");
    }
    return refuse("query", "", fmt::format("A search has at most {} terms.", kTermsMax));
}

bool Query::matches(const PaymentIntent& intent) const {
    const auto carries = [&](const auto& pair) {
        return std::ranges::find(intent.metadata, pair) != intent.metadata.end();
    };
    return std::ranges::all_of(metadata, carries) &&
           std::ranges::all_of(statuses, [&](auto& s) { return s == name_of(intent.status); }) &&
           std::ranges::all_of(currencies, [&](auto& c) { return c == intent.currency; }) &&
           amount.holds(intent.amount) && created.holds(intent.created_us / 1'000'000);
}

}  // namespace florin::sandbox
