#include "audit/show.h"

#include "audit/checks.h"

namespace florin::audit {
namespace {

void show_money(json::Writer& out, const std::string& digits, const std::string& currency) {
    out.begin_object().field("amount", in_major_units(digits, currency));
    out.key("currency");
    currency.empty() ? out.null() : out.value(currency);
    out.end_object();
}

void show_check(json::Writer& out, const Check& check) {
    out.field("check", check.name).field("severity", name(check.severity));
    out.field("invariant", check.invariant);
}

void show_fields(json::Writer& out, const Finding& finding) {
    out.field("slot", finding.slot);
    out.key("payment");
    finding.payment.empty() ? out.null() : out.value(finding.payment);
    out.key("object").begin_object().field("type", finding.object).key("id");
    finding.object_id.empty() ? out.null() : out.value(finding.object_id);
    out.end_object();
    out.field("what", finding.what).field("expected", finding.expected);
    out.field("found", finding.found).key("money_at_stake");
    show_money(out, finding.at_stake, finding.currency);
}

}  // namespace

void show(json::Writer& out, const Finding& finding) {
    out.begin_object();
    show_fields(out, finding);
    out.end_object();
}

void show(json::Writer& out, const Stakes& stakes) {
    out.begin_array();
    for (const auto& [currency, digits] : stakes) show_money(out, digits, currency);
    out.end_array();
}

std::string show(const Report& report) {
    json::Writer out;
    out.begin_object().field("object", "audit").field("agrees", report.count() == 0);
    out.field("findings", report.count()).field("slots", kSlots).field("steps", report.steps);
    out.field("milliseconds", static_cast<std::int64_t>(report.seconds * 1000));
    out.key("checks").begin_array();
    for (const auto& verdict : report.verdicts) {
        out.begin_object();
        show_check(out, *verdict.check);
        out.field("findings", verdict.count).key("money_at_stake");
        show(out, verdict.at_stake);
        out.key("data").begin_array();
        for (const auto& finding : verdict.findings) show(out, finding);
        out.end_array().end_object();
    }
    out.end_array().end_object();
    return std::move(out).text();
}

std::string show_catalogue() {
    json::Writer out;
    out.begin_array();
    for (const auto& check : checks()) {
        out.begin_object();
        show_check(out, check);
        out.end_object();
    }
    out.end_array();
    return std::move(out).text();
}

std::string show_alarm(const Finding& finding, Instant at) {
    json::Writer out;
    out.begin_object().field("type", "audit.finding").field("at", to_text(at));
    show_check(out, *finding.check);
    show_fields(out, finding);
    out.end_object();
    return std::move(out).text();
}

std::string text(const Stakes& stakes) {
    std::string out;
    for (const auto& [currency, digits] : stakes) {
        if (digits == "0") continue;
        if (!out.empty()) out += ", ";
        out += in_major_units(digits, currency) + " " + (currency.empty() ? "?" : currency);
    }
    return out;
}

}  // namespace florin::audit
