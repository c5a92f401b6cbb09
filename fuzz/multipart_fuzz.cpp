// Any bytes as an upload: no crash, limits hold, and what is read lies in the body in order. The
// first line is the Content-Type, the rest the body.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/check.h"
#include "sandbox/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using florin::check;
    std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto type = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(type.size() + 1, body.size()));
    const auto parts = florin::sandbox::parse_multipart(type, body);
    if (!parts) {
        check(!parts.error().empty(), "a refusal says why");
        return 0;
    }
    check(!parts->empty() && parts->size() <= florin::sandbox::kPartsMax, "parts are limited");
    const char* from = body.data();
    for (const auto& part : *parts) {
        check(!part.name.empty(), "a part has a name");
        check(std::less_equal<>()(from, part.content.data()), "parts lie one behind the other");
        from = part.content.data() + part.content.size();
    }
    check(std::less<>()(from, body.data() + body.size()), "the end lies behind the last part");
    return 0;
}
