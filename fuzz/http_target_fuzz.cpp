// Any bytes as a request target and as a form: no crash, and what was decoded can be encoded and
// decoded again to the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "platform/http/message.h"

namespace http = florin::http;
using florin::check;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string encode(const Pairs& pairs) {
    std::string out;
    for (const auto& [name, value] : pairs) {
        if (!out.empty()) out += '&';
        out += http::percent_encode(name) + '=' + http::percent_encode(value);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto target = http::split_target(text); target.readable) {
        const auto again = http::split_target("/?" + encode(target.query));
        check(again.readable && again.query == target.query, "a query survives encoding");
    }
    if (Pairs pairs; http::parse_form(text, pairs)) {
        Pairs again;
        check(http::parse_form(encode(pairs), again) && again == pairs, "a form survives encoding");
    }
    std::string decoded;
    check(http::percent_decode(http::percent_encode(text), decoded, true) && decoded == text,
          "percent encoding and back is the same");
    return 0;
}
