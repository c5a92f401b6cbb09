// Goal: the client never tells that nothing was sent when something was, and sends nothing twice.
// Method: servers that refuse, drop, stall and lie, and that count what reaches them.

#include "platform/http/client.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "platform/async/test_run.h"
#include "platform/http/server.h"

namespace florin::http {
namespace {

using tcp = asio::ip::tcp;
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";

// What the server does with a request that it has read whole.
struct Deed {
    std::string answer;  // The very bytes.
    bool hang_up = false;
};

// A server that follows a script, one deed per request, and repeats the last.
class Script {
public:
    Script(asio::io_context& io, std::vector<Deed> deeds)
        : acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}),
          scope_(io),
          deeds_(std::move(deeds)) {
        scope_.start("test.accept", accept());
    }

    Task<> close() { return scope_.close(); }
    std::string url(std::string_view path = "/x") const {
        return fmt::format("http://127.0.0.1:{}{}", acceptor_.local_endpoint().port(), path);
    }

    std::vector<std::string> requests;
    int connections = 0;

private:
    Task<> accept() {
        while (true) {
            auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
            ++connections;
            scope_.start("test.serve", serve(std::move(socket)));
        }
    }

    Task<> serve(tcp::socket socket) {
        std::string bytes;
        while (true) {
            const auto size = whole_request(bytes);
            if (size == 0) {
                char part[4096];
                auto got = co_await socket.async_receive(asio::buffer(part), kNoThrow);
                if (std::get<0>(got)) co_return;
                bytes.append(part, std::get<1>(got));
                continue;
            }
            requests.push_back(bytes.substr(0, size));
            bytes.erase(0, size);
            const auto deed = deeds_[std::min(requests.size(), deeds_.size()) - 1];
            co_await asio::async_write(socket, asio::buffer(deed.answer), kNoThrow);
            if (deed.hang_up) co_return;
        }
    }

    // The length of the first request, 0 while it is not complete.
    static std::size_t whole_request(std::string_view bytes) {
        const auto head = bytes.find("\r\n\r\n");
        if (head == bytes.npos) return 0;
        std::size_t body = 0;
        constexpr std::string_view name = "Content-Length: ";
        if (const auto at = bytes.substr(0, head).find(name); at != bytes.npos)
            std::from_chars(bytes.data() + at + name.size(), bytes.data() + head, body);
        return bytes.size() >= head + 4 + body ? head + 4 + body : 0;
    }

    tcp::acceptor acceptor_;
    TaskScope scope_;
    std::vector<Deed> deeds_;
};

class ClientTest : public ::testing::Test {
protected:
    void TearDown() override {
        if (script) test::run(io, script->close());
    }

    void play(std::vector<Deed> deeds) { script = std::make_unique<Script>(io, std::move(deeds)); }

    static Request request(std::string url, std::string method = "POST", std::string body = "a=b") {
        return {.method = std::move(method), .target = std::move(url), .body = std::move(body)};
    }
    Answer send(Request what, std::chrono::milliseconds patience = std::chrono::seconds(20)) {
        return test::run(io, client.send(std::move(what), deadline_in(patience)));
    }
    Answer send(std::string method = "POST", std::string body = "a=b") {
        return send(request(script->url(), std::move(method), std::move(body)));
    }
    void expect_left(const Answer& answer) {
        ASSERT_FALSE(answer.has_value());
        EXPECT_TRUE(answer.error().request_left_us) << answer.error().why;
        EXPECT_NE(answer.error().why, "");
    }
    void expect_not_sent(const Answer& answer) {
        ASSERT_FALSE(answer.has_value());
        EXPECT_FALSE(answer.error().request_left_us) << answer.error().why;
        EXPECT_NE(answer.error().why, "");
    }

    asio::io_context io;
    Client client{io, {.body_bytes_max = 1000}};
    std::unique_ptr<Script> script;
};

TEST_F(ClientTest, ARequestArrivesWholeAndItsAnswerComesBack) {
    play({{std::string(kHello)}});
    auto wanted = request(script->url("/v1/a?x=%20"), "POST", std::string("a=\0b", 4));
    wanted.headers.add("X-Key", "k 1");
    const auto answer = send(std::move(wanted));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->headers.get("x-a"), "1");
    EXPECT_EQ(answer->body, "hello");
    ASSERT_EQ(script->requests.size(), 1U);
    const auto& sent = script->requests[0];
    EXPECT_TRUE(sent.starts_with("POST /v1/a?x=%20 HTTP/1.1\r\n")) << sent;
    EXPECT_TRUE(sent.contains("X-Key: k 1\r\n"));
    EXPECT_FALSE(sent.contains("Expect:"));
    EXPECT_TRUE(sent.ends_with(std::string("\r\n\r\na=\0b", 8)));
}

TEST_F(ClientTest, AConnectionIsUsedAgain) {
    play({{std::string(kHello)}});
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(send().has_value());
    EXPECT_TRUE(send("GET", "").has_value());
    EXPECT_EQ(script->connections, 1);
    EXPECT_EQ(script->requests.size(), 6U);
    EXPECT_TRUE(script->requests.back().starts_with("GET /x HTTP/1.1\r\n"));
}

TEST_F(ClientTest, AnswersOfManyFormsAreRead) {
    struct Row {
        std::string bytes;
        int status;
        std::string body;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         200, "abcde"},
        {"HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\nHTTP/1.1 402 Payment Required\r\n"
         "Content-Length: 2\r\n\r\nno",
         402, "no"},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", 302, ""},
        {"HTTP/1.0 500 Oops\r\n\r\nuntil the end", 500, "until the end"},
    };
    for (const auto& row : rows) {
        play({{row.bytes, row.status == 500}});
        const auto answer = send();
        ASSERT_TRUE(answer.has_value()) << row.bytes << answer.error().why;
        EXPECT_EQ(answer->status, row.status);
        EXPECT_EQ(answer->body, row.body);
        EXPECT_EQ(answer->headers.get("X-No"), "");
        EXPECT_EQ(script->requests.size(), 1U);  // No redirect is followed.
        test::run(io, script->close());
        script.reset();
    }
}

TEST_F(ClientTest, NothingLeftWhenNobodyListens) {
    tcp::acceptor taken(io, {asio::ip::make_address("127.0.0.1"), 0});
    const auto url = fmt::format("http://127.0.0.1:{}/", taken.local_endpoint().port());
    taken.close();
    expect_not_sent(send(request(url)));
    expect_not_sent(send(request(url, "GET", "")));
    expect_not_sent(send(request("ftp://127.0.0.1/")));
    expect_not_sent(send(request("not a url")));
    expect_not_sent(send(request("")));
}

TEST_F(ClientTest, NothingLeftAfterTheDeadline) {
    play({{std::string(kHello)}});
    expect_not_sent(send(request(script->url()), std::chrono::milliseconds(0)));
    expect_not_sent(send(request(script->url()), std::chrono::milliseconds(-5)));
    EXPECT_TRUE(script->requests.empty());
}

TEST_F(ClientTest, ADroppedReplyIsUnknownAndNotSentAgain) {
    play({{"", true}});
    expect_left(send());
    EXPECT_EQ(script->requests.size(), 1U);
    EXPECT_EQ(script->connections, 1);
}

// The trap: libraries repeat a request when a kept connection ends without a byte.
TEST_F(ClientTest, ADroppedReplyOnAKeptConnectionIsNotSentAgain) {
    play({{std::string(kHello)}, {"", true}, {std::string(kHello)}});
    ASSERT_TRUE(send().has_value());
    expect_left(send());
    EXPECT_EQ(script->requests.size(), 2U);
}

TEST_F(ClientTest, NorIsAPostWithoutABody) {
    play({{std::string(kHello)}, {"", true}, {std::string(kHello)}});
    ASSERT_TRUE(send().has_value());
    expect_left(send("POST", ""));
    EXPECT_EQ(script->requests.size(), 2U);
}

TEST_F(ClientTest, AConnectionThatTheServerClosedMeanwhileIsNotTrusted) {
    play({{std::string(kHello), true}});
    for (int i = 1; i <= 10; ++i) {
        const auto answer = send();
        // It may be seen before the request is sent, or after: never is it sent twice.
        if (!answer) EXPECT_TRUE(answer.error().request_left_us);
        EXPECT_LE(script->requests.size(), static_cast<std::size_t>(i));
    }
    EXPECT_GE(script->requests.size(), 5U);
}

TEST_F(ClientTest, BrokenAnswersAreUnknown) {
    for (const auto* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                              "garbage\r\n\r\n", "\r\n"}) {
        SCOPED_TRACE(bytes);
        play({{bytes, true}});
        expect_left(send());
        EXPECT_EQ(script->requests.size(), 1U);
        test::run(io, script->close());
        script.reset();
    }
}

TEST_F(ClientTest, AHeadThatBreaksOffIsUnknown) {
    play({{"HTTP/1.1 404 Not Found\r\nContent-Le", true}});
    expect_left(send());
    EXPECT_EQ(script->requests.size(), 1U);
}

TEST_F(ClientTest, SilenceIsUnknownAtTheDeadline) {
    play({{""}});
    const auto before = monotonic_now();
    expect_left(send(request(script->url()), std::chrono::milliseconds(150)));
    EXPECT_GE(monotonic_now() - before, std::chrono::milliseconds(140));
    EXPECT_LT(monotonic_now() - before, std::chrono::seconds(15));
    EXPECT_EQ(script->requests.size(), 1U);
}

TEST_F(ClientTest, ALargeBodyArrivesWhole) {
    play({{std::string(kHello)}});
    const std::string body(3 << 20, 'x');
    EXPECT_TRUE(send("POST", body).has_value());
    ASSERT_EQ(script->requests.size(), 1U);
    EXPECT_TRUE(script->requests[0].ends_with(body));
}

TEST_F(ClientTest, AnswersHaveALimit) {
    const auto answer_of = [](std::size_t size) {
        return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", size,
                           std::string(size, 'x'));
    };
    play({{answer_of(1000)}, {answer_of(1001)}, {std::string(kHello)}});
    const auto fits = send();
    ASSERT_TRUE(fits.has_value());
    EXPECT_EQ(fits->body.size(), 1000U);
    expect_left(send());
    EXPECT_TRUE(send().has_value());  // The client goes on.
}

TEST_F(ClientTest, ManyAtOnceShareFewConnections) {
    play({{std::string(kHello)}});
    Client few(io, {.connections_max = 3});
    int answered = 0;
    const auto ask = [](Client& by, std::string url, int& yes) -> Task<> {
        Request get{.method = "GET", .target = std::move(url)};
        const auto answer = co_await by.send(std::move(get), deadline_in(std::chrono::seconds(30)));
        if (answer && answer->body == "hello") ++yes;
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 60; ++i) tasks.push_back(ask(few, script->url(), answered));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(answered, 60);
    EXPECT_LE(script->connections, 3);
}

Task<> send_in(Client& client, Request request, std::optional<Answer>& answer) {
    answer = co_await client.send(std::move(request), deadline_in(std::chrono::seconds(5)));
}

Task<> wait_for_request(Script& script) {
    while (script.requests.empty()) co_await sleep_for(std::chrono::milliseconds(1));
}

TEST_F(ClientTest, ACancelledRequestEnds) {
    play({{""}, {std::string(kHello)}});
    TaskScope callers(io);
    std::optional<Answer> answer;
    callers.start("test.caller", send_in(client, request(script->url()), answer));
    test::run(io, wait_for_request(*script));
    test::run(io, callers.close());
    EXPECT_FALSE(answer.has_value());
    EXPECT_TRUE(send().has_value());
}

TEST_F(ClientTest, ARunningRequestFailsWhenTheClientGoes) {
    play({{""}});
    auto gone = std::make_unique<Client>(io, ClientOptions{});
    std::optional<Answer> answer;
    TaskScope callers(io);
    callers.start("test.caller", send_in(*gone, request(script->url()), answer));
    test::run(io, wait_for_request(*script));
    gone.reset();
    const auto wait = [](TaskScope& scope) -> Task<> {
        const auto end = deadline_in(std::chrono::seconds(10));
        while (scope.size() > 0 && monotonic_now() < end)
            co_await sleep_for(std::chrono::milliseconds(1));
    };
    test::run(io, wait(callers));
    const bool ended = callers.size() == 0;
    test::run(io, callers.close());
    ASSERT_TRUE(ended);
    ASSERT_TRUE(answer.has_value());
    expect_left(*answer);
}

// A certificate for localhost that nobody has signed but itself.
void write_certificate(const std::string& certificate_file, const std::string& key_file) {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    using File = std::unique_ptr<std::FILE, decltype(close)>;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    X509* x = certificate.get();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key.get());
    auto* name = X509_get_subject_name(x);
    const auto* host = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(x, name);
    ASSERT_GT(X509_sign(x, key.get(), EVP_sha256()), 0);
    const File certificate_out(std::fopen(certificate_file.c_str(), "w"), close);
    const File key_out(std::fopen(key_file.c_str(), "w"), close);
    ASSERT_EQ(PEM_write_X509(certificate_out.get(), x), 1);
    ASSERT_EQ(PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
              1);
}

Task<Response> empty_answer() {
    co_return Response{};
}

TEST_F(ClientTest, ACertificateThatNobodySignedGetsNoRequest) {
    std::string pattern = "/tmp/florin-tls-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    ServerOptions options{.certificate_file = pattern + "/certificate.pem",
                          .private_key_file = pattern + "/key.pem"};
    write_certificate(options.certificate_file, options.private_key_file);
    int served = 0;
    const auto count = [&served](Request) {
        ++served;
        return empty_answer();
    };
    Server server(io, options, count);
    std::filesystem::remove_all(pattern);
    for (const auto* host : {"localhost", "127.0.0.1"})
        expect_not_sent(send(request(fmt::format("https://{}:{}/", host, server.port()))));
    EXPECT_EQ(served, 0);
    // Nor does a server that speaks no TLS.
    play({{std::string(kHello)}});
    auto url = script->url();
    expect_not_sent(send(request("https" + url.substr(4)), std::chrono::seconds(2)));
    EXPECT_TRUE(script->requests.empty());
    test::run(io, server.close(std::chrono::seconds(1)));
}

}  // namespace
}  // namespace florin::http
