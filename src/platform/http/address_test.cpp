// Goal: an address is read in every form that proxies write, and nobody chooses his own by a
// header. Method: tables.

#include "platform/http/address.h"

#include <gtest/gtest.h>

namespace florin::http {
namespace {

TEST(Networks, HaveTheirAddresses) {
    struct Row {
        std::string_view network, address;
        bool has;
    };
    const Row rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"192.168.4.0/22", "192.168.7.9", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
    };
    for (const auto& row : rows) {
        const auto network = parse_network(row.network);
        const auto address = parse_address(row.address);
        ASSERT_TRUE(network && address) << row.network << ' ' << row.address;
        EXPECT_EQ(network->has(*address), row.has) << row.network << ' ' << row.address;
    }
    for (const auto* wrong : {"", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8", "proxy",
                              "10.0.0.0/", "10.0.0.0/8x", "1.2.3.4/8/8"})
        EXPECT_FALSE(parse_network(wrong)) << wrong;
    EXPECT_EQ(parse_networks("10.0.0.0/8, ::1 ,127.0.0.1")->size(), 3U);
    EXPECT_TRUE(parse_networks("")->empty());
    EXPECT_FALSE(parse_networks("10.0.0.0/8, proxy"));
}

TEST(Client, IsTheSocketsUnlessATrustedProxySaysOtherwise) {
    struct Row {
        std::string_view trusted, peer;
        std::vector<std::string> forwarded_for;
        std::string_view client;
    };
    const Row rows[] = {
        {"", "203.0.113.7", {}, "203.0.113.7"},
        {"", "203.0.113.7", {"1.2.3.4"}, "203.0.113.7"},
        {"10.0.0.0/8", "203.0.113.7", {"1.2.3.4"}, "203.0.113.7"},
        {"10.0.0.0/8", "10.0.0.1", {"1.2.3.4"}, "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.1", {"6.6.6.6, 1.2.3.4"}, "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.1", {"6.6.6.6", "1.2.3.4, 10.0.0.2"}, "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.1", {"6.6.6.6, 1.2.3.4,10.0.0.2 , 10.0.0.3"}, "1.2.3.4"},
        {"10.0.0.0/8", "10.0.0.1", {"6.6.6.6, nobody"}, "10.0.0.1"},
        {"10.0.0.0/8", "10.0.0.1", {}, "10.0.0.1"},
        {"10.0.0.0/8", "::ffff:10.0.0.1", {"1.2.3.4:5678"}, "1.2.3.4"},
        {"::1", "::1", {"[2001:db8:1:2:3:4:5:6]:443"}, "2001:db8:1:2::/64"},
        {"::1", "::1", {"[2001:db8"}, "::/64"},
        {"", "2001:db8:1:2:aaaa::1", {}, "2001:db8:1:2::/64"},
        {"", "fe80::1%eth0", {}, "fe80::/64"},
        {"", "", {}, "unknown"},
    };
    for (const auto& row : rows) {
        const auto trusted = parse_networks(row.trusted);
        ASSERT_TRUE(trusted);
        EXPECT_EQ(client_of(row.peer, row.forwarded_for, *trusted), row.client)
            << row.peer << " -> " << row.client;
    }
}

}  // namespace
}  // namespace florin::http
