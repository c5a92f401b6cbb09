#pragma once

// The command line of florin. stdout is data, stderr is talk; exit codes are stable. `audit` has
// three of its own: 0 all agrees, 1 findings, 2 could not check.

#include <string>
#include <vector>

namespace florin::cli {

enum Exit : int {
    kOk = 0,
    kFailed = 1,
    kUsage = 2,
    kAuth = 3,
    kNotFound = 4,
    kConflict = 5,
    kTemporary = 75,
};

// `arguments` without the program's name.
int run(std::vector<std::string> arguments);

}  // namespace florin::cli
