#pragma once

// Rates from a file (table.h has its form), which is read again when it changes. Whoever writes it
// writes another file and renames it, so that no half of one is ever read.

#include <filesystem>
#include <string>

#include "fx/rates.h"

namespace florin::fx {

class FileSource : public RateSource {
public:
    explicit FileSource(std::string path) : path_(std::move(path)) {}

    std::string_view name() const override { return "file"; }
    // Codes of failure: fx_rates_unreadable, fx_rates_malformed.
    Task<Result<std::optional<RateTable>>> changed(Instant now) override;
    // At once, whether it changed or not.
    Result<RateTable> read(Instant now) const;

private:
    struct Stamp {
        std::filesystem::file_time_type written;
        std::uintmax_t bytes = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    Result<Stamp> stamp() const;

    std::string path_;
    std::optional<Stamp> good_;  // What was read and was right.
};

}  // namespace florin::fx
