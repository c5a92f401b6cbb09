// libcurl's multi interface, driven by the event loop's readiness and one timer.

#include "platform/http/client.h"

#include <curl/curl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "platform/async/one_shot.h"

namespace florin::http {
namespace {

struct Exchange {
    CURL* handle = nullptr;
    curl_slist* headers = nullptr;
    Request request;
    std::size_t body_sent = 0;
    std::size_t body_bytes_max = 0;
    Response response;
    bool head_complete = false;  // libcurl takes a head that was cut off for a whole one.
    OneShot<int> done;           // CURLcode
};

std::size_t give_body(char* out, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const auto left = std::string_view(exchange.request.body).substr(exchange.body_sent);
    const auto part = left.substr(0, size * count);
    part.copy(out, part.size());
    exchange.body_sent += part.size();
    return part.size();
}

std::size_t take_body(char* in, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    if (exchange.response.body.size() + size * count > exchange.body_bytes_max) return 0;
    exchange.response.body.append(in, size * count);
    return size * count;
}

std::size_t take_header(char* in, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    std::string_view line(in, size * count);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty()) {
        exchange.head_complete = true;
    } else if (line.starts_with("HTTP/")) {
        exchange.response.headers = {};  // A new head, after 100 Continue.
        exchange.head_complete = false;
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        auto value = line.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        exchange.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
    }
    return size * count;
}

}  // namespace

struct Client::State : std::enable_shared_from_this<Client::State> {
    struct Socket {
        explicit Socket(asio::io_context& io, int fd) : descriptor(io, fd) {}
        asio::posix::stream_descriptor descriptor;
        int wanted = 0;  // CURL_POLL_*
        bool reading = false, writing = false;
    };

    State(asio::io_context& loop, ClientOptions wanted)
        : io(loop), options(wanted), multi(curl_multi_init()), timer(loop) {
        check(multi != nullptr, "libcurl starts");
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &State::on_socket);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &State::on_timer);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
        const auto connections = static_cast<long>(options.connections_max);
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
        curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    }

    ~State() {
        for (auto* handle : idle) curl_easy_cleanup(handle);
        curl_multi_cleanup(multi);
    }

    asio::io_context& io;
    ClientOptions options;
    CURLM* multi;
    asio::steady_timer timer;
    std::optional<Deadline> armed_until;  // When the timer is due, if it is set.
    std::unordered_map<curl_socket_t, std::shared_ptr<Socket>> sockets;
    std::vector<CURL*> idle;
    std::set<Exchange*> running;
    bool closed = false;

    // Whoever waits for an answer hears that there will be none.
    void close() {
        closed = true;
        timer.cancel();
        for (auto* exchange : running) exchange->done.set(CURLE_ABORTED_BY_CALLBACK);
    }

    // libcurl opens and closes sockets through these two, so that the loop's descriptor and the
    // socket always end together.
    static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
        auto& self = *static_cast<State*>(user);
        const int fd = ::socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                address->protocol);
        if (fd >= 0) self.sockets[fd] = std::make_shared<Socket>(self.io, fd);
        return fd < 0 ? CURL_SOCKET_BAD : fd;
    }

    static int close_socket(void* user, curl_socket_t fd) {
        auto& self = *static_cast<State*>(user);
        if (self.sockets.erase(fd) == 0) ::close(fd);
        return 0;
    }

    static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
        auto& self = *static_cast<State*>(user);
        const auto found = self.sockets.find(fd);
        if (found == self.sockets.end()) return 0;
        found->second->wanted = what == CURL_POLL_REMOVE ? 0 : what;
        self.watch(fd, found->second);
        return 0;
    }

    // libcurl asks for a timer several times per request. Waking early does no harm, so a timer
    // that is due before the wanted time stays as it is: each change would cost a system call.
    static int on_timer(CURLM*, long ms, void* user) {
        auto& self = *static_cast<State*>(user);
        if (ms < 0) return 0;
        const auto wanted = deadline_in(std::chrono::milliseconds(ms));
        if (ms == 0) {
            asio::post(self.io, [alive = self.weak_from_this()] { wake(alive); });
        } else if (!self.armed_until || wanted < *self.armed_until) {
            self.armed_until = wanted;
            self.timer.expires_at(wanted);
            self.timer.async_wait([alive = self.weak_from_this()](boost::system::error_code error) {
                const auto state = alive.lock();
                if (error || !state) return;
                state->armed_until.reset();
                wake(state);
            });
        }
        return 0;
    }

    static void wake(const std::weak_ptr<State>& alive) {
        const auto state = alive.lock();
        if (state && !state->closed) state->act(CURL_SOCKET_TIMEOUT, 0);
    }

    void watch(curl_socket_t fd, const std::shared_ptr<Socket>& socket) {
        if ((socket->wanted & CURL_POLL_IN) && !socket->reading) wait(fd, socket, true);
        if ((socket->wanted & CURL_POLL_OUT) && !socket->writing) wait(fd, socket, false);
    }

    void wait(curl_socket_t fd, const std::shared_ptr<Socket>& socket, bool read) {
        (read ? socket->reading : socket->writing) = true;
        const auto kind = read ? asio::posix::stream_descriptor::wait_read
                               : asio::posix::stream_descriptor::wait_write;
        auto ready = [alive = weak_from_this(), kept = std::weak_ptr<Socket>(socket), fd,
                      read](boost::system::error_code error) {
            const auto state = alive.lock();
            const auto ours = kept.lock();
            if (!state || !ours || state->closed) return;
            (read ? ours->reading : ours->writing) = false;
            if (error == asio::error::operation_aborted) return;
            const int want = read ? CURL_POLL_IN : CURL_POLL_OUT;
            if (ours->wanted & want) state->act(fd, read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
            const auto found = state->sockets.find(fd);
            if (found != state->sockets.end() && found->second == ours) state->watch(fd, ours);
        };
        socket->descriptor.async_wait(kind, std::move(ready));
    }

    void act(curl_socket_t fd, int events) {
        int active = 0;
        curl_multi_socket_action(multi, fd, events, &active);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            Exchange* exchange = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
            exchange->done.set(static_cast<int>(message->data.result));
        }
    }

    CURL* take_handle() {
        if (idle.empty()) return curl_easy_init();
        CURL* handle = idle.back();
        idle.pop_back();
        curl_easy_reset(handle);  // Keeps the connections.
        return handle;
    }

    void give_back(CURL* handle) {
        if (idle.size() < options.connections_max) {
            idle.push_back(handle);
        } else {
            curl_easy_cleanup(handle);
        }
    }

    void set_up(Exchange& exchange, std::chrono::milliseconds time) {
        CURL* h = exchange.handle;
        const auto& request = exchange.request;
        curl_easy_setopt(h, CURLOPT_PRIVATE, &exchange);
        curl_easy_setopt(h, CURLOPT_URL, request.target.c_str());
        curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(h, CURLOPT_PROXY, "");
        curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()));
        curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                         static_cast<long>(std::min(time, options.connect_time).count()));
        curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, &State::open_socket);
        curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, this);
        curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, &State::close_socket);
        curl_easy_setopt(h, CURLOPT_CLOSESOCKETDATA, this);
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &take_body);
        curl_easy_setopt(h, CURLOPT_WRITEDATA, &exchange);
        curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, &take_header);
        curl_easy_setopt(h, CURLOPT_HEADERDATA, &exchange);
        if (request.method == "POST") {
            // A read function without a seek function: libcurl cannot rewind the body, so it can
            // never send the request a second time on a fresh connection behind our back.
            curl_easy_setopt(h, CURLOPT_POST, 1L);
            curl_easy_setopt(h, CURLOPT_READFUNCTION, &give_body);
            curl_easy_setopt(h, CURLOPT_READDATA, &exchange);
            curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(request.body.size()));
            exchange.headers = curl_slist_append(exchange.headers, "Expect:");
        } else if (request.method != "GET") {
            curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        }
        // Without a body there is nothing that libcurl could fail to rewind. It repeats a request
        // only when a kept connection has ended, so such a request gets a fresh one.
        if (request.method != "GET" && request.body.empty())
            curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, 1L);
        for (const auto& [name, value] : request.headers.all()) {
            const std::string line = name + ": " + value;
            exchange.headers = curl_slist_append(exchange.headers, line.c_str());
        }
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, exchange.headers);
    }

    static Answer conclude(Exchange& exchange, CURLcode code) {
        if (code == CURLE_OK && exchange.head_complete) {
            long status = 0;
            curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
            exchange.response.status = static_cast<int>(status);
            return std::move(exchange.response);
        }
        long sent = 0;
        curl_easy_getinfo(exchange.handle, CURLINFO_REQUEST_SIZE, &sent);
        WireFailure failure;
        failure.request_left_us = sent > 0 || exchange.body_sent > 0;
        // The guard above spoke: the kept connection had ended before we used it.
        failure.why = code == CURLE_SEND_FAIL_REWIND ? "the connection was closed before an answer"
                      : code == CURLE_OK             ? "the answer was cut off"
                                                     : curl_easy_strerror(code);
        return std::unexpected(std::move(failure));
    }
};

Client::Client(asio::io_context& io, ClientOptions options) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    state_ = std::make_shared<State>(io, options);
}

Client::~Client() {
    state_->close();
}

Task<Answer> Client::send(Request request, Deadline deadline) {
    auto state = state_;
    const auto time =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - monotonic_now());
    if (time.count() <= 0) {
        WireFailure late{false, "the deadline passed before sending"};
        co_return std::unexpected(std::move(late));
    }
    Exchange exchange;
    exchange.request = std::move(request);
    exchange.body_bytes_max = state->options.body_bytes_max;
    exchange.handle = state->take_handle();
    state->set_up(exchange, time);
    curl_multi_add_handle(state->multi, exchange.handle);
    state->running.insert(&exchange);
    struct Leave {  // Also when the task is cancelled.
        State& state;
        Exchange& exchange;
        ~Leave() {
            state.running.erase(&exchange);
            curl_multi_remove_handle(state.multi, exchange.handle);
            curl_slist_free_all(exchange.headers);
            state.give_back(exchange.handle);
        }
    } leave{*state, exchange};
    const auto code = static_cast<CURLcode>(co_await exchange.done.wait_or_cancel());
    co_return State::conclude(exchange, code);
}

}  // namespace florin::http
