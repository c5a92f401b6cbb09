#pragma once

// The journal of a data folder: every executed command as a JSON line, written before its answer.
// The provider follows from its commands alone, so a restart executes them again.
//
//   {"florin_sandbox":3,"salt":"<16 hex>"}                                       first line
//   {"at":<us>,"request":"req_…","path":"/v1/…","form":"amount=…","key":"…","answer_500":true}
// The form of an upload tells the facts about the file, not its bytes (files.h).
//
// A process that dies in the middle of a write leaves a torn last line: nobody saw its answer, so
// it is cut off. Anything else that cannot be read stops the start.

#include <cstdint>
#include <functional>
#include <string>

#include "sandbox/provider.h"

namespace florin::sandbox {

class Journal {
public:
    // Opens or makes folder/journal.jsonl and locks it. Throws std::runtime_error with the reason.
    Journal(const std::string& folder, std::uint64_t salt_if_new);
    ~Journal();
    Journal(const Journal&) = delete;

    std::uint64_t salt() const { return salt_; }
    // Once, before the first append. Gives back how many commands there were.
    std::size_t replay(const std::function<void(const Command&)>& execute);
    // Throws std::runtime_error when the line is not whole in the file.
    void append(const Command& command);

private:
    void start_new();
    void read_head();

    std::string path_;
    int file_ = -1;
    std::uint64_t salt_ = 0;
    std::string unread_;  // The lines that are in the file, until they are replayed.
};

std::string journal_line(const Command& command);

}  // namespace florin::sandbox
