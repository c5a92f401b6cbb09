#pragma once

// The test cards: which number or pm_card_* token does what. One table, no card that is not in it.

#include <span>
#include <string_view>

namespace florin::sandbox {

// Why a card payment fails, in the provider's words.
struct Decline {
    std::string_view code;
    std::string_view decline_code;  // Empty where the code says it all.
    std::string_view message;
    std::string_view type = "card_error";
};

enum class AfterRefund { nothing, succeeds_later, fails_later };

struct Card {
    std::string_view number;
    std::string_view brand;
    const Decline* decline = nullptr;  // None: the issuer says yes.
    bool challenge = false;            // 3-D Secure first; the issuer answers after it.
    bool blocked = false;              // By the risk check, before the issuer is asked.
    bool basic = false;                // No multicapture, no incremental authorization.
    AfterRefund after_refund = AfterRefund::nothing;
    std::string_view dispute = {};  // Why the buyer disputes it once it is captured.
    bool inquiry = false;           // The bank asks first, and takes no money yet.

    std::string_view last4() const { return number.substr(number.size() - 4); }
};

extern const Decline kInsufficientFunds;
extern const Decline kAuthenticationRequired;
extern const Decline kAuthenticationFailed;
extern const Decline kIncorrectNumber;
extern const Decline kLiveCardInTestMode;
extern const Decline kInvalidMonth;
extern const Decline kInvalidYear;
extern const Decline kInvalidCvc;

std::span<const Card> cards();
// None when no such test card exists.
const Card* card_by_number(std::string_view number);
// "pm_card_visa" and its sisters.
const Card* card_by_token(std::string_view token);
bool passes_luhn(std::string_view number);

}  // namespace florin::sandbox
