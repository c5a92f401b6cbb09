#pragma once

// Uploaded files: what is taken, and how an upload becomes the parameters of a command.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/problem.h"

namespace florin::sandbox {

inline constexpr std::string_view kFilesPath = "/v1/files";
inline constexpr std::string_view kFilePurposes[] = {"dispute_evidence"};
inline constexpr std::int64_t kFileBytesMax = 5 * 1024 * 1024;
// A body up to here is read, so that a file which is a little too large gets Stripe's refusal.
inline constexpr std::size_t kUploadBytesMax = 6 * 1024 * 1024;

// A multipart body as a form, with the facts about the file in the place of its bytes:
//   purpose=…&file[name]=…&file[size]=…&file[sha256]=…&file[type]=pdf     (percent-encoded)
// The journal keeps it, and two uploads with the same form are the same request under a key,
// whatever their boundaries. file[type] is "pdf", "png" or "jpg" by the first bytes; "" = neither.
Checked<std::string> upload_form(std::string_view content_type, std::string_view body);

}  // namespace florin::sandbox
