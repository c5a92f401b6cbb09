// florin machine: the tables of states that the program lives by, as a drawing or as lines.

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "domain/dispute.h"
#include "domain/operation.h"
#include "domain/payment.h"
#include "domain/payout.h"
#include "domain/refund.h"
#include "domain/shipment.h"

namespace florin::cli {
namespace {

struct Line {
    std::string from, event, to;
};

template <class Rows>
std::vector<Line> lines_of(const Rows& rows) {
    std::vector<Line> out;
    for (const auto& row : rows)
        out.push_back(
            {std::string(name(row.from)), std::string(name(row.on)), std::string(name(row.to))});
    return out;
}

struct Machine {
    std::vector<std::string> starts;
    std::vector<Line> lines;
};

const std::map<std::string, Machine>& machines() {
    static const std::map<std::string, Machine> all = {
        {"operation", {{"ready", "sending"}, lines_of(operation::kTransitions)}},
        {"payment", {{"processing"}, lines_of(payment::kTransitions)}},
        {"refund", {{"approval_pending", "pending"}, lines_of(refund::kTransitions)}},
        {"payout", {{"approved", "awaiting_approval", "netted"}, lines_of(payout::kTransitions)}},
        {"shipment", {{"waiting"}, lines_of(shipment::kTransitions)}},
        {"dispute", {{"inquiry", "needs_response"}, lines_of(dispute::kTransitions)}},
    };
    return all;
}

// Steps that lead back to where they began are left out: they are in the table. Arrows between the
// same two states are one.
std::string drawing(const Machine& machine) {
    std::vector<std::pair<std::pair<std::string, std::string>, std::string>> arrows;
    for (const auto& line : machine.lines) {
        if (line.from == line.to) continue;
        const std::pair ends(line.from, line.to);
        const auto same = [&](const auto& arrow) { return arrow.first == ends; };
        const auto found = std::ranges::find_if(arrows, same);
        if (found == arrows.end())
            arrows.emplace_back(ends, line.event);
        else
            found->second += ", " + line.event;
    }
    std::string out = "stateDiagram-v2\n";
    for (const auto& start : machine.starts) out += "    [*] --> " + start + '\n';
    for (const auto& [ends, events] : arrows)
        out += fmt::format("    {} --> {}: {}\n", ends.first, ends.second, events);
    return out;
}

}  // namespace

std::vector<std::string> machine_names() {
    std::vector<std::string> out;
    for (const auto& [name, machine] : machines()) out.push_back(name);
    return out;
}

Result<void> show_machine(const Options& options, const std::string& name, bool as_drawing) {
    const auto& machine = machines().at(name);
    if (as_drawing) {
        std::fputs(drawing(machine).c_str(), stdout);
        return {};
    }
    Table table({"from", "event", "to"});
    json::Writer out;
    out.begin_array();
    for (const auto& line : machine.lines) {
        table.add({line.from, line.event, line.to});
        out.begin_object().field("from", line.from).field("event", line.event);
        out.field("to", line.to).end_object();
    }
    out.end_array();
    print(options.json ? out.text() : table.text());
    return {};
}

}  // namespace florin::cli
