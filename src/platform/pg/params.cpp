#include "platform/pg/params.h"

#include <bit>
#include <cstring>
#include <limits>

namespace florin::pg {
namespace {

// OIDs of pg_type.dat; they never change.
enum : unsigned {
    kBool = 16,
    kBytea = 17,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kTimestamptz = 1184,
    kUuid = 2950,
    kBoolArray = 1000,
    kByteaArray = 1001,
    kInt2Array = 1005,
    kInt4Array = 1007,
    kTextArray = 1009,
    kInt8Array = 1016,
    kTimestamptzArray = 1185,
    kUuidArray = 2951,
};

// In the byte order of the wire, the larger first.
template <class T>
void write_integer(char* to, T value) {
    auto big = static_cast<std::make_unsigned_t<T>>(value);
    if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1) {
        if constexpr (sizeof(T) == 2) big = __builtin_bswap16(big);
        if constexpr (sizeof(T) == 4) big = __builtin_bswap32(big);
        if constexpr (sizeof(T) == 8) big = __builtin_bswap64(big);
    }
    std::memcpy(to, &big, sizeof(T));
}

template <class T>
void append_integer(std::string& out, T value) {
    char bytes[sizeof(T)];
    write_integer(bytes, value);
    out.append(bytes, sizeof(T));
}

void append_value(std::string& out, std::string_view text) {
    out += text;
}
void append_value(std::string& out, bool value) {
    out += value ? '\1' : '\0';
}
void append_value(std::string& out, std::int16_t value) {
    append_integer(out, value);
}
void append_value(std::string& out, std::int32_t value) {
    append_integer(out, value);
}
void append_value(std::string& out, std::int64_t value) {
    append_integer(out, value);
}
void append_value(std::string& out, const UuidBytes& uuid) {
    out.append(reinterpret_cast<const char*>(uuid.data()), uuid.size());
}
// PostgreSQL counts microseconds from 2000-01-01; the largest number is 'infinity'.
void append_value(std::string& out, Instant time) {
    constexpr auto epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
    append_integer(out, time == Instant::max() ? std::numeric_limits<std::int64_t>::max()
                                               : static_cast<std::int64_t>((time - epoch).count()));
}

}  // namespace

std::string& Params::next(unsigned type) {
    types_.push_back(type);
    return values_.emplace_back();
}

Params& Params::add(bool value) {
    return append_value(next(kBool), value), *this;
}
Params& Params::add(std::int16_t value) {
    return append_value(next(kInt2), value), *this;
}
Params& Params::add(std::int32_t value) {
    return append_value(next(kInt4), value), *this;
}
Params& Params::add(std::int64_t value) {
    return append_value(next(kInt8), value), *this;
}
Params& Params::add(std::string_view text) {
    return append_value(next(kText), text), *this;
}
Params& Params::add(const UuidBytes& uuid) {
    return append_value(next(kUuid), uuid), *this;
}
Params& Params::add(Instant time) {
    return append_value(next(kTimestamptz), time), *this;
}
Params& Params::add_bytes(std::string_view bytes) {
    return append_value(next(kBytea), bytes), *this;
}

// array_send: dimensions, has nulls, element type, length, lower bound, then length and bytes of
// each element.
template <class Values, class Append>
Params& Params::array(unsigned type, unsigned element, const Values& values, Append append) {
    std::string& out = next(type);
    append_integer(out, std::int32_t{values.empty() ? 0 : 1});
    append_integer(out, std::int32_t{0});
    append_integer(out, static_cast<std::int32_t>(element));
    if (values.empty()) return *this;
    append_integer(out, static_cast<std::int32_t>(values.size()));
    append_integer(out, std::int32_t{1});
    for (const auto& value : values) {
        const std::size_t length_at = out.size();
        append_integer(out, std::int32_t{0});
        append(out, value);
        write_integer(out.data() + length_at,
                      static_cast<std::int32_t>(out.size() - length_at - 4));
    }
    return *this;
}

namespace {
constexpr auto kAppend = [](std::string& out, const auto& value) { append_value(out, value); };
}  // namespace

Params& Params::add(const std::vector<bool>& v) {
    return array(kBoolArray, kBool, v, [](std::string& out, bool b) { append_value(out, b); });
}
Params& Params::add(const std::vector<std::int16_t>& v) {
    return array(kInt2Array, kInt2, v, kAppend);
}
Params& Params::add(const std::vector<std::int32_t>& v) {
    return array(kInt4Array, kInt4, v, kAppend);
}
Params& Params::add(const std::vector<std::int64_t>& v) {
    return array(kInt8Array, kInt8, v, kAppend);
}
Params& Params::add(const std::vector<std::string>& v) {
    return array(kTextArray, kText, v, [](std::string& out, const std::string& s) { out += s; });
}
Params& Params::add(const std::vector<UuidBytes>& v) {
    return array(kUuidArray, kUuid, v, kAppend);
}
Params& Params::add(const std::vector<Instant>& v) {
    return array(kTimestamptzArray, kTimestamptz, v, kAppend);
}
Params& Params::add_bytes(const std::vector<std::string>& v) {
    return array(kByteaArray, kBytea, v, [](std::string& out, const std::string& s) { out += s; });
}

}  // namespace florin::pg
