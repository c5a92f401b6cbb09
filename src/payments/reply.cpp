#include "payments/reply.h"

#include <simdjson.h>

#include "base/check.h"
#include "base/json.h"
#include "payments/rules.h"
#include "platform/crypto/hash.h"

namespace florin::payments {

std::string reply_id(PaymentId payment, std::string_view client_key) {
    const auto hash = crypto::sha256("reply:" + payment.text() + ':' + std::string(client_key));
    return "reply_" + crypto::base32(view(hash), kProviderKeyLength);
}

std::string show_reply(const connectors::DisputeReply& reply) {
    json::Writer out;
    out.begin_object().field("dispute", reply.reference).field("accept", reply.accept);
    out.key("evidence").begin_object();
    for (const auto& [field, text] : reply.evidence) out.field(field, text);
    out.end_object().key("files").begin_array();
    for (const auto& file : reply.files) {
        out.begin_object().field("field", file.field).field("name", file.name);
        out.field("type", file.type).field("content", crypto::base64(file.bytes)).end_object();
    }
    out.end_array().end_object();
    return std::move(out).text();
}

connectors::DisputeReply read_reply(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::object evidence;
    simdjson::dom::array files;
    std::string_view dispute;
    connectors::DisputeReply reply;
    const auto error = parser.parse(text.data(), text.size()).get(root);
    check(error == simdjson::SUCCESS && root["dispute"].get(dispute) == simdjson::SUCCESS &&
              root["accept"].get(reply.accept) == simdjson::SUCCESS &&
              root["evidence"].get(evidence) == simdjson::SUCCESS &&
              root["files"].get(files) == simdjson::SUCCESS,
          "it is what show_reply wrote");
    reply.reference = dispute;
    for (const auto field : evidence) {
        std::string_view value;
        check(field.value.get(value) == simdjson::SUCCESS, "evidence is text");
        reply.evidence.emplace_back(field.key, value);
    }
    for (const auto file : files) {
        const auto get = [&](std::string_view name) {
            std::string_view value;
            check(file[name].get(value) == simdjson::SUCCESS, "a file is text");
            return std::string(value);
        };
        connectors::EvidenceFile one{get("field"), get("name"), get("type"), ""};
        check(crypto::base64_decode(get("content"), one.bytes), "its content is base64");
        reply.files.push_back(std::move(one));
    }
    return reply;
}

}  // namespace florin::payments
