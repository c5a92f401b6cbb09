// The load generator's HTTP: callbacks on one socket.

#include "connection.h"

#include <fmt/format.h>
#include <strings.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace florin::bench {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kLargestAnswer = 1 << 20;

// The value of a header in an answer's head, without leading blanks.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
        at += 2;
        const auto line = head.substr(at, head.find("\r\n", at) - at);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        auto value = line.substr(name.size() + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        return value;
    }
    return std::nullopt;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Connection::Connection(asio::io_context& io, asio::ip::tcp::endpoint server, Listener& listener)
    : socket_(io), server_(std::move(server)), listener_(listener), answer_(16 * 1024, '\0') {}

void Connection::send(std::string request, Deadline intended) {
    request_ = std::move(request);
    intended_ = intended;
    filled_ = 0;
    busy_ = true;
    aborted_ = false;
    if (socket_.is_open()) {
        write();
    } else {
        connect();
    }
}

void Connection::abort() {
    aborted_ = true;
    error_code ignored;
    socket_.close(ignored);
}

void Connection::connect() {
    reused_ = false;
    socket_.async_connect(server_, [this](error_code failed) {
        if (failed) return fail(fmt::format("cannot connect: {}", failed.message()));
        error_code ignored;
        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
        write();
    });
}

void Connection::write() {
    asio::async_write(socket_, asio::buffer(request_), [this](error_code failed, std::size_t) {
        if (failed) return fail(fmt::format("cannot send: {}", failed.message()));
        read();
    });
}

void Connection::read() {
    if (filled_ == answer_.size()) {
        if (filled_ >= kLargestAnswer) return fail("the answer is larger than 1 MiB");
        answer_.resize(answer_.size() * 2);
    }
    const auto space = asio::buffer(answer_.data() + filled_, answer_.size() - filled_);
    socket_.async_read_some(space, [this](error_code failed, std::size_t count) {
        filled_ += count;
        if (failed) return fail(fmt::format("no whole answer: {}", failed.message()));
        look();
    });
}

// Is the answer complete?
void Connection::look() {
    const std::string_view all(answer_.data(), filled_);
    const auto end = all.find("\r\n\r\n");
    if (end == std::string_view::npos) return read();
    const auto head = all.substr(0, end + 2);
    const auto status = number<int>(head.substr(head.find(' ') + 1, 3));
    const auto length = number<std::size_t>(header(head, "Content-Length").value_or(""));
    if (!head.starts_with("HTTP/1.1 ") || !status || !length) {
        return fail("the answer has no status or no Content-Length");
    }
    const auto body = all.substr(end + 4);
    if (body.size() < *length) return read();
    if (body.size() > *length) return fail("the answer is longer than its Content-Length");
    if (header(head, "Connection").value_or("") == "close") {
        error_code ignored;
        socket_.close(ignored);
    }
    busy_ = false;
    reused_ = true;
    listener_.answered(*this, *status, body);
}

void Connection::fail(std::string_view why) {
    error_code ignored;
    socket_.close(ignored);
    // A server may close a connection that idled just as we use it. Asking again is safe: the
    // request carries its idempotency key.
    if (reused_ && filled_ == 0 && !aborted_) return connect();
    busy_ = false;
    listener_.failed(*this, why);
}

}  // namespace florin::bench
