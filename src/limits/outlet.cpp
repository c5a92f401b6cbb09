#include "limits/outlet.h"

#include <fmt/format.h>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <charconv>

#include "base/log.h"

namespace florin::limits {
namespace {

constexpr std::chrono::milliseconds kNapMin{5}, kNapMax{1000};

http::Answer held_back(std::string why) {
    return std::unexpected(http::WireFailure{false, std::move(why)});
}

}  // namespace

std::chrono::seconds pause_of(const http::Headers& headers) {
    const auto text = headers.get("Retry-After");
    std::int64_t seconds = 1;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, 60));
}

Limit outgoing_limit(std::int64_t per_second) {
    return {"provider", per_second, std::max<std::int64_t>(1, per_second / 2)};
}

Outlet::Outlet(asio::io_context& io, Buckets& buckets, connectors::Wire& wire,
               OutletOptions options)
    : io_(io),
      buckets_(buckets),
      wire_(wire),
      options_(std::move(options)),
      limit_(outgoing_limit(options_.per_second)),
      breaker_(options_.breaker),
      scope_(io) {
    lines_[0].seats = options_.order_seats;
    lines_[1].seats = options_.question_seats;
}

Task<> Outlet::close() {
    closed_ = true;
    return scope_.close();
}

OutletCounts Outlet::counts() const {
    auto counts = counts_;
    counts.waiting = lines_[0].waiting.size() + lines_[1].waiting.size();
    return counts;
}

Task<http::Answer> Outlet::send(http::Request request, Deadline deadline) {
    auto& line = lines_[request.method == "GET" ? 1 : 0];
    const auto began = monotonic_now();
    const auto circuit_open = [this] {
        ++counts_.held_open;
        return held_back("the circuit of " + options_.account + " is open: it failed too often");
    };
    if (!breaker_.would_pass(began)) co_return circuit_open();
    const bool at_once =
        !limit_.is_on() && began >= paused_until_ && line.is_free() && line.waiting.empty();
    if (at_once) {
        ++line.busy;
    } else if (!co_await wait_for_turn(line, began + (deadline - began) / 4)) {
        ++counts_.held_rate;
        co_return held_back("the limit of " + options_.account + " left no room in time");
    }
    struct Seat {
        Outlet& outlet;
        Line& line;
        ~Seat() {
            --line.busy;
            outlet.start_turns();
        }
    } seat{*this, line};
    const auto before = breaker_.circuit();
    if (!breaker_.lets_pass(monotonic_now())) co_return circuit_open();
    if (breaker_.circuit() != before) tell_change(before, "one call tries");
    ++counts_.calls;
    const auto era = breaker_.era();
    auto answer = co_await wire_.send(std::move(request), deadline);
    note(answer, era);
    co_return answer;
}

// True = it has a seat.
Task<bool> Outlet::wait_for_turn(Line& line, Deadline until) {
    if (line.waiting.size() >= options_.line_max) co_return false;
    Waiter waiter{asio::steady_timer(io_, until)};
    line.waiting.push_back(&waiter);
    struct Leave {
        Outlet& outlet;
        Line& line;
        Waiter& waiter;
        bool stays = false;
        ~Leave() {
            if (!waiter.called) std::erase(line.waiting, &waiter);
            if (!waiter.called || stays) return;
            --line.busy;  // Called, and cancelled at that moment.
            outlet.start_turns();
        }
    } leave{*this, line, waiter};
    start_turns();
    boost::system::error_code woken;
    if (!waiter.called)
        co_await waiter.turn.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    leave.stays = true;
    co_return waiter.called;
}

Outlet::Line* Outlet::next_line() {
    for (std::size_t i = 1; i <= lines_.size(); ++i) {
        const auto at = (last_ + i) % lines_.size();
        if (lines_[at].wants()) return &lines_[at];
    }
    return nullptr;
}

void Outlet::start_turns() {
    if (in_turns_ || closed_ || !next_line()) return;
    in_turns_ = true;
    scope_.start("limits.turns", turns());
}

// Runs while somebody waits for whom there is a seat: gets a token, then calls the next.
Task<> Outlet::turns() {
    struct Leave {
        bool& running;
        ~Leave() { running = false; }
    } leave{in_turns_};
    while (next_line()) {
        const auto now = monotonic_now();
        std::chrono::nanoseconds nap = paused_until_ - now;
        if (nap.count() <= 0 && limit_.is_on()) {
            auto subject = "provider:" + options_.account;
            const auto verdict = co_await buckets_.take(std::move(subject), limit_);
            nap = verdict.retry_after;
        }
        if (nap.count() > 0) {
            const auto time = std::chrono::ceil<std::chrono::milliseconds>(nap);
            co_await sleep_for(std::clamp(time, kNapMin, kNapMax));
            continue;
        }
        auto* line = next_line();
        if (!line) break;  // Nobody waits any more; the token is void soon.
        last_ = static_cast<std::size_t>(line - lines_.data());
        auto* waiter = line->waiting.front();
        line->waiting.pop_front();
        ++line->busy;
        waiter->called = true;
        waiter->turn.cancel();
    }
}

void Outlet::note(const http::Answer& answer, std::uint64_t era) {
    const auto now = monotonic_now();
    const auto before = breaker_.circuit();
    if (answer && answer->status == 429) {
        paused_until_ = std::max(paused_until_, now + pause_of(answer->headers));
        log::warn("provider.busy", {{"account", options_.account}});
    }
    const bool failed = !answer || answer->status >= 500;
    breaker_.note(failed, era, now);
    if (breaker_.circuit() == before) return;
    tell_change(before, !failed  ? "it answered"
                        : answer ? fmt::format("status {}", answer->status)
                                 : answer.error().why);
}

void Outlet::tell_change(Circuit before, std::string why) {
    log::warn("provider.circuit", {{"account", options_.account},
                                   {"from", std::string(name(before))},
                                   {"to", std::string(name(breaker_.circuit()))},
                                   {"why", why}});
}

}  // namespace florin::limits
