// Goal: one request has one meaning, limits hold, and what is refused is explained. Method: bytes
// over real loopback sockets, well-formed and hostile.

#include "platform/http/server.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "platform/async/one_shot.h"
#include "platform/async/test_run.h"

namespace florin::http {
namespace {

using tcp = asio::ip::tcp;
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

// A client that writes what it is told and reads what comes.
class Peer {
public:
    Peer(asio::io_context& io, std::uint16_t port) : io_(io), socket_(io) {
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }

    void write(std::string bytes) { test::run(io_, write_all(std::move(bytes))); }
    // All until the server hangs up.
    std::string read() { return test::run(io_, read_until("")); }
    // All up to and with this text.
    std::string read(std::string text) { return test::run(io_, read_until(std::move(text))); }
    std::string talk(std::string bytes) {
        write(std::move(bytes));
        return read();
    }

private:
    Task<> write_all(std::string bytes) {  // The server may hang up before the end.
        co_await asio::async_write(socket_, asio::buffer(bytes), kNoThrow);
    }
    Task<std::string> read_until(std::string text) {
        while (text.empty() || !unread_.contains(text)) {
            char part[4096];
            auto got = co_await socket_.async_receive(asio::buffer(part), kNoThrow);
            if (std::get<0>(got)) co_return std::exchange(unread_, "");
            unread_.append(part, std::get<1>(got));
        }
        const auto end = unread_.find(text) + text.size();
        auto out = unread_.substr(0, end);
        unread_.erase(0, end);
        co_return out;
    }

    asio::io_context& io_;
    tcp::socket socket_;
    std::string unread_;
};

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

// Gives what it is told to give, then waits; "" in the list is the end.
class Tap : public Source {
public:
    explicit Tap(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
    Task<std::string> next() override {
        if (given_ < pieces_.size()) co_return pieces_[given_++];
        if (endless) co_return std::string(1 << 20, 'x');
        if (!stopped) co_await end_.wait();
        co_return "";
    }
    void stop() override {
        if (!std::exchange(stopped, true)) end_.set(true);
    }

    bool stopped = false, endless = false;

private:
    std::vector<std::string> pieces_;
    std::size_t given_ = 0;
    OneShot<bool> end_;
};

class ServerTest : public ::testing::Test {
protected:
    void TearDown() override {
        if (server) test::run(io, server->close(std::chrono::seconds(1)));
    }

    void start(ServerOptions options = {}) {
        auto answer = [this](Request request) { return handle(std::move(request)); };
        server = std::make_unique<Server>(io, std::move(options), std::move(answer));
    }

    Task<Response> handle(Request request) {
        requests.push_back(request);
        Response response;
        if (request.target == "/throw") throw std::runtime_error("a bug");
        if (request.target == "/hang-up") response.hang_up = true;
        if (request.target == "/empty") response.status = 204;
        if (request.target == "/wait") co_await gate.wait();
        if (response.status != 204) response.body = "<" + request.body + ">";
        if (request.target == "/pieces") response.source = tap;
        response.headers.add("X-Target", request.target);
        co_return response;
    }

    Peer peer() { return {io, server->port()}; }

    asio::io_context io;
    std::unique_ptr<Server> server;
    std::vector<Request> requests;
    OneShot<bool> gate;
    std::shared_ptr<Tap> tap;
};

TEST_F(ServerTest, ARequestArrivesAsItWasSent) {
    start();
    const auto answer = peer().talk(
        "POST /a%2Fb?x=1&y=%20 HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two: 2\r\n"
        "Content-Length: 5\r\nConnection: close\r\n\r\nhello");
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].method, "POST");
    EXPECT_EQ(requests[0].target, "/a%2Fb?x=1&y=%20");
    EXPECT_EQ(requests[0].headers.count("X-Two"), 2U);
    EXPECT_EQ(requests[0].body, "hello");
    EXPECT_EQ(requests[0].peer, "127.0.0.1");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n<hello>")) << answer;
    EXPECT_EQ(count(answer, "Content-Length: 7\r\n"), 1U);
    EXPECT_EQ(count(answer, "Connection: close\r\n"), 1U);
}

TEST_F(ServerTest, AConnectionIsKeptAndAnswersComeInOrder) {
    start();
    const auto answer = peer().talk(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[1].body, "abc");
    EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 3U);
    EXPECT_LT(answer.find("X-Target: /1"), answer.find("X-Target: /2"));
    EXPECT_LT(answer.find("X-Target: /2"), answer.find("X-Target: /3"));
}

TEST_F(ServerTest, AnOldClientIsNotKept) {
    start();
    const auto answer = peer().talk("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
    EXPECT_EQ(count(answer, "Connection: close\r\n"), 1U);
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
    start();
    const auto answer = peer().talk(
        "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\nGET /g HTTP/1.1\r\nHost: h\r\nConnection: "
        "close\r\n\r\n");
    EXPECT_EQ(count(answer, "Content-Length: 2\r\n"), 2U);
    EXPECT_EQ(count(answer, "<>"), 1U);
    EXPECT_TRUE(answer.ends_with("<>"));
}

TEST_F(ServerTest, NoContentHasNoLength) {
    start();
    const auto answer = peer().talk("GET /empty HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 204")) << answer;
    EXPECT_EQ(count(answer, "Content-Length"), 0U);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, BodiesHaveALimit) {
    start({.body_bytes_max = 10});
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    EXPECT_TRUE(
        peer().talk(head + "Content-Length: 10\r\n\r\n0123456789").contains("<0123456789>"));
    const std::string large[] = {
        "Content-Length: 11\r\n\r\n01234567890",
        "Content-Length: 99999999999999\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n0123",
    };
    for (const auto& rest : large) {
        const auto answer = peer().talk(head + rest);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << rest << answer;
        EXPECT_TRUE(answer.contains(R"("code":"body_too_large")")) << answer;
        EXPECT_TRUE(answer.contains("Connection: close"));
    }
    EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ServerTest, SomeTargetsTakeLargerBodies) {
    start({.body_bytes_max = 10, .body_bytes_max_of = [](std::string_view target) {
               return target == "/large" ? std::size_t{11} : std::size_t{10};
           }});
    const std::string rest =
        " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 11\r\n\r\n01234567890";
    EXPECT_TRUE(peer().talk("POST /large" + rest).contains("<01234567890>"));
    EXPECT_TRUE(peer().talk("POST /small" + rest).starts_with("HTTP/1.1 413"));
}

TEST_F(ServerTest, OnlySoManyLargeBodiesAreTakenAtOnce) {
    start({.body_bytes_max = 10,
           .body_bytes_max_of = [](std::string_view) { return std::size_t{20}; },
           .large_bodies_max = 1});
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    const std::string large = head + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n";
    auto slow = peer();
    slow.write(large);
    slow.read("\r\n\r\n");  // It is taken, and its body awaited.
    for (const auto* body : {"Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
        const auto refused = peer().talk(head + body);
        EXPECT_TRUE(refused.starts_with("HTTP/1.1 503")) << refused;
        EXPECT_TRUE(refused.contains("Retry-After: 1")) << refused;
    }
    EXPECT_TRUE(peer().talk(head + "Content-Length: 2\r\n\r\nok").contains("<ok>"));
    EXPECT_TRUE(slow.talk("01234567890").contains("<01234567890>"));
    const auto next = peer().talk(head + "Content-Length: 11\r\n\r\n01234567890");
    EXPECT_TRUE(next.starts_with("HTTP/1.1 200")) << "its place is free again" << next;
}

TEST_F(ServerTest, HeadersHaveALimit) {
    start({.header_bytes_max = 1024});
    const auto answer =
        peer().talk("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
    EXPECT_TRUE(answer.contains(R"("code":"header_too_large")"));
    EXPECT_TRUE(answer.contains("application/problem+json"));
    EXPECT_TRUE(peer()
                    .talk("GET /" + std::string(2000, 'x') + " HTTP/1.1\r\n\r\n")
                    .starts_with("HTTP/1.1 431"));
    EXPECT_TRUE(requests.empty());
}

TEST_F(ServerTest, AmbiguousMessagesAreRefused) {
    start();
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::string refused[] = {
        head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        head + "Content-Length: 5, 6\r\n\r\nhello!",
        head + "Content-Length: +5\r\n\r\nhello",
        head + "Content-Length: -1\r\n\r\n",
        head + "Content-Length: 0x5\r\n\r\nhello",
        head + "Content-Length:\r\n\r\n",
        head + "Content-Length: 99999999999999999999999\r\n\r\n",
        head + "Content-Length : 5\r\n\r\nhello",
        head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        head + "X\r\n\r\n",
        head + std::string("X: a\0b\r\n\r\n", 10),
        "GET / HTTP/2.0\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "G{T / HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n",  // TLS on the wrong port.
    };
    for (const auto& bytes : refused) {
        const auto answer = peer().talk(bytes);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << bytes << answer;
        EXPECT_TRUE(answer.contains(R"("code":"malformed_request")")) << answer;
        EXPECT_EQ(count(answer, "HTTP/1.1"), 2U) << answer;  // The other is in the sentence.
    }
    EXPECT_TRUE(requests.empty());
}

// A proxy that reads such a message in another way would see two requests where we see one.
TEST_F(ServerTest, UnknownTransferEncodingsAreRefused) {
    start();
    for (const auto* coding : {"identity", "gzip", "xchunked", "chunked, identity", "chunked, gzip",
                               "gzip, chunked", "chunked, chunked"}) {
        const auto before = requests.size();
        const auto answer = peer().talk(std::string("POST / HTTP/1.1\r\nHost: h\r\n"
                                                    "Connection: close\r\nTransfer-Encoding: ") +
                                        coding + "\r\nContent-Length: 3\r\n\r\n0\r\n\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << coding << answer;
        EXPECT_EQ(requests.size(), before) << coding;
    }
}

TEST_F(ServerTest, HangUpSendsNotOneByte) {
    start();
    EXPECT_EQ(peer().talk("GET /hang-up HTTP/1.1\r\nHost: h\r\n\r\n"), "");
    EXPECT_EQ(requests.size(), 1U);
}

TEST_F(ServerTest, AHandlerThatThrowsIsAnsweredFor) {
    start();
    const auto answer = peer().talk("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
    EXPECT_TRUE(answer.contains(R"("code":"internal_error")"));
    EXPECT_FALSE(answer.contains("a bug"));
}

TEST_F(ServerTest, TheBodyIsAskedForBeforeItIsSent) {
    start({.body_bytes_max = 10});
    auto one = peer();
    one.write(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
        "Connection: close\r\n\r\n");
    EXPECT_EQ(one.read("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    const auto answer = one.talk("hello");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
    EXPECT_TRUE(answer.ends_with("<hello>"));
    const auto refused = peer().talk(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 413")) << refused;
}

TEST_F(ServerTest, AHalfRequestIsNoRequest) {
    start();
    for (const auto* half : {"", "GET", "GET / HTTP/1.1\r\nHost: h\r\n",
                             "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel"}) {
        asio::ip::tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), server->port()});
        asio::write(socket, asio::buffer(std::string_view(half)));
        socket.shutdown(tcp::socket::shutdown_send);
        char byte = 0;
        const auto end = [](tcp::socket& from, char& to) -> Task<std::size_t> {
            auto got = co_await from.async_receive(asio::buffer(&to, 1), kNoThrow);
            co_return std::get<1>(got);
        };
        EXPECT_EQ(test::run(io, end(socket, byte)), 0U) << half;
    }
    EXPECT_TRUE(requests.empty());
}

TEST_F(ServerTest, WhoIsSlowIsClosed) {
    start({.idle_time = std::chrono::seconds(1), .request_time = std::chrono::seconds(1)});
    auto silent = peer(), slow_head = peer(), slow_body = peer();
    slow_head.write("GET / HTTP/1.1\r\nHost: h\r\n");
    slow_body.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
    EXPECT_EQ(silent.read(), "");
    EXPECT_EQ(slow_head.read(), "");
    EXPECT_EQ(slow_body.read(), "");
    EXPECT_TRUE(requests.empty());
}

TEST_F(ServerTest, ConnectionsHaveALimit) {
    start({.connections_max = 2});
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    auto first = peer(), second = peer();
    for (auto* one : {&first, &second}) {
        one->write(get);
        EXPECT_TRUE(one->read("<>").ends_with("<>"));
    }
    EXPECT_EQ(peer().talk(get), "");
    first.write(get);
    EXPECT_TRUE(first.read("<>").ends_with("<>"));
    EXPECT_EQ(requests.size(), 3U);
}

TEST_F(ServerTest, AtTheEndRunningRequestsAreAnswered) {
    start();
    auto idle = peer(), busy = peer();
    idle.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    idle.read("<>");
    busy.write("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto wait_for = [](std::vector<Request>& all, std::size_t size) -> Task<> {
        while (all.size() < size) co_await sleep_for(std::chrono::milliseconds(1));
    };
    test::run(io, wait_for(requests, 2));
    const auto open_gate = [](OneShot<bool>& to) -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(20));
        to.set(true);
    };
    std::vector<Task<>> both;
    both.push_back(server->close(std::chrono::seconds(30)));
    both.push_back(open_gate(gate));
    const auto port = server->port();
    test::run_all(io, std::move(both));
    const auto answer = busy.read();
    EXPECT_TRUE(answer.ends_with("<>")) << answer;
    EXPECT_EQ(idle.read(), "");
    EXPECT_THROW(Peer(io, port), boost::system::system_error);
    server.reset();
}

TEST_F(ServerTest, ABodyThatComesInPiecesIsWrittenAsItComes) {
    start();
    tap = std::make_shared<Tap>(std::vector<std::string>{"one\n", "0123456789abcdefg"});
    auto client = peer();
    client.write("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto head = client.read("\r\n\r\n");
    EXPECT_EQ(count(head, "Transfer-Encoding: chunked\r\n"), 1U) << head;
    EXPECT_EQ(count(head, "Content-Length"), 0U);
    EXPECT_EQ(count(head, "Connection: close"), 1U);
    EXPECT_EQ(client.read("abcdefg\r\n"), "4\r\none\n\r\n11\r\n0123456789abcdefg\r\n");
    tap->stop();
    EXPECT_EQ(client.read(), "0\r\n\r\n");
}

TEST_F(ServerTest, AnOldClientGetsThePiecesAsTheyAre) {
    start();
    tap = std::make_shared<Tap>(std::vector<std::string>{"one", "two", ""});
    const auto answer = peer().talk("GET /pieces HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\nonetwo")) << answer;
    EXPECT_EQ(count(answer, "chunked"), 0U);
}

TEST_F(ServerTest, HeadOfABodyInPiecesIsAHead) {
    start();
    tap = std::make_shared<Tap>(std::vector<std::string>{"one"});
    auto client = peer();
    client.write("HEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto head = client.read("\r\n\r\n");
    EXPECT_EQ(count(head, "Content-Length"), 0U) << head;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client.read("<>").ends_with("<>")) << "the connection goes on";
}

TEST_F(ServerTest, ASourceIsStoppedWhenItsClientLeaves) {
    start();
    tap = std::make_shared<Tap>(std::vector<std::string>{"one"});
    {
        auto client = peer();
        client.write("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
        client.read("one");
        EXPECT_FALSE(tap->stopped);
    }
    const auto wait_for = [](std::shared_ptr<Tap> watched) -> Task<> {
        while (!watched->stopped) co_await sleep_for(std::chrono::milliseconds(1));
    };
    test::run(io, wait_for(tap));
}

TEST_F(ServerTest, WhoReadsTooSlowlyIsCutOff) {
    start({.request_time = std::chrono::seconds(1)});
    tap = std::make_shared<Tap>(std::vector<std::string>{"one"});
    tap->endless = true;
    auto client = peer();
    client.write("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto wait_for = [](std::shared_ptr<Tap> watched) -> Task<> {
        while (!watched->stopped) co_await sleep_for(std::chrono::milliseconds(1));
    };
    test::run(io, wait_for(tap));
    const auto all = client.read();
    EXPECT_FALSE(all.ends_with("\r\n0\r\n\r\n")) << "no end was reached";
}

TEST_F(ServerTest, AtTheEndBodiesInPiecesEndInOrder) {
    start();
    tap = std::make_shared<Tap>(std::vector<std::string>{"one"});
    auto client = peer();
    client.write("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
    client.read("one\r\n");
    test::run(io, server->close(std::chrono::seconds(30)));
    EXPECT_EQ(client.read(), "0\r\n\r\n");
    server.reset();
}

TEST_F(ServerTest, WhereItCannotListenItSaysSo) {
    start();
    const auto port = server->port();
    const Handler none = [](Request) -> Task<Response> { co_return Response{}; };
    EXPECT_THROW(Server(io, {.address = "no address"}, none), std::runtime_error);
    EXPECT_THROW(Server(io, {.port = port}, none), std::runtime_error);
}

}  // namespace
}  // namespace florin::http
