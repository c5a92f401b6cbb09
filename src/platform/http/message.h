#pragma once

// Requests and responses as values. Nothing outside platform/http knows which library reads and
// writes them.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace florin::http {

// Names compare without case. Order and duplicates are kept.
class Headers {
public:
    // The first value of that name, or an empty view.
    std::string_view get(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // All values of that name as one list, "a, b" (RFC 9110, 5.3).
    std::string list(std::string_view name) const;
    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);
    const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

struct Request {
    std::string method;
    std::string target;  // Server: path and query as sent. Client: the whole URL.
    Headers headers;
    std::string body;
    std::string peer;  // Server only: the address of the caller.
};

class Source;  // server.h

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    bool hang_up = false;  // Server only: close the connection without a byte of this.
    std::shared_ptr<Source> source = nullptr;  // Server only: the body comes from here, in pieces.
};

// "/v1/payments?limit=3" -> "/v1/payments" and {("limit", "3")}, both percent-decoded.
struct Target {
    std::string path;
    std::vector<std::pair<std::string, std::string>> query;
    bool readable = true;  // False when the percent-encoding is broken.
};
Target split_target(std::string_view target);

// application/x-www-form-urlencoded. Decoding gives nothing back when it is broken.
std::string percent_encode(std::string_view text);
bool percent_decode(std::string_view text, std::string& out, bool plus_is_space);
bool parse_form(std::string_view text, std::vector<std::pair<std::string, std::string>>& out);

bool same_name(std::string_view a, std::string_view b);

}  // namespace florin::http
