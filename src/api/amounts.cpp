#include "api/amounts.h"

namespace florin::api {

Money read_amount(Form& form, Fields fields, Currency currency) {
    const auto parsed = Money::parse(fields.amount("amount"), currency);
    const auto pointer = fields.pointer("amount");
    if (!parsed) {
        form.add_error(pointer, parsed.error().code, parsed.error().detail);
    } else if (!parsed->is_positive()) {
        form.add_error(pointer, "amount_not_positive", "send an amount above zero");
    } else {
        return *parsed;
    }
    return Money(0, currency);
}

void add_duplicate_order(Form& form, Fields order) {
    form.add_error(order.pointer("payment_order_id"), "duplicate_order",
                   "each order of a payment has its own payment_order_id");
}

}  // namespace florin::api
