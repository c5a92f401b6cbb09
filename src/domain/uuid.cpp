#include "domain/uuid.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace florin {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kBase32Length = 26;
constexpr std::size_t kTextLength = 36;

constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};

std::uint64_t load(const Uuid& uuid, std::size_t from, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = from; i < from + count; ++i) value = value << 8 | uuid.bytes[i];
    return value;
}

void store(Uuid& uuid, std::size_t from, std::size_t count, std::uint64_t value) {
    for (std::size_t i = from + count; i-- > from; value >>= 8) {
        uuid.bytes[i] = static_cast<std::uint8_t>(value & 0xff);
    }
}

}  // namespace

Uuid make_uuid7(Instant instant, Slot slot, std::uint64_t random) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(instant).time_since_epoch();
    check(ms.count() >= 0 && ms.count() < std::int64_t{1} << 48, "an id's time fits into 48 bits");
    check(slot < kSlots, "a slot is below 1024");
    Uuid uuid;
    store(uuid, 0, 6, static_cast<std::uint64_t>(ms.count()));
    store(uuid, 6, 2, std::uint64_t{0x7000} | slot);
    store(uuid, 8, 8, std::uint64_t{0b10} << 62 | random >> 2);
    return uuid;
}

Uuid uuid_from_hash(std::string_view hash, Slot slot) {
    check(slot < kSlots, "a slot is below 1024");
    Uuid uuid;
    check(hash.size() >= uuid.bytes.size(), "a hash is as long as an id");
    std::copy_n(hash.begin(), uuid.bytes.size(), uuid.bytes.begin());
    store(uuid, 6, 2, std::uint64_t{0x7000} | slot);
    uuid.bytes[8] = static_cast<std::uint8_t>(0x80 | (uuid.bytes[8] & 0x3f));
    return uuid;
}

bool is_slotted_uuid7(const Uuid& uuid) {
    return uuid.bytes[6] >> 4 == 7 && uuid.bytes[8] >> 6 == 0b10 && slot_of(uuid) < kSlots;
}

Slot slot_of(const Uuid& uuid) {
    return static_cast<Slot>(load(uuid, 6, 2) & 0x0fff);
}

Instant instant_of(const Uuid& uuid) {
    return Instant(std::chrono::milliseconds(load(uuid, 0, 6)));
}

std::optional<Uuid> uuid_from_bytes(std::string_view bytes) {
    Uuid uuid;
    if (bytes.size() != uuid.bytes.size()) return std::nullopt;
    std::ranges::copy(bytes, uuid.bytes.begin());
    return uuid;
}

std::string to_text(const Uuid& uuid) {
    auto text = to_hex(view(uuid));
    for (const auto place : kDashes) text.insert(place, 1, '-');
    return text;
}

std::optional<Uuid> uuid_from(std::string_view text) {
    if (text.size() != kTextLength) return std::nullopt;
    std::string hex;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_dash = text[i] == '-';
        if (is_dash != std::ranges::binary_search(kDashes, i)) return std::nullopt;
        if (!is_dash) hex += text[i];
    }
    const auto bytes = from_hex(hex);
    return bytes ? uuid_from_bytes(*bytes) : std::nullopt;
}

// 26 digits are 130 bits: the first digit holds only three.
std::string to_base32(const Uuid& uuid) {
    std::string text(kBase32Length, '0');
    auto high = load(uuid, 0, 8);
    auto low = load(uuid, 8, 8);
    for (std::size_t i = kBase32Length; i-- > 0;) {
        text[i] = kDigits[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    return text;
}

std::optional<Uuid> uuid_from_base32(std::string_view text) {
    if (text.size() != kBase32Length || text.front() > '7') return std::nullopt;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        high = high << 5 | low >> 59;
        low = low << 5 | digit;
    }
    Uuid uuid;
    store(uuid, 0, 8, high);
    store(uuid, 8, 8, low);
    return uuid;
}

}  // namespace florin
