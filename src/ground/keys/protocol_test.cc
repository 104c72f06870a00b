#include "ground/keys/protocol.h"

#include <gtest/gtest.h>

#include "tests/support/pki.h"

namespace yizhan {
namespace {

TEST(KeyProtocol, CarriesEveryRequest) {
  const auto sign =
      parse_request(encode(SignRequest{.key = "a", .use = KeyUse::kLog, .input = {1, 2}}));
  ASSERT_TRUE(sign);
  EXPECT_EQ(std::get<SignRequest>(*sign).key, "a");
  EXPECT_EQ(std::get<SignRequest>(*sign).use, KeyUse::kLog);
  EXPECT_EQ(std::get<SignRequest>(*sign).input, (Bytes{1, 2}));
  const auto decrypt = parse_request(encode(DecryptRequest{.key = "b", .ciphertext = {3}}));
  ASSERT_TRUE(decrypt);
  EXPECT_EQ(std::get<DecryptRequest>(*decrypt).ciphertext, Bytes{3});
  const auto agree = parse_request(encode(AgreeRequest{.key = "c", .peer_point = {4}}));
  ASSERT_TRUE(agree);
  EXPECT_EQ(std::get<AgreeRequest>(*agree).peer_point, Bytes{4});
  EXPECT_TRUE(std::holds_alternative<ListRequest>(*parse_request(encode(ListRequest{}))));
  EXPECT_TRUE(std::holds_alternative<StatusRequest>(*parse_request(encode(StatusRequest{}))));
}

TEST(KeyProtocol, RefusesWhatIsNotOneWholeRequest) {
  const Bytes whole = encode(SignRequest{.key = "a", .use = KeyUse::kLog, .input = {1, 2}});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_request(ByteView(whole).first(length))) << length;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(parse_request(longer));
  EXPECT_FALSE(parse_request(Bytes{0}));
  EXPECT_FALSE(parse_request(Bytes{99}));
  EXPECT_FALSE(parse_request(Bytes{3, 0xff, 0xff, 0xff, 0xff, 'a'}));
  for (const char* name : {"", "../key", "Key", "a b", "a\"", ".hidden"}) {
    EXPECT_FALSE(parse_request(encode(AgreeRequest{.key = name, .peer_point = {4}}))) << name;
  }
}

TEST(KeyProtocol, CarriesResultsAndRefusals) {
  EXPECT_EQ(copy_of(parse_answer(encode_answer(Bytes{1, 2}).view())->view()), (Bytes{1, 2}));
  const Refusal refusal{Reason::kKeyForbidden, "不行"};
  EXPECT_EQ(parse_answer(encode_refusal(refusal).view()).refusal(), refusal);
  for (const Bytes& nonsense : {Bytes{}, Bytes{2}, Bytes{1}, Bytes{1, 0, 0, 0, 1, 'x'}}) {
    EXPECT_EQ(parse_answer(nonsense).reason(), Reason::kKeyholderUnavailable);
  }
}

TEST(KeyProtocol, CarriesKeysAndStatus) {
  TestAuthority authority;
  const Certificate certificate = authority.issue({.subject = "a"}).certificate();
  const auto keys = parse_keys(encode_keys({{.name = "a",
                                             .certificate = certificate,
                                             .scheme = SignatureScheme::kEcdsaSha256,
                                             .operations = {KeyOperation::kSign},
                                             .module_kind = ModuleKind::kHardware,
                                             .module_serial = "07"}}));
  ASSERT_TRUE(keys) << keys.refusal().detail;
  EXPECT_EQ(keys->front().certificate, certificate);
  EXPECT_EQ(keys->front().operations, std::set{KeyOperation::kSign});
  EXPECT_EQ(keys->front().module_serial, "07");

  const KeyholderStatus status{
      .modules = {{{ModuleKind::kHardware, "card", "07", "model", {"ECDSA"}}, Waiting::kLocked}},
      .uses_total = 12,
      .uses = {{"exchange", "a", 3, 4}}};
  const auto same = parse_status(encode_status(status));
  ASSERT_TRUE(same) << same.refusal().detail;
  EXPECT_EQ(same->modules.front().description, status.modules.front().description);
  EXPECT_EQ(same->modules.front().waiting, Waiting::kLocked);
  EXPECT_EQ(same->uses_total, 12);
  EXPECT_EQ(same->uses.front().refused, 4);
}

}  // namespace
}  // namespace yizhan
