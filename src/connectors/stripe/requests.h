#pragma once

// What every request to Stripe has.

#include <string>
#include <utility>
#include <vector>

#include "connectors/stripe/words.h"
#include "connectors/types.h"
#include "platform/http/message.h"

namespace florin::connectors::stripe {

using Form = std::vector<std::pair<std::string, std::string>>;

inline std::string encode_form(const Form& form) {
    std::string out;
    for (const auto& [name, value] : form) {
        if (!out.empty()) out += '&';
        out += http::percent_encode(name) + '=' + http::percent_encode(value);
    }
    return out;
}

inline void add_account(http::Request& request) {
    request.headers.add("Authorization", "Bearer {{secret.api_key}}");
    request.headers.add("Stripe-Version", std::string(kVersion));
}

inline http::Request get(std::string target) {
    http::Request request;
    request.method = "GET";
    request.target = std::move(target);
    add_account(request);
    return request;
}

// `key`: of idempotency; may be empty.
inline http::Request post(std::string target, std::string type, std::string body,
                          const std::string& key) {
    http::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::move(body);
    add_account(request);
    request.headers.add("Content-Type", std::move(type));
    if (!key.empty()) request.headers.add("Idempotency-Key", key);
    return request;
}

inline http::Request post(std::string target, const Form& form, const std::string& key) {
    return post(std::move(target), "application/x-www-form-urlencoded", encode_form(form), key);
}

}  // namespace florin::connectors::stripe
