#include <gtest/gtest.h>

#include "ground/files/files.h"
#include "model/export/detached.h"
#include "tests/support/export_scene.h"
#include "tests/support/openssl_command.h"
#include "tests/support/temporary_folder.h"

namespace yizhan {
namespace {

class ContainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    scene_ = std::make_unique<ExportScene>(folder_.path());
    scene_->write_trust(folder_ / "trust");
    scene_->form = ExportForm::kContainer;
    scene_->write(folder_ / "files");
    names_ = scene_->write_again(folder_ / "files");
    write_container(folder_ / "files", names_, container());
  }
  std::filesystem::path container() const { return folder_ / "letter.asice"; }
  ExportReport verified() const {
    return verify_container(container(), ExportTrust::load(folder_ / "trust"));
  }
  // The container again, with that file as it is now.
  void enclose_again() {
    std::filesystem::remove(container());
    write_container(folder_ / "files", names_, container());
  }
  std::string problem() const {
    const ExportReport report = verified();
    return report.broken ? report.broken->detail : "";
  }
  Bytes member(const std::string& name) const {
    return read_file(folder_ / "files" / name, 1U << 20);
  }

  TemporaryFolder folder_;
  std::unique_ptr<ExportScene> scene_;
  std::vector<std::string> names_;
};

TEST_F(ContainerTest, HoldsAllThatTheFolderHolds) {
  const ExportReport report = verified();
  EXPECT_EQ(report.standing, ExportStanding::kValid) << problem();
  ASSERT_EQ(report.packages.size(), 1);
  EXPECT_EQ(report.packages.front().recipients.size(), 2);
  EXPECT_GT(report.statement_count, 0);
}

// EN 319 162-1 A.1: what a file is shows at its 31st octet, without unpacking.
TEST_F(ContainerTest, BeginsWithItsType) {
  const Bytes bytes = read_file(container(), 1U << 24);
  const std::string_view begin = text_of(bytes).substr(0, 69);
  EXPECT_EQ(begin.substr(0, 4), "PK\3\4");
  EXPECT_EQ(begin.substr(30), "mimetypeapplication/vnd.etsi.asic-e+zip");
}

// Third parties need no program of ours: openssl judges the detached signature, and the manifest's
// digests are those of the files.
TEST_F(ContainerTest, IsSignedForOpenssl) {
  OpensslCommand openssl;
  openssl.write("ca.pem", bytes_of(scene_->authority.root().pem() +
                                   scene_->authority.intermediate().pem()));
  openssl.write("manifest.xml", member(std::string(kManifestName)));
  openssl.write("signature.p7s", member(std::string(kContainerSignatureName)));
  const std::vector<std::string> command = {
      "cms",      "-verify",      "-binary", "-inform", "DER",      "-in", "signature.p7s",
      "-content", "manifest.xml", "-CAfile", "ca.pem",  "-purpose", "any", "-out",
      "out.xml",  "-attime",      std::to_string(ExportScene::at(60).ms() / 1000)};
  EXPECT_TRUE(openssl.run(command)) << openssl.log();
  const std::string manifest(text_of(member(std::string(kManifestName))));
  for (const std::string& name : names_) {
    if (name == kMimetypeName || name.starts_with("META-INF/")) continue;
    EXPECT_NE(manifest.find(to_base64(sha256(member(name)).view())), std::string::npos) << name;
  }
  EXPECT_NE(manifest.find("parts/01/%E8%A8%88%E7%95%AB%E6%9B%B8.odt"), std::string::npos);
  openssl.write("manifest.xml", bytes_of(manifest + " "));
  EXPECT_FALSE(openssl.run(command));
}

TEST_F(ContainerTest, IsBrokenByWhatTheFolderIsBrokenBy) {
  std::ofstream(folder_ / "files/parts/01/1150001.di") << "another letter!!!";
  enclose_again();
  EXPECT_NE(problem().find("parts/01/1150001.di"), std::string::npos) << problem();
}

TEST_F(ContainerTest, MayHoldNothingBesideTheExport) {
  std::ofstream(folder_ / "files/META-INF/more.xml") << "x";
  names_.push_back("META-INF/more.xml");
  enclose_again();
  EXPECT_NE(problem().find("META-INF"), std::string::npos) << problem();
}

// Its own signature is over these files and no others.
TEST_F(ContainerTest, HasAManifestOfItsOwn) {
  std::string manifest(text_of(member(std::string(kManifestName))));
  manifest.replace(manifest.find("README.txt"), 10, "README.bat");
  std::ofstream(folder_ / "files" / kManifestName) << manifest;
  enclose_again();
  EXPECT_NE(problem().find("ASiCManifest001.xml"), std::string::npos) << problem();
}

TEST_F(ContainerTest, IsSignedByWhoExports) {
  const Bytes manifest = member(std::string(kManifestName));
  const Bytes own = member(std::string(kContainerSignatureName));
  const Bytes cms =
      cms_sign(manifest, scene_->sign_b, KeyUse::kEvidence, ExportScene::at(60)).value();
  const Bytes late =
      cms_sign(manifest, scene_->sign_a, KeyUse::kEvidence, ExportScene::at(61)).value();
  const auto opened = cms_verify(attached(own, manifest).value(), 1U << 20);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->signer, scene_->sign_a.certificate());
  const std::vector<Bytes> wrong = {cms, detached(cms, manifest).value(),
                                    detached(late, manifest).value(),
                                    copy_of(ByteView(own).first(own.size() - 1)), Bytes{}};
  for (const Bytes& signature : wrong) {
    write_durably(folder_ / "files" / kContainerSignatureName, signature);
    enclose_again();
    EXPECT_NE(problem().find("signature001.p7s"), std::string::npos) << problem();
  }
}

TEST_F(ContainerTest, IsNotAnyFile) {
  std::ofstream(container(), std::ios::trunc) << "PK";
  EXPECT_EQ(verified().standing, ExportStanding::kBroken);
}

TEST_F(ContainerTest, IsNotWrittenOverAnother) {
  EXPECT_THROW(write_container(folder_ / "files", names_, container()), std::runtime_error);
}

}  // namespace
}  // namespace yizhan
