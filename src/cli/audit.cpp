// `florin audit`: what the audit says, for people and for programs.

#include <fmt/format.h>

#include <cstdio>

#include "app/audit.h"
#include "audit/checks.h"
#include "audit/show.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

namespace florin::cli {
namespace {

using audit::Report;

void list_checks(bool json) {
    if (json) return print(audit::show_catalogue());
    Table table({"check", "severity", "invariant"});
    for (const auto& check : audit::checks())
        table.add({std::string(check.name), std::string(audit::name(check.severity)),
                   std::string(check.invariant)});
    print(table.text());
}

// A line every two seconds on stderr, so that nobody takes a long pass for a dead one.
class Progress {
public:
    void operator()(int slots) {
        if (monotonic_now() < next_) return;
        next_ = deadline_in(kPause);
        std::fprintf(stderr, "checked %d of %d slots\n", slots, int{kSlots});
    }

private:
    static constexpr std::chrono::seconds kPause{2};
    Deadline next_ = deadline_in(kPause);
};

void print_report(const Report& report) {
    Table checks({"check", "severity", "findings", "money at stake"});
    Table findings({"check", "object", "payment", "what", "expected", "found", "money at stake"});
    std::int64_t hidden = 0;
    for (const auto& verdict : report.verdicts) {
        const auto name = std::string(verdict.check->name);
        checks.add({name, std::string(audit::name(verdict.check->severity)),
                    std::to_string(verdict.count), audit::text(verdict.at_stake)});
        for (const auto& one : verdict.findings)
            findings.add({name, one.object + " " + one.object_id, one.payment, one.what,
                          one.expected, one.found,
                          audit::text(audit::Stakes{{one.currency, one.at_stake}})});
        hidden += verdict.count - static_cast<std::int64_t>(verdict.findings.size());
    }
    print(checks.text());
    if (report.count() > 0) print("\n" + findings.text());
    if (hidden > 0) print(fmt::format("and {} more: see --limit", hidden));
    print(fmt::format("\n{} findings in {} checks over {} slots, {:.1f} s", report.count(),
                      report.verdicts.size(), kSlots, report.seconds));
}

}  // namespace

Result<int> audit(const Options& options, const AuditWish& wanted) {
    const app::AuditOptions audit_options{wanted.writer_allowed,
                                          static_cast<std::size_t>(wanted.limit), wanted.slots};
    if (wanted.list) {
        list_checks(options.json);
        return 0;
    }
    if (wanted.watch) {
        TRY_OK(app::audit_for_ever(options.config, audit_options, [&](std::uint16_t port) {
            std::printf("florin audit listens on http://%s:%u\n",
                        options.config.audit_listen_address.c_str(), static_cast<unsigned>(port));
            std::fflush(stdout);
        }));
        return 0;
    }
    TRY(const auto report, app::audit_once(options.config, audit_options, Progress()));
    options.json ? print(audit::show(report)) : print_report(report);
    return report.count() == 0 ? 0 : 1;
}

}  // namespace florin::cli
