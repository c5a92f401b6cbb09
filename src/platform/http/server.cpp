// Beast parses, this file owns the connections. It is the only file that names Beast.

#include "platform/http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <poll.h>

#include <list>
#include <stdexcept>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "platform/async/scope.h"

namespace florin::http {
namespace {

namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

std::string_view reason_of(int status) {
    return beast::http::obsolete_reason(static_cast<beast::http::status>(status));
}

std::string head_of(const Response& response, bool keep_alive) {
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
    for (const auto& [name, value] : response.headers.all()) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    if (response.status != 204 && response.status != 304 && !response.source)
        out += fmt::format("Content-Length: {}\r\n", response.body.size());
    out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
    return out;
}

// What the server itself refuses, before any handler sees it.
Response refusal(int status, std::string_view code, std::string_view detail) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    json::Writer out;
    out.begin_object();
    out.field("type", fmt::format("/problems/{}", code)).field("title", reason_of(status));
    out.field("status", status).field("code", code).field("detail", detail);
    out.end_object();
    response.body = std::move(out).text();
    return response;
}

Response refusal_of(const boost::system::error_code& error) {
    using beast::http::error;
    if (error == error::body_limit)
        return refusal(413, "body_too_large", "the body is larger than this server accepts");
    if (error == asio::error::no_buffer_space) {
        auto busy = refusal(503, "overloaded", "too many large bodies at once: repeat it later");
        busy.headers.add("Retry-After", "1");
        return busy;
    }
    if (error == error::header_limit)
        return refusal(431, "header_too_large", "the header is larger than this server accepts");
    return refusal(400, "malformed_request", "the message is not HTTP/1.1: " + error.message());
}

bool is_hang_up(const boost::system::error_code& error) {
    return error == beast::http::error::end_of_stream ||
           error == beast::http::error::partial_message || error == asio::error::eof ||
           error == asio::error::connection_reset || error == asio::error::operation_aborted ||
           error.category() == asio::error::get_ssl_category() || error == asio::error::broken_pipe;
}

// The client has ended its side. For a connection that is only written to: a read would tell.
bool has_left(tcp::socket& socket) {
    pollfd asked{socket.native_handle(), POLLRDHUP, 0};
    return poll(&asked, 1, 0) > 0;
}

std::string chunk_of(std::string_view piece) {
    return fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

}  // namespace

struct Server::State {
    struct Connection {
        tcp::socket* socket = nullptr;
        Source* source = nullptr;  // While the answer comes in pieces.
        Deadline deadline;
        bool busy = false;  // A request is being read or answered.
    };
    using Place = std::list<Connection>::iterator;

    State(asio::io_context& loop, ServerOptions wanted, Handler handle)
        : io(loop),
          options(std::move(wanted)),
          handler(std::move(handle)),
          acceptor(loop),
          tls(asio::ssl::context::tls_server),
          scope(loop) {}

    asio::io_context& io;
    ServerOptions options;
    Handler handler;
    tcp::acceptor acceptor;
    asio::ssl::context tls;
    TaskScope scope;
    std::list<Connection> connections;
    std::size_t large_bodies = 0;
    bool closing = false;

    void listen() {
        boost::system::error_code error;
        const auto address = asio::ip::make_address(options.address, error);
        if (error)
            throw std::runtime_error("listen address '" + options.address +
                                     "' is not an IP address");
        const tcp::endpoint endpoint(address, options.port);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(1024, error);
        if (error)
            throw std::runtime_error(fmt::format("cannot listen on {}:{}: {}", options.address,
                                                 options.port, error.message()));
        if (!options.certificate_file.empty()) {
            tls.use_certificate_chain_file(options.certificate_file);
            tls.use_private_key_file(options.private_key_file, asio::ssl::context::pem);
        }
    }

    void touch(Place at, std::chrono::seconds time, bool busy) {
        at->deadline = deadline_in(time);
        at->busy = busy;
    }

    // One sweep a second instead of a timer per connection and operation.
    Task<> sweep() {
        while (true) {
            co_await sleep_for(std::chrono::seconds(1));
            const auto time = monotonic_now();
            for (auto& connection : connections) {
                const bool left = connection.source && has_left(*connection.socket);
                if (left || connection.deadline < time) shut(connection);
            }
        }
    }

    static void shut(Connection& connection) {
        boost::system::error_code ignored;
        connection.socket->shutdown(tcp::socket::shutdown_both, ignored);
        connection.socket->cancel(ignored);
        if (connection.source) connection.source->stop();
    }

    Task<> accept() {
        while (!closing) {
            auto taken = co_await acceptor.async_accept(kNoThrow);
            auto& [error, socket] = taken;
            if (error == asio::error::operation_aborted) co_return;
            if (error) {  // No descriptors left, for instance: let running requests end.
                log::warn("http.accept_failed", {{"why", error.message()}});
                co_await sleep_for(std::chrono::milliseconds(100));
                continue;
            }
            if (connections.size() >= options.connections_max) continue;  // Closes it.
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            if (options.certificate_file.empty()) {
                scope.start("http.connection", converse(std::move(socket)));
            } else {
                scope.start("http.connection", shake_hands(TlsStream(std::move(socket), tls)));
            }
        }
    }

    Task<> shake_hands(TlsStream stream) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        const Place at = connections.emplace(connections.end());
        at->socket = &stream.next_layer();
        touch(at, options.request_time, false);
        auto shaken = co_await stream.async_handshake(asio::ssl::stream_base::server, kNoThrow);
        if (!std::get<0>(shaken)) co_await talk(stream, at);
        connections.erase(at);
    }

    // Deaf to cancellation: a request that runs is answered, and an idle connection ends because
    // its socket is shut.
    Task<> converse(tcp::socket socket) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        const Place at = connections.emplace(connections.end());
        at->socket = &socket;
        co_await talk(socket, at);
        connections.erase(at);
    }

    template <class Stream>
    Task<> talk(Stream& stream, Place at) {
        boost::system::error_code gone;
        const auto remote = at->socket->remote_endpoint(gone);
        const std::string peer = gone ? "" : remote.address().to_string();
        beast::flat_buffer buffer;
        while (!closing) {
            beast::http::request_parser<beast::http::string_body> parser;
            parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
            parser.body_limit(boost::none);  // Until the target is known.
            touch(at, options.idle_time, buffer.size() > 0);
            auto head = co_await beast::http::async_read_header(stream, buffer, parser, kNoThrow);
            boost::system::error_code error = std::get<0>(head);
            Large large;
            if (!error) error = limit_body(parser, large);
            if (!error && !parser.is_done()) {
                touch(at, options.request_time, true);
                error = co_await read_body(stream, buffer, parser);
            }
            const auto coding = parser.get()[beast::http::field::transfer_encoding];
            if (!error && !coding.empty() && !same_name(coding, "chunked"))
                error = beast::http::error::bad_transfer_encoding;
            if (error) {
                if (!is_hang_up(error)) co_await write(stream, refusal_of(error), false, false);
                co_return;
            }
            touch(at, std::chrono::hours(1), true);  // The handler has limits of its own.
            const bool keep = parser.get().keep_alive();
            const bool head_only = parser.get().method() == beast::http::verb::head;
            const bool in_chunks = parser.get().version() >= 11;
            auto request = request_of(parser.release(), peer);
            auto response = co_await answer(std::move(request));
            if (response.hang_up) co_return;
            if (response.source && !head_only) {
                co_await pour(stream, std::move(response), at, in_chunks);
                co_return;
            }
            touch(at, options.request_time, true);
            const bool stay = keep && !closing;
            if (!co_await write(stream, std::move(response), stay, head_only) || !stay) co_return;
        }
    }

    // A large body that is read or answered.
    class Large {
    public:
        ~Large() {
            if (count_) --*count_;
        }
        void enter(std::size_t& count) { ++*(count_ = &count); }

    private:
        std::size_t* count_ = nullptr;
    };

    template <class Parser>
    boost::system::error_code limit_body(Parser& parser, Large& large) {
        const auto told = parser.content_length();
        // Nearly all requests: nobody has to look which target it is.
        if (told ? *told <= options.body_bytes_max : !parser.chunked()) return {};
        const auto limit = options.body_bytes_max_of
                               ? options.body_bytes_max_of(parser.get().target())
                               : options.body_bytes_max;
        parser.body_limit(limit);  // Of chunks; a length that was told is compared here.
        if (told && *told > limit) return beast::http::error::body_limit;
        if (limit <= options.body_bytes_max) return {};
        if (large_bodies == options.large_bodies_max) return asio::error::no_buffer_space;
        large.enter(large_bodies);
        return {};
    }

    template <class Stream, class Parser>
    Task<boost::system::error_code> read_body(Stream& stream, beast::flat_buffer& buffer,
                                              Parser& parser) {
        if (parser.get()[beast::http::field::expect] == "100-continue") {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            auto sent = co_await asio::async_write(stream, asio::buffer(go_on), kNoThrow);
            if (std::get<0>(sent)) co_return std::get<0>(sent);
        }
        auto body = co_await beast::http::async_read(stream, buffer, parser, kNoThrow);
        co_return std::get<0>(body);
    }

    static Request request_of(beast::http::request<beast::http::string_body> message,
                              const std::string& peer) {
        Request request;
        request.method = message.method_string();
        request.target = message.target();
        for (const auto& field : message)
            request.headers.add(std::string(field.name_string()), std::string(field.value()));
        request.body = std::move(message.body());
        request.peer = peer;
        return request;
    }

    Task<Response> answer(Request request) {
        try {
            co_return co_await handler(std::move(request));
        } catch (const std::exception& e) {
            log::error("http.handler_threw", {{"why", e.what()}});
        }
        co_return refusal(500, "internal_error",
                          "the server failed; the outcome is unknown, ask again with the same key");
    }

    // Writes the pieces of a body until it ends, or the client leaves or reads too slowly. Each
    // piece has the time that a whole answer has.
    template <class Stream>
    Task<> pour(Stream& stream, Response response, Place at, bool in_chunks) {
        const auto source = response.source;
        at->source = source.get();
        if (closing) source->stop();
        if (in_chunks) response.headers.add("Transfer-Encoding", "chunked");
        touch(at, options.request_time, true);
        bool open = co_await write(stream, std::move(response), false, true);
        try {
            while (open) {
                touch(at, std::chrono::hours(1), true);
                auto piece = co_await source->next();
                const bool last = piece.empty();
                if (last && !in_chunks) break;
                touch(at, options.request_time, true);
                if (in_chunks) piece = chunk_of(piece);
                open = co_await write_text(stream, std::move(piece)) && !last;
            }
        } catch (const std::exception& e) {
            log::error("http.source_threw", {{"why", e.what()}});
        }
        at->source = nullptr;
    }

    template <class Stream>
    Task<bool> write_text(Stream& stream, std::string text) {
        auto sent = co_await asio::async_write(stream, asio::buffer(text), kNoThrow);
        co_return !std::get<0>(sent);
    }

    template <class Stream>
    Task<bool> write(Stream& stream, Response response, bool keep, bool head_only) {
        const auto head = head_of(response, keep);
        const std::array<asio::const_buffer, 2> parts = {
            asio::buffer(head), asio::buffer(head_only ? std::string_view() : response.body)};
        auto sent = co_await asio::async_write(stream, parts, kNoThrow);
        co_return !std::get<0>(sent);
    }
};

Server::Server(asio::io_context& io, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>(io, std::move(options), std::move(handler))) {
    state_->listen();
    state_->scope.start("http.accept", state_->accept());
    state_->scope.start("http.sweep", state_->sweep());
}

Server::~Server() = default;

std::uint16_t Server::port() const {
    return state_->acceptor.local_endpoint().port();
}

Task<> Server::close(std::chrono::milliseconds patience) {
    auto state = state_;
    state->closing = true;
    boost::system::error_code ignored;
    state->acceptor.close(ignored);
    for (auto& connection : state->connections) {
        if (connection.source) connection.source->stop();
    }
    const auto end = deadline_in(patience);
    const auto some_busy = [&] {
        return std::ranges::any_of(state->connections, [](const auto& c) { return c.busy; });
    };
    while (some_busy() && monotonic_now() < end) co_await sleep_for(std::chrono::milliseconds(10));
    for (auto& connection : state->connections) State::shut(connection);
    co_await state->scope.close();
}

}  // namespace florin::http
