#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <sstream>

#include "ground/files/files.h"
#include "tests/siege/canary_siege.h"

// K08: neither a key nor a passphrase is found where it has no business: in the memory,
// environment, command line, cores and data of the programs around.

namespace yizhan {
namespace {

// The private key of a P-256 or Ed25519 key file as it stands in memory: in the order of the
// standards, and in that of this machine's big numbers.
Canaries key_canaries(const std::filesystem::path& file, const SecretBytes& passphrase) {
  const PrivateKey key = PrivateKey::parse_pem(bytes_of(read_file(file)), passphrase).value();
  auto* const native = static_cast<EVP_PKEY*>(key.handle());
  std::string bytes(32, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(bytes.data());
  std::size_t size = bytes.size();
  const std::string name = file.parent_path().parent_path().filename() / file.stem();
  if (EVP_PKEY_get_raw_private_key(native, into, &size) == 1) return {{name, bytes}};
  BIGNUM* scalar = nullptr;
  YZ_ASSERT(EVP_PKEY_get_bn_param(native, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1);
  YZ_ASSERT(BN_bn2binpad(scalar, into, 32) == 32);
  BN_clear_free(scalar);
  return {{name, bytes}, {name, std::string(bytes.rbegin(), bytes.rend())}};
}

class K08Secrets : public CanarySiege {};

TEST_F(K08Secrets, AKeyIsInItsKeyholderOnlyAndAPassphraseNowhere) {
  send_letter();  // so that all of them have been used
  const std::string passphrase = read_file(root() / "passphrase");
  const SecretBytes secret = secret_of(passphrase);
  const Canaries phrase = {{"passphrase", passphrase}};
  Canaries keys;
  const std::vector<std::string> owners = {"centre", "a", "b", "c"};
  for (const std::string& owner : owners) {
    for (const auto& file : std::filesystem::directory_iterator(root() / owner / "keys")) {
      if (file.path().extension() != ".key") continue;
      std::ranges::move(key_canaries(file.path(), secret), std::back_inserter(keys));
    }
  }
  EXPECT_EQ(search_files(root(), keys).names, none_);
  Canaries secrets = keys;
  secrets.push_back(phrase.front());
  auto found = search_.find_in_memory(secrets, [](const std::string&) { return false; });
  for (const std::string& owner : owners) {
    auto own = found.extract(owner + "-keyholder").mapped();
    EXPECT_GE(own.size(), 3u) << "where they are, the search finds them: " << owner;
    std::erase_if(own, [&](const auto& name) { return name.starts_with(owner + "/"); });
    EXPECT_EQ(own, none_) << owner;
  }
  for (const auto& [program, names] : found) EXPECT_EQ(names, none_) << program;
  search_.expect_none_at_start(phrase);
  search_.expect_none_in_files(
      phrase, {"centre", "a", "b", "c", "log", "run", "trust", "officers"});
}

TEST_F(K08Secrets, NoProgramOfOursLeavesACoreOrLetsItselfBeRead) {
  EXPECT_TRUE(is_dumpable(::getpid()));  // we are no such program
  EXPECT_GE(family_of(scene_.world().pid_of("scanner")).size(), 2u) << "and its nursery";
  for (const std::string& name : scene_.world().names()) {
    if (name.starts_with("clamd")) continue;
    for (const pid_t pid : family_of(scene_.world().pid_of(name))) {
      EXPECT_FALSE(is_dumpable(pid)) << name << " " << pid;
      std::istringstream limits(read_file("/proc/" + std::to_string(pid) + "/limits"));
      std::string line;
      while (std::getline(limits, line) && !line.starts_with("Max core file size")) continue;
      std::istringstream fields(line.substr(std::string("Max core file size").size()));
      std::string soft, hard;
      fields >> soft >> hard;
      EXPECT_EQ(soft + " " + hard, "0 0") << name << " " << pid;
    }
  }
}

}  // namespace
}  // namespace yizhan
