#include "role/exchange/exchange_monitor.h"

#include "ground/files/files.h"
#include "role/exchange/desks_test.h"

namespace yizhan {
namespace {

// A key behind a card that was pulled.
class AwayKey final : public SigningKey {
 public:
  explicit AwayKey(Certificate certificate) : certificate_(std::move(certificate)) {}
  [[nodiscard]] const Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] SignatureScheme scheme() const override { return SignatureScheme::kEcdsaSha256; }
  Result<Bytes> sign(ByteView, KeyUse) override { return Reason::kTokenLocked; }

 private:
  Certificate certificate_;
};

class MonitorOfACentre : public CentreDesks {
 protected:
  std::string metrics() { return exposition(metrics_of(monitor())); }
  ExchangeMonitor monitor() {
    return {operator_desk(maintenance_),
            centre_.database,
            centre_.objects,
            {{"evidence", key_}},
            centre_.clock};
  }
  std::map<std::string, bool> readiness() {
    std::map<std::string, bool> ready;
    Readiness all(checks_of(monitor(), [this]() -> Result<void> { return scan_; }),
                  centre_.clock);
    for (const auto& finding : all.look()) ready[finding.name] = !finding.why.has_value();
    return ready;
  }
  void expect_line(const std::string& line) {
    const std::string text = metrics();
    EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
  }

  std::shared_ptr<SigningKey> key_ =
      std::make_shared<SoftwareKey>(centre_.exchange.first.evidence);
  MaintenanceDesk maintenance_{maintenance_parts()};
  Result<void> scan_;
};

TEST_F(MonitorOfACentre, ShowsWhereEverythingIsAndHowLongItWaits) {
  expect_line("yizhan_accounting_balanced 1");
  expect_line("yizhan_accepted_recipients_total 0");
  centre_.enter_consigned(make_package(centre_.exchange));
  centre_.enter_held(make_package(centre_.exchange));
  centre_.clock.pass(std::chrono::minutes{3});
  expect_line(R"(yizhan_packages{station="routed"} 1)");
  expect_line(R"(yizhan_packages{station="held"} 1)");
  expect_line(R"(yizhan_waiting_packages{reason="infected"} 1)");
  expect_line(R"(yizhan_waiting_oldest_seconds{reason="infected"} 180)");
  expect_line(R"(yizhan_recipients{state="consigned"} 1)");
  expect_line("yizhan_accepted_recipients_total 2");
  expect_line("yizhan_pending_recipients 2");
  expect_line("yizhan_directory_version 1");
}

TEST_F(MonitorOfACentre, TellsOfMaintenance) {
  expect_line("yizhan_maintenance 0");
  ASSERT_TRUE(maintenance_.begin({"林維運", "更換磁碟", {}, {}}));
  expect_line("yizhan_maintenance 1");
}

TEST_F(MonitorOfACentre, IsReadyWhenItCanStoreKeepSignAndScan) {
  EXPECT_EQ(readiness(), (std::map<std::string, bool>{
                             {"objects", true}, {"scan", true}, {"sign", true}, {"store", true}}));
}

TEST_F(MonitorOfACentre, IsNotReadyWithAKeyThatDoesNotSign) {
  key_ = std::make_shared<AwayKey>(centre_.exchange.first.evidence.certificate());
  EXPECT_FALSE(readiness().at("sign"));
}

TEST_F(MonitorOfACentre, IsNotReadyWhereNothingCanBeKept) {
  std::filesystem::remove_all(centre_.place.directory() / "objects");
  EXPECT_FALSE(readiness().at("objects"));
  centre_.database.transact([](Transaction& tx) { tx.run("DROP TABLE probes"); });
  EXPECT_FALSE(readiness().at("store"));
  scan_ = Reason::kScannerUnavailable;
  EXPECT_FALSE(readiness().at("scan"));
}

}  // namespace
}  // namespace yizhan
