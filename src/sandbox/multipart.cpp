#include "sandbox/multipart.h"

#include <algorithm>

#include "base/result.h"
#include "platform/http/message.h"

namespace florin::sandbox {
namespace {

constexpr std::size_t kBoundaryMax = 70;  // RFC 2046, 5.1.1.
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

template <class T>
using Read = std::expected<T, std::string_view>;

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view take_until(std::string_view& text, std::string_view stops) {
    const auto taken = text.substr(0, text.find_first_of(stops));
    text.remove_prefix(taken.size());
    return taken;
}

// From behind the first quote. Only \" is an escape: browsers send other backslashes as they are.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string out;
    while (!text.empty()) {
        char c = text.front();
        text.remove_prefix(1);
        if (c == '"') return out;
        if (c == '\\' && text.starts_with('"')) {
            c = '"';
            text.remove_prefix(1);
        }
        out += c;
    }
    return {};
}

// `form-data; name="file"`: a word and its parameters.
struct Value {
    std::string_view word;
    std::vector<std::pair<std::string_view, std::string>> parameters;

    const std::string* get(std::string_view name) const {
        for (const auto& [known, text] : parameters) {
            if (http::same_name(known, name)) return &text;
        }
        return nullptr;
    }
};

std::optional<Value> read_value(std::string_view text) {
    Value value;
    skip_blanks(text);
    value.word = take_until(text, "; \t");
    for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
        if (text.front() != ';') return {};
        text.remove_prefix(1);
        skip_blanks(text);
        const auto name = take_until(text, "=;\" \t");
        if (name.empty() || !text.starts_with('=') || value.get(name) != nullptr) return {};
        text.remove_prefix(1);
        std::optional<std::string> content;
        if (text.starts_with('"')) {
            text.remove_prefix(1);
            content = take_quoted(text);
        } else {
            content = take_until(text, ";\" \t");
        }
        if (!content) return {};
        value.parameters.emplace_back(name, *std::move(content));
    }
    return value;
}

Read<std::string> read_boundary(std::string_view content_type) {
    const auto value = read_value(content_type);
    if (!value || !http::same_name(value->word, "multipart/form-data"))
        return std::unexpected("Send the parameters as multipart/form-data.");
    const auto* boundary = value->get("boundary");
    const auto plain = [](char c) { return c >= ' ' && c < 127 && c != '"'; };
    if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryMax ||
        boundary->ends_with(' ') || !std::ranges::all_of(*boundary, plain))
        return std::unexpected("The Content-Type names no boundary of 1 to 70 characters.");
    return *boundary;
}

bool is_control(char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < ' ' && c != '\t') || code == 127;
}

// A part without its content.
Read<Part> read_headers(std::string_view lines) {
    std::optional<Value> disposition;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find(kLineEnd));
        lines.remove_prefix(std::min(line.size() + kLineEnd.size(), lines.size()));
        const auto colon = line.find(':');
        if (colon == 0 || colon == std::string_view::npos || std::ranges::any_of(line, is_control))
            return std::unexpected("A part has a header line that is not \"Name: value\".");
        const auto name = line.substr(0, colon);
        if (http::same_name(name, "Content-Transfer-Encoding")) {
            const auto coding = read_value(line.substr(colon + 1));
            if (!coding ||
                !(http::same_name(coding->word, "binary") ||
                  http::same_name(coding->word, "8bit") || http::same_name(coding->word, "7bit")))
                return std::unexpected("A part is encoded. Send its bytes as they are.");
        }
        if (!http::same_name(name, "Content-Disposition")) continue;
        if (disposition) return std::unexpected("A part has two Content-Dispositions.");
        disposition = read_value(line.substr(colon + 1));
        if (!disposition) return std::unexpected("A Content-Disposition cannot be read.");
    }
    if (!disposition || !http::same_name(disposition->word, "form-data"))
        return std::unexpected("A part has no Content-Disposition: form-data.");
    const auto* name = disposition->get("name");
    if (name == nullptr || name->empty()) return std::unexpected("A part has no name.");
    Part part;
    part.name = *name;
    if (const auto* filename = disposition->get("filename")) part.filename = *filename;
    return part;
}

}  // namespace

std::expected<std::vector<Part>, std::string_view> parse_multipart(std::string_view content_type,
                                                                   std::string_view body) {
    TRY(const auto boundary, read_boundary(content_type));
    const auto fence = "\r\n--" + boundary;
    const auto first = std::string_view(fence).substr(kLineEnd.size());
    if (!body.starts_with(first))
        return std::unexpected("The body does not begin with the boundary of its Content-Type.");
    body.remove_prefix(first.size());
    std::vector<Part> parts;
    while (body.starts_with(kLineEnd)) {
        if (parts.size() == kPartsMax) return std::unexpected("The body has more than 4 parts.");
        body.remove_prefix(kLineEnd.size());
        const auto end_of_header =
            body.substr(0, kPartHeaderBytesMax + kHeaderEnd.size()).find(kHeaderEnd);
        if (end_of_header == std::string_view::npos)
            return std::unexpected("A part's header has no end, or more than 8192 bytes.");
        TRY(auto part, read_headers(body.substr(0, end_of_header)));
        body.remove_prefix(end_of_header + kHeaderEnd.size());
        const auto end = body.find(fence);
        if (end == std::string_view::npos)
            return std::unexpected("The last part does not end with the boundary.");
        part.content = body.substr(0, end);
        body.remove_prefix(end + fence.size());
        parts.push_back(std::move(part));
    }
    if (body != "--" && body != "--\r\n")
        return std::unexpected("A boundary is followed by neither a line end nor the end.");
    if (parts.empty()) return std::unexpected("The body has no parts.");
    return parts;
}

}  // namespace florin::sandbox
