#pragma once

// The shops: each payment plays a story. They repeat what was not answered with the same key, to
// any process, and believe what they are told.

#include "simulator/process.h"
#include "simulator/stories.h"

namespace florin::simulator {

// The processes as clients see them.
class Cluster {
public:
    virtual ~Cluster() = default;
    // Sends a request to any process that runs; the reply comes back, or does not, in time.
    virtual Task<Reply> send(Order order, microseconds patience) = 0;
};

class Clients {
public:
    Clients(World& world, Cluster& cluster) : world_(world), cluster_(cluster) {}

    // Sees to it that all payments of the world begin.
    void start();
    bool are_done() const { return running_ == 0; }

private:
    Task<> play(int number, Story story);
    Task<> play_moves(PaymentId payment, std::int64_t amount, int number, Story story);
    Task<> make(Order order, Reply& last);
    Task<Reply> insist(Order order);
    Task<> act(PaymentId payment, std::int64_t amount, Move move, std::string key, Join& beside);
    Task<> decide(Order held, Reply told);
    Task<> say(Order word, Join& beside);
    Task<> ship(PaymentId payment, std::size_t order, std::string key, Join& beside);
    Task<> tell(Order word);
    Task<Reply> open(Order order, Opening opening);
    Task<Reply> try_again(Reply last, int number, Story story);
    Order new_payment(int number, const Story& story, std::int64_t amount);

    World& world_;
    Cluster& cluster_;
    int running_ = 0;
    KeyId boss_ = KeyId::make(Instant(), 1, 1);  // The shops ask with no key at all.
};

}  // namespace florin::simulator
