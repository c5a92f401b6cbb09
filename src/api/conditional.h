#pragma once

// Answers that a client has already: ETag and If-None-Match (RFC 9110, 8.8.3 and 13.1.2).

#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace florin::api {

// "17", the ETag of version 17.
std::string etag(std::int32_t version);

// Does If-None-Match name this tag? Weak and strong tags are the same here; "*" names every tag.
bool names_etag(std::string_view if_none_match, std::string_view tag);

// Gives a readable answer its ETag, made of its bytes unless the handler knew one, and makes it 304
// without a body when the client has it.
void leave_out_what_is_known(http::Response& response, std::string_view if_none_match);

}  // namespace florin::api
