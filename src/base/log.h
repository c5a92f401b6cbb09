#pragma once

// A log line is an event name and fields, one JSON object a line on stderr. Never a sentence with
// values glued in, never a secret: only ids, states, counts and times go in.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace florin::log {

enum class Level { debug, info, warn, error, off };

using Field = std::pair<std::string_view, std::string>;

void set_level(Level level);
Level level_from(std::string_view name);  // Unknown names give info.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace florin::log
