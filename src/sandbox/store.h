#pragma once

// The provider's objects in memory, found by id and by metadata in constant time. Ids follow from
// the salt and the order of the commands, so a replayed journal makes the same ones.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sandbox/objects.h"

namespace florin::sandbox {

class Store {
public:
    explicit Store(std::uint64_t salt) : salt_(salt) {}

    PaymentIntent& add_intent();
    Charge& add_charge(std::uint32_t intent);
    PaymentMethod& add_method();
    Refund& add_refund(std::uint32_t charge);
    Dispute& add_dispute(std::uint32_t charge);
    File& add_file();
    std::string next_id(std::string_view prefix);

    // The place of that object in its deque below; kNone when there is none of that kind.
    std::uint32_t find(std::string_view prefix, const std::string& id) const;
    // Places of the payments that carry, or once carried, this pair; one may stand twice.
    const std::vector<std::uint32_t>& with_metadata(std::string_view key,
                                                    std::string_view value) const;
    // Adds and replaces; an empty value removes the key.
    void merge_metadata(PaymentIntent& intent, const Pairs& pairs);
    std::string client_secret(const PaymentIntent& intent) const;

    std::deque<PaymentIntent> intents;
    std::deque<Charge> charges;
    std::deque<PaymentMethod> methods;
    std::deque<Refund> refunds;
    std::deque<Dispute> disputes;
    std::deque<File> files;
    std::vector<std::uint32_t> unsettled;  // Refunds that change once more,
    std::vector<std::uint32_t> reviewed;   // and disputes that a bank has to decide.
    std::string base_url;                  // Of the 3-D Secure page and the files' addresses.

private:
    std::uint64_t salt_;
    std::uint64_t ids_made_ = 0;
    std::unordered_map<std::string, std::uint32_t> by_id_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> by_metadata_;
};

void merge_pairs(Pairs& into, const Pairs& pairs);

}  // namespace florin::sandbox
