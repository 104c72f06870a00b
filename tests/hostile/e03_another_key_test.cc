#include "tests/hostile/stage.h"

// E03: the sender wraps another key for one recipient than for the others.

namespace yizhan {
namespace {

// A sender that gives one of its recipients another key: that one sees it, the others do not
// suffer.
TEST(E03AnotherKey, ForOneRecipientFailsForThatOneAlone) {
  Stage stage;
  SmallExchange& exchange = stage.exchange;
  const TestPackage sealed = seal_letter(exchange);
  Header header = sealed.sealed.header;
  const auto with_block_for_c = [&](const Bytes& content) {
    TestPackage package = sealed;
    Bytes& block = package.envelope.key_blocks.at(1);
    block = wrap_key(content, exchange.c.encrypt.certificate()).value();
    RecipientLeaf leaf = RecipientLeaf::parse(package.envelope.leaves.at(1)).value();
    leaf.key_blocks[0].key_block = sha256(block);
    package.envelope.leaves[1] = leaf.json();
    header.recipients_root = recipients_root(package.envelope.leaves);
    package.sealed = seal_header(header, exchange.a.sign, kTestNow).value();
    package.envelope.header = package.sealed.cms;
    EXPECT_EQ(stage.opened(stage.consign(package, exchange.b)), "ok");
    return stage.opened(stage.consign(package, exchange.c));
  };
  const Bytes another = key_block_content(header.message_id,
                                          SecretBytes(random_bytes(kContentKeySize)));
  EXPECT_EQ(with_block_for_c(key_block_content(header.message_id, sealed.key())), "ok");
  EXPECT_EQ(with_block_for_c(another), "unopenable at step 8");
  EXPECT_EQ(with_block_for_c(key_block_content(MessageId::generate(kTestNow), sealed.key())),
            "unopenable at step 7");
  EXPECT_EQ(with_block_for_c(copy_of(bytes_of("{}"))), "unopenable at step 7");
  EXPECT_EQ(with_block_for_c(Bytes(1)), "unopenable at step 7");
}

}  // namespace
}  // namespace yizhan
