// All events of a merchant, in the order of its feed.

#include "api/handlers.h"
#include "api/query.h"
#include "events/show.h"

namespace florin::api {
namespace {

constexpr std::string_view kPayoutsScope = "payouts:read";
constexpr std::int64_t kPositionMax = std::int64_t{1} << 62;

}  // namespace

// It tells of payouts, too: whoever may not read these could not read it without gaps.
Handled list_events(Services& services, Call call) {
    if (!call.caller.may(kPayoutsScope)) co_return scope_missing(kPayoutsScope);
    Query query(call.target);
    const auto limit = query.limit();
    const auto after = query.whole("starting_after", 0, kPositionMax);
    CO_TRY_OK(query.finish());
    const auto page = co_await services.feed.page(call.caller.merchant, after, limit);
    // Where to go on from is there always: the feed grows.
    co_return list_response(call.target.path, page.items, events::show, page.more,
                            std::to_string(page.last));
}

}  // namespace florin::api
