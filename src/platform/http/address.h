#pragma once

// Whose address a request comes from. Pure. What a proxy says is believed only of a proxy that the
// operator named.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace florin::http {

// An IP address; IPv4 stands in its IPv6 form (::ffff:a.b.c.d), so that there is one of each.
using Address = std::array<std::uint8_t, 16>;
std::optional<Address> parse_address(std::string_view text);

// "10.0.0.0/8", "2001:db8::/32", or one address.
struct Network {
    Address address{};
    int bits = 128;  // Of the IPv6 form.

    bool has(const Address& other) const;
};
std::optional<Network> parse_network(std::string_view text);

// Names separated by commas. Nothing when one of them is not a network.
std::optional<std::vector<Network>> parse_networks(std::string_view text);

// Who called, for a limit: an IPv4 address, or the /64 of an IPv6 one, since whoever has an IPv6
// address has 2^64 of them. `peer` is the socket's; when it is a trusted proxy, the last address in
// `forwarded_for` (X-Forwarded-For, all of its lines in order) that is not one, too.
std::string client_of(std::string_view peer, const std::vector<std::string>& forwarded_for,
                      const std::vector<Network>& trusted);

}  // namespace florin::http
