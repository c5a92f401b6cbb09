// Any bytes as a request body: no crash, mistakes have places, and the canonical form of a readable
// body is readable and its own canonical form.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/form.h"

using florin::Fields;
using florin::Form;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    Form form(body);
    Fields root = form.root();
    const auto text = root.text("a", {.length_max = 4});
    root.optional_text("b");
    root.word("c", {"x", "y"}, "x");
    root.object("d").amount("e");
    for (Fields& item : root.list("f", 1, 3)) item.optional_object("g");
    const auto result = form.finish();
    if (result) {
        florin::check(!text.empty(), "required text is not empty");
    } else {
        const auto& fields = result.error().fields;
        florin::check(fields.size() <= florin::kMistakesMax, "mistakes are limited");
        for (const auto& field : fields) {
            florin::check(field.pointer.starts_with('#'), "a mistake has a place");
        }
    }
    if (const auto once = form.canonical(); !once.empty() && once.size() <= florin::kBodySizeMax) {
        florin::check(Form(once).canonical() == once, "the canonical form is its own");
    }
    return 0;
}
