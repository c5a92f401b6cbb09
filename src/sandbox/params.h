#pragma once

// The parameters of one request: form fields with brackets, as Stripe's clients send them.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace florin::sandbox {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Params {
public:
    Params() = default;
    explicit Params(Pairs pairs) : pairs_(std::move(pairs)) {}
    // Nothing when the encoding is broken or the text is not UTF-8.
    static std::optional<Params> parse(std::string_view form);

    // The last value sent under that whole name ("amount", "card[number]"), or nothing.
    const std::string* get(std::string_view name) const;
    // metadata[order]=1 -> {("order", "1")}.
    Pairs map(std::string_view name) const;
    // expand[]=a, expand[0]=a -> {"a"}.
    std::vector<std::string> list(std::string_view name) const;

    // The first name that fits none of `known`: "amount" is one value, "expand[]" a list,
    // "metadata[*]" anything below that name.
    std::optional<std::string> first_unknown(std::span<const std::string_view> known) const;
    // The same for the same parameters in any order.
    std::uint64_t fingerprint() const;

private:
    Pairs pairs_;
};

}  // namespace florin::sandbox
