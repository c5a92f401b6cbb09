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

struct Bytes {
    std::string_view bytes;  // A bytea.
};

// Rows of one composite type of the schema. They travel as one array, which the server takes apart
// with one unnest(): several times cheaper than an array per column.
class Records {
public:
    // `type` is a constant that lives for ever: "florin.new_payment".
    explicit Records(std::string_view type);

    // One row; its fields stand in the order of the type's columns.
    template <class... Fields>
    void add(const Fields&... fields) {
        const auto row = begin(sizeof...(fields));
        (field(fields), ...);
        end(row);
    }
    bool empty() const { return count_ == 0; }

private:
    friend class Params;
    std::size_t begin(std::size_t fields);
    void end(std::size_t row);
    void field(bool value);
    void field(std::int16_t value);
    void field(std::int32_t value);
    void field(std::int64_t value);
    void field(std::string_view text);
    void field(const char* text) { field(std::string_view(text)); }
    void field(const UuidBytes& uuid);
    void field(Instant time);
    void field(Bytes bytes);
    void field(const std::vector<std::int64_t>& values);
    template <class T>
    void write(unsigned type, const T& value);

    std::string_view type_;
    std::string array_;
    std::int32_t count_ = 0;
};

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
    Params& add(Bytes bytes);
    Params& add(Records rows);

    Params& add(const std::vector<std::int16_t>& values);
    Params& add(const std::vector<std::string>& values);
    Params& add(const std::vector<UuidBytes>& values);
    Params& add(const std::vector<Instant>& values);

    // The composite types among the parameters. Their OIDs differ from database to database, so the
    // connection fills them in before it sends.
    struct Composite {
        std::size_t parameter;
        std::string_view type;
    };
    const std::vector<Composite>& composites() const { return composites_; }
    void set_element_type(std::size_t parameter, unsigned type);

    std::size_t size() const { return values_.size(); }
    const std::vector<std::string>& values() const { return values_; }
    const std::vector<unsigned>& types() const { return types_; }

private:
    std::string& next(unsigned type);
    template <class T>
    Params& array(unsigned type, unsigned element, const std::vector<T>& values);

    std::vector<std::string> values_;
    std::vector<unsigned> types_;  // PostgreSQL's type OIDs (pg_type.dat); 0 = the server knows.
    std::vector<Composite> composites_;
};

}  // namespace florin::pg
