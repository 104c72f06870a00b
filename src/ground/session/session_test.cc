#include "ground/session/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "tests/support/authenticator.h"
#include "tests/support/test_database.h"

namespace yizhan {

extern const std::span<const EmbeddedFile> kMigrations;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kNow = Time::from_ms(1'795'000'000'000);

SecretBytes secret(std::string_view text) { return SecretBytes(copy_of(bytes_of(text))); }

std::string shown(const SecretBytes& bytes) { return std::string(text_of(bytes.view())); }

class SettableClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return now_; }
  void pass(Milliseconds time) { now_ = now_ + time; }

 private:
  Time now_ = kNow;
};

SessionPolicy cheap() { return {.cost = {.operations = 1, .memory_bytes = 8192}}; }

constexpr const char* kPassword = "Correct-horse-8";

class SessionTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { migrate(db_, kMigrations, kNow); }

  [[nodiscard]] By by() const { return {"admin", clock_.now()}; }

  Result<PersonalAccount> open(const std::string& name) {
    return db_.transact([&](Transaction& tx) {
      return accounts_.open(
          tx, {AccountName::parse(name).value(), "王大明", "T01000000A", {"clerk"}}, by());
    });
  }
  std::string recovery(const PersonalAccount& account) {
    return shown(db_.transact([&](Transaction& tx) {
                      return accounts_.give_recovery(tx, {account.id, hours{24}}, by());
                    })
                     .value());
  }
  Result<void> renew(const std::string& token, std::string_view password = kPassword) {
    auto uri = sessions_.recover({token, secret(password), "192.0.2.1"});
    if (!uri) return uri.refusal();
    app_ = secret_in_uri(shown(*uri));
    return {};
  }
  PersonalAccount ready(const std::string& name = "wang.daming") {
    const PersonalAccount account = open(name).value();
    EXPECT_TRUE(renew(recovery(account)).ok());
    return account;
  }
  // A code that did not count before.
  std::string code() {
    clock_.pass(seconds{30});
    return totp_code(app_, totp_step_at(clock_.now()));
  }
  Result<NewSession> log_in(std::string_view password, const std::string& code,
                            const std::string& name = "wang.daming") {
    return sessions_.log_in({name, secret(password), code, "192.0.2.1"});
  }
  std::string token() { return shown(log_in(kPassword, code()).value().token); }
  bool is_in(const std::string& token) { return sessions_.account_of(token).ok(); }
  void fail(int times) {
    for (int i = 0; i < times; ++i) EXPECT_FALSE(log_in("Wrong-password-1", code()).ok());
  }

  std::vector<std::string> entries(const std::string& event) {
    std::vector<std::string> found;
    for (const JournalEntry& entry : db_.read([&](Transaction& tx) {
           return JournalStore(tx).entries({.from = Time(),
                                            .to = kNow + hours{1000},
                                            .event = event,
                                            .after_at = Time(),
                                            .after_id = ""});
         })) {
      found.push_back(entry.entry);
    }
    return found;
  }
  std::string last(const std::string& event) {
    const auto all = entries(event);
    return all.empty() ? std::string() : all.back();
  }
  std::string last_refusal() { return last("log_in_refused"); }
  static bool says(const std::string& entry, const std::string& words) {
    return entry.find('"' + words + '"') != std::string::npos;
  }

  TestDatabase place_{GetParam()};
  Database db_{place_.config()};
  Journal journal_{"management.example"};
  SettableClock clock_;
  Accounts accounts_{journal_};
  Sessions sessions_{{db_, journal_, clock_}, cheap(), SecretBytes(32), "yizhan.example"};
  SecretBytes app_;
};

INSTANTIATE_TEST_SUITE_P(BothEngines, SessionTest, kBothEngines, engine_name);

TEST_P(SessionTest, AnAccountBeginsWithARecoveryToken) {
  const PersonalAccount account = open("wang.daming").value();
  EXPECT_FALSE(log_in("", "").ok());
  EXPECT_TRUE(says(last_refusal(), "no_password_yet"));
  ASSERT_TRUE(renew(recovery(account)).ok());
  const NewSession session = log_in(kPassword, code()).value();
  EXPECT_EQ(session.until, clock_.now() + hours{12});
  const PersonalAccount who = sessions_.account_of(text_of(session.token.view())).value();
  EXPECT_EQ(who.id, account.id);
  EXPECT_EQ(who.scope, "T01000000A");
  EXPECT_EQ(who.roles, std::set<std::string>{"clerk"});
  EXPECT_EQ(entries("account_opened").size(), 1U);
  EXPECT_EQ(entries("logged_in").size(), 1U);
}

TEST_P(SessionTest, AsksTheSecondFactorOfEverybodyWithAPassword) {
  ready();
  EXPECT_EQ(log_in(kPassword, "").reason(), Reason::kLogInRefused);
  EXPECT_TRUE(says(last_refusal(), "wrong_code"));
  std::string other = code();
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_EQ(log_in(kPassword, other).reason(), Reason::kLogInRefused);
  EXPECT_TRUE(log_in(kPassword, code()).ok());
}

TEST_P(SessionTest, ACodeCountsOnce) {
  ready();
  const std::string once = code();
  EXPECT_TRUE(log_in(kPassword, once).ok());
  EXPECT_FALSE(log_in(kPassword, once).ok());
  EXPECT_TRUE(says(last_refusal(), "wrong_code_used"));
  const std::string before = totp_code(app_, totp_step_at(clock_.now()) - 1);
  EXPECT_FALSE(log_in(kPassword, before).ok()) << "nor one from before the last that counted";
}

TEST_P(SessionTest, FiveFailuresLockForFifteenMinutes) {
  ready();
  fail(4);
  EXPECT_TRUE(log_in(kPassword, code()).ok()) << "four are forgiven";
  fail(5);
  EXPECT_EQ(entries("account_locked").size(), 1U);
  const auto locked = log_in(kPassword, code());
  const auto unknown = log_in(kPassword, "123456", "nobody");
  ASSERT_FALSE(locked.ok());
  EXPECT_EQ(locked.refusal(), unknown.refusal());
  clock_.pass(minutes{14} - seconds{31});
  EXPECT_FALSE(log_in(kPassword, code()).ok());
  EXPECT_TRUE(says(last_refusal(), "locked"));
  clock_.pass(minutes{1});
  fail(1);
  EXPECT_TRUE(log_in(kPassword, code()).ok()) << "after a lock the count begins anew";
}

TEST_P(SessionTest, GuessesAtOnceAreNoMoreThanGuessesInARow) {
  ready();
  std::vector<std::jthread> guessers;
  for (int i = 0; i < 12; ++i) {
    guessers.emplace_back([&] { EXPECT_FALSE(log_in("Wrong-password-1", "000000").ok()); });
  }
  guessers.clear();
  const auto refused = entries("log_in_refused");
  EXPECT_EQ(refused.size(), 12U);
  EXPECT_EQ(std::ranges::count_if(refused, [](const auto& e) { return says(e, "wrong_password"); }),
            5);
}

TEST_P(SessionTest, WhatIsTypedAsANameOfNobodyIsNotWrittenDown) {
  EXPECT_FALSE(log_in("x", "123456", kPassword).ok());
  EXPECT_EQ(last_refusal().find(kPassword), std::string::npos);
  EXPECT_TRUE(says(last_refusal(), "unknown_account"));
}

TEST_P(SessionTest, EndsWhenIdle) {
  ready();
  const std::string mine = token();
  for (int i = 0; i < 3; ++i) {
    clock_.pass(minutes{14});
    EXPECT_TRUE(is_in(mine));
  }
  clock_.pass(minutes{15});
  EXPECT_FALSE(is_in(mine));
  EXPECT_TRUE(says(last("session_ended"), "idle"));
}

TEST_P(SessionTest, EndsAfterTwelveHoursOfWork) {
  ready();
  const std::string mine = token();
  for (int i = 0; i < 71; ++i) {
    clock_.pass(minutes{10});
    ASSERT_TRUE(is_in(mine));
  }
  clock_.pass(minutes{10});
  EXPECT_FALSE(is_in(mine));
  EXPECT_TRUE(says(last("session_ended"), "absolute"));
}

TEST_P(SessionTest, TendingEndsWhatNobodyAsksFor) {
  ready();
  token();
  token();
  sessions_.tend();
  EXPECT_TRUE(entries("session_ended").empty());
  clock_.pass(minutes{15});
  sessions_.tend();
  EXPECT_EQ(entries("session_ended").size(), 2U);
}

TEST_P(SessionTest, LogsOutThisSessionOnly) {
  ready();
  const std::string mine = token();
  const std::string other = token();
  sessions_.log_out(mine);
  sessions_.log_out(mine);
  sessions_.log_out("not a token");
  EXPECT_FALSE(is_in(mine));
  EXPECT_TRUE(is_in(other));
  EXPECT_EQ(entries("session_ended").size(), 1U);
  EXPECT_FALSE(is_in(std::string(64, '0')));
}

TEST_P(SessionTest, ChangingThePasswordEndsAllSessions) {
  ready();
  const std::string mine = token();
  const std::string other = token();
  const auto change = [&](const char* from, const char* to) {
    return sessions_.change_password({mine, secret(from), secret(to), "192.0.2.1"});
  };
  EXPECT_EQ(change("Wrong-password-1", "Another-one-99").reason(), Reason::kLogInRefused);
  EXPECT_EQ(change(kPassword, "short").reason(), Reason::kPasswordRefused);
  ASSERT_TRUE(change(kPassword, "Another-one-99").ok());
  EXPECT_FALSE(is_in(mine));
  EXPECT_FALSE(is_in(other));
  EXPECT_EQ(change("Another-one-99", kPassword).reason(), Reason::kNotLoggedIn);
  EXPECT_FALSE(log_in(kPassword, code()).ok());
  EXPECT_TRUE(log_in("Another-one-99", code()).ok());
}

TEST_P(SessionTest, WrongOldPasswordsLockToo) {
  ready();
  const std::string mine = token();
  const auto change = [&](const char* from) {
    return sessions_.change_password({mine, secret(from), secret("Another-one-99"), "192.0.2.1"});
  };
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(change("Wrong-password-1").ok());
  EXPECT_EQ(change(kPassword).reason(), Reason::kLogInRefused);
  EXPECT_TRUE(says(last_refusal(), "locked"));
}

TEST_P(SessionTest, NoneOfTheLastThreePasswordsComesAgain) {
  const PersonalAccount account = ready();
  const std::vector<std::string> chosen = {kPassword, "Second-choice-2", "Third-choice-33"};
  for (std::size_t i = 1; i < chosen.size(); ++i) {
    ASSERT_TRUE(renew(recovery(account), chosen[i]).ok());
  }
  for (const std::string& old : chosen) {
    EXPECT_EQ(renew(recovery(account), old).reason(), Reason::kPasswordRefused) << old;
  }
  ASSERT_TRUE(renew(recovery(account), "Fourth-choice-4").ok());
  EXPECT_TRUE(renew(recovery(account), kPassword).ok()) << "four ago";
}

TEST_P(SessionTest, ARecoveryTokenIsGoodOnceAndForADay) {
  const PersonalAccount account = open("wang.daming").value();
  const std::string void_one = recovery(account);
  const std::string good = recovery(account);
  EXPECT_EQ(renew(void_one).reason(), Reason::kRecoveryRefused) << "another was given";
  EXPECT_EQ(renew(good, "short").reason(), Reason::kPasswordRefused);
  EXPECT_TRUE(renew(good).ok()) << "a refused password does not spend it";
  EXPECT_EQ(renew(good, "Another-one-99").reason(), Reason::kRecoveryRefused);
  const std::string late = recovery(account);
  clock_.pass(hours{24});
  EXPECT_EQ(renew(late, "Another-one-99").reason(), Reason::kRecoveryRefused);
  EXPECT_EQ(renew(std::string(64, '0')).reason(), Reason::kRecoveryRefused);
}

TEST_P(SessionTest, RecoveringEndsALockAndTheSessions) {
  const PersonalAccount account = ready();
  const std::string mine = token();
  fail(5);
  const SecretBytes old_app = app_.copy();
  ASSERT_TRUE(renew(recovery(account), "Another-one-99").ok());
  EXPECT_FALSE(is_in(mine));
  clock_.pass(seconds{30});
  EXPECT_FALSE(log_in("Another-one-99", totp_code(old_app, totp_step_at(clock_.now()))).ok());
  EXPECT_TRUE(log_in("Another-one-99", code()).ok());
}

TEST_P(SessionTest, AClosedAccountIsClosedForGood) {
  const PersonalAccount account = ready();
  const std::string mine = token();
  const std::string token = recovery(account);
  const auto close = [&] {
    return db_.transact([&](Transaction& tx) { return accounts_.close(tx, account.id, by()); });
  };
  ASSERT_TRUE(close().ok());
  EXPECT_EQ(close().reason(), Reason::kConflict);
  EXPECT_FALSE(is_in(mine));
  EXPECT_FALSE(log_in(kPassword, code()).ok());
  EXPECT_TRUE(says(last_refusal(), "account_closed"));
  EXPECT_EQ(renew(token, "Another-one-99").reason(), Reason::kRecoveryRefused);
  EXPECT_EQ(open("wang.daming").reason(), Reason::kConflict) << "no name is used again";
}

TEST_P(SessionTest, RolesAreInForceAtTheNextRequest) {
  const PersonalAccount account = ready();
  const std::string mine = token();
  const auto set = [&](const std::set<std::string>& roles) {
    return db_.transact(
        [&](Transaction& tx) { return accounts_.set_roles(tx, account.id, roles, by()); });
  };
  ASSERT_TRUE(set({"auditor", "observer"}).ok());
  EXPECT_EQ(sessions_.account_of(mine)->roles, (std::set<std::string>{"auditor", "observer"}));
  EXPECT_EQ(set({}).reason(), Reason::kBadRequest);
  EXPECT_EQ(set({"two words"}).reason(), Reason::kBadRequest);
}

TEST_P(SessionTest, ACertificateCountsAsBothFactors) {
  const PersonalAccount account = open("wang.daming").value();
  const Sha256 card = *Sha256::from_hex(std::string(64, 'a'));
  const auto present = [&] { return sessions_.log_in_by_certificate(card, "192.0.2.1"); };
  const auto enter = [&] {
    return db_.transact([&](Transaction& tx) {
      return accounts_.register_certificate(tx, account.id, card, by());
    });
  };
  EXPECT_EQ(present().reason(), Reason::kLogInRefused);
  ASSERT_TRUE(enter().ok());
  EXPECT_EQ(enter().reason(), Reason::kConflict);
  const std::string mine = shown(present().value().token);
  EXPECT_EQ(sessions_.account_of(mine)->id, account.id);
  ASSERT_TRUE(db_.transact([&](Transaction& tx) {
                   return accounts_.remove_certificate(tx, account.id, card, by());
                 })
                  .ok());
  EXPECT_FALSE(is_in(mine));
  EXPECT_FALSE(present().ok());
  EXPECT_EQ(enter().reason(), Reason::kConflict) << "nor is a certificate used again";
}

TEST_P(SessionTest, ALockedAccountIsLockedForItsCardToo) {
  const PersonalAccount account = ready();
  const Sha256 card = *Sha256::from_hex(std::string(64, 'a'));
  ASSERT_TRUE(db_.transact([&](Transaction& tx) {
                   return accounts_.register_certificate(tx, account.id, card, by());
                 })
                  .ok());
  fail(5);
  EXPECT_FALSE(sessions_.log_in_by_certificate(card, "192.0.2.1").ok());
  clock_.pass(minutes{15});
  EXPECT_TRUE(sessions_.log_in_by_certificate(card, "192.0.2.1").ok());
}

using SessionFileTest = SessionTest;
INSTANTIATE_TEST_SUITE_P(Sqlite, SessionFileTest, ::testing::Values(Engine::kSqlite), engine_name);

TEST_P(SessionFileTest, NoSecretStandsInTheDatabase) {
  const PersonalAccount account = open("wang.daming").value();
  const std::string recovering = recovery(account);
  ASSERT_TRUE(renew(recovering).ok());
  const std::string mine = token();
  std::string stored;
  for (const auto& file : std::filesystem::directory_iterator(place_.directory())) {
    std::ifstream in(file.path(), std::ios::binary);
    stored.append(std::istreambuf_iterator<char>(in), {});
  }
  ASSERT_NE(stored.find("wang.daming"), std::string::npos);
  for (const std::string& hidden :
       {recovering, mine, std::string(kPassword), to_base64(app_.view()), to_hex(app_.view()),
        shown(app_), to_base64(*from_hex(mine))}) {
    EXPECT_EQ(stored.find(hidden), std::string::npos) << hidden;
  }
}

// Sameness of work, not of microseconds: nobody's name costs an Argon2id like everybody's.
TEST_P(SessionFileTest, ANameOfNobodyTakesAsLongAsAnyOther) {
  ready();
  Sessions real({db_, journal_, clock_}, SessionPolicy{}, SecretBytes(32), "yizhan.example");
  const std::string token =
      recovery(db_.read([](Transaction& tx) { return Accounts::all(tx); }).front());
  app_ = secret_in_uri(shown(real.recover({token, secret("Another-one-99"), ""}).value()));
  const auto time_of = [&](const std::string& name) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 4; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      EXPECT_FALSE(real.log_in({name, secret("Wrong-password-1"), "000000", ""}).ok());
      best = std::min(best, std::chrono::steady_clock::now() - begun);
    }
    return std::chrono::duration<double>(best).count();
  };
  const double known = time_of("wang.daming");
  const double nobody = time_of("nobody");
  EXPECT_GT(nobody, known / 2);
  EXPECT_LT(nobody, known * 2);
}

}  // namespace
}  // namespace yizhan
