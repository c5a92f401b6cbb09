#pragma once

// What a command says, on stdout.

#include <cstdio>
#include <string>

namespace florin::cli {

// `text` and a line break.
inline void print(const std::string& text) {
    std::fputs((text + "\n").c_str(), stdout);
}

}  // namespace florin::cli
