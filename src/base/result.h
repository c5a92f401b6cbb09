#pragma once

// A failure that the caller can act on is a Result with a stable code. A decline is not a failure
// but a value; a bug is check(); a lost database is an exception, caught at the doors.

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace florin {

// What kind of trouble it is. The HTTP gate and the command line translate it, and only they.
enum class Fault {
    malformed,     // Not readable at all: bad JSON, bad header.
    unauthorized,  // No key, or a wrong one.
    forbidden,     // The key lacks the scope.
    not_found,     // Not there, or not yours.
    conflict,      // The object's state forbids it, or another request is running.
    invalid,       // Readable, but it asks for something impossible.
    too_large,     // A limit of size.
    unsupported,   // Method or media type.
    unavailable,   // For now: try again later with the same key.
    too_many,      // More than the caller may ask for: wait, then repeat.
};

// One mistake in the input: where, which, and what to send instead.
struct FieldError {
    std::string pointer;  // JSON pointer as a fragment, "#/payment_orders/0/amount".
    std::string code;
    std::string detail;
};

struct Error {
    Fault fault = Fault::invalid;
    std::string code;    // Stable, documented, for programs.
    std::string detail;  // One sentence for a person: what happened, and what to do.
    std::vector<FieldError> fields = {};
    std::string object = {};  // The id of the object that it is about, if there is one.
    int retry_after_s = 0;    // Seconds; 0 = no advice.
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string_view code, std::string_view detail) {
    return std::unexpected(Error{fault, std::string(code), std::string(detail)});
}

}  // namespace florin

// TRY(auto payment, load(id));     declares `payment`, or returns the error.
// TRY_OK(post(entry));             the same for Result<void>.
// CO_TRY, CO_TRY_OK                the same inside a coroutine.
// Statements of a block: never the body of an `if` without braces.
#define FLORIN_PASTE_TOKENS(a, b) a##b
#define FLORIN_PASTE(a, b) FLORIN_PASTE_TOKENS(a, b)
#define FLORIN_TRY(ret, tmp, decl, ...)                    \
    auto tmp = (__VA_ARGS__);                              \
    if (!tmp) ret std::unexpected(std::move(tmp).error()); \
    decl = *std::move(tmp)
#define FLORIN_TRY_OK(ret, tmp, ...) \
    if (auto tmp = (__VA_ARGS__); !tmp) ret std::unexpected(std::move(tmp).error())
#define TRY(decl, ...) FLORIN_TRY(return, FLORIN_PASTE(try_, __LINE__), decl, __VA_ARGS__)
#define CO_TRY(decl, ...) FLORIN_TRY(co_return, FLORIN_PASTE(try_, __LINE__), decl, __VA_ARGS__)
#define TRY_OK(...) FLORIN_TRY_OK(return, FLORIN_PASTE(try_, __LINE__), __VA_ARGS__)
#define CO_TRY_OK(...) FLORIN_TRY_OK(co_return, FLORIN_PASTE(try_, __LINE__), __VA_ARGS__)
