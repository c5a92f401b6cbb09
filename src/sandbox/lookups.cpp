// What GET answers: single objects, lists with cursors, and the search.

#include <algorithm>

#include "base/result.h"
#include "sandbox/files.h"
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
constexpr std::string_view kShelfParams[] = {
    "limit",       "starting_after", "ending_before", "charge",       "payment_intent", "created",
    "created[gt]", "created[gte]",   "created[lt]",   "created[lte]", "expand[]"};
constexpr std::string_view kFileListParams[] = {
    "limit",       "starting_after", "ending_before", "purpose",      "created",
    "created[gt]", "created[gte]",   "created[lt]",   "created[lte]", "expand[]"};
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
    std::size_t from = SIZE_MAX;   // or only this one and newer.
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
        if (name == "starting_after") cursor.below = place;
        if (name == "ending_before") cursor.from = place + 1;
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
    if (cursor.from != SIZE_MAX) {  // The nearest newer ones, still shown newest first.
        for (auto place = cursor.from; place < count && take(place);) ++place;
        std::ranges::reverse(page.places);
    } else {
        for (auto place = std::min(count, cursor.below); place > 0 && take(place - 1);) --place;
    }
    return page;
}

// The same within `places`, which are sorted.
template <class Wanted>
Page turn_page(const std::vector<std::uint32_t>& places, Cursor cursor, Wanted wanted) {
    const auto rank = [&](std::size_t place) {
        if (place == SIZE_MAX) return place;
        return static_cast<std::size_t>(std::ranges::lower_bound(places, place) - places.begin());
    };
    cursor.below = rank(cursor.below);
    cursor.from = rank(cursor.from);
    auto page =
        turn_page(places.size(), cursor, [&](std::size_t at) { return wanted(places[at]); });
    for (auto& place : page.places) place = places[place];
    return page;
}

std::size_t widen(std::uint32_t place) {
    return place == kNone ? SIZE_MAX : place;
}

}  // namespace

template <class T>
struct Provider::Shelf {
    std::string_view kind, prefix, url;
    const std::deque<T>& all;
    std::vector<std::uint32_t> Charge::* of_charge;
};

Reply Provider::get(const std::string& path, const Params& params, std::int64_t newest_us,
                    const std::string& account) const {
    auto text = Connected::is_path(path) ? connected_.get(path, params, account)
                                         : route_get(path, params, newest_us);
    if (!text) return reply_of(std::unexpected(std::move(text).error()));
    return reply_of(std::make_shared<const std::string>(*std::move(text)));
}

template <class T>
Provider::Text Provider::list_shelf(const Params& params, const Shelf<T>& shelf) const {
    TRY_OK(check_known(params, kShelfParams));
    TRY(const auto created, check_created(params));
    TRY(const auto expand, check_expand(params, kChargeRefs, "data."));
    const auto find = [&](const std::string& id) { return widen(store_.find(shelf.prefix, id)); };
    TRY(const auto cursor, read_cursor(params, shelf.kind, find));
    TRY(const auto charges, find_charges(params));
    const auto wanted = [&](std::size_t place) { return created.holds(shelf.all[place].created); };
    std::vector<std::uint32_t> places;
    for (const auto charge : charges.value_or(std::vector<std::uint32_t>()))
        std::ranges::copy(store_.charges[charge].*shelf.of_charge, std::back_inserter(places));
    std::ranges::sort(places);
    const auto page =
        charges ? turn_page(places, cursor, wanted) : turn_page(shelf.all.size(), cursor, wanted);
    std::vector<std::string> objects;
    for (const auto place : page.places)
        objects.push_back(render(store_, shelf.all[place], expand));
    return render_list("list", shelf.url, objects, page.has_more);
}

Provider::Text Provider::route_get(const std::string& path, const Params& params,
                                   std::int64_t newest_us) const {
    if (path == "/v1/payment_intents") return list_intents(params);
    if (path == "/v1/payment_intents/search") return search_intents(params, newest_us);
    if (path == "/v1/charges") return list_charges(params);
    if (path == "/v1/refunds") {
        const Shelf<Refund> shelf{"refund", "re_", path, store_.refunds, &Charge::refunds};
        return list_shelf(params, shelf);
    }
    if (path == "/v1/disputes") {
        const Shelf<Dispute> shelf{"dispute", "dp_", path, store_.disputes, &Charge::disputes};
        return list_shelf(params, shelf);
    }
    if (path == kFilesPath) return list_files(params);
    if (path == "/v1/events") return list_events(params);
    return get_one(path, params);
}

Provider::Text Provider::list_intents(const Params& params) const {
    TRY_OK(check_known(params, kListParams));
    TRY(const auto created, check_created(params));
    TRY(const auto expand, check_expand(params, kIntentRefs, "data."));
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
    TRY(const auto expand, check_expand(params, kIntentRefs, "data."));
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
        page = turn_page(places, cursor, wanted);
    }
    std::vector<std::string> objects;
    for (const auto place : page.places)
        objects.push_back(render(store_, store_.intents[place], expand));
    const auto next = page.has_more ? store_.intents[page.places.back()].id : "";
    return render_list("search_result", "/v1/payment_intents/search", objects, page.has_more, next);
}

// Those that payment_intent and charge name; nothing when neither is there.
Checked<std::optional<std::vector<std::uint32_t>>> Provider::find_charges(
    const Params& params) const {
    std::optional<std::vector<std::uint32_t>> found;
    if (const auto* id = params.get("payment_intent")) {
        const auto intent = store_.find("pi_", *id);
        if (intent == kNone)
            return std::unexpected(missing_object(404, "payment_intent", *id, "payment_intent"));
        found = store_.intents[intent].charges;
    }
    if (const auto* id = params.get("charge")) {
        const auto charge = store_.find("ch_", *id);
        if (charge == kNone) return std::unexpected(missing_object(404, "charge", *id, "charge"));
        const bool both = !found || std::ranges::find(*found, charge) != found->end();
        found.emplace();
        if (both) found->push_back(charge);
    }
    return found;
}

Provider::Text Provider::list_charges(const Params& params) const {
    TRY_OK(check_known(params, kChargeListParams));
    TRY_OK(check_expand(params, {}, "data."));
    const auto find = [&](const std::string& id) { return widen(store_.find("ch_", id)); };
    TRY(const auto cursor, read_cursor(params, "charge", find));
    TRY(const auto charges, find_charges(params));
    const auto any = [](std::size_t) { return true; };
    const auto page =
        charges ? turn_page(*charges, cursor, any) : turn_page(store_.charges.size(), cursor, any);
    std::vector<std::string> objects;
    for (const auto place : page.places) objects.push_back(render(store_, store_.charges[place]));
    return render_list("list", "/v1/charges", objects, page.has_more);
}

// Every file has the one purpose that can be asked for.
Provider::Text Provider::list_files(const Params& params) const {
    TRY_OK(check_known(params, kFileListParams));
    TRY_OK(check_choice(params, "purpose", kFilePurposes));
    TRY(const auto created, check_created(params));
    TRY_OK(check_expand(params, {}, "data."));
    const auto find = [&](const std::string& id) { return widen(store_.find("file_", id)); };
    TRY(const auto cursor, read_cursor(params, "file", find));
    const auto wanted = [&](std::size_t place) {
        return created.holds(store_.files[place].created);
    };
    const auto page = turn_page(store_.files.size(), cursor, wanted);
    std::vector<std::string> objects;
    for (const auto place : page.places) objects.push_back(render(store_, store_.files[place]));
    return render_list("list", kFilesPath, objects, page.has_more);
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
    if (folder == kFilesPath) return get_file(params, id);
    TRY_OK(check_known(params, kRetrieveParams));
    const bool after = folder == "/v1/refunds" || folder == "/v1/disputes";
    TRY(const auto expand, check_expand(params, after ? kChargeRefs : kIntentRefs));
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
        return render(store_, store_.refunds[place], expand);
    }
    if (folder == "/v1/disputes") {
        const auto place = store_.find("dp_", id);
        if (place == kNone) return missing("dispute");
        return render(store_, store_.disputes[place], expand);
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
