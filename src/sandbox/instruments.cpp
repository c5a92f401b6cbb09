// Payment methods from test cards: what POST makes, and what a request names.

#include <chrono>

#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kMethodParams[] = {
    "type",      "card[number]", "card[exp_month]",    "card[exp_year]",
    "card[cvc]", "metadata[*]",  "billing_details[*]", "expand[]",
};
constexpr std::string_view kTypes[] = {"card"};

std::unexpected<Problem> refuse_card(const Decline& why, std::string_view param) {
    auto problem = declined_by(why);
    problem.param = param;
    return std::unexpected(std::move(problem));
}

int year_of(std::int64_t at_us) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(at_us)};
    return static_cast<int>(
        std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year());
}

// The card that these parameters describe, or what the provider says against it.
Checked<PaymentMethod> check_card(const Params& params, std::int64_t at_us) {
    TRY(const auto number, check_required(params, "card[number]"));
    TRY_OK(check_required(params, "card[exp_month]"));
    TRY_OK(check_required(params, "card[exp_year]"));
    PaymentMethod method;
    const auto month = whole_number(*params.get("card[exp_month]")).value_or(0);
    const auto year = whole_number(*params.get("card[exp_year]")).value_or(0);
    method.card = card_by_number(number);
    if (method.card == nullptr && passes_luhn(number))
        return refuse_card(kLiveCardInTestMode, "number");
    if (method.card == nullptr || method.card->decline == &kIncorrectNumber)
        return refuse_card(kIncorrectNumber, "number");
    if (month < 1 || month > 12) return refuse_card(kInvalidMonth, "exp_month");
    const auto this_year = year_of(at_us);
    const auto whole_year = year >= 0 && year < 100 ? year + 2000 : year;
    if (whole_year < this_year || whole_year > this_year + 50)
        return refuse_card(kInvalidYear, "exp_year");
    if (const auto* cvc = params.get("card[cvc]")) {
        const bool digits = cvc->find_first_not_of("0123456789") == std::string::npos;
        if (!digits || cvc->size() < 3 || cvc->size() > 4) return refuse_card(kInvalidCvc, "cvc");
    }
    method.exp_month = static_cast<int>(month);
    method.exp_year = static_cast<int>(whole_year);
    return method;
}

}  // namespace

Checked<Provider::Method> Provider::find_method(const Params& params) const {
    Method method;
    const auto* name = params.get("payment_method");
    if (name == nullptr || name->empty()) return method;
    method.existing = store_.find("pm_", *name);
    if (method.existing == kNone) method.card = card_by_token(*name);
    if (method.existing == kNone && method.card == nullptr)
        return std::unexpected(missing_object(400, "PaymentMethod", *name, "payment_method"));
    return method;
}

std::uint32_t Provider::take_method(const Method& method, const Command& command) {
    if (method.card == nullptr) return method.existing;
    auto& made = store_.add_method();
    made.card = method.card;
    made.exp_month = 12;
    made.exp_year = year_of(command.at_us) + 1;
    made.created = command.at_us / 1'000'000;
    return static_cast<std::uint32_t>(store_.methods.size() - 1);
}

Provider::Json Provider::create_method(const Command& command, const Params& params) {
    TRY_OK(check_known(params, kMethodParams));
    TRY_OK(check_required(params, "type"));
    TRY_OK(check_choice(params, "type", kTypes));
    TRY(auto metadata, check_metadata(params));
    TRY_OK(check_expand(params, {}));
    TRY(auto method, check_card(params, command.at_us));
    auto& made = store_.add_method();
    method.id = made.id;
    method.created = command.at_us / 1'000'000;
    merge_pairs(method.metadata, metadata);
    made = std::move(method);
    return share(render(made));
}

}  // namespace florin::sandbox
