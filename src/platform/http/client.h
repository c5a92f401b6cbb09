#pragma once

// An HTTP client on the event loop with kept-alive connections. It never sends a request twice
// (only a GET may be repeated when a kept connection turns out to have ended), it follows no
// redirect, and it tells whether a byte of a failed request may have left: that is the
// difference between "not executed" and "unknown".

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "platform/async/task.h"
#include "platform/http/message.h"

namespace florin::http {

struct WireFailure {
    bool request_left_us = true;  // False only when not one byte of the request was written.
    std::string why;
};

using Answer = std::expected<Response, WireFailure>;

struct ClientOptions {
    std::size_t connections_max = 256;
    std::size_t body_bytes_max = 4 * 1024 * 1024;
    std::chrono::milliseconds connect_time{5000};
};

class Client {
public:
    Client(asio::io_context& io, ClientOptions options);
    ~Client();  // Running exchanges end as failures.
    Client(const Client&) = delete;

    // `request.target` is a whole URL (http or https; certificates are checked).
    Task<Answer> send(Request request, Deadline deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace florin::http
