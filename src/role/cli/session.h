#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <ostream>

#include "role/cli/cli.h"
#include "role/cli/line.h"
#include "role/cli/text.h"

namespace yizhan {

enum class Exit { kDone = 0, kRefused = 1, kWrongUse = 2, kNotReachable = 3 };

// One call of the program: where it reads and writes, and what it was asked to do.
class Session {
 public:
  using Action = std::function<Result<Exit>()>;

  explicit Session(const CliStreams& streams) : streams_(streams) {}

  [[nodiscard]] std::ostream& out() const { return streams_.out; }
  [[nodiscard]] std::ostream& err() const { return streams_.err; }
  [[nodiscard]] bool shows_progress() const { return streams_.progress && !json; }

  Line& terminal();                          // connects with the first question
  Line& connect(const std::string& socket);  // instead of the terminal: a centre
  Line& connect(std::unique_ptr<Line> line);  // or management
  // Exactly one line for machines.
  void print(const Json& answer) const { out() << answer.dump() << "\n"; }
  // Why not: title, detail, remedy and code, and what is wrong with which line.
  void explain(const Refusal& refusal) const;
  void print_issues(const Json& issues) const;

  bool json = false;
  std::string terminal_socket = "/run/yizhan-terminal/terminal.sock";
  Action action;  // of the subcommand that was given

 private:
  CliStreams streams_;
  std::unique_ptr<Line> line_;
};

// A command with its help and an example; `run` gets its options once they are read.
template <class Options>
struct Command {
  CLI::App* app;
  // shared_ptr: CLI11 keeps pointers into it and the action keeps it until it has run.
  std::shared_ptr<Options> options = std::make_shared<Options>();

  Command& example(const std::string& lines) {
    app->footer("範例：\n" + lines);
    return *this;
  }
  void runs(Session& session, Result<Exit> (*run)(Session&, const Options&)) {
    app->callback([&session, run, kept = options] {
      session.action = [&session, run, kept] { return run(session, *kept); };
    });
  }
};

template <class Options>
Command<Options> add_command(CLI::App& app, const std::string& name, const std::string& what) {
  return {app.add_subcommand(name, what)};
}

struct NoOptions {};
struct IdOptions {
  std::string id;
};

// Each group in its own file.
void add_send_command(CLI::App& app, Session& session);
void add_outbox_commands(CLI::App& app, Session& session);
void add_worklist_commands(CLI::App& app, Session& session);
void add_statistics_command(CLI::App& app, Session& session);
void add_inbox_commands(CLI::App& app, Session& session);
void add_export_commands(CLI::App& app, Session& session);
void add_verify_command(CLI::App& app, Session& session);
void add_audit_command(CLI::App& app, Session& session);
void add_unproven_command(CLI::App& app, Session& session);
void add_account_command(CLI::App& app, Session& session);
void add_document_commands(CLI::App& app, Session& session);
void add_group_commands(CLI::App& app, Session& session);
void add_service_commands(CLI::App& app, Session& session);
void add_centre_commands(CLI::App& app, Session& session);
void add_key_commands(CLI::App& app, Session& session);
void add_address_commands(CLI::App& app, Session& session);
void add_management_commands(CLI::App& app, Session& session);
void add_order_commands(CLI::App& app, Session& session);
void add_notice_commands(CLI::App& app, Session& session);
void add_release_commands(CLI::App& app, Session& session);
void add_baseline_commands(CLI::App& app, Session& session);
void add_enrol_commands(CLI::App& app, Session& session);
void add_directory_commands(CLI::App& app, Session& session);

// A document or mail id in a path. Refuses kBadRequest.
Result<std::string> path_id(const std::string& id);

// A recipient's code, 10 characters or 17 with its unit, out of an answer and into a request.
std::string code_in(const Json& recipient);
void put_recipient(Json& request, const std::string& code);

std::string copy_title(const std::string& copy_kind);  // 正本, 副本, 抄本

// The answer about a document that was sent, or else about one that was received: the same path
// below /documents/ID and /inbox/ID.
struct Found {
  Json answer;
  bool sent;
};
Result<Found> find_either(const std::string& id,
                          const std::function<Result<Json>(const std::string& path)>& question);

// Recipients of a document with state, reason and time, as `status` and `send` show them.
void print_document(const Session& session, const Json& document);
void print_status(const Session& session, const Json& status);
// How a node stands to what management hands down, `distribution` in an answer: whether it is as it
// should be, and what there is to say.
bool is_followed(const Json& distribution);
std::string distribution_note(const Json& distribution);
// What runs, and what is handed down to be installed.
std::string release_note(const Json& distribution);
// What ends soon or has ended, and what to do: of `certificates` in an answer.
void print_certificates(std::ostream& out, const Json& certificates);

}  // namespace yizhan
