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
    kInt2Array = 1005,
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
Params& Params::add(Bytes bytes) {
    return append_value(next(kBytea), bytes.bytes), *this;
}

namespace {

// array_send begins with: dimensions, has nulls, element type, length, lower bound.
constexpr std::size_t kElementTypeAt = 8, kCountAt = 12;

void begin_array(std::string& out, unsigned element, std::int32_t count) {
    append_integer(out, std::int32_t{count == 0 ? 0 : 1});
    append_integer(out, std::int32_t{0});
    append_integer(out, static_cast<std::int32_t>(element));
    if (count == 0) return;
    append_integer(out, count);
    append_integer(out, std::int32_t{1});
}

// A length before the bytes that `append` adds.
template <class Append>
void with_length(std::string& out, Append append) {
    const std::size_t length_at = out.size();
    append_integer(out, std::int32_t{0});
    append();
    write_integer(out.data() + length_at, static_cast<std::int32_t>(out.size() - length_at - 4));
}

}  // namespace

template <class T>
Params& Params::array(unsigned type, unsigned element, const std::vector<T>& values) {
    std::string& out = next(type);
    begin_array(out, element, static_cast<std::int32_t>(values.size()));
    for (const auto& value : values) with_length(out, [&] { append_value(out, value); });
    return *this;
}

Params& Params::add(const std::vector<std::int16_t>& v) {
    return array(kInt2Array, kInt2, v);
}
Params& Params::add(const std::vector<std::string>& v) {
    return array(kTextArray, kText, v);
}
Params& Params::add(const std::vector<UuidBytes>& v) {
    return array(kUuidArray, kUuid, v);
}
Params& Params::add(const std::vector<Instant>& v) {
    return array(kTimestamptzArray, kTimestamptz, v);
}

Params& Params::add(Records rows) {
    std::string& out = next(0);
    if (rows.empty())
        begin_array(out, 0, 0);
    else
        out = std::move(rows.array_);
    composites_.push_back({values_.size() - 1, rows.type_});
    return *this;
}

void Params::set_element_type(std::size_t parameter, unsigned type) {
    write_integer(values_[parameter].data() + kElementTypeAt, static_cast<std::int32_t>(type));
}

Records::Records(std::string_view type) : type_(type) {
    begin_array(array_, 0, 1);  // end() counts.
}

// record_send: the number of fields, then type, length and bytes of each.
std::size_t Records::begin(std::size_t fields) {
    const std::size_t row = array_.size();
    append_integer(array_, std::int32_t{0});
    append_integer(array_, static_cast<std::int32_t>(fields));
    return row;
}

void Records::end(std::size_t row) {
    write_integer(array_.data() + row, static_cast<std::int32_t>(array_.size() - row - 4));
    write_integer(array_.data() + kCountAt, ++count_);
}

template <class T>
void Records::write(unsigned type, const T& value) {
    append_integer(array_, static_cast<std::int32_t>(type));
    with_length(array_, [&] { append_value(array_, value); });
}

void Records::field(bool value) {
    write(kBool, value);
}
void Records::field(std::int16_t value) {
    write(kInt2, value);
}
void Records::field(std::int32_t value) {
    write(kInt4, value);
}
void Records::field(std::int64_t value) {
    write(kInt8, value);
}
void Records::field(std::string_view text) {
    write(kText, text);
}
void Records::field(const UuidBytes& uuid) {
    write(kUuid, uuid);
}
void Records::field(Instant time) {
    write(kTimestamptz, time);
}
void Records::field(const std::vector<std::int64_t>& values) {
    append_integer(array_, std::int32_t{kInt8Array});
    with_length(array_, [&] {
        begin_array(array_, kInt8, static_cast<std::int32_t>(values.size()));
        for (const auto value : values) with_length(array_, [&] { append_value(array_, value); });
    });
}
void Records::field(Bytes bytes) {
    write(kBytea, bytes.bytes);
}

}  // namespace florin::pg
