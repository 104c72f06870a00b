#include <numeric>

#include "ground/merkle/merkle.h"
#include "tests/hostile/every_byte.h"
#include "tests/hostile/stage.h"

// E01: chunks flipped, exchanged, left out, repeated and cut, by a sender that signs for it: behind
// the signature the chunks must hold by themselves.

namespace yizhan {
namespace {

class E01Chunks : public ::testing::Test {
 protected:
  Stage stage_;
  SmallExchange& exchange_ = stage_.exchange;
};

TEST_F(E01Chunks, FailAtTheTagForEveryByte) {
  const TestPackage package = make_package(exchange_);
  Bytes body = package.body;
  Header header = package.sealed.header;
  std::vector<Sha256> groups;
  const auto tried = [&]() -> std::string {
    groups = {leaf_hash(body)};
    header.cipher_root = merkle_root(groups);
    const SealedHeader sealed = seal_header(header, exchange_.a.sign, kTestNow).value();
    ScanOrder order = order_for(package);
    order.header = sealed.cms;
    order.groups = groups;
    return stage_.scanned(order, body);
  };
  EXPECT_EQ(tried(), "refused document_invalid");  // it is opened, and is no document
  change_each(body, tried).expect_only({"refused unopenable"}, "body");
}

TEST_F(E01Chunks, FailInEveryOrderButTheirOwn) {
  std::vector<TestPart> parts = letter_parts();
  parts[3].content = kSmallPdf;
  parts[3].content.insert(9, "%" + std::string(80'000, 'x') + "\n");
  const TestPackage package = seal(exchange_, parts, [](Header& header) {
    header.urgency = Urgency::kFast;
  }, {exchange_.b.addressee(), exchange_.c.addressee()});
  const std::size_t whole = package.body.size() / kChunkCipher;
  ASSERT_GE(whole, 5U);
  const auto with_chunks = [&](const std::vector<std::size_t>& order) {
    TestPackage other = package;
    other.body.clear();
    for (const std::size_t chunk : order) {
      const std::size_t at = chunk * kChunkCipher;
      append(other.body, ByteView(package.body).subspan(
                             at, std::min(kChunkCipher, package.body.size() - at)));
    }
    Header header = package.sealed.header;
    const std::uint64_t chunks = order.size();
    header.plain_length = other.body.size() - chunks * kChunkTag;
    other.envelope.groups = {leaf_hash(other.body)};
    header.cipher_root = merkle_root(other.envelope.groups);
    other.sealed = seal_header(header, exchange_.a.sign, kTestNow).value();
    return stage_.opened(stage_.consign(other, exchange_.b));
  };
  std::vector<std::size_t> order(whole + 1);
  std::iota(order.begin(), order.end(), 0U);
  ASSERT_EQ(with_chunks(order), "ok");
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    std::vector<std::size_t> changed = order;
    std::swap(changed[i], changed[i + 1]);
    EXPECT_NE(with_chunks(changed), "ok") << "swapped at " << i;
    changed = order;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(with_chunks(changed), "ok") << "without " << i;
    changed = order;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), i);
    EXPECT_NE(with_chunks(changed), "ok") << "twice " << i;
  }
  order.pop_back();
  EXPECT_NE(with_chunks(order), "ok") << "without the short last chunk";
}

}  // namespace
}  // namespace yizhan
