#pragma once

// What the load generator sends: the same payment each time, under new ids and a new key.

#include <cstdint>
#include <string>

namespace florin::bench {

enum class Shape {
    payment,  // POST /v1/payments of Florin: a card, two sellers, captured at once.
    charge,   // The same money as the provider sees it: POST /v1/payment_intents.
    webhook,  // What the provider tells of a payment, signed; the key is the secret.
};

class Requests {
public:
    Requests(Shape shape, std::string host, std::string key, std::string seed);

    std::string next();

private:
    std::string webhook();

    Shape shape_;
    std::string head_;  // All that never changes, up to the key's value.
    std::string key_, seed_;
    std::uint64_t number_ = 0;
};

}  // namespace florin::bench
