#pragma once

// A payment's events as they happen, in the words of WHATWG's server-sent events: all after the
// version that the client saw, in order, each once. A comment now and then keeps the line open.

#include "api/gate.h"

namespace florin::api {

class EventStream : public http::Source {
public:
    EventStream(Services& services, payments::Payment payment, std::int32_t last_seen);
    ~EventStream() override;

    Task<std::string> next() override;
    void stop() override { watch_.stop(); }

private:
    Task<std::string> news();

    Services& services_;
    payments::Payment payment_;
    payments::Watch watch_;
    std::int32_t last_;  // The version of the last event that was given.
    bool greeted_ = false;
    Deadline end_;
};

// An event as JSON, in one line.
std::string show_event(const payments::Event& event);
// The same as a message of a stream.
std::string message_of(const payments::Event& event);

}  // namespace florin::api
