#include "fx/file_source.h"

#include <fstream>

namespace florin::fx {
namespace {

std::unexpected<Error> unreadable(const std::string& path, const std::string& why) {
    return fail(Fault::unavailable, "fx_rates_unreadable", "cannot read '" + path + "': " + why);
}

}  // namespace

Result<FileSource::Stamp> FileSource::stamp() const {
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path_, error);
    if (error) return unreadable(path_, error.message());
    const auto bytes = std::filesystem::file_size(path_, error);
    if (error) return unreadable(path_, error.message());
    return Stamp{written, bytes};
}

Result<RateTable> FileSource::read(Instant now) const {
    std::ifstream in(path_, std::ios::binary);
    // One byte more than is allowed tells that there are more.
    std::string text(kRatesBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad() || (in.fail() && !in.eof())) return unreadable(path_, "is it a file of text?");
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto table = RateTable::parse(text, now);
    if (!table) table.error().detail = path_ + ": " + table.error().detail;
    return table;
}

Task<Result<std::optional<RateTable>>> FileSource::changed(Instant now) {
    CO_TRY(const auto found, stamp());
    if (good_ == found) co_return std::optional<RateTable>();
    CO_TRY(auto table, read(now));
    good_ = found;
    std::optional<RateTable> out(std::move(table));
    co_return out;
}

}  // namespace florin::fx
