#pragma once

// Parameters of a statement in PostgreSQL's binary format. Empty text stands for "none": the schema
// has no nullable columns where a program would have to tell two kinds of nothing apart.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace florin::pg {

using UuidBytes = std::array<std::uint8_t, 16>;

class Params {
public:
    Params& add(bool value);
    Params& add(std::int16_t value);
    Params& add(std::int32_t value);
    Params& add(std::int64_t value);
    Params& add(std::string_view text);
    Params& add(const char* text) { return add(std::string_view(text)); }
    Params& add(const std::string& text) { return add(std::string_view(text)); }
    Params& add(const UuidBytes& uuid);
    Params& add(Instant time);
    Params& add_bytes(std::string_view bytes);

    Params& add(const std::vector<bool>& values);
    Params& add(const std::vector<std::int16_t>& values);
    Params& add(const std::vector<std::int32_t>& values);
    Params& add(const std::vector<std::int64_t>& values);
    Params& add(const std::vector<std::string>& values);
    Params& add(const std::vector<UuidBytes>& values);
    Params& add(const std::vector<Instant>& values);
    Params& add_bytes(const std::vector<std::string>& values);

    std::size_t size() const { return values_.size(); }
    const std::vector<std::string>& values() const { return values_; }
    const std::vector<unsigned>& types() const { return types_; }

private:
    std::string& next(unsigned type);
    template <class Values, class Append>
    Params& array(unsigned type, unsigned element, const Values& values, Append append);

    std::vector<std::string> values_;
    std::vector<unsigned> types_;  // PostgreSQL's type OIDs (pg_type.dat).
};

}  // namespace florin::pg
