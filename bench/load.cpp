// `florin-bench load`: payments over HTTP from one thread. Closed loop: each client sends when it
// has its answer, which finds the throughput. Open loop: requests start at times that were fixed
// before, and latency counts from those times; a slow server cannot hide by slowing its clients.

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "commands.h"
#include "connection.h"
#include "histogram.h"
#include "requests.h"

namespace florin::bench {
namespace {

namespace asio = boost::asio;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kPatience{30};  // For one answer, and for the last ones after the end.
constexpr std::chrono::milliseconds kPauseAfterFailure{100};
constexpr std::size_t kMostKindsOfFailure = 20;

struct Server {
    asio::ip::tcp::endpoint endpoint;
    std::string host;  // As the Host header wants it.
};

struct Plan {
    Server server;
    std::string key;
    std::string seed;
    Shape shape = Shape::payment;
    bool open = false;
    bool poisson = true;
    bool as_json = false;
    std::size_t connections = 0;  // Closed: the clients. Open: the most that may be opened.
    double rate = 0;
    seconds warmup{};
    seconds length{};
};

struct Tally {
    std::uint64_t sent = 0;
    std::uint64_t answers = 0;
    std::uint64_t errors = 0;
    std::uint64_t waited = 0;  // Open loop: requests that found all connections busy.
    std::array<std::uint64_t, 1000> by_status{};
    std::map<std::string, std::uint64_t> failures;  // Why there was no answer.
    std::string first_refusal;                      // The first answer that was not 2xx.
    Histogram latency;
    Histogram lag;  // Open loop: how late requests left.

    std::uint64_t with_status(int hundreds) const {
        std::uint64_t sum = 0;
        for (int i = 0; i < 100; ++i)
            sum += by_status[static_cast<std::size_t>(hundreds * 100 + i)];
        return sum;
    }
    // 202 is an answer, but not yet a payment.
    std::uint64_t completed() const { return with_status(2) - by_status[202]; }
};

nanoseconds cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

class Load : public Listener {
public:
    explicit Load(Plan plan)
        : plan_(std::move(plan)),
          requests_(plan_.shape, plan_.server.host, plan_.key, plan_.seed),
          random_(std::hash<std::string>()(plan_.seed)),
          arrival_(io_),
          watch_(io_) {}

    void run();
    void answered(Connection& connection, int status, std::string_view body) override;
    void failed(Connection& connection, std::string_view why) override;

    const Tally& tally() const { return tally_; }
    std::size_t connections() const { return all_.size(); }
    double elapsed_s() const { return duration<double>(last_answer_ - measure_from_).count(); }
    double cpu_us() const;

private:
    bool measured(const Connection& connection) const {
        return connection.intended() >= measure_from_;
    }
    Connection& open_connection();
    void start(Connection& connection, Deadline intended);
    void arrive();
    void release(Connection& connection);
    void watch();
    bool finished() const;

    Plan plan_;
    asio::io_context io_{1};
    Requests requests_;
    std::mt19937_64 random_;
    asio::steady_timer arrival_;
    asio::steady_timer watch_;
    std::vector<std::unique_ptr<Connection>> all_;
    std::vector<Connection*> idle_;
    std::deque<Deadline> backlog_;  // Arrived, and waiting for a connection.
    Deadline next_arrival_;
    Deadline measure_from_;
    Deadline end_;
    Deadline last_answer_;
    std::size_t busy_ = 0;
    nanoseconds cpu_before_{};
    nanoseconds cpu_after_{};
    bool measuring_ = false;
    Tally tally_;
};

void Load::run() {
    const auto begin = monotonic_now();
    measure_from_ = begin + plan_.warmup;
    end_ = measure_from_ + plan_.length;
    last_answer_ = end_;
    next_arrival_ = begin;
    if (plan_.open) {
        arrive();
    } else {
        while (all_.size() < plan_.connections) start(open_connection(), begin);
    }
    watch();
    io_.run();
    cpu_after_ = cpu_time();
}

Connection& Load::open_connection() {
    return *all_.emplace_back(std::make_unique<Connection>(io_, plan_.server.endpoint, *this));
}

void Load::start(Connection& connection, Deadline intended) {
    ++busy_;
    if (intended >= measure_from_) ++tally_.sent;
    connection.send(requests_.next(), intended);
}

// Sends all that is due, then sleeps until the next arrival.
void Load::arrive() {
    const auto now = monotonic_now();
    for (; next_arrival_ <= now && next_arrival_ < end_;) {
        if (!idle_.empty()) {
            Connection& connection = *idle_.back();
            idle_.pop_back();
            if (next_arrival_ >= measure_from_) tally_.lag.add(now - next_arrival_);
            start(connection, next_arrival_);
        } else if (all_.size() < plan_.connections) {
            if (next_arrival_ >= measure_from_) tally_.lag.add(now - next_arrival_);
            start(open_connection(), next_arrival_);
        } else {
            backlog_.push_back(next_arrival_);
            if (next_arrival_ >= measure_from_) ++tally_.waited;
        }
        std::exponential_distribution<double> gap(plan_.rate);
        const double wait = plan_.poisson ? gap(random_) : 1 / plan_.rate;
        next_arrival_ += duration_cast<nanoseconds>(duration<double>(wait));
    }
    if (next_arrival_ >= end_) return;
    arrival_.expires_at(next_arrival_);
    arrival_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) arrive();
    });
}

void Load::answered(Connection& connection, int status, std::string_view body) {
    --busy_;
    if (measured(connection)) {
        const auto now = monotonic_now();
        last_answer_ = std::max(last_answer_, now);
        ++tally_.answers;
        ++tally_.by_status[static_cast<std::size_t>(status < 0 || status > 999 ? 0 : status)];
        tally_.latency.add(now - connection.intended());
        if (status / 100 != 2 && tally_.first_refusal.empty()) {
            tally_.first_refusal = fmt::format("{} {}", status, body.substr(0, 500));
        }
    }
    release(connection);
}

void Load::failed(Connection& connection, std::string_view why) {
    --busy_;
    if (measured(connection)) {
        ++tally_.errors;
        if (tally_.failures.size() < kMostKindsOfFailure) ++tally_.failures[std::string(why)];
    }
    // A pause, or a server that is down would be asked a hundred thousand times a second.
    auto pause = std::make_shared<asio::steady_timer>(io_, kPauseAfterFailure);
    pause->async_wait(
        [this, pause, &connection](boost::system::error_code) { release(connection); });
}

// The connection is free: for the next turn of its client, for who waits longest, or for later.
void Load::release(Connection& connection) {
    const auto now = monotonic_now();
    if (!plan_.open) {
        if (now < end_) start(connection, now);
    } else if (!backlog_.empty()) {
        const auto intended = backlog_.front();
        backlog_.pop_front();
        if (intended >= measure_from_) tally_.lag.add(now - intended);
        start(connection, intended);
    } else {
        idle_.push_back(&connection);
    }
}

bool Load::finished() const {
    const auto now = monotonic_now();
    if (now < end_) return false;
    return (busy_ == 0 && backlog_.empty()) || now > end_ + kPatience;
}

// Ten times a second: begin to measure, end what hangs, notice the end.
void Load::watch() {
    const auto now = monotonic_now();
    if (!measuring_ && now >= measure_from_) {
        measuring_ = true;
        cpu_before_ = cpu_time();
    }
    if (finished()) {
        tally_.errors += backlog_.size();
        if (!backlog_.empty()) tally_.failures["never sent: no free connection"] = backlog_.size();
        return io_.stop();
    }
    for (const auto& connection : all_) {
        if (connection->busy() && now > connection->intended() + kPatience) connection->abort();
    }
    watch_.expires_after(std::chrono::milliseconds(100));
    watch_.async_wait([this](boost::system::error_code) { watch(); });
}

double Load::cpu_us() const {
    const auto used = duration<double, std::micro>(cpu_after_ - cpu_before_).count();
    return used / static_cast<double>(std::max<std::uint64_t>(tally_.answers, 1));
}

Server server_from(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    const auto colon = url.rfind(':');
    if (!url.starts_with(kScheme) || colon <= kScheme.size()) {
        throw std::invalid_argument("--url must look like http://127.0.0.1:8080");
    }
    const auto host = url.substr(kScheme.size());
    asio::io_context io;
    asio::ip::tcp::resolver resolver(io);
    boost::system::error_code failed;
    const auto name = url.substr(kScheme.size(), colon - kScheme.size());
    const auto found = resolver.resolve(name, url.substr(colon + 1), failed);
    if (failed) throw std::invalid_argument(fmt::format("--url: {}", failed.message()));
    const auto endpoint = found.begin()->endpoint();
    asio::ip::tcp::socket probe(io);
    probe.connect(endpoint, failed);
    if (failed)
        throw std::runtime_error(fmt::format("nobody answers at {}: {}", url, failed.message()));
    return Server{endpoint, host};
}

Shape shape_from(const std::string& name) {
    if (name == "payment") return Shape::payment;
    if (name == "charge") return Shape::charge;
    if (name == "webhook") return Shape::webhook;
    throw std::invalid_argument("--shape is payment, charge or webhook");
}

bool either(Flags& flags, std::string_view name, std::string_view yes, std::string_view no) {
    const auto value = flags.text(name, yes);
    if (value == yes || value == no) return value == yes;
    throw std::invalid_argument(fmt::format("--{} is {} or {}", name, yes, no));
}

Plan plan_from(Flags& flags) {
    Plan plan;
    plan.key = flags.required("key");
    // A seed used twice would only be answered with replays of the first run.
    plan.seed = flags.text("seed", fmt::format("{:x}", random_u64()));
    plan.shape = shape_from(flags.text("shape", "payment"));
    plan.open = !either(flags, "mode", "closed", "open");
    plan.length = seconds(flags.number("seconds", 10, 1, 86'400));
    plan.warmup = seconds(flags.number("warmup", 1, 0, 3'600));
    plan.as_json = flags.has("json");
    if (plan.open) {
        plan.rate = static_cast<double>(flags.number("rate", 1000, 1, 1'000'000));
        plan.poisson = either(flags, "arrivals", "poisson", "constant");
        plan.connections =
            static_cast<std::size_t>(flags.number("max-connections", 512, 1, 20'000));
    } else {
        plan.connections = static_cast<std::size_t>(flags.number("clients", 64, 1, 20'000));
    }
    const auto url = flags.required("url");
    flags.finish();
    plan.server = server_from(url);
    return plan;
}

void append_histogram(json::Writer& out, std::string_view name, const Histogram& values) {
    const auto ms = [](double value) { return fmt::format("{:.3f}", value); };
    out.key(name).begin_object();
    out.key("p50").raw(ms(values.percentile_ms(0.5)));
    out.key("p90").raw(ms(values.percentile_ms(0.9)));
    out.key("p99").raw(ms(values.percentile_ms(0.99)));
    out.key("p99.9").raw(ms(values.percentile_ms(0.999)));
    out.key("max").raw(ms(values.max_ms()));
    out.end_object();
}

double per_second(const Load& load) {
    return static_cast<double>(load.tally().completed()) / load.elapsed_s();
}

std::string to_json(const Plan& plan, const Load& load) {
    const Tally& tally = load.tally();
    json::Writer out;
    out.begin_object().field("mode", plan.open ? "open" : "closed").field("seed", plan.seed);
    out.field("sent", tally.sent)
        .field("completed", tally.completed())
        .field("2xx", tally.with_status(2));
    out.field("4xx", tally.with_status(4)).field("5xx", tally.with_status(5));
    out.field("errors", tally.errors).key("statuses").begin_object();
    for (std::size_t status = 0; status < tally.by_status.size(); ++status) {
        if (const auto count = tally.by_status[status]) out.field(std::to_string(status), count);
    }
    out.end_object().key("failures").begin_object();
    for (const auto& [why, count] : tally.failures) out.field(why, count);
    out.end_object().field_if("first_refusal", tally.first_refusal);
    out.key("per_second").raw(fmt::format("{:.1f}", per_second(load)));
    append_histogram(out, "latency_ms", tally.latency);
    if (plan.open) append_histogram(out, "lag_ms", tally.lag);
    out.field("connections", load.connections()).field("waited", tally.waited);
    out.field("saturated", tally.waited > 0);
    out.key("client_cpu_us").raw(fmt::format("{:.1f}", load.cpu_us()));
    return std::move(out.end_object()).text();
}

void print_table(const Plan& plan, const Load& load) {
    const Tally& tally = load.tally();
    const Histogram& latency = tally.latency;
    fmt::print("sent {}   completed {}   2xx {}   4xx {}   5xx {}   no answer {}\n", tally.sent,
               tally.completed(), tally.with_status(2), tally.with_status(4), tally.with_status(5),
               tally.errors);
    fmt::print("{:.0f}/s   client CPU {:.1f} us each   connections {}\n", per_second(load),
               load.cpu_us(), load.connections());
    fmt::print("latency ms: p50 {:.2f}   p90 {:.2f}   p99 {:.2f}   p99.9 {:.2f}   max {:.2f}\n",
               latency.percentile_ms(0.5), latency.percentile_ms(0.9), latency.percentile_ms(0.99),
               latency.percentile_ms(0.999), latency.max_ms());
    if (tally.waited > 0) {
        fmt::print("saturated: {} requests waited for one of {} connections (--max-connections)\n",
                   tally.waited, plan.connections);
    }
    for (const auto& [why, count] : tally.failures) fmt::print("{} times: {}\n", count, why);
    if (!tally.first_refusal.empty()) fmt::print("first refusal: {}\n", tally.first_refusal);
}

}  // namespace

int load_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const Plan plan = plan_from(flags);
    Load load(plan);
    load.run();
    if (plan.as_json) {
        fmt::print("{}\n", to_json(plan, load));
    } else {
        print_table(plan, load);
    }
    return load.tally().answers > 0 ? 0 : 1;
}

}  // namespace florin::bench
