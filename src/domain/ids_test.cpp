// Goal: an id has one spelling, keeps its slot and time, and a key always leads to the same slot.
// Method: golden values computed by another program, and properties over random ids.

#include "domain/ids.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <unordered_set>

namespace florin {
namespace {

const Instant kInstant = *instant_from("2026-11-20T23:34:38.120Z");
constexpr std::uint64_t kRandom = 0x0123456789abcdef;

TEST(Ids, GoldenValues) {
    const auto id = PaymentId::make(kInstant, 517, kRandom);
    EXPECT_EQ(to_text(id.uuid()), "01a1fb4f-df28-7205-8048-d159e26af37b");
    EXPECT_EQ(id.text(), "pay_01m7xmzqs8e82r0j6hb7h6nwvv");
    EXPECT_EQ(id.slot(), 517);
    EXPECT_EQ(id.created_at(), kInstant);
    EXPECT_EQ(PaymentId::parse(id.text()), id);
    EXPECT_EQ(uuid_from(to_text(id.uuid())), id.uuid());
    EXPECT_EQ(uuid_from_bytes(view(id.uuid())), id.uuid());
}

TEST(Ids, TextAndBackIsTheSame) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100'000; ++i) {
        const Instant instant(std::chrono::milliseconds(random() >> 16));
        const auto slot = static_cast<Slot>(random() % kSlots);
        const auto id = OperationId::make(instant, slot, random());
        ASSERT_EQ(OperationId::parse(id.text()), id);
        ASSERT_EQ(id.slot(), slot);
        ASSERT_EQ(id.created_at(), instant);
        ASSERT_EQ(uuid_from(to_text(id.uuid())), id.uuid());
    }
}

TEST(Ids, SortByTime) {
    const auto early = PaymentId::make(kInstant, 1023, ~std::uint64_t{0});
    const auto late = PaymentId::make(kInstant + std::chrono::milliseconds(1), 0, 0);
    EXPECT_LT(early, late);
    EXPECT_LT(early.text(), late.text());
}

TEST(Ids, MicrosecondsAreCut) {
    const auto id = PaymentId::make(kInstant + std::chrono::microseconds(999), 0, 0);
    EXPECT_EQ(id.created_at(), kInstant);
}

TEST(Ids, RefuseEveryOtherSpelling) {
    for (const std::string_view text :
         {"", "pay", "pay_", "01m7xmzqs8e82r0j6hb7h6nwvv", "op_01m7xmzqs8e82r0j6hb7h6nwvv",
          "pay-01m7xmzqs8e82r0j6hb7h6nwvv", "PAY_01m7xmzqs8e82r0j6hb7h6nwvv",
          "pay_01M7XMZQS8E82R0J6HB7H6NWVV",
          "pay_O1m7xmzqs8e82r0j6hb7h6nwvv",  // The letter O is no zero.
          "pay_0lm7xmzqs8e82r0j6hb7h6nwvv",  // The letter L is no one.
          "pay_0im7xmzqs8e82r0j6hb7h6nwvv",
          "pay_01m7xmzqs8e82r0j6hb7h6nwvu",  // U is not in the alphabet.
          "pay_01m7xmzqs8e82r0j6hb7h6nwv", "pay_01m7xmzqs8e82r0j6hb7h6nwvvv",
          "pay_81m7xmzqs8e82r0j6hb7h6nwvv",  // More than 128 bits.
          "pay_01m7xmzqs8e82r0j6hb7h6nwv ",
          "pay_01m7xmzqs8c82r0j6hb7h6nwvv",     // Not version 7.
          "pay_01m7xmzqs8e82g0j6hb7h6nwvv"}) {  // Not the variant of RFC 9562.
        EXPECT_FALSE(PaymentId::parse(text)) << text;
    }
}

TEST(Ids, RefuseASlotThatDoesNotExist) {
    auto uuid = make_uuid7(kInstant, kSlots - 1, kRandom);
    EXPECT_TRUE(PaymentId::parse(PaymentId(uuid).text()));
    uuid.bytes[6] = 0x74;  // The lowest 12 bits are now 1024 and more.
    EXPECT_FALSE(PaymentId::parse(PaymentId(uuid).text()));
    EXPECT_DEATH(make_uuid7(kInstant, kSlots, 0), "slot is below 1024");
}

TEST(Ids, UuidTextIsStrict) {
    EXPECT_TRUE(uuid_from("01a1fb4f-df28-7205-8048-d159e26af37b"));
    for (const std::string_view text :
         {"", "01a1fb4fdf2872058048d159e26af37b", "01a1fb4f-df28-7205-8048-d159e26af37",
          "01a1fb4fd-f28-7205-8048-d159e26af37b", "01a1fb4f-df28-7205-8048-d159e26af37g",
          "01a1fb4f-df28-7205-8048-d159e26af3-b", "01A1FB4F-DF28-7205-8048-D159E26AF37B"}) {
        EXPECT_FALSE(uuid_from(text)) << text;
    }
    EXPECT_FALSE(uuid_from_bytes("short"));
}

TEST(Ids, AreKeysOfHashTables) {
    std::unordered_set<PaymentId> ids;
    for (std::uint64_t i = 0; i < 1000; ++i) ids.insert(PaymentId::make(kInstant, 0, i << 2));
    EXPECT_EQ(ids.size(), 1000u);
}

// Stored payments are found by these numbers: a failure here is a wrong change, not a wrong test.
TEST(Slots, NeverChange) {
    const std::string zeros(16, '\0');
    const std::string ones(16, '\xff');
    std::string counted;
    for (char i = 0; i < 16; ++i) counted += i;
    EXPECT_EQ(slot_of(zeros, ""), 10);
    EXPECT_EQ(slot_of(zeros, "a"), 862);
    EXPECT_EQ(slot_of(zeros, "b"), 20);
    EXPECT_EQ(slot_of(counted, "8e03978e-40d5-43e8-bc93-6894a57f9324"), 792);
    EXPECT_EQ(slot_of(counted, "order-1"), 342);
    EXPECT_EQ(slot_of(counted, "order-2"), 931);
    EXPECT_EQ(slot_of(ones, "order-1"), 550);
}

TEST(Slots, CountedKeysSpreadEvenly) {
    std::array<int, kSlots> hits{};
    const std::string merchant(16, 'm');
    for (int i = 0; i < 102'400; ++i) ++hits[slot_of(merchant, "order-" + std::to_string(i))];
    // 100 a slot is expected; seven standard deviations are allowed.
    for (const int count : hits) {
        EXPECT_GT(count, 30);
        EXPECT_LT(count, 170);
    }
}

}  // namespace
}  // namespace florin
