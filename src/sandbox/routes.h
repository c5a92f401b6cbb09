#pragma once

// The HTTP gate: keys, faults, idempotency, and the sandbox's own pages under /_sandbox.

#include <cstdint>
#include <string>

#include "platform/http/message.h"
#include "sandbox/faults.h"
#include "sandbox/sandbox.h"
#include "sandbox/webhooks.h"

namespace florin::sandbox {

// "Bearer sk_test_x" or Basic with it as the user -> "sk_test_x"; empty when there is no key.
std::string key_from(std::string_view authorization);

class Routes {
public:
    Routes(Sandbox& sandbox, Faults& faults, const Webhooks& webhooks)
        : sandbox_(sandbox), faults_(faults), webhooks_(webhooks) {}

    Task<http::Response> handle(http::Request request);

private:
    Task<http::Response> call(http::Request request, http::Target target, std::string request_id);
    Task<Sandbox::Early> post(http::Request request, std::string path, std::string request_id,
                              Fate fate);
    Reply get(const http::Target& target, const std::string& account) const;
    std::optional<Reply> refuse_caller(const http::Request& request, std::string_view path) const;
    http::Response own_page(const http::Request& request, const http::Target& target);
    http::Response challenge_page(const http::Request& request, const std::string& path);
    Reply execute(const http::Request& request, const std::string& path);
    http::Response health() const;
    std::string charges() const;
    std::string files() const;

    Sandbox& sandbox_;
    Faults& faults_;
    const Webhooks& webhooks_;
};

}  // namespace florin::sandbox
