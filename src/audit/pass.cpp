#include "audit/pass.h"

#include <algorithm>

#include "audit/checks.h"

namespace florin::audit {
namespace {

double seconds_since(Deadline start) {
    return std::chrono::duration<double>(monotonic_now() - start).count();
}

// The statement took too long, or a standby had to end it: fewer slots may go through.
bool is_too_wide(const pg::SqlError& error) {
    return error.state == "57014" || error.state == "40001";
}

}  // namespace

Task<Result<Step>> take_step(Reader& reader, Stride& stride, Slot first) {
    while (true) {
        CO_TRY_OK(co_await reader.open());
        Step step{.first = first};
        step.last = static_cast<Slot>(std::min(first + stride.size(), int{kSlots}) - 1);
        const auto start = monotonic_now();
        std::string why;
        try {
            step.verdicts = co_await reader.look(first, step.last, now());
        } catch (const pg::SqlError& e) {
            if (!is_too_wide(e)) throw;
            why = e.what();
        } catch (const pg::Lost& e) {  // All of them together may take too long, too.
            why = e.what();
        }
        if (why.empty()) {
            step.seconds = seconds_since(start);
            stride.took(step.seconds);
            co_return step;
        }
        if (!stride.shrink())
            co_return fail(Fault::unavailable, "audit_too_slow",
                           "slot " + std::to_string(first) + " alone cannot be checked: " + why);
    }
}

Task<Result<Report>> full_pass(Reader& reader, std::function<void(int)> on_progress, int slots_max,
                               std::size_t limit) {
    Report report;
    for (const auto& check : checks()) report.verdicts.push_back({.check = &check});
    const auto start = monotonic_now();
    CO_TRY_OK(co_await reader.open());
    Stride stride(reader.rows(), slots_max);
    for (int first = 0; first < kSlots;) {
        CO_TRY(auto step, co_await take_step(reader, stride, static_cast<Slot>(first)));
        for (std::size_t n = 0; n < step.verdicts.size(); ++n)
            merge(report.verdicts[n], std::move(step.verdicts[n]), limit);
        first = step.last + 1;
        ++report.steps;
        on_progress(first);
    }
    report.seconds = seconds_since(start);
    co_return report;
}

}  // namespace florin::audit
