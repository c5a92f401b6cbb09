#include "sandbox/store.h"

#include <algorithm>
#include <functional>

namespace florin::sandbox {
namespace {

// splitmix64: a good bijection of 64 bits, here to make ids that look random.
std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// 24 letters and digits from a seed.
std::string letters(std::uint64_t seed) {
    constexpr std::string_view kAlphabet =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string out;
    for (std::uint64_t part = 0; part < 3; ++part) {
        std::uint64_t bits = mix(seed + part * 0x632be59bd9b4e019);
        for (int i = 0; i < 8; ++i, bits /= kAlphabet.size())
            out += kAlphabet[bits % kAlphabet.size()];
    }
    return out;
}

std::string pair_key(std::string_view key, std::string_view value) {
    std::string out(key);
    out += '\0';
    return out += value;
}

template <class T>
std::uint32_t place_of_last(const std::deque<T>& all) {
    return static_cast<std::uint32_t>(all.size() - 1);
}

}  // namespace

std::string Store::next_id(std::string_view prefix) {
    return std::string(prefix) + letters(mix(salt_) ^ ++ids_made_);
}

PaymentIntent& Store::add_intent() {
    auto& made = intents.emplace_back();
    made.id = next_id("pi_");
    made.index = place_of_last(intents);
    by_id_[made.id] = made.index;
    return made;
}

Charge& Store::add_charge(std::uint32_t intent) {
    auto& made = charges.emplace_back();
    made.id = next_id("ch_");
    made.intent = intent;
    by_id_[made.id] = place_of_last(charges);
    intents[intent].charges.push_back(place_of_last(charges));
    intents[intent].latest_charge = place_of_last(charges);
    return made;
}

PaymentMethod& Store::add_method() {
    auto& made = methods.emplace_back();
    made.id = next_id("pm_");
    by_id_[made.id] = place_of_last(methods);
    return made;
}

Refund& Store::add_refund(std::uint32_t charge) {
    auto& made = refunds.emplace_back();
    made.id = next_id("re_");
    made.charge = charge;
    by_id_[made.id] = place_of_last(refunds);
    charges[charge].refunds.push_back(place_of_last(refunds));
    return made;
}

Dispute& Store::add_dispute(std::uint32_t charge) {
    auto& made = disputes.emplace_back();
    made.id = next_id("dp_");
    made.charge = charge;
    by_id_[made.id] = place_of_last(disputes);
    charges[charge].disputes.push_back(place_of_last(disputes));
    return made;
}

File& Store::add_file() {
    auto& made = files.emplace_back();
    made.id = next_id("file_");
    by_id_[made.id] = place_of_last(files);
    return made;
}

std::uint32_t Store::find(std::string_view prefix, const std::string& id) const {
    if (!id.starts_with(prefix)) return kNone;
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? kNone : found->second;
}

const std::vector<std::uint32_t>& Store::with_metadata(std::string_view key,
                                                       std::string_view value) const {
    static const std::vector<std::uint32_t> kNobody;
    const auto found = by_metadata_.find(pair_key(key, value));
    return found == by_metadata_.end() ? kNobody : found->second;
}

void Store::merge_metadata(PaymentIntent& intent, const Pairs& pairs) {
    merge_pairs(intent.metadata, pairs);
    for (const auto& [key, value] : pairs) {
        if (value.empty()) continue;
        auto& places = by_metadata_[pair_key(key, value)];
        if (std::ranges::find(places, intent.index) == places.end()) places.push_back(intent.index);
    }
}

std::string Store::client_secret(const PaymentIntent& intent) const {
    return intent.id + "_secret_" + letters(salt_ ^ std::hash<std::string>{}(intent.id));
}

void merge_pairs(Pairs& into, const Pairs& pairs) {
    for (const auto& [key, value] : pairs) {
        const auto at = std::ranges::find(into, key, &Pairs::value_type::first);
        if (value.empty()) {
            if (at != into.end()) into.erase(at);
        } else if (at != into.end()) {
            at->second = value;
        } else {
            into.emplace_back(key, value);
        }
    }
}

}  // namespace florin::sandbox
