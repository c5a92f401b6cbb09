// Goal: what every connector must keep, whatever its provider says: it never calls silence or
// garbage an answer, and it sends one request under our key. Method: a scripted wire plays each
// case to each sample that the connectors' own tests bring (contract_test.h).

#include "connectors/contract_test.h"

#include <fmt/format.h>

namespace florin::connectors::testing {

TEST_P(ConnectorContract, SilenceIsNotSentOnlyWhenNotOneByteLeft) {
    for (const bool left : {false, true}) {
        ScriptedWire wire(silence(left, "connection reset"));
        const auto outcome = perform(wire);
        EXPECT_EQ(std::holds_alternative<NotSent>(outcome), !left);
        EXPECT_EQ(std::holds_alternative<Unknown>(outcome), left);
    }
}

TEST_P(ConnectorContract, AQueryThatFailsIsUnknownNeverAnAnswer) {
    for (const bool left : {false, true}) {
        ScriptedWire wire(silence(left, "connect refused"));
        EXPECT_TRUE(std::holds_alternative<Unknown>(find(wire)));
    }
    for (const int status : {400, 401, 403, 429, 500, 503}) {
        ScriptedWire wire(says(status, "{}"));
        EXPECT_TRUE(std::holds_alternative<Unknown>(find(wire))) << status;
    }
}

TEST_P(ConnectorContract, WhySilenceCameIsKept) {
    ScriptedWire wire(silence(true, "the connection was reset"));
    EXPECT_EQ(std::get<Unknown>(perform(wire)).why, "the connection was reset");
}

TEST_P(ConnectorContract, GarbageIsNeitherYesNorNo) {
    const std::string garbage[] = {
        "",
        " ",
        "null",
        "true",
        "[]",
        "{}",
        "{",
        "\"yes\"",
        "0",
        "<html>502</html>",
        std::string("\0\0\0", 3),
        "\xff\xfe",
        R"({"status":"succeeded"})",
        R"({"error":null})",
        R"({"error":[]})",
        R"({"object":1,"id":2,"status":3})",
        std::string(2000, '['),
    };
    for (const int status :
         {100, 200, 201, 202, 204, 301, 302, 304, 400, 404, 418, 500, 502, 599}) {
        for (const auto& body : garbage) {
            SCOPED_TRACE(fmt::format("{} '{}'", status, body.substr(0, 40)));
            ScriptedWire wire(says(status, body));
            const auto outcome = perform(wire, true);
            EXPECT_TRUE(std::holds_alternative<Unknown>(outcome)) << outcome.index();
            const auto found = find(wire);
            EXPECT_FALSE(std::holds_alternative<Succeeded>(found));
            EXPECT_FALSE(std::holds_alternative<Declined>(found));
            EXPECT_FALSE(std::holds_alternative<NotSent>(found));
        }
    }
}

TEST_P(ConnectorContract, OurKeyIsSentUnchanged) {
    ScriptedWire wire(silence(true, "reset"));
    perform(wire);
    ASSERT_EQ(wire.requests.size(), 1U);
    const auto& headers = wire.requests[0].headers;
    EXPECT_EQ(headers.count(GetParam().header_with_key), 1U);
    EXPECT_EQ(headers.get(GetParam().header_with_key), order().key);
}

TEST_P(ConnectorContract, AReplaySendsTheSameBytes) {
    ScriptedWire first(silence(true, "reset")), again(silence(true, "reset"));
    perform(first, false);
    perform(again, true);
    ASSERT_EQ(first.requests.size(), 1U);
    ASSERT_EQ(again.requests.size(), 1U);
    EXPECT_EQ(bytes_of(first.requests[0]), bytes_of(again.requests[0]));
}

TEST_P(ConnectorContract, OneOrderIsOneRequestWithinTheDeadlineWhateverComesBack) {
    for (const int status : {200, 302, 409, 429, 500}) {
        ScriptedWire wire(says(status, "{}"));
        const auto deadline = deadline_in(kPatience);
        run(connector().perform(wire, order(), deadline));
        ASSERT_EQ(wire.requests.size(), 1U) << "the core decides about repetitions";
        EXPECT_LE(wire.deadlines[0], deadline);
    }
}

TEST_P(ConnectorContract, OnlyAQueryReads) {
    ScriptedWire wire(says(404, "{}"));
    find(wire);
    for (const auto& request : wire.requests) {
        EXPECT_EQ(request.method, "GET") << "asking must not move money";
        EXPECT_TRUE(request.body.empty());
    }
}

TEST_P(ConnectorContract, ASecretIsAMarkInAHeaderAndTheHostIsTheWires) {
    ScriptedWire wire(silence(true, "reset"));
    perform(wire);
    find(wire);
    for (const auto& request : wire.requests) {
        EXPECT_TRUE(request.target.starts_with('/')) << request.target;
        EXPECT_NE(bytes_of(request).find("{{secret."), std::string::npos);
        EXPECT_EQ(request.target.find("{{"), std::string::npos);
        EXPECT_EQ(request.body.find("{{"), std::string::npos);
    }
}

TEST_P(ConnectorContract, ItsPromisesFitTogether) {
    const auto& can = connector().capabilities();
    EXPECT_FALSE(can.name.empty());
    EXPECT_GT(can.answer_time.count(), 0);
    EXPECT_TRUE(!can.safe_replay || can.key_window > 2 * can.answer_time)
        << "a replay must still meet the key";
    EXPECT_TRUE(can.safe_replay || can.query_by_key)
        << "without either an unknown outcome can never be resolved";
    EXPECT_GE(can.visibility_delay.count(), 0);
    EXPECT_LT(can.visibility_delay, std::chrono::hours(24));
}

}  // namespace florin::connectors::testing
