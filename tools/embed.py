#!/usr/bin/env python3
"""Writes text files as constants of C++, so that the programs need no files at run time.

usage: embed.py NAMESPACE HEADER FILE...
Each FILE becomes florin::NAMESPACE::<its name>. Files whose names start with a digit (migrations)
become one sorted list of (name, text) instead: florin::NAMESPACE::kMigrations.
"""

import pathlib
import sys

namespace, header = sys.argv[1], pathlib.Path(sys.argv[2])
files = sorted(pathlib.Path(name) for name in sys.argv[3:])


def literal(text: str) -> str:
    # A raw string has a length limit in some compilers; pieces are joined by the language.
    pieces = [text[i : i + 8000] for i in range(0, len(text), 8000)] or [""]
    return "\n".join(f'R"text({piece})text"' for piece in pieces)


lines = ["#pragma once", "// Generated. Do not edit.", ""]
lines += ["#include <array>", "#include <string_view>", "#include <utility>", ""]
# The files are as long as they are; every compiler that we support takes them.
lines += ['#pragma GCC diagnostic ignored "-Woverlength-strings"', ""]
lines += [f"namespace florin::{namespace} {{", ""]
if files[0].stem[0].isdigit():
    pair = "std::pair<std::string_view, std::string_view>"
    lines += [f"inline constexpr std::array<{pair}, {len(files)}> kMigrations = {{{{"]
    lines += [f'    {{"{file.stem}", {literal(file.read_text())}}},' for file in files] + ["}};"]
else:
    view = "inline constexpr std::string_view"
    lines += [f"{view} {file.stem} = {literal(file.read_text())};" for file in files]
lines += ["", f"}}  // namespace florin::{namespace}"]
header.parent.mkdir(parents=True, exist_ok=True)
header.write_text("\n".join(lines) + "\n")
