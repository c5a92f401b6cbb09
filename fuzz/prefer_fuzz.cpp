// Any bytes as Prefer and as If-None-Match: no crash, a wait within its limit that is read back
// from what the answer says, and a tag that is found where it stands.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/conditional.h"
#include "api/prefer.h"
#include "base/check.h"

namespace api = florin::api;
using florin::check;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    florin::http::Headers headers;
    headers.add("Prefer", text);
    if (const auto wait = api::read_wait(headers)) {
        check(wait->time.count() >= 0 && wait->time <= api::kWaitMax, "a wait has its limit");
        florin::http::Headers again;
        again.add("Prefer", wait->applied);
        const auto same = api::read_wait(again);
        check(same && same->time == wait->time, "what counted reads the same");
    }
    api::names_etag(text, api::etag(17));
    if (text.find('"') == std::string::npos)
        check(api::names_etag(text + ", " + api::etag(17), api::etag(17)), "the last tag is found");
    return 0;
}
