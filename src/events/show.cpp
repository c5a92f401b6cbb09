#include "events/show.h"

namespace florin::events {

void show(json::Writer& out, const Item& item) {
    out.begin_object().field("id", item.id.text()).field("object", "event");
    out.field("sequence", item.position).field("type", item.type);
    out.field("subject", item.subject).field("version", item.version).key("operation");
    item.operation ? out.value(item.operation->text()) : out.null();
    out.field("created_at", to_text(item.at));
    out.key("data").begin_object().key("object").raw(item.data).end_object().end_object();
}

}  // namespace florin::events
