#include "platform/http/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace florin::http {
namespace {

constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

bool is_ipv4(const Address& address) {
    return std::equal(kMapped.begin(), kMapped.begin() + kMappedBits / 8, address.begin());
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    for (const auto part : std::views::split(list, ',')) {
        const auto text = trim(std::string_view(part.begin(), part.end()));
        if (!text.empty()) parts.push_back(text);
    }
    return parts;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    // Some proxies write a port, and IPv6 in brackets then.
    if (text.starts_with('[')) {
        text = text.substr(1, text.find(']') - 1);
    } else if (std::ranges::count(text, ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    text = text.substr(0, text.find('%'));  // The interface of a link-local address.
    const std::string name(text);
    Address address = kMapped;
    if (inet_pton(AF_INET, name.c_str(), address.data() + kMappedBits / 8) == 1) return address;
    if (inet_pton(AF_INET6, name.c_str(), address.data()) == 1) return address;
    return std::nullopt;
}

bool Network::has(const Address& other) const {
    const auto bytes = static_cast<std::size_t>(bits / 8);
    if (!std::equal(address.begin(), address.begin() + bytes, other.begin())) return false;
    const int rest = bits % 8;
    return rest == 0 || (address.at(bytes) ^ other.at(bytes)) >> (8 - rest) == 0;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network{*address, 128};
    if (slash == std::string_view::npos) return network;
    const auto most = is_ipv4(*address) ? 32 : 128;
    const auto length = text.substr(slash + 1);
    int bits = -1;
    const auto read = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (read.ec != std::errc() || read.ptr != length.data() + length.size() || bits < 0 ||
        bits > most)
        return std::nullopt;
    network.bits = bits + 128 - most;
    return network;
}

std::optional<std::vector<Network>> parse_networks(std::string_view text) {
    std::vector<Network> networks;
    for (const auto part : parts_of(text)) {
        const auto network = parse_network(part);
        if (!network) return std::nullopt;
        networks.push_back(*network);
    }
    return networks;
}

std::string client_of(std::string_view peer, const std::vector<std::string>& forwarded_for,
                      const std::vector<Network>& trusted) {
    const auto is_trusted = [&](const Address& address) {
        return std::ranges::any_of(trusted,
                                   [&](const auto& network) { return network.has(address); });
    };
    auto client = parse_address(peer);
    if (!client) return "unknown";
    // From the nearest to the farthest; each is believed because the one before it is trusted.
    std::vector<std::string_view> hops;
    for (const auto& line : forwarded_for)
        std::ranges::copy(parts_of(line), std::back_inserter(hops));
    for (const auto hop : std::views::reverse(hops)) {
        const auto before = is_trusted(*client) ? parse_address(hop) : std::nullopt;
        if (!before) break;
        client = before;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_ipv4(*client)) {
        inet_ntop(AF_INET, client->data() + kMappedBits / 8, text.data(), text.size());
        return text.data();
    }
    std::fill(client->begin() + 8, client->end(), std::uint8_t{0});
    inet_ntop(AF_INET6, client->data(), text.data(), text.size());
    return std::string(text.data()) + "/64";
}

}  // namespace florin::http
