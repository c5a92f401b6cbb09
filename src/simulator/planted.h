#pragma once

// Design faults that can be planted, to see that the simulator finds them. Each is put around the
// honest parts (their connector or their records); the product has no switch for any of them.

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "connectors/connector.h"
#include "payments/records.h"

namespace florin::simulator {

enum class Planted {
    none,
    random_provider_key,
    same_key_for_refunds,
    not_found_is_failed,
    timeout_is_failed,
    timeout_is_success,
    failover_on_timeout,
    replay_after_window,
    webhook_is_truth,
    reservation_released,
    sent_before_intent,
    lease_ignored,
    write_without_compare,
    lost_is_not_written,
    lost_intent_is_sent,
    late_success_dropped,
    posting_forgotten,
    follow_up_forgotten,
    chores_forgotten,
    events_forgotten,
    deadlines_forgotten,
    releases_forgotten,
    answer_of_today,
    fence_is_proof,
    refunds_one_by_one,
    no_resolver,
    count,
};

struct PlantedName {
    Planted fault;
    std::string_view name;
    std::string_view story;  // What such a design does.
};

// All but none.
std::span<const PlantedName> planted_faults();
std::optional<Planted> planted_from(std::string_view name);

struct World;

// Puts the fault around what is honest; nothing = it has no place there.
std::unique_ptr<connectors::Connector> plant(World& world, const connectors::Connector& honest);
std::unique_ptr<payments::Records> plant(World& world, payments::Records& honest,
                                         const connectors::Connector& connector);

}  // namespace florin::simulator
