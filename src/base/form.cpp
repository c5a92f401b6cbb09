#include "base/form.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/json.h"

namespace florin {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kNameShownMax = 64;  // Bytes of a foreign name that an answer repeats.

// simdjson counts the value inside the innermost brackets as a level of its own.
dom::parser& thread_parser() {
    thread_local dom::parser parser = [] {
        dom::parser fresh(kBodySizeMax);
        // When memory is short the first parse fails, and says so.
        std::ignore = fresh.allocate(kBodySizeMax, kBodyDepthMax + 1);
        return fresh;
    }();
    return parser;
}

bool stands_in_fragment(char c) {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:@?";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.contains(c);
}

// One step of a JSON pointer in a URI fragment (RFC 6901, sections 3 and 6).
std::string step(std::string_view name) {
    std::string out = "/";
    for (const char c : name.substr(0, kNameShownMax)) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else if (stands_in_fragment(c)) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

// The path of a name that stands twice in one object, at any depth.
std::optional<std::string> find_duplicate(dom::element value) {
    if (dom::array array; value.get(array) == simdjson::SUCCESS) {
        std::size_t index = 0;
        for (const auto item : array) {
            if (const auto path = find_duplicate(item)) {
                return step(std::to_string(index)) + *path;
            }
            ++index;
        }
    }
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return std::nullopt;
    std::vector<std::string_view> names;
    for (const auto field : object) {
        if (const auto path = find_duplicate(field.value)) return step(field.key) + *path;
        names.push_back(field.key);
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end() ? std::nullopt : std::optional(step(*twice));
}

// The numbers of a valid JSON text as they are written, in order. The parsed form keeps only their
// values, and 1.10 is not written like 1.1.
std::vector<std::string_view> numbers_in(std::string_view text) {
    std::vector<std::string_view> numbers;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            for (++i; text[i] != '"'; ++i) {
                if (text[i] == '\\') ++i;
            }
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            const auto end = std::min(text.find_first_not_of("+-.0123456789Ee", i), text.size());
            numbers.push_back(text.substr(i, end - i));
            i = end - 1;
        }
    }
    return numbers;
}

using Numbers = std::vector<std::string_view>::const_iterator;

void append_canonical(std::string& out, dom::element value, Numbers& number);

void append_canonical_object(std::string& out, dom::object object, Numbers& number) {
    // Written in the order of the text, because that is the order of the numbers; then sorted.
    std::vector<std::pair<std::string_view, std::string>> members;
    for (const auto field : object) {
        auto& [name, content] = members.emplace_back(field.key, std::string());
        append_canonical(content, field.value, number);
    }
    std::ranges::sort(members);
    out += '{';
    for (const auto& [name, content] : members) {
        if (out.back() != '{') out += ',';
        json::append_string(out, name);
        out += ':';
        out += content;
    }
    out += '}';
}

void append_canonical(std::string& out, dom::element value, Numbers& number) {
    switch (value.type()) {
        case dom::element_type::OBJECT:
            return append_canonical_object(out, dom::object(value), number);
        case dom::element_type::ARRAY:
            out += '[';
            for (const auto item : dom::array(value)) {
                if (out.back() != '[') out += ',';
                append_canonical(out, item, number);
            }
            out += ']';
            return;
        case dom::element_type::STRING:
            return json::append_string(out, std::string_view(value));
        case dom::element_type::BOOL:
            out += bool(value) ? "true" : "false";
            return;
        case dom::element_type::NULL_VALUE:
            out += "null";
            return;
        default:
            out += *number++;
    }
}

bool contains(const auto& range, std::string_view wanted, auto projection) {
    return std::ranges::find(range, wanted, projection) != std::ranges::end(range);
}

bool contains(const auto& words, std::string_view wanted) {
    return contains(words, wanted, std::identity{});
}

std::string quoted(const auto& words) {
    std::string out;
    for (const std::string_view word : words) {
        out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
    }
    return out;
}

std::size_t count_characters(std::string_view text) {
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, starts));
}

// C0, DEL, C1 (U+0080 to U+009F, which UTF-8 begins with C2), and the vault's marks.
bool has_bad_characters(std::string_view text, bool has_lines) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (has_lines && (byte == '\n' || byte == '\t')) continue;
        if (byte < 0x20 || byte == 0x7f) return true;
        if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    }
    return text.contains("{{");
}

}  // namespace

// What a Form holds: the parsed body, its objects that have been asked for, and the mistakes.
class FormBody {
public:
    struct Node {
        dom::object object;
        std::string pointer;
        std::vector<std::string> asked = {};
    };

    FormBody(std::string_view body, std::size_t size_max) : text_(body) { parse(size_max); }

    Fields root() { return Fields(*this, nodes_.empty() ? Fields::kAbsent : 0); }
    Fields absent() { return Fields(*this, Fields::kAbsent); }
    Fields add_node(dom::object object, std::string pointer) {
        nodes_.push_back({object, std::move(pointer)});
        return Fields(*this, nodes_.size() - 1);
    }
    Node& node(std::size_t index) { return nodes_[index]; }

    void add_error(std::string_view pointer, std::string_view code, std::string_view detail);
    void report_unknown_fields();
    Result<void> verdict() const;
    std::string canonical() const;

    // The value of a field, if the object and the field are there.
    std::optional<dom::element> find(const Fields& fields, std::string_view name, bool required);

    std::string text(const Fields& at, std::string_view name, dom::element value,
                     TextLimits limits);
    std::string amount(const Fields& at, std::string_view name, dom::element value);
    Fields object(const Fields& at, std::string_view name, dom::element value);
    std::vector<Fields> list(const Fields& at, std::string_view name, dom::element value,
                             std::size_t size_min, std::size_t size_max);

private:
    void parse(std::size_t size_max);
    void refuse(Fault fault, std::string_view code, std::string_view detail);

    simdjson::padded_string text_;
    dom::document document_;
    std::optional<Error> refusal_;
    std::deque<Node> nodes_;  // The first is the top; empty when the body was refused.
    std::vector<FieldError> mistakes_;
};

void FormBody::refuse(Fault fault, std::string_view code, std::string_view detail) {
    refusal_ = Error{fault, std::string(code), std::string(detail)};
}

void FormBody::parse(std::size_t size_max) {
    if (text_.size() > size_max) {
        return refuse(Fault::too_large, "body_too_large",
                      fmt::format("The body is larger than {} KiB. Send less in one request.",
                                  size_max / 1024));
    }
    dom::element top;
    dom::parser large;  // Its buffers go with it: large bodies are rare.
    const bool is_large = text_.size() > kBodySizeMax;
    if (is_large) std::ignore = large.allocate(text_.size(), kBodyDepthMax + 1);
    auto& parser = is_large ? large : thread_parser();
    const auto error = parser.parse_into_document(document_, text_).get(top);
    if (error == simdjson::DEPTH_ERROR) {
        return refuse(
            Fault::malformed, "too_deep",
            fmt::format("Objects and lists are nested deeper than {}. Send a flatter body.",
                        kBodyDepthMax));
    }
    if (error == simdjson::MEMALLOC) {
        return refuse(Fault::unavailable, "out_of_memory",
                      "There was no memory to read the body. Try again with the same key.");
    }
    if (error != simdjson::SUCCESS) {
        return refuse(Fault::malformed, "malformed_json",
                      "The body is not JSON. Send one JSON object in UTF-8 and nothing after it.");
    }
    dom::object object;
    if (top.get(object) != simdjson::SUCCESS) {
        return refuse(Fault::malformed, "not_an_object",
                      "The body is JSON but no object. Send one JSON object: {…}.");
    }
    if (const auto path = find_duplicate(top)) {
        refuse(Fault::malformed, "duplicate_field",
               "A field stands twice in one object, so its value is not certain. Send it once.");
        refusal_->fields.push_back({'#' + *path, refusal_->code, "Send this field once."});
        return;
    }
    add_node(object, "#");
}

void FormBody::add_error(std::string_view pointer, std::string_view code, std::string_view detail) {
    if (refusal_ || pointer.empty() || mistakes_.size() >= kMistakesMax) return;
    if (contains(mistakes_, pointer, &FieldError::pointer)) return;
    mistakes_.push_back({std::string(pointer), std::string(code), std::string(detail)});
}

void FormBody::report_unknown_fields() {
    for (const auto& node : nodes_) {
        for (const auto field : node.object) {
            if (contains(node.asked, field.key)) continue;
            add_error(node.pointer + step(field.key), "unknown_field",
                      fmt::format("There is no such field here. Remove it; known are {}.",
                                  quoted(node.asked)));
            if (mistakes_.size() >= kMistakesMax) return;
        }
    }
}

Result<void> FormBody::verdict() const {
    if (refusal_) return std::unexpected(*refusal_);
    if (mistakes_.empty()) return {};
    const auto& first = mistakes_.front();
    auto detail = mistakes_.size() == 1
                      ? fmt::format("{}: {}", first.pointer, first.detail)
                      : fmt::format("{} fields are wrong; the first is {}: {}", mistakes_.size(),
                                    first.pointer, first.detail);
    return std::unexpected(Error{Fault::invalid, first.code, std::move(detail), mistakes_});
}

std::string FormBody::canonical() const {
    if (refusal_) return {};
    const auto numbers = numbers_in(text_);
    auto number = numbers.begin();
    std::string out;
    append_canonical_object(out, nodes_.front().object, number);
    return out;
}

std::optional<dom::element> FormBody::find(const Fields& at, std::string_view name, bool required) {
    if (at.node_ == Fields::kAbsent) return std::nullopt;
    auto& asking = node(at.node_);
    asking.asked.emplace_back(name);
    for (const auto field : asking.object) {
        if (field.key == name) return field.value;
    }
    if (required) add_error(at.pointer(name), "missing_field", "Send this field; it is required.");
    return std::nullopt;
}

std::string FormBody::text(const Fields& at, std::string_view name, dom::element value,
                           TextLimits limits) {
    std::string_view text;
    const auto pointer = at.pointer(name);
    if (value.get(text) != simdjson::SUCCESS) {
        add_error(pointer, "wrong_type", "Send text in quotes.");
    } else if (text.empty()) {
        add_error(pointer, "empty", "Send at least one character.");
    } else if (has_bad_characters(text, limits.has_lines)) {
        add_error(pointer, "bad_characters",
                  "Send text without control characters and without \"{{\".");
    } else if (count_characters(text) > limits.length_max) {
        add_error(pointer, "too_long",
                  fmt::format("Send at most {} characters.", limits.length_max));
    } else {
        return std::string(text);
    }
    return {};
}

std::string FormBody::amount(const Fields& at, std::string_view name, dom::element value) {
    if (value.is_number()) {
        add_error(at.pointer(name), "amount_not_text",
                  "Send the amount as text in major units: \"10.99\", not 10.99.");
        return {};
    }
    return text(at, name, value, {});
}

Fields FormBody::object(const Fields& at, std::string_view name, dom::element value) {
    dom::object object;
    if (value.get(object) == simdjson::SUCCESS) return add_node(object, at.pointer(name));
    add_error(at.pointer(name), "wrong_type", "Send an object: {…}.");
    return absent();
}

std::vector<Fields> FormBody::list(const Fields& at, std::string_view name, dom::element value,
                                   std::size_t size_min, std::size_t size_max) {
    const auto pointer = at.pointer(name);
    dom::array array;
    if (value.get(array) != simdjson::SUCCESS) {
        add_error(pointer, "wrong_type", "Send a list of objects: [{…}].");
        return {};
    }
    // Not size(): it stops counting at 2^24.
    const auto size = static_cast<std::size_t>(std::distance(array.begin(), array.end()));
    if (size < size_min) {
        add_error(pointer, "too_few", fmt::format("Send at least {}.", size_min));
        return {};
    }
    if (size > size_max) {
        add_error(pointer, "too_many", fmt::format("Send at most {}.", size_max));
        return {};
    }
    std::vector<Fields> fields;
    for (const auto item : array) {
        const auto place = pointer + step(std::to_string(fields.size()));
        dom::object object;
        if (item.get(object) == simdjson::SUCCESS) {
            fields.push_back(add_node(object, place));
        } else {
            add_error(place, "wrong_type", "Send an object: {…}.");
            fields.push_back(absent());
        }
    }
    return fields;
}

std::string Fields::text(std::string_view name, TextLimits limits) {
    const auto value = body_->find(*this, name, true);
    return value ? body_->text(*this, name, *value, limits) : std::string();
}

std::optional<std::string> Fields::optional_text(std::string_view name, TextLimits limits) {
    const auto value = body_->find(*this, name, false);
    if (!value) return std::nullopt;
    return body_->text(*this, name, *value, limits);
}

std::string Fields::word(std::string_view name, std::initializer_list<std::string_view> allowed,
                         std::string_view preset) {
    const auto value = body_->find(*this, name, preset.empty());
    if (!value) return std::string(preset);
    std::string_view word;
    if (value->get(word) != simdjson::SUCCESS) {
        body_->add_error(pointer(name), "wrong_type",
                         fmt::format("Send text in quotes, one of {}.", quoted(allowed)));
    } else if (!contains(allowed, word)) {
        body_->add_error(pointer(name), "not_allowed",
                         fmt::format("Send one of {}.", quoted(allowed)));
    } else {
        return std::string(word);
    }
    return {};
}

std::string Fields::amount(std::string_view name) {
    const auto value = body_->find(*this, name, true);
    return value ? body_->amount(*this, name, *value) : std::string();
}

bool Fields::flag(std::string_view name, bool preset) {
    const auto value = body_->find(*this, name, false);
    if (!value) return preset;
    bool flag = preset;
    if (value->get(flag) != simdjson::SUCCESS)
        body_->add_error(pointer(name), "wrong_type", "Send true or false, without quotes.");
    return flag;
}

std::optional<std::string> Fields::optional_amount(std::string_view name) {
    const auto value = body_->find(*this, name, false);
    if (!value) return std::nullopt;
    return body_->amount(*this, name, *value);
}

Fields Fields::object(std::string_view name) {
    const auto value = body_->find(*this, name, true);
    return value ? body_->object(*this, name, *value) : body_->absent();
}

std::optional<Fields> Fields::optional_object(std::string_view name) {
    const auto value = body_->find(*this, name, false);
    if (!value) return std::nullopt;
    return body_->object(*this, name, *value);
}

std::vector<Fields> Fields::list(std::string_view name, std::size_t size_min,
                                 std::size_t size_max) {
    const auto value = body_->find(*this, name, true);
    return value ? body_->list(*this, name, *value, size_min, size_max) : std::vector<Fields>();
}

std::vector<Fields> Fields::optional_list(std::string_view name, std::size_t size_max) {
    const auto value = body_->find(*this, name, false);
    return value ? body_->list(*this, name, *value, 1, size_max) : std::vector<Fields>();
}

bool Fields::has(std::string_view name) const {
    if (node_ == kAbsent) return false;
    return body_->node(node_).object[name].error() == simdjson::SUCCESS;
}

std::string Fields::pointer(std::string_view name) const {
    if (node_ == kAbsent) return {};
    const auto& place = body_->node(node_).pointer;
    return name.empty() ? place : place + step(name);
}

Form::Form(std::string_view body, std::size_t size_max)
    : body_(std::make_unique<FormBody>(body, size_max)) {}
Form::~Form() = default;
Fields Form::root() {
    return body_->root();
}
void Form::add_error(std::string_view pointer, std::string_view code, std::string_view detail) {
    body_->add_error(pointer, code, detail);
}
std::string Form::canonical() const {
    return body_->canonical();
}

Result<void> Form::finish() {
    body_->report_unknown_fields();
    return body_->verdict();
}

}  // namespace florin
