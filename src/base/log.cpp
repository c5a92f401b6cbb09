#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "base/clock.h"
#include "base/json.h"

namespace florin::log {
namespace {

std::atomic<Level> threshold = Level::info;

constexpr std::string_view name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        case Level::error:
            return "error";
        case Level::off:
            return "off";
    }
    return "info";
}

}  // namespace

void set_level(Level level) {
    threshold = level;
}

Level level_from(std::string_view text) {
    for (const auto level : {Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
        if (name(level) == text) return level;
    }
    return Level::info;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    json::Writer out;
    out.begin_object();
    out.field("at", to_text(now()));
    out.field("level", name(level));
    out.field("event", event);
    for (const auto& [key, value] : fields) out.field(key, value);
    out.end_object();
    std::string line = std::move(out).text() + "\n";
    // One write, so that lines of several processes do not mix. A full pipe loses a log line, never
    // a payment.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace florin::log
