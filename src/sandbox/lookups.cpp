// What GET answers: single objects, lists with cursors, and the search.

#include <algorithm>

#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"
#include "sandbox/search.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kListParams[] = {
    "limit",        "starting_after", "ending_before", "created",  "created[gt]",
    "created[gte]", "created[lt]",    "created[lte]",  "expand[]",
};
constexpr std::string_view kChargeListParams[] = {"limit", "starting_after", "ending_before",
                                                  "payment_intent", "expand[]"};
constexpr std::string_view kEventListParams[] = {"limit", "starting_after", "ending_before",
                                                 "type"};
constexpr std::string_view kSearchParams[] = {"query", "limit", "page", "expand[]"};
constexpr std::string_view kRetrieveParams[] = {"client_secret", "expand[]"};

// One page of `count` objects, newest first: the places to show.
struct Page {
    std::vector<std::size_t> places;
    bool has_more = false;
};

struct Cursor {
    std::size_t limit = 10;
    std::size_t below = SIZE_MAX;  // Only older places than this one,
    std::size_t above = SIZE_MAX;  // or only newer ones.
};

template <class Find>
Checked<Cursor> read_cursor(const Params& params, std::string_view kind, Find find) {
    Cursor cursor;
    TRY(const auto limit, check_integer(params, "limit", 1, 100, 10));
    cursor.limit = static_cast<std::size_t>(limit);
    for (const std::string_view name : {"starting_after", "ending_before"}) {
        const auto* id = params.get(name);
        if (id == nullptr) continue;
        const std::size_t place = find(*id);
        if (place == SIZE_MAX) return std::unexpected(missing_object(400, kind, *id, name));
        (name == "starting_after" ? cursor.below : cursor.above) = place;
    }
    return cursor;
}

template <class Wanted>
Page turn_page(std::size_t count, const Cursor& cursor, Wanted wanted) {
    Page page;
    const auto take = [&](std::size_t place) {
        if (!wanted(place)) return true;
        page.has_more = page.places.size() == cursor.limit;
        if (!page.has_more) page.places.push_back(place);
        return !page.has_more;
    };
    if (cursor.above != SIZE_MAX) {  // The nearest newer ones, still shown newest first.
        for (auto place = cursor.above + 1; place < count && take(place);) ++place;
        std::ranges::reverse(page.places);
    } else {
        for (auto place = std::min(count, cursor.below); place > 0 && take(place - 1);) --place;
    }
    return page;
}

std::size_t widen(std::uint32_t place) {
    return place == kNone ? SIZE_MAX : place;
}

}  // namespace

Reply Provider::get(const std::string& path, const Params& params, std::int64_t newest_us) const {
    auto text = route_get(path, params, newest_us);
    if (!text) return reply_of(std::unexpected(std::move(text).error()));
    return reply_of(std::make_shared<const std::string>(*std::move(text)));
}

Provider::Text Provider::route_get(const std::string& path, const Params& params,
                                   std::int64_t newest_us) const {
    if (path == "/v1/payment_intents") return list_intents(params);
    if (path == "/v1/payment_intents/search") return search_intents(params, newest_us);
    if (path == "/v1/charges") return list_charges(params);
    if (path == "/v1/events") return list_events(params);
    return get_one(path, params);
}

Provider::Text Provider::list_intents(const Params& params) const {
    TRY_OK(check_known(params, kListParams));
    TRY(const auto created, check_created(params));
    TRY(const auto expand, check_expand(params, "data."));
    const auto find = [&](const std::string& id) { return widen(store_.find("pi_", id)); };
    TRY(const auto cursor, read_cursor(params, "payment_intent", find));
    const auto wanted = [&](std::size_t place) {
        return created.holds(store_.intents[place].created_us / 1'000'000);
    };
    const auto page = turn_page(store_.intents.size(), cursor, wanted);
    std::vector<std::string> objects;
    for (const auto place : page.places)
        objects.push_back(render(store_, store_.intents[place], expand));
    return render_list("list", "/v1/payment_intents", objects, page.has_more);
}

Provider::Text Provider::search_intents(const Params& params, std::int64_t newest_us) const {
    TRY_OK(check_known(params, kSearchParams));
    TRY(const auto text, check_required(params, "query"));
    TRY(const auto query, parse_query(text));
    TRY(const auto expand, check_expand(params, "data."));
    TRY(auto cursor, read_cursor(params, "payment_intent", [](auto&) { return SIZE_MAX; }));
    if (const auto* from = params.get("page")) {  // A page is named by the last id before it.
        cursor.below = widen(store_.find("pi_", *from));
        if (cursor.below == SIZE_MAX) return refuse("page", "", "No such page. Start again.");
    }
    const auto wanted = [&](std::size_t place) {
        const auto& intent = store_.intents[place];
        return intent.created_us <= newest_us && query.matches(intent);
    };
    Page page;
    if (query.metadata.empty()) {
        page = turn_page(store_.intents.size(), cursor, wanted);
    } else {
        auto places = store_.with_metadata(query.metadata[0].first, query.metadata[0].second);
        std::ranges::sort(places);
        places.erase(std::unique(places.begin(), places.end()), places.end());
        const auto end = std::ranges::lower_bound(places, cursor.below);
        cursor.below = SIZE_MAX;
        page = turn_page(static_cast<std::size_t>(end - places.begin()), cursor,
                         [&](std::size_t at) { return wanted(places[at]); });
        for (auto& place : page.places) place = places[place];
    }
    std::vector<std::string> objects;
    for (const auto place : page.places)
        objects.push_back(render(store_, store_.intents[place], expand));
    const auto next = page.has_more ? store_.intents[page.places.back()].id : "";
    return render_list("search_result", "/v1/payment_intents/search", objects, page.has_more, next);
}

Provider::Text Provider::list_charges(const Params& params) const {
    TRY_OK(check_known(params, kChargeListParams));
    TRY_OK(check_expand(params, "data."));
    const auto find = [&](const std::string& id) { return widen(store_.find("ch_", id)); };
    TRY(const auto cursor, read_cursor(params, "charge", find));
    std::uint32_t intent = kNone;
    if (const auto* id = params.get("payment_intent")) {
        intent = store_.find("pi_", *id);
        if (intent == kNone)
            return std::unexpected(missing_object(404, "payment_intent", *id, "payment_intent"));
    }
    Page page;
    if (intent == kNone) {
        page = turn_page(store_.charges.size(), cursor, [](std::size_t) { return true; });
    } else {
        const auto& charges = store_.intents[intent].charges;
        const auto below = std::ranges::lower_bound(charges, cursor.below) - charges.begin();
        Cursor within;
        within.limit = cursor.limit;
        within.below = static_cast<std::size_t>(below);
        const auto newer = [&](std::size_t at) {
            return cursor.above == SIZE_MAX || charges[at] > cursor.above;
        };
        page = turn_page(charges.size(), within, newer);
        for (auto& place : page.places) place = charges[place];
    }
    std::vector<std::string> objects;
    for (const auto place : page.places) objects.push_back(render(store_, store_.charges[place]));
    return render_list("list", "/v1/charges", objects, page.has_more);
}

Provider::Text Provider::list_events(const Params& params) const {
    TRY_OK(check_known(params, kEventListParams));
    const auto find = [&](const std::string& id) {
        const auto at =
            std::ranges::find_if(events_, [&](auto& one) { return one.facts.id == id; });
        return at == events_.end() ? SIZE_MAX : static_cast<std::size_t>(at - events_.begin());
    };
    TRY(const auto cursor, read_cursor(params, "event", find));
    const auto* type = params.get("type");
    const auto page = turn_page(events_.size(), cursor, [&](std::size_t place) {
        return type == nullptr || events_[place].facts.type == *type;
    });
    std::vector<std::string> objects;
    for (const auto place : page.places) objects.push_back(events_[place].text());
    return render_list("list", "/v1/events", objects, page.has_more);
}

Provider::Text Provider::get_one(const std::string& path, const Params& params) const {
    const auto slash = path.rfind('/');
    const auto folder = path.substr(0, slash);
    const auto id = path.substr(slash == std::string::npos ? 0 : slash + 1);
    TRY_OK(check_known(params, kRetrieveParams));
    TRY(const auto expand, check_expand(params));
    const auto missing = [&](std::string_view kind) {
        return std::unexpected(missing_object(404, kind, id, "id"));
    };
    if (folder == "/v1/payment_intents") {
        const auto place = store_.find("pi_", id);
        if (place == kNone)
            return std::unexpected(missing_object(404, "payment_intent", id, "intent"));
        return render(store_, store_.intents[place], expand);
    }
    if (folder == "/v1/charges") {
        const auto place = store_.find("ch_", id);
        if (place == kNone) return missing("charge");
        return render(store_, store_.charges[place]);
    }
    if (folder == "/v1/refunds") {
        const auto place = store_.find("re_", id);
        if (place == kNone) return missing("refund");
        return render(store_, store_.refunds[place]);
    }
    if (folder == "/v1/payment_methods") {
        const auto place = store_.find("pm_", id);
        if (place == kNone) return missing("PaymentMethod");
        return render(store_.methods[place]);
    }
    if (folder == "/v1/events") {
        const auto at =
            std::ranges::find_if(events_, [&](auto& one) { return one.facts.id == id; });
        if (at == events_.end()) return missing("event");
        return at->text();
    }
    return std::unexpected(unknown_address("GET", path));
}

}  // namespace florin::sandbox
