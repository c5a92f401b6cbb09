#pragma once

// An HTTP/1.1 server for one handler, on one event loop. It refuses ambiguous messages, keeps every
// limit below and answers what it refuses with problem+json. HTTP/2 ends at the proxy.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/async/task.h"
#include "platform/http/message.h"

namespace florin::http {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;             // 0 = any free one; see Server::port().
    std::string certificate_file = {};  // PEM; both set = TLS.
    std::string private_key_file = {};
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t body_bytes_max = 256 * 1024;
    // Where some targets take more than others; empty = body_bytes_max for all. Of bodies above
    // body_bytes_max only so many are taken at once.
    std::function<std::size_t(std::string_view target)> body_bytes_max_of = {};
    std::size_t large_bodies_max = 8;
    std::size_t connections_max = 4096;
    std::chrono::seconds idle_time{75};     // Between two requests, and for the head of the next.
    std::chrono::seconds request_time{15};  // For the body, and for writing the answer.
};

// A body of unknown length, for as long as it lasts: an answer that has one is written piece by
// piece, and the connection ends with it.
class Source {
public:
    virtual ~Source() = default;
    // The next piece; empty = the end. An exception breaks the answer off.
    virtual Task<std::string> next() = 0;
    // The client has left or the server closes: next() is to give the end soon.
    virtual void stop() = 0;
};

// Called once per request. An exception is logged and answered with 500.
using Handler = std::function<Task<Response>(Request)>;

class Server {
public:
    // Listens at once; throws std::runtime_error with the reason when it cannot.
    Server(asio::io_context& io, ServerOptions options, Handler handler);
    ~Server();
    Server(const Server&) = delete;

    std::uint16_t port() const;
    // Takes no new connection or request; returns when the running ones are answered, or at the
    // deadline.
    Task<> close(std::chrono::milliseconds patience);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace florin::http
