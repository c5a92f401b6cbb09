#pragma once

// Tells those who wait that a payment has moved, whichever process moved it: one question to the
// database for all of them, a few times a second and only while somebody waits. What this process
// writes itself is told at once.

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>

#include "payments/store.h"
#include "platform/async/scope.h"

namespace florin::payments {

class Watch;

class Watcher {
public:
    Watcher(asio::io_context& io, Store& store, std::chrono::milliseconds period)
        : io_(io), store_(store), period_(period), idle_(io) {}

    // Runs until it is cancelled.
    Task<> run();
    // A payment is at this version now.
    void tell(PaymentId payment, std::int32_t version);
    // Whoever waits, and whoever would, is told that it waits no longer.
    void stop();

    std::size_t size() const { return watches_.size(); }
    std::uint64_t looks() const { return looks_; }

private:
    friend class Watch;
    Task<> look();

    asio::io_context& io_;
    Store& store_;
    std::chrono::milliseconds period_;
    asio::steady_timer idle_;  // Wakes run() when somebody comes.
    std::multimap<PaymentId, Watch*> watches_;
    std::uint64_t looks_ = 0;
    bool stopped_ = false;
};

// One who waits for one payment. The watcher outlives it.
class Watch {
public:
    Watch(Watcher& watcher, MerchantId merchant, PaymentId payment);
    ~Watch();
    Watch(const Watch&) = delete;

    // True = the payment is above `version`. False = it is not, and `end` has come or there was a
    // stop. One caller at a time.
    Task<bool> above(std::int32_t version, Deadline end);
    void stop();
    bool stopped() const { return stopped_; }

private:
    friend class Watcher;

    Watcher& watcher_;
    Standing seen_;
    asio::steady_timer news_;  // Wakes above().
    bool stopped_;
    std::multimap<PaymentId, Watch*>::iterator place_;
};

}  // namespace florin::payments
