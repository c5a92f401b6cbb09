// Files of payouts for the bank.

#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "payouts/show.h"

namespace florin::api {
namespace {

Result<PayoutBatchId> read_id(const Call& call) {
    const auto id = PayoutBatchId::parse(call.id);
    if (id) return *id;
    return fail(
        Fault::not_found, "payout_batch_not_found",
        "there is no batch '" + std::string(shorten(call.id, 64)) + "': see /v1/payout_batches");
}

void show_batch(json::Writer& out, const payouts::Batch& batch) {
    payouts::show(out, batch);
}

http::Response batch_response(const payouts::Batch& batch) {
    json::Writer out;
    show_batch(out, batch);
    return json_response(200, std::move(out).text());
}

struct Page {
    std::optional<PayoutBatchId> after;
    std::int64_t limit;
};

Result<Page> read_page(const Call& call) {
    Query query(call.target);
    const auto after = query.text("starting_after");
    Page page{PayoutBatchId::parse(after), query.limit()};
    if (!after.empty() && !page.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a batch, pyb_...");
    TRY_OK(query.finish());
    return page;
}

}  // namespace

Handled list_payout_batches(Services& services, Call call) {
    CO_TRY(const auto page, read_page(call));
    auto found =
        co_await services.payouts.store().batches(call.caller.merchant, page.after, page.limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(page.limit);
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response("/v1/payout_batches", found, show_batch, more, next);
}

Handled get_payout_batch(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto batch, co_await services.payouts.store().batch(call.caller.merchant, id));
    co_return batch_response(batch);
}

Handled export_payout_batch(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto batch, co_await services.payouts.export_batch(call.caller.merchant, id));
    co_return batch_response(batch);
}

Handled get_payout_file(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(auto file, co_await services.payouts.file(call.caller.merchant, id));
    http::Response response;
    response.headers.add("Content-Type", "application/xml; charset=utf-8");
    response.headers.add("Content-Disposition",
                         "attachment; filename=\"" + id.text() + ".pain.001.xml\"");
    response.body = std::move(file);
    co_return response;
}

}  // namespace florin::api
