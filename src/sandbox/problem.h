#pragma once

// An error answer of the provider, before it is written as JSON.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sandbox/objects.h"

namespace florin::sandbox {

struct Problem {
    int status = 400;
    std::string type = "invalid_request_error";
    std::string code = {};
    std::string decline_code = {};
    std::string message = {};
    std::string param = {};
    std::uint32_t intent = kNone;  // Shown inside the error, each if there is one.
    std::uint32_t charge = kNone;
    std::uint32_t method = kNone;
    bool executed = false;  // True once objects were touched: the answer then belongs to the key.
};

template <class T>
using Checked = std::expected<T, Problem>;

inline std::unexpected<Problem> refuse(std::string_view param, std::string_view code,
                                       std::string_view message) {
    Problem problem;
    problem.param = param;
    problem.code = code;
    problem.message = message;
    return std::unexpected(std::move(problem));
}

inline Problem declined_by(const Decline& why) {
    Problem problem;
    problem.status = 402;
    problem.type = why.type;
    problem.code = why.code;
    problem.decline_code = why.decline_code;
    problem.message = why.message;
    problem.executed = true;
    return problem;
}

// Refused for what the objects are now, so the answer belongs to the key.
inline std::unexpected<Problem> refuse_by_state(std::string_view param, std::string_view code,
                                                std::string_view message) {
    auto refused = refuse(param, code, message);
    refused.error().executed = true;
    return refused;
}

}  // namespace florin::sandbox
