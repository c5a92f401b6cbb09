#pragma once

// The contract of all connectors, as tests of a Sample (contract_test.cpp). Each connector's own
// test instantiates them with its orders; stripe/stripe_test.cpp shows how. The wire is a script,
// so every silence and every garbage can be played.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "platform/async/test_run.h"

namespace florin::connectors::testing {

template <class T>
T run(Task<T> task) {
    asio::io_context io(1);
    return test::run(io, std::move(task));
}

// Answers what it is told to, and remembers what it was asked.
class ScriptedWire : public Wire {
public:
    explicit ScriptedWire(http::Answer answer) : answer_(std::move(answer)) {}

    Task<http::Answer> send(http::Request request, Deadline deadline) override {
        requests.push_back(std::move(request));
        deadlines.push_back(deadline);
        co_return answer_;
    }

    std::vector<http::Request> requests;
    std::vector<Deadline> deadlines;

private:
    http::Answer answer_;
};

inline http::Answer silence(bool request_left_us, std::string why) {
    return std::unexpected(http::WireFailure{request_left_us, std::move(why)});
}

inline http::Answer says(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Request-Id", "req_1");
    response.body = std::move(body);
    return response;
}

// Method, target, headers and body, to compare byte by byte.
inline std::string bytes_of(const http::Request& request) {
    std::string out = request.method + ' ' + request.target + '\n';
    for (const auto& [name, value] : request.headers.all()) out += name + ": " + value + '\n';
    return out + '\n' + request.body;
}

struct Sample {
    std::string name;
    std::shared_ptr<const Connector> connector;
    Order order;
    std::string header_with_key;  // Where the provider reads our key.
};

class ConnectorContract : public ::testing::TestWithParam<Sample> {
protected:
    const Connector& connector() const { return *GetParam().connector; }
    Order order(bool is_replay = false) const {
        auto order = GetParam().order;
        order.is_replay = is_replay;
        return order;
    }
    Outcome perform(ScriptedWire& wire, bool is_replay = false) const {
        return run(connector().perform(wire, order(is_replay), deadline_in(kPatience)));
    }
    Outcome find(ScriptedWire& wire) const {
        return run(connector().find(wire, order(true), deadline_in(kPatience)));
    }
    static constexpr std::chrono::seconds kPatience{5};
};

inline std::string name_of_sample(const ::testing::TestParamInfo<Sample>& info) {
    return info.param.name;
}

}  // namespace florin::connectors::testing
