#pragma once

// Columns for people. Not for programs: they use --json.

#include <string>
#include <vector>

namespace florin::cli {

class Table {
public:
    // Empty headings print no heading line.
    explicit Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace florin::cli
