#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/random.h"
#include "ledger/anchor_store.h"

namespace florin::ledger {
namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::size_t kNoteMax = 64 * 1024;

// A file descriptor that is closed.
class File {
public:
    File(const std::string& path, int flags) : path_(path), fd_(open(path.c_str(), flags, 0444)) {
        if (fd_ < 0) fail("open");
    }
    ~File() { close(fd_); }
    File(const File&) = delete;

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::write(fd_, bytes.data(), bytes.size());
            if (count < 0) fail("write");
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void sync() {
        if (fsync(fd_) != 0) fail("sync");
    }

private:
    [[noreturn]] void fail(const char* what) {
        throw CopyFailed(fmt::format("cannot {} {}: {}", what, path_, strerror(errno)));
    }
    std::string path_;
    int fd_;
};

}  // namespace

std::string AnchorFiles::path_of(std::int64_t number) const {
    return fmt::format("{}/{:012}{}", folder_, number, kSuffix);
}

std::vector<std::int64_t> AnchorFiles::numbers() const {
    std::vector<std::int64_t> out;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
         at.increment(error)) {
        const auto name = at->path().filename().string();
        const auto digits = name.size() - std::min(name.size(), kSuffix.size());
        std::int64_t number = 0;
        const auto read = std::from_chars(name.data(), name.data() + digits, number);
        if (name.ends_with(kSuffix) && read.ptr == name.data() + digits && number > 0)
            out.push_back(number);
    }
    if (error) throw CopyFailed("cannot read " + folder_ + ": " + error.message());
    std::ranges::sort(out);
    return out;
}

std::int64_t AnchorFiles::last() const {
    const auto all = numbers();
    return all.empty() ? 0 : all.back();
}

std::optional<std::string> AnchorFiles::read(std::int64_t number) const {
    std::ifstream in(path_of(number), std::ios::binary);
    std::string out(kNoteMax, '\0');
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    if (!in.eof()) return std::nullopt;  // Not there, or too long.
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

bool AnchorFiles::write(std::int64_t number, const std::string& note) const {
    const auto path = path_of(number);
    const auto draft = path + "." + to_hex(random_bytes(8));
    {
        File file(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
        file.write(note);
        file.sync();
    }
    // Unlike a rename, a link never replaces.
    const bool is_new = link(draft.c_str(), path.c_str()) == 0;
    const auto why = errno;
    unlink(draft.c_str());
    if (!is_new && why != EEXIST)
        throw CopyFailed(fmt::format("cannot write {}: {}", path, strerror(why)));
    File(folder_, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync();
    return is_new;
}

}  // namespace florin::ledger
