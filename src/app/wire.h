#pragma once

// The way out to a provider's account: knows its host and fills the marks that connectors write
// where a secret belongs. Only marks in headers are filled, so that nothing from outside can ask
// for a secret.

#include <string>

#include "connectors/connector.h"
#include "platform/http/client.h"

namespace florin::app {

class AccountWire : public connectors::Wire {
public:
    AccountWire(http::Client& client, std::string base_url, std::string files_url,
                std::string api_key)
        : client_(client),
          base_url_(std::move(base_url)),
          files_url_(std::move(files_url)),
          api_key_(std::move(api_key)) {}

    Task<http::Answer> send(http::Request request, Deadline deadline) override;

private:
    http::Client& client_;
    std::string base_url_, files_url_;
    std::string api_key_;
};

}  // namespace florin::app
