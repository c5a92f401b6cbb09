#pragma once

// Reads the JSON object of a request, strictly, and collects every mistake with its place and a
// sentence that says what to send instead.
//
//     Form form(body);
//     Fields root = form.root();
//     const std::string checkout = root.text("checkout_id", {.length_max = 64});
//     for (Fields& order : root.list("payment_orders", 1, 100)) { ... order.amount("amount") ... }
//     TRY_OK(form.finish());
//
// A reader that finds a mistake notes it and answers with nothing; required text is never empty
// otherwise. Of several mistakes at one place the first is kept, so a caller that goes on to judge
// an empty answer does no harm. Fields that nobody asked for are mistakes too.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace florin {

inline constexpr std::size_t kBodySizeMax = 256 * 1024;
inline constexpr std::size_t kBodyDepthMax = 32;
inline constexpr std::size_t kMistakesMax = 100;  // Reported at once; the rest are dropped.

struct TextLimits {
    std::size_t length_max = 255;  // Characters, not bytes.
    bool has_lines = false;        // Line breaks and tabs are allowed.
};

class FormBody;

// One object of the body. Belongs to its Form and must not outlive it.
class Fields {
public:
    // Text is never empty and has no control characters and no "{{", which marks a secret to fill
    // in for the vault and must not be forged.
    std::string text(std::string_view name, TextLimits limits = {});
    std::optional<std::string> optional_text(std::string_view name, TextLimits limits = {});

    // One of a few words. With a preset the field may be left out.
    std::string word(std::string_view name, std::initializer_list<std::string_view> allowed,
                     std::string_view preset = {});

    // True or false, without quotes.
    bool flag(std::string_view name, bool preset);

    // An amount of money as it was sent, still to be parsed. A JSON number is a mistake.
    std::string amount(std::string_view name);
    std::optional<std::string> optional_amount(std::string_view name);

    Fields object(std::string_view name);
    std::optional<Fields> optional_object(std::string_view name);

    // A list of objects.
    std::vector<Fields> list(std::string_view name, std::size_t size_min, std::size_t size_max);
    std::vector<Fields> optional_list(std::string_view name, std::size_t size_max);

    bool has(std::string_view name) const;

    // "#/payment_orders/0/amount"; without a name the place of this object itself. Empty when the
    // object is absent.
    std::string pointer(std::string_view name = {}) const;

private:
    friend class Form;
    friend class FormBody;
    static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

    // An absent object (a mistake was noted at its place) answers every question with nothing.
    Fields(FormBody& body, std::size_t node) : body_(&body), node_(node) {}

    FormBody* body_;
    std::size_t node_;
};

class Form {
public:
    // `body` is copied.
    explicit Form(std::string_view body, std::size_t size_max = kBodySizeMax);
    ~Form();
    Form(const Form&) = delete;
    Form& operator=(const Form&) = delete;

    Fields root();

    // For rules that only the caller knows. `pointer` comes from Fields::pointer; an empty one, of
    // an absent object, is ignored.
    void add_error(std::string_view pointer, std::string_view code, std::string_view detail);

    // Call it last: it reports everything, unknown fields included. A body that cannot be read is
    // Fault::malformed or too_large and hides the rest; otherwise it is Fault::invalid with the
    // code of the first mistake.
    Result<void> finish();

    // The body with sorted keys, no white space, and numbers as written: equal for requests that
    // say the same. Empty when the body cannot be read.
    std::string canonical() const;

private:
    std::unique_ptr<FormBody> body_;
};

}  // namespace florin
