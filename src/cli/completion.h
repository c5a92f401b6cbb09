#pragma once

// Completion scripts for shells, made from the commands themselves, so that they cannot differ.

#include <string>

// The library's name for itself.
namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace florin::cli {

// `shell`: bash, zsh or fish.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace florin::cli
