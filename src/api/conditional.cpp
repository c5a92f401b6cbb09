#include "api/conditional.h"

#include <fmt/format.h>

#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

constexpr std::size_t kTagLength = 26;  // 130 bits.

}  // namespace

std::string etag(std::int32_t version) {
    return fmt::format("\"{}\"", version);
}

// Tags may hold commas, so the list is read from tag to tag.
bool names_etag(std::string_view list, std::string_view tag) {
    if (list == "*") return true;
    while (true) {
        const auto begin = list.find('"');
        if (begin == std::string_view::npos) return false;
        const auto end = list.find('"', begin + 1);
        if (end == std::string_view::npos) return false;
        if (list.substr(begin, end + 1 - begin) == tag) return true;
        list.remove_prefix(end + 1);
    }
}

void leave_out_what_is_known(http::Response& response, std::string_view if_none_match) {
    if (response.status != 200 || response.source) return;
    if (response.headers.count("ETag") == 0) {
        const auto hash = crypto::sha256(response.body);
        const std::string tag = crypto::base32(view(hash), kTagLength);
        response.headers.add("ETag", '"' + tag + '"');
    }
    if (!names_etag(if_none_match, response.headers.get("ETag"))) return;
    http::Response known;
    known.status = 304;
    for (const auto& [name, value] : response.headers.all()) {
        if (!http::same_name(name, "Content-Type")) known.headers.add(name, value);
    }
    response = std::move(known);
}

}  // namespace florin::api
