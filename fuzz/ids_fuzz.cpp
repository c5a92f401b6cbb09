// Any bytes as an id: what is accepted has exactly the spelling that it writes, and its parts can
// be put together again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "domain/ids.h"

using florin::check;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto id = florin::PaymentId::parse(text)) {
        check(id->text() == text, "an id has one spelling");
        check(id->slot() < florin::kSlots, "its slot exists");
        check(florin::uuid_from(to_text(id->uuid())) == id->uuid(), "its UUID has a text");
    }
    if (const auto uuid = florin::uuid_from(text)) {
        check(to_text(*uuid) == text, "a UUID has one spelling");
    }
    if (const auto uuid = florin::uuid_from_bytes(text)) {
        check(florin::uuid_from_base32(to_base32(*uuid)) == uuid, "base 32 and back is the same");
        check(florin::uuid_from(to_text(*uuid)) == uuid, "text and back is the same");
    }
    check(florin::slot_of(text, text) < florin::kSlots, "every key has a slot");
    return 0;
}
