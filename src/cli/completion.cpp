#include "cli/completion.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <vector>

namespace florin::cli {
namespace {

struct Place {
    std::string path;   // "keys create"; empty at the top.
    std::string words;  // What may follow.
};

std::string words_after(const CLI::App& command) {
    std::string out;
    for (const auto* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        out += sub->get_name() + " ";
    for (const auto* app = &command; app; app = app->get_parent()) {
        for (const auto* option : app->get_options()) {
            for (const auto& name : option->get_lnames()) out += "--" + name + " ";
        }
    }
    if (!out.empty()) out.pop_back();
    return out;
}

void collect(const CLI::App& command, const std::string& path, std::vector<Place>& places) {
    places.push_back({path, words_after(command)});
    for (const auto* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), places);
}

// One function serves both bash and, by bashcompinit, zsh.
std::string for_bash(const std::vector<Place>& places) {
    std::string out =
        "_florin() {\n"
        "    local word path=''\n"
        "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        case \"$word\" in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n"
        "    done\n"
        "    local words=''\n"
        "    case \"$path\" in\n";
    for (const auto& place : places)
        out += fmt::format("        '{}') words='{}' ;;\n", place.path, place.words);
    out +=
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
        "}\n"
        "complete -F _florin florin\n";
    return out;
}

std::string for_fish(const std::vector<Place>& places) {
    std::string out = "complete -c florin -f\n";
    for (const auto& place : places) {
        const auto when = place.path.empty()
                              ? std::string("__fish_use_subcommand")
                              : "string match -q -- \"*" + place.path + "*\" (commandline -cp)";
        out += fmt::format("complete -c florin -n '{}' -a '{}'\n", when, place.words);
    }
    return out;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
    std::vector<Place> places;
    collect(app, "", places);
    if (shell == "fish") return for_fish(places);
    const std::string head =
        shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : std::string();
    return head + for_bash(places);
}

}  // namespace florin::cli
