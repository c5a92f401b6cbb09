// Files: uploaded by POST, read by GET. Their bytes are not kept.

#include "sandbox/files.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/crypto/hash.h"
#include "platform/http/message.h"
#include "sandbox/multipart.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kCreateParams[] = {"purpose", "file[*]", "expand[]"};
constexpr std::string_view kRetrieveParams[] = {"expand[]"};

std::string_view type_of(std::string_view content) {
    if (content.starts_with("%PDF-")) return "pdf";
    if (content.starts_with("\x89PNG\r\n\x1a\n")) return "png";
    if (content.starts_with("\xff\xd8\xff")) return "jpg";
    return "";
}

void add(std::string& form, std::string_view name, std::string_view value) {
    if (!form.empty()) form += '&';
    form += http::percent_encode(name) + '=' + http::percent_encode(value);
}

void add_file(std::string& form, const Part& part) {
    const auto hash = crypto::sha256(part.content);
    add(form, "file[name]", *part.filename);
    add(form, "file[size]", std::to_string(part.content.size()));
    add(form, "file[sha256]", to_hex(view(hash)));
    add(form, "file[type]", type_of(part.content));
}

}  // namespace

Checked<std::string> upload_form(std::string_view content_type, std::string_view body) {
    const auto parts = parse_multipart(content_type, body);
    if (!parts) return refuse("", "", parts.error());
    std::string form;
    bool has_file = false;
    for (const auto& part : *parts) {
        const bool names_file = part.name == "file" || part.name.starts_with("file[");
        if (!part.filename && !names_file) {
            add(form, part.name, part.content);
            continue;
        }
        if (!part.filename || part.filename->empty() || part.name != "file" || has_file)
            return refuse(part.name, "",
                          "Invalid file: send one part named file, with a filename.");
        add_file(form, part);
        has_file = true;
    }
    return form;
}

Provider::Json Provider::create_file(const Command& command, const Params& params) {
    TRY_OK(check_known(params, kCreateParams));
    TRY_OK(check_required(params, "purpose"));
    TRY_OK(check_choice(params, "purpose", kFilePurposes));
    TRY_OK(check_expand(params, {}));
    const auto* name = params.get("file[name]");
    if (name == nullptr)
        return refuse("file", "parameter_missing", "Missing required param: file.");
    TRY(const auto size, check_integer(params, "file[size]", 0, INT64_MAX, 0));
    if (size == 0) return refuse("file", "", "The file is empty.");
    if (size > kFileBytesMax)
        return refuse("file", "",
                      fmt::format("The file is too large: files of this purpose have at most {} "
                                  "bytes.",
                                  kFileBytesMax));
    const auto* type = params.get("file[type]");
    if (type == nullptr || type->empty())
        return refuse("file", "",
                      "We don't support this type of file. Send application/pdf, image/jpeg or "
                      "image/png.");
    auto& file = store_.add_file();
    file.filename = *name;
    file.type = *type;
    file.size = size;
    if (const auto* hash = params.get("file[sha256]")) file.sha256 = *hash;
    file.created = command.at_us / 1'000'000;
    file.key = command.key;
    auto shown = share(render(store_, file));
    emit(command, "file.created", shown);
    return shown;
}

Provider::Text Provider::get_file(const Params& params, const std::string& id) const {
    TRY_OK(check_known(params, kRetrieveParams));
    TRY_OK(check_expand(params, {}));
    const auto place = store_.find("file_", id);
    if (place == kNone) return std::unexpected(missing_object(404, "file", id, "file"));
    return render(store_, store_.files[place]);
}

}  // namespace florin::sandbox
