#include "sandbox/sandbox.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/check.h"
#include "base/log.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

using Verdict = IdempotencyKeys::Verdict;

Problem key_problem(const IdempotencyKeys::Found& found, const std::string& key) {
    Problem problem;
    problem.type = "idempotency_error";
    switch (found.verdict) {
        case Verdict::in_use:
            problem.status = 409;
            problem.code = "idempotency_key_in_use";
            problem.message = fmt::format(
                "There is currently another in-progress request using this idempotency key ({}). "
                "Please wait and try again later.",
                key);
            break;
        case Verdict::other_endpoint:
            problem.message = fmt::format(
                "Keys for idempotent requests can only be used for the same endpoint they were "
                "first used for ('{}' in this case). Try using a key other than '{}' if you meant "
                "to execute a different request.",
                found.first_path, key);
            break;
        case Verdict::other_params:
            problem.message = fmt::format(
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with. Try using a key other than '{}' if you meant to execute a "
                "different request.",
                key);
            break;
        case Verdict::fresh:
        case Verdict::replay:
            check(false, "only a refused key has a problem");
    }
    return problem;
}

// A key belongs to the account that it was used for.
std::string scoped_key(const Command& command) {
    return command.account.empty() ? command.key : command.account + '/' + command.key;
}

}  // namespace

Reply reply_with(const Store& store, const Problem& problem) {
    Reply reply;
    reply.status = problem.status;
    reply.executed = problem.executed;
    reply.body = std::make_shared<const std::string>(render(store, problem));
    return reply;
}

Sandbox::Sandbox(const std::optional<std::string>& folder, std::uint64_t salt)
    : journal_(folder ? std::make_unique<Journal>(*folder, salt) : nullptr),
      provider_(journal_ ? journal_->salt() : salt) {}

std::size_t Sandbox::restore() {
    if (!journal_) return 0;
    return journal_->replay([this](const Command& command) {
        const auto params = Params::parse(command.form).value_or(Params());
        if (!command.key.empty())
            keys_.begin(scoped_key(command), command.path, params.fingerprint(), command.at_us);
        auto reply = provider_.post(command, params);
        if (!command.key.empty()) keys_.finish(scoped_key(command), std::move(reply));
    });
}

std::optional<Sandbox::Early> Sandbox::begin(const Command& command, const Params& params) {
    if (command.key.empty()) return {};
    auto found =
        keys_.begin(scoped_key(command), command.path, params.fingerprint(), command.at_us);
    if (found.verdict == Verdict::fresh) return {};
    Early early;
    early.replayed = found.verdict == Verdict::replay;
    early.reply = early.replayed ? std::move(found.reply)
                                 : reply_with(provider_.store(), key_problem(found, command.key));
    return early;
}

Reply Sandbox::execute(const Command& command, const Params& params) {
    auto reply = provider_.post(command, params);
    if (reply.executed && journal_) {
        try {
            journal_->append(command);
        } catch (const std::exception& e) {
            // The memory is ahead of the disk: going on would promise what a restart forgets.
            log::error("journal.write_failed", {{"why", e.what()}});
            std::_Exit(1);
        }
    }
    if (!command.key.empty()) {
        reply.executed ? keys_.finish(scoped_key(command), reply)
                       : keys_.release(scoped_key(command));
    }
    return reply;
}

}  // namespace florin::sandbox
