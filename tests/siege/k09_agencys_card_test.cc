#include <gtest/gtest.h>

#include <thread>

#include "tests/siege/card_scene.h"

// K09: an agency whose keys are on a card that fails in the middle of its work (shim.cc in
// front of SoftHSM2). Its letters and its mail wait and go on when the card is well again; nothing
// is half signed, refused for good, or sent twice.

namespace yizhan {
namespace {

using std::chrono::seconds;

class K09AgencysCard : public testing::Test {
 protected:
  void TearDown() override { card_.mend(); }

  void expect_received(const std::string& sender, const std::string& document) {
    Clerk clerk(lab_, sender);
    EXPECT_TRUE(becomes([&] {
      return clerk.states_of(document) == std::map<std::string, int>{{"received", 2}};
    })) << look(lab_, sender, "/api/v1/documents/" + document).dump(1);
  }

  CardScene& card_ = CardScene::shared();
  const Lab& lab_ = card_.lab();
};

std::string fault(const std::string& name, CK_RV code) {
  return name + " " + std::to_string(code) + " ";
}

// The sentence that a person is shown, by its code; empty: none.
std::string reason_in(const Json& item) {
  return item.contains("reason") ? item.at("reason").at("code").get<std::string>() : "";
}

const std::string kPulledOut =
    fault("sign", CKR_DEVICE_REMOVED) + fault("info", CKR_TOKEN_NOT_PRESENT);

TEST_F(K09AgencysCard, ALetterWaitsForItsSendersCardAndLeavesOnce) {
  struct Case {
    std::string name, faults, reason;
  };
  const Case cases[] = {
      {"wrong signatures", "spoil 1", "keyholder_unavailable"},
      {"a lost session", fault("sign", CKR_SESSION_HANDLE_INVALID), "token_locked"},
      {"no answer", "slow 2500", "keyholder_unavailable"},
      {"pulled out", kPulledOut, "token_locked"},
      {"locked", fault("sign", CKR_PIN_LOCKED) + fault("login", CKR_PIN_LOCKED), "token_locked"},
  };
  std::int64_t accepted = accounting_of(lab_).at("accepted").get<std::int64_t>();
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    card_.suffer(each.faults);
    const int locked_out = card_.calls("login " + std::to_string(CKR_PIN_LOCKED));
    const std::string document = Clerk(lab_, "a").send_letter(card_.next_serial(), each.name);
    const std::string path = "/api/v1/documents/" + document;
    EXPECT_TRUE(becomes([&] { return reason_in(look(lab_, "a", path)) == each.reason; }))
        << look(lab_, "a", path).dump(1);
    std::this_thread::sleep_for(seconds{1});
    // Nothing half done: no package is there, none has left; and a locked card was asked once.
    EXPECT_TRUE(look(lab_, "a", path).at("packages").empty());
    EXPECT_EQ(accounting_of(lab_).at("accepted"), accepted);
    EXPECT_LE(card_.calls("login " + std::to_string(CKR_PIN_LOCKED)) - locked_out, 1);
    card_.mend();
    expect_received("a", document);
    accepted += 2;
    EXPECT_EQ(accounting_of(lab_).at("accepted"), accepted);
  }
  EXPECT_TRUE(accounting_of(lab_).at("balanced").get<bool>());
}

// A wrong secret looks like a letter sealed wrongly: the terminal tries its card before it says so.
TEST_F(K09AgencysCard, AMailWaitsForItsReceiversCardAndIsNotRefusedForGood) {
  card_.suffer("spoil 1");
  const int derived = card_.calls("derive 0");
  const std::string document = Clerk(lab_, "b").send_letter(card_.next_serial(), "算錯的卡");
  const auto mail = [&] { return look(lab_, "a", "/api/v1/inbox?limit=1").at("items"); };
  EXPECT_TRUE(becomes([&] {
    const Json items = mail();
    return !items.empty() && reason_in(items.at(0)) == "keyholder_unavailable";
  })) << mail().dump(1);
  EXPECT_GT(card_.calls("derive 0"), derived) << "the card must have lied";
  card_.mend();
  expect_received("b", document);
}

// Opened already, and then the card is gone: its sender hears of it when E.1 can be signed.
TEST_F(K09AgencysCard, AReceiptWaitsForTheCardThatSignsIt) {
  card_.suffer(kPulledOut);
  Clerk sender(lab_, "b");
  const std::string document = sender.send_letter(card_.next_serial(), "拔走的卡");
  EXPECT_TRUE(becomes([&] {
    const Json items = look(lab_, "a", "/api/v1/inbox?limit=1").at("items");
    return !items.empty() && items.at(0).at("state") == "received";
  }));
  const auto received = [&] { return sender.states_of(document)["received"]; };
  EXPECT_TRUE(becomes([&] { return received() == 1; })) << "the other receiver's";
  std::this_thread::sleep_for(seconds{1});
  EXPECT_EQ(received(), 1) << "and no more";
  card_.mend();
  expect_received("b", document);
}

}  // namespace
}  // namespace yizhan
