#include "app/wire.h"

namespace florin::app {

Task<http::Answer> AccountWire::send(http::Request request, Deadline deadline) {
    constexpr std::string_view mark = "{{secret.api_key}}";
    request.target = request.target.starts_with(connectors::kFiles)
                         ? files_url_ + request.target.substr(connectors::kFiles.size())
                         : base_url_ + request.target;
    http::Headers filled;
    for (const auto& [name, value] : request.headers.all()) {
        auto text = value;
        if (const auto at = text.find(mark); at != std::string::npos)
            text.replace(at, mark.size(), api_key_);
        filled.add(name, std::move(text));
    }
    request.headers = std::move(filled);
    co_return co_await client_.send(std::move(request), deadline);
}

}  // namespace florin::app
