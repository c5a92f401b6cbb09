#include "audit/watch.h"

#include "audit/checks.h"
#include "audit/show.h"
#include "base/log.h"
#include "platform/async/scope.h"

namespace florin::audit {
namespace {

constexpr auto kRetryTime = std::chrono::seconds(1);

std::string label(const Check& check) {
    return "check=\"" + std::string(check.name) + "\",severity=\"" +
           std::string(name(check.severity)) + '"';
}

// A gauge holds what 64 bits hold; beyond that the number is wrong anyway and its size enough.
std::uint64_t clamp(const std::string& digits) {
    return digits.size() > 18 ? 999'999'999'999'999'999 : std::stoull("0" + digits);
}

}  // namespace

Watch::Watch(Reader& reader, metrics::Registry& metrics, SendAlarm send, WatchOptions options)
    : reader_(reader),
      metrics_(metrics),
      send_(std::move(send)),
      options_(options),
      passed_at_(monotonic_now()) {
    metrics_.observe(
        "florin_audit_pass_age_seconds",
        "Since the last full pass ended, or since the start before the first one.", "gauge",
        [this] { return std::chrono::duration<double>(monotonic_now() - passed_at_).count(); });
    metrics_.observe("florin_audit_slots_checked", "Of the pass that runs.", "gauge",
                     [this] { return static_cast<double>(next_); });
    metrics_.counter("florin_audit_passes_total", "Full passes.");
    metrics_.counter("florin_audit_failures_total", "Steps that could not be taken.");
    metrics_.counter("florin_audit_alarms_failed_total", "Alarms that the URL did not take.");
    measure();
}

Task<> Watch::run() {
    while (true) {
        const auto start = monotonic_now();
        co_await pass();
        passed_at_ = monotonic_now();
        ++metrics_.counter("florin_audit_passes_total", "");
        if (!has_passed_)
            log::info("audit.passed", {{"findings", std::to_string(known_.findings().size())}});
        has_passed_ = true;
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
            start + options_.period - monotonic_now());
        co_await sleep_for(std::max(rest, std::chrono::milliseconds(1)));
    }
}

Task<> Watch::pass() {
    next_ = 0;
    if (!has_passed_) stride_ = Stride(reader_.rows(), options_.slots_max);
    while (next_ < kSlots) {
        const bool went_well = co_await step(next_);
        co_await send_waiting();
        if (!went_well) co_await sleep_for(kRetryTime);
    }
}

// After a step as long a rest: the audit takes at most half of one processor of the database.
Task<bool> Watch::step(Slot first) {
    std::string code = "audit_failed", why;
    double seconds = 0;
    try {
        auto done = co_await take_step(reader_, stride_, first);
        if (done) {
            tell(known_.take(done->first, done->last, done->verdicts));
            measure();
            next_ = static_cast<Slot>(done->last + 1);
            seconds = done->seconds;
        } else {
            code = done.error().code;
            why = done.error().detail;
        }
    } catch (const pg::Lost& e) {
        code = "database_unavailable";
        why = e.what();
    } catch (const pg::SqlError& e) {
        code = e.state;
        why = e.what();
    }
    if (!why.empty()) {
        ++metrics_.counter("florin_audit_failures_total", "");
        log::error("audit.not_checked",
                   {{"code", code}, {"why", why}, {"slot", std::to_string(first)}});
        co_return false;
    }
    co_await sleep_for(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1));
    co_return true;
}

void Watch::tell(const Known::News& news) {
    for (const auto& finding : news.fresh) {
        log::error("audit.finding",
                   {{"check", std::string(finding.check->name)},
                    {"severity", std::string(name(finding.check->severity))},
                    {"payment", finding.payment},
                    {"object", finding.object},
                    {"object_id", finding.object_id},
                    {"what", finding.what},
                    {"expected", finding.expected},
                    {"found", finding.found},
                    {"at_stake", in_major_units(finding.at_stake, finding.currency)},
                    {"currency", finding.currency}});
        if (!send_) continue;
        if (waiting_.size() < kWaitingMax)
            waiting_.push_back(show_alarm(finding, now()));
        else
            log::error("audit.alarm_dropped", {{"object_id", finding.object_id}});
    }
    for (const auto& finding : news.gone)
        log::info("audit.resolved", {{"check", std::string(finding.check->name)},
                                     {"object_id", finding.object_id},
                                     {"what", finding.what}});
}

void Watch::measure() {
    std::map<const Check*, std::uint64_t> counts;
    std::map<const Check*, Stakes> stakes;
    for (const auto& [key, finding] : known_.findings()) {
        ++counts[finding.check];
        auto& sum = stakes[finding.check][finding.currency];
        sum = add_digits(sum, finding.at_stake);
    }
    metrics_.reset_gauges("florin_audit_money_at_stake_minor_units");
    for (const auto& check : checks()) {
        metrics_.gauge("florin_audit_findings", "Findings that stand.", label(check)) =
            counts[&check];
        for (const auto& [currency, digits] : stakes[&check])
            metrics_.gauge("florin_audit_money_at_stake_minor_units",
                           "Money that the findings are about, in minor units.",
                           label(check) + ",currency=\"" + currency + '"') = clamp(digits);
    }
}

Task<> Watch::send_waiting() {
    while (!waiting_.empty()) {
        auto body = waiting_.front();
        if (!co_await send_(std::move(body))) {
            ++metrics_.counter("florin_audit_alarms_failed_total", "");
            co_return;
        }
        waiting_.pop_front();
    }
}

}  // namespace florin::audit
