#include "cli/cli.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>

#include "app/app.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "platform/pg/connection.h"

namespace florin::cli {
namespace {

int exit_of(const Error& error) {
    switch (error.fault) {
        case Fault::not_found:
            return kNotFound;
        case Fault::conflict:
            return kConflict;
        case Fault::unauthorized:
        case Fault::forbidden:
            return kAuth;
        case Fault::unavailable:
        case Fault::too_many:
            return kTemporary;
        case Fault::invalid:
        case Fault::malformed:
            return kUsage;
        default:
            return kFailed;
    }
}

// For people a sentence and its parts; for programs one JSON object. Both on stderr.
void complain(const Error& error, bool as_json) {
    if (as_json) {
        json::Writer out;
        out.begin_object().field("code", error.code).field("detail", error.detail);
        out.key("errors").begin_array();
        for (const auto& field : error.fields) {
            out.begin_object().field("pointer", field.pointer).field("detail", field.detail);
            out.end_object();
        }
        out.end_array().end_object();
        std::fprintf(stderr, "%s\n", out.text().c_str());
        return;
    }
    std::fprintf(stderr, "florin: %s\n", error.detail.c_str());
    for (const auto& field : error.fields)
        std::fprintf(stderr, "  %s: %s\n", field.pointer.c_str(), field.detail.c_str());
}

// The program's words, as CLI11 knows them, and what was chosen.
struct Line {
    CLI::App app{"Florin takes payments, keeps them in a double-entry ledger, and can prove it."};
    std::string config_file, listen, data_dir, database_url;
    bool json = false, as_drawing = false;
    KeyOptions key;
    ListOptions list;
    RouteWish route;
    SellersWish sellers;
    PayoutsWish payouts;
    FeesWish fees;
    WalletWish wallet;
    JournalWish journal;
    EventsWish events;
    PriceWish price;
    AuditWish audit;
    LedgerWish ledger;
    std::string id, shell, audit_listen, reason, as_of;
    int code = kOk;  // Of a command that did what it should.
    std::function<Result<void>(const Options&)> chosen;
};

void add_common(Line& line) {
    line.app.require_subcommand(1);
    line.app.fallthrough();
    line.app.set_help_all_flag("--help-all", "Help of every command");
    line.app.set_version_flag("--version", "florin 0.1.0");
    line.app.add_option("--config", line.config_file, "TOML file with the configuration")
        ->envname("FLORIN_CONFIG");
    line.app.add_option("--data-dir", line.data_dir, "Folder of the private PostgreSQL");
    line.app.add_option("--database-url", line.database_url,
                        "PostgreSQL server to use instead of a private one");
    line.app.add_flag("--json", line.json, "Output for programs");
    line.app.footer(
        "Exit codes: 0 ok, 1 failed, 2 usage, 3 auth, 4 not found, 5 conflict, 75 try again "
        "later.\n"
        "Configuration, as a line of the --config file or as FLORIN_<NAME> in the environment:\n" +
        describe_config());
}

void add_serve(Line& line) {
    auto* serve = line.app.add_subcommand(
        "serve", "Run the server (and, without a database URL, its own PostgreSQL)");
    serve->add_option("--listen", line.listen, "address:port; port 0 takes any free one");
    serve->callback([&line] {
        line.chosen = [](const Options& options) {
            const auto scheme = options.config.tls_certificate_file.empty() ? "http" : "https";
            return app::serve(options.config, [&](std::uint16_t port) {
                const auto& address = options.config.listen_address;
                const bool is_v6 = address.find(':') != std::string::npos;
                std::printf("florin listens on %s://%s%s%s:%u\n", scheme, is_v6 ? "[" : "",
                            address.c_str(), is_v6 ? "]" : "", static_cast<unsigned>(port));
                std::fflush(stdout);
            });
        };
    });
    auto* migrate_command =
        line.app.add_subcommand("migrate", "Bring the database's schema up to this program");
    migrate_command->callback([&line] { line.chosen = migrate; });
}

void add_keys(Line& line) {
    auto* keys = line.app.add_subcommand("keys", "API keys: create, list, revoke");
    keys->require_subcommand(1);
    auto* create = keys->add_subcommand("create", "Make a key; it is shown once");
    create->add_option("--name", line.key.name, "What it is for, for people")->required();
    create->add_option("--merchant", line.key.merchant,
                       "Whose payments it sees; made when it is new (default)");
    create->add_option("--mode", line.key.mode, "test or live")
        ->check(CLI::IsMember({"test", "live"}));
    create->add_option(
        "--scope", line.key.scopes,
        "payments:read, payments:write, ledger:read, sellers:read, sellers:write, "
        "wallets:read, wallets:write, payouts:read, payouts:write, fx:read, fx:write, "
        "refunds:approve, payouts:approve, ledger:write; several allowed (all but the last three)");
    create->callback([&line] {
        line.chosen = [&line](const Options& options) { return create_key(options, line.key); };
    });
    keys->add_subcommand("list", "All keys, without their secrets")->callback([&line] {
        line.chosen = list_keys;
    });
    auto* revoke = keys->add_subcommand("revoke", "Make a key useless, within two seconds");
    revoke->add_option("id", line.id, "key_...")->required();
    revoke->callback([&line] {
        line.chosen = [&line](const Options& options) { return revoke_key(options, line.id); };
    });
}

void add_payments(Line& line) {
    auto* payments = line.app.add_subcommand("payments", "Payments: list, show");
    payments->require_subcommand(1);
    auto* list = payments->add_subcommand("list", "Newest first");
    list->add_option("--status", line.list.status, "Only this status, like succeeded");
    list->add_option("--currency", line.list.currency, "Only this currency, like EUR");
    list->add_option("--checkout", line.list.checkout, "Only this checkout_id");
    list->add_option("--starting-after", line.list.after, "Only payments older than this id");
    list->add_option("--limit", line.list.limit, "How many (20)")->check(CLI::Range(1, 10'000));
    list->callback([&line] {
        line.chosen = [&line](const Options& options) { return list_payments(options, line.list); };
    });
    auto* show = payments->add_subcommand("show", "One payment with its history");
    show->add_option("id", line.id, "pay_...")->required();
    show->callback([&line] {
        line.chosen = [&line](const Options& options) { return show_payment(options, line.id); };
    });
    auto* completion = line.app.add_subcommand("completion", "Print a completion script");
    completion->add_option("shell", line.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

void add_ledger(Line& line) {
    auto* ledger = line.app.add_subcommand(
        "ledger", "The ledger: trial-balance, verify, proof, check-proof, keygen");
    ledger->require_subcommand(1);
    auto* trial = ledger->add_subcommand(
        "trial-balance", "Debits and credits of every account; fails when they differ");
    trial->add_option("--as-of", line.as_of, "As they were then, like 2026-11-20T23:34:38Z");
    trial->callback([&line] {
        line.chosen = [&line](const Options& options) {
            return trial_balance(options, line.as_of);
        };
    });
    auto* verify = ledger->add_subcommand(
        "verify", "Is everything as it was sealed? Exit code 5 when something is not");
    verify->add_option("--anchors", line.ledger.folder,
                       "Folder with copies of the anchors, to compare with the database");
    auto* proof = ledger->add_subcommand(
        "proof", "That a transaction was sealed, for somebody without the database");
    proof->add_option("id", line.ledger.id, "op_...")->required();
    auto* check = ledger->add_subcommand("check-proof", "Check such a proof; needs no database");
    check->add_option("file", line.ledger.file, "What `florin ledger proof --json` printed")
        ->required();
    for (auto* command : {verify, check})
        command->add_option("--public-key", line.ledger.keys,
                            "Of those who may sign anchors; several allowed (that of ledger_key)");
    auto* keygen = ledger->add_subcommand("keygen",
                                          "Make a key to sign anchors; prints its "
                                          "public half");
    keygen->add_option("file", line.ledger.file, "Where to write it; must not exist")->required();
    keygen->add_option("--name", line.ledger.name, "Of this ledger, like shop.example/ledger");
    using Work = Result<void> (*)(const Options&, const LedgerWish&);
    const auto on = [&line](CLI::App* command, Work work) {
        command->callback([&line, work] {
            line.chosen = [&line, work](const Options& o) { return work(o, line.ledger); };
        });
    };
    on(proof, prove_transaction);
    on(check, check_ledger_proof);
    on(keygen, make_ledger_key);
    verify->callback([&line] {
        line.chosen = [&line](const Options& options) -> Result<void> {
            TRY(line.code, verify_ledger(options, line.ledger));
            return {};
        };
    });
}

void add_machine(Line& line) {
    auto* machine = line.app.add_subcommand(
        "machine", "The states of a payment, a refund, a dispute or an operation, as a table");
    machine->add_option("name", line.id, "payment, refund, dispute or operation")
        ->required()
        ->check(CLI::IsMember(machine_names()));
    machine->add_flag("--mermaid", line.as_drawing, "As a drawing in Mermaid's language");
    machine->callback([&line] {
        line.chosen = [&line](const Options& options) {
            return show_machine(options, line.id, line.as_drawing);
        };
    });
}

void add_dead_letters(Line& line) {
    auto* dlq =
        line.app.add_subcommand("dlq", "What waits for a person: list, show, retry, discard");
    dlq->require_subcommand(1);
    auto* list = dlq->add_subcommand("list", "Oldest first");
    list->add_option("--limit", line.list.limit, "How many (20)")->check(CLI::Range(1, 10'000));
    list->callback([&line] {
        line.chosen = [&line](const Options& options) {
            return list_dead_letters(options, line.list.limit);
        };
    });
    auto* show = dlq->add_subcommand("show", "One with its whole history");
    show->add_option("id", line.id, "op_..., or <provider>:<event>")->required();
    show->callback([&line] {
        line.chosen = [&line](const Options& o) { return show_dead_letter(o, line.id); };
    });
    auto* retry = dlq->add_subcommand("retry", "Try it at once, and count its tries anew");
    retry->add_option("id", line.id, "op_..., or <provider>:<event>")->required();
    retry->callback([&line] {
        line.chosen = [&line](const Options& o) { return retry_dead_letter(o, line.id); };
    });
    auto* discard = dlq->add_subcommand(
        "discard", "You have dealt with it; what was never found is declined on your word");
    discard->add_option("id", line.id, "op_..., or <provider>:<event>")->required();
    discard->add_option("--reason", line.reason, "What you found and did; it is kept")->required();
    discard->callback([&line] {
        line.chosen = [&line](const Options& o) {
            return discard_dead_letter(o, line.id, line.reason);
        };
    });
}

// Its own three exit codes, so that a script can tell "wrong" from "could not look".
Result<void> run_audit(Line& line, const Options& options) {
    auto found = [&]() -> Result<int> {
        try {
            return audit(options, line.audit);
        } catch (const std::exception& e) {
            return fail(Fault::unavailable, "database_unavailable", e.what());
        }
    }();
    if (found) {
        line.code = *found;
        return {};
    }
    found.error().fault = Fault::invalid;
    found.error().detail = "could not check: " + found.error().detail;
    return std::unexpected(std::move(found.error()));
}

void add_audit(Line& line) {
    auto* audit = line.app.add_subcommand(
        "audit", "Check the books and the payments, with a role that may only read");
    audit->add_flag("--watch", line.audit.watch, "Go on for ever, with metrics and alarms");
    audit->add_flag("--list", line.audit.list, "What is checked, and what each finding means");
    audit->add_option("--limit", line.audit.limit, "Findings shown of each check (100)")
        ->check(CLI::Range(1, 10'000));
    audit->add_option("--slots", line.audit.slots, "Slots looked at in one step, at most (1024)")
        ->check(CLI::Range(1, 1024));
    audit->add_option("--listen", line.audit_listen, "address:port of the metrics of --watch");
    audit->add_flag("--allow-writer", line.audit.writer_allowed,
                    "Run although the role could change rows");
    audit->footer("Exit codes: 0 everything agrees, 1 there are findings, 2 could not check.");
    audit->callback([&line] {
        line.chosen = [&line](const Options& options) { return run_audit(line, options); };
    });
}

void add_route(Line& line) {
    auto* route = line.app.add_subcommand("route", "The choice of a provider's account: explain");
    route->require_subcommand(1);
    auto* explain = route->add_subcommand(
        "explain", "Which account a payment would go to, and why, by this configuration");
    explain->add_option("--currency", line.route.currency, "Like EUR")->required();
    explain->add_option("--amount", line.route.amount, "Of the payment, like 10.00")->required();
    explain->add_option("--method", line.route.method, "Of payment (card)");
    explain->add_option("--country", line.route.country, "Of the buyer, like DE");
    explain->add_option("--brand", line.route.brand, "Of the card, like visa");
    auto* merchant = explain->add_option("--merchant", line.route.merchant, "mer_..., with --key");
    explain
        ->add_option("--key", line.route.key,
                     "The payment's Idempotency-Key: draws by weight as the server does")
        ->needs(merchant);
    explain->callback([&line] {
        line.chosen = [&line](const Options& options) {
            return explain_route(options, line.route);
        };
    });
}

void add_payouts(Line& line) {
    auto* payouts =
        line.app.add_subcommand("payouts", "What sellers are paid: list, show, explain, run");
    payouts->require_subcommand(1);
    auto* list = payouts->add_subcommand("list", "Newest first");
    list->add_option("--merchant", line.payouts.merchant, "Only those of this one, mer_...");
    list->add_option("--seller", line.payouts.seller, "Only those to this one, sel_...");
    list->add_option("--status", line.payouts.status, "Like in_transit");
    list->add_option("--starting-after", line.payouts.after, "Only payouts older than this id");
    list->add_option("--limit", line.payouts.limit, "How many (20)")->check(CLI::Range(1, 10'000));
    list->callback([&line] {
        line.chosen = [&line](const Options& o) { return list_payouts(o, line.payouts); };
    });
    auto* show = payouts->add_subcommand("show", "One payout with its history");
    show->add_option("id", line.id, "pyo_...")->required();
    show->callback(
        [&line] { line.chosen = [&line](const Options& o) { return show_payout(o, line.id); }; });
    auto* explain = payouts->add_subcommand("explain", "What it is made of, and that it adds up");
    explain->add_option("id", line.id, "pyo_...")->required();
    explain->callback([&line] {
        line.chosen = [&line](const Options& o) { return explain_payout(o, line.id); };
    });
    auto* run = payouts->add_subcommand("run", "Make now what is due, as a server would");
    run->callback([&line] { line.chosen = [](const Options& o) { return run_payouts(o); }; });
}

void add_sellers(Line& line) {
    auto* sellers = line.app.add_subcommand("sellers", "Sellers and their fees: list, show, fees");
    sellers->require_subcommand(1);
    auto* list = sellers->add_subcommand("list", "Newest first");
    list->add_option("--merchant", line.sellers.merchant, "Only those of this one, mer_...");
    list->add_option("--state", line.sellers.state, "active or suspended")
        ->check(CLI::IsMember({"active", "suspended"}));
    list->add_option("--starting-after", line.sellers.after, "Only sellers older than this id");
    list->add_option("--limit", line.sellers.limit, "How many (20)")->check(CLI::Range(1, 10'000));
    list->callback([&line] {
        line.chosen = [&line](const Options& o) { return list_sellers(o, line.sellers); };
    });
    auto* show = sellers->add_subcommand("show", "One seller with the fee rules of its own");
    show->add_option("id", line.id, "sel_...")->required();
    show->callback(
        [&line] { line.chosen = [&line](const Options& o) { return show_seller(o, line.id); }; });
    auto* fees = sellers->add_subcommand("fees", "What an order would be split into, and why");
    fees->add_option("id", line.fees.seller, "sel_...")->required();
    fees->add_option("--amount", line.fees.amount, "Of the order, like 100.00")->required();
    fees->add_option("--currency", line.fees.currency, "Like EUR")->required();
    fees->add_option("--category", line.fees.category, "Of the goods, by your word for them");
    fees->add_option("--at", line.fees.at, "When the order is made (now)");
    fees->callback([&line] {
        line.chosen = [&line](const Options& o) { return preview_fees(o, line.fees); };
    });
}

void add_wallets(Line& line) {
    auto* wallets = line.app.add_subcommand("wallets", "What buyers have: show");
    wallets->require_subcommand(1);
    auto* show = wallets->add_subcommand("show", "One wallet and its latest entries");
    show->add_option("owner", line.wallet.owner, "The buyer's id")->required();
    show->add_option("--merchant", line.wallet.merchant, "Whose buyer it is, mer_...")->required();
    show->add_option("--limit", line.wallet.limit, "How many entries of each (10)")
        ->check(CLI::Range(0, 10'000));
    show->callback([&line] {
        line.chosen = [&line](const Options& o) { return show_wallet(o, line.wallet); };
    });
}

void add_journal(Line& line) {
    auto* journal = line.app.add_subcommand("journal", "What people have booked by hand: list");
    journal->require_subcommand(1);
    auto* list = journal->add_subcommand("list", "Newest first, with what was taken back");
    list->add_option("--merchant", line.journal.merchant, "Only that of this one, mer_...");
    list->add_option("--starting-after", line.journal.after, "Only entries older than this id");
    list->add_option("--limit", line.journal.limit, "How many (20)")->check(CLI::Range(1, 10'000));
    list->callback([&line] {
        line.chosen = [&line](const Options& o) { return list_journal(o, line.journal); };
    });
}

void add_events(Line& line) {
    auto* events = line.app.add_subcommand("events", "What happened, from the feed of a merchant");
    events->add_option("--merchant", line.events.merchant, "Whose feed, mer_...")->required();
    events->add_option("--after", line.events.after, "Only what follows on this sequence (0)")
        ->check(CLI::NonNegativeNumber);
    events->add_option("--limit", line.events.limit, "How many at most (20)")
        ->check(CLI::Range(1, 10'000));
    events->callback([&line] {
        line.chosen = [&line](const Options& o) { return list_events(o, line.events); };
    });
}

void add_fx(Line& line) {
    auto* fx = line.app.add_subcommand("fx", "Currencies: rates, quote");
    fx->require_subcommand(1);
    auto* rates = fx->add_subcommand("rates", "The rates that would be quoted, from their file");
    rates->callback([&line] { line.chosen = list_rates; });
    auto* quote = fx->add_subcommand("quote", "What an order costs in another currency now");
    quote->add_option("--amount", line.price.amount, "Of the order, like 99.00")->required();
    quote->add_option("--currency", line.price.currency, "Of the order, like USD")->required();
    quote->add_option("--presentment-currency", line.price.presentment, "The buyer's, like EUR")
        ->required();
    quote->callback(
        [&line] { line.chosen = [&line](const Options& o) { return show_price(o, line.price); }; });
}

Overrides overrides_of(const Line& line) {
    Overrides out;
    if (!line.listen.empty()) out["listen"] = line.listen;
    if (!line.data_dir.empty()) out["data_dir"] = line.data_dir;
    if (!line.database_url.empty()) out["database_url"] = line.database_url;
    if (!line.audit_listen.empty()) out["audit_listen"] = line.audit_listen;
    return out;
}

Result<void> carry_out(Line& line) {
    if (!line.shell.empty()) {
        std::fputs(completion_script(line.app, line.shell).c_str(), stdout);
        return {};
    }
    TRY(auto config, load_config(line.config_file, overrides_of(line)));
    log::set_level(log::level_from(config.log_level));
    const Options options{std::move(config), line.json};
    try {
        return line.chosen(options);
    } catch (const pg::Lost& e) {
        return fail(Fault::unavailable, "database_unavailable",
                    std::string("the database does not answer: ") + e.what());
    } catch (const pg::SqlError& e) {
        return fail(Fault::conflict, "database_refused",
                    fmt::format("the database refused ({}): {}", e.state, e.what()));
    } catch (const std::exception& e) {
        return fail(Fault::too_large, "failed", e.what());
    }
}

}  // namespace

int run(std::vector<std::string> arguments) {
    Line line;
    add_common(line);
    add_serve(line);
    add_keys(line);
    add_payments(line);
    add_ledger(line);
    add_audit(line);
    add_dead_letters(line);
    add_machine(line);
    add_route(line);
    add_sellers(line);
    add_wallets(line);
    add_journal(line);
    add_events(line);
    add_fx(line);
    add_payouts(line);
    std::ranges::reverse(arguments);  // As CLI11 wants a vector.
    try {
        line.app.parse(arguments);
    } catch (const CLI::ParseError& e) {
        const int code = line.app.exit(e);
        return code == 0 ? kOk : kUsage;
    }
    const auto done = carry_out(line);
    if (done) return line.code;
    complain(done.error(), line.json);
    return exit_of(done.error());
}

}  // namespace florin::cli
