#include "sandbox/faults.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "base/json.h"

namespace florin::sandbox {
namespace {

namespace dom = simdjson::dom;
using Trouble = std::unexpected<std::string>;

constexpr std::int64_t kDelayMaxMs = 600'000;

bool is_time(std::int64_t ms) {
    return ms >= 0 && ms <= kDelayMaxMs;
}

}  // namespace

struct Faults::Wish {
    std::optional<std::uint64_t> seed;
    Settings settings;
    std::vector<Order> next;

    std::expected<void, std::string> take_rates(dom::element value);
    std::expected<void, std::string> take_delay(dom::element value);
    std::expected<void, std::string> take_orders(dom::element value);
};

std::optional<Fault> fault_named(std::string_view name) {
    const auto at = std::ranges::find(kFaultNames, name);
    if (at == kFaultNames.end()) return {};
    return static_cast<Fault>(at - kFaultNames.begin());
}

std::expected<void, std::string> Faults::Wish::take_rates(dom::element value) {
    dom::object rates;
    if (value.get(rates)) return Trouble("rates must be an object of numbers from 0 to 1");
    for (const auto [name, rate] : rates) {
        const auto fault = fault_named(name);
        if (!fault)
            return Trouble(fmt::format("rates.{} is not a fault; known are {}", name,
                                       fmt::join(kFaultNames, ", ")));
        double chance = -1;
        if (rate.get(chance) || chance < 0 || chance > 1)
            return Trouble(fmt::format("rates.{} must be a number from 0 to 1", name));
        settings.rates[static_cast<std::size_t>(*fault)] = chance;
    }
    return {};
}

std::expected<void, std::string> Faults::Wish::take_delay(dom::element value) {
    dom::array pair;
    auto& from = settings.delay_from_ms;
    auto& to = settings.delay_to_ms;
    if (value.get(pair) || pair.size() != 2 || pair.at(0).get(from) || pair.at(1).get(to) ||
        !is_time(from) || !is_time(to) || from > to)
        return Trouble(
            fmt::format("delay_ms must be [from, to] with 0 <= from <= to <= {}", kDelayMaxMs));
    return {};
}

std::expected<void, std::string> Faults::Wish::take_orders(dom::element value) {
    dom::array orders;
    if (value.get(orders)) return Trouble("next must be a list of {fault, path, method}");
    for (const auto item : orders) {
        dom::object fields;
        if (item.get(fields)) return Trouble("next holds objects of {fault, path, method}");
        Order order{};
        bool named = false;
        for (const auto [name, content] : fields) {
            std::string_view text;
            if (content.get(text)) return Trouble(fmt::format("next.{} must be a text", name));
            if (name == "fault") {
                const auto fault = fault_named(text);
                if (!fault) return Trouble(fmt::format("next.fault '{}' is not a fault", text));
                order.fault = *fault;
                named = true;
            } else if (name == "path") {
                order.path = text;
            } else if (name == "method") {
                order.method = text;
            } else {
                return Trouble(fmt::format("next.{} is not known", name));
            }
        }
        if (!named) return Trouble("next: an order without a fault");
        next.push_back(std::move(order));
    }
    return {};
}

std::expected<Faults::Wish, std::string> Faults::read(const std::string& json) {
    dom::parser parser;
    dom::object fields;
    if (parser.parse(json).get(fields)) return Trouble("the body must be a JSON object");
    Wish wish;
    for (const auto [name, value] : fields) {
        std::expected<void, std::string> taken;
        if (name == "rates") {
            taken = wish.take_rates(value);
        } else if (name == "delay_ms") {
            taken = wish.take_delay(value);
        } else if (name == "next") {
            taken = wish.take_orders(value);
        } else if (name == "seed") {
            std::uint64_t seed = 0;
            if (value.get(seed)) return Trouble("seed must be a whole number of 64 bits");
            wish.seed = seed;
        } else if (name == "search_lag_ms") {
            auto& lag = wish.settings.search_lag_ms;
            if (value.get(lag) || !is_time(lag))
                return Trouble(fmt::format("search_lag_ms must be from 0 to {}", kDelayMaxMs));
        } else {
            return Trouble(fmt::format("{} is not known", name));
        }
        if (!taken) return Trouble(std::move(taken).error());
    }
    return wish;
}

std::expected<void, std::string> Faults::configure(const std::string& json) {
    auto wish = read(json);
    if (!wish) return Trouble(std::move(wish).error());
    if (next_.size() + wish->next.size() > kNextMax)
        return Trouble(fmt::format("at most {} one-shot faults can wait", kNextMax));
    settings_ = wish->settings;
    if (wish->seed) {
        seed_ = *wish->seed;
        random_.seed(seed_);
    }
    for (auto& order : wish->next) next_.push_back(std::move(order));
    return {};
}

std::string Faults::show() const {
    json::Writer out;
    out.begin_object().field("seed", seed_).key("rates").begin_object();
    for (std::size_t i = 0; i < kFaultNames.size(); ++i)
        out.key(kFaultNames[i]).raw(fmt::format("{}", settings_.rates[i]));
    out.end_object().key("delay_ms").begin_array();
    out.value(settings_.delay_from_ms).value(settings_.delay_to_ms).end_array();
    out.field("search_lag_ms", settings_.search_lag_ms).key("next").begin_array();
    for (const auto& order : next_) {
        out.begin_object().field("fault", kFaultNames[static_cast<std::size_t>(order.fault)]);
        out.field_if("path", order.path).field_if("method", order.method).end_object();
    }
    out.end_array().key("counts").begin_object();
    for (std::size_t i = 0; i < kFaultNames.size(); ++i) out.field(kFaultNames[i], counts_[i]);
    out.end_object().end_object();
    return std::move(out).text();
}

bool Faults::Order::matches(std::string_view wanted_method, std::string_view wanted_path) const {
    if (!method.empty() && method != wanted_method) return false;
    if (path.ends_with('*'))
        return wanted_path.starts_with(std::string_view(path).substr(0, path.size() - 1));
    return path.empty() || path == wanted_path;
}

bool Faults::draw(Fault fault) {
    const auto rate = settings_.rates[static_cast<std::size_t>(fault)];
    // 53 bits of the generator's own, because the standard distributions differ between libraries.
    if (rate <= 0 || static_cast<double>(random_() >> 11) * 0x1.0p-53 >= rate) return false;
    count(fault);
    return true;
}

Fate Faults::decide(std::string_view method, std::string_view path, std::string_view header) {
    Fate fate;
    const auto inflict = [&](Fault fault) {
        fate.hit[static_cast<std::size_t>(fault)] = true;
        count(fault);
    };
    bool ends = false;  // One of these three is enough.
    for (const auto fault : {Fault::drop_request, Fault::error_500, Fault::rate_limit_429}) {
        if (!ends) ends = fate.hit[static_cast<std::size_t>(fault)] = draw(fault);
    }
    if (!ends) {
        fate.hit[static_cast<std::size_t>(Fault::delay)] = draw(Fault::delay);
        fate.hit[static_cast<std::size_t>(Fault::drop_reply)] = draw(Fault::drop_reply);
        if (method == "POST")
            fate.hit[static_cast<std::size_t>(Fault::error_500_after)] =
                draw(Fault::error_500_after);
    }
    if (const auto fault = fault_named(header)) inflict(*fault);
    const auto order =
        std::ranges::find_if(next_, [&](const Order& one) { return one.matches(method, path); });
    if (order != next_.end()) {
        inflict(order->fault);
        next_.erase(order);
    }
    fate.delay_ms = every_delay_ms_;
    if (fate.has(Fault::delay)) {
        const auto span =
            static_cast<std::uint64_t>(settings_.delay_to_ms - settings_.delay_from_ms + 1);
        fate.delay_ms += settings_.delay_from_ms + static_cast<std::int64_t>(random_() % span);
    }
    return fate;
}

}  // namespace florin::sandbox
