#pragma once

// A keep-alive HTTP/1.1 connection with at most one request under way. It understands no more than
// it must (a status and a Content-Length), because it shares the CPU with what it measures.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace florin::bench {

class Connection;

// Hears how each request ended: exactly one call per send().
class Listener {
public:
    virtual ~Listener() = default;
    virtual void answered(Connection& connection, int status, std::string_view body) = 0;
    virtual void failed(Connection& connection, std::string_view why) = 0;
};

class Connection {
public:
    Connection(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint server,
               Listener& listener);
    Connection(const Connection&) = delete;

    // Connects first where that is needed. `intended` is what latency is counted from.
    void send(std::string request, Deadline intended);
    // Gives up on what is under way; the listener hears failed().
    void abort();

    bool busy() const { return busy_; }
    Deadline intended() const { return intended_; }

private:
    void connect();
    void write();
    void read();
    void look();
    void fail(std::string_view why);

    boost::asio::ip::tcp::socket socket_;
    boost::asio::ip::tcp::endpoint server_;
    Listener& listener_;
    std::string request_;
    std::string answer_;
    std::size_t filled_ = 0;  // Bytes of answer_ that hold what came.
    Deadline intended_;
    bool busy_ = false;
    bool aborted_ = false;
    bool reused_ = false;  // An answer came over this socket before.
};

}  // namespace florin::bench
