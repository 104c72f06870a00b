#include "ground/keys/service.h"

#include <sys/socket.h>

#include <algorithm>
#include <iostream>
#include <sstream>

namespace yizhan {

namespace {

constexpr auto kStopPause = std::chrono::milliseconds(100);  // how soon a stop is noticed
constexpr auto kFrameTime = std::chrono::seconds(10);        // for a frame that has begun
constexpr auto kIdleTime = std::chrono::hours(1);
constexpr std::size_t kConnectionsMax = 256;  // of one caller

SteadyTime in(std::chrono::steady_clock::duration time) {
  return std::chrono::steady_clock::now() + time;
}

// One line for operators. Never key, PIN, input or result.
void log(std::string_view event, const std::string& caller, const std::string& detail) {
  std::ostringstream line;
  line << "event=" << event << " name=" << caller << " detail=\"" << detail << "\"\n";
  std::clog << line.str() << std::flush;
}

std::optional<uid_t> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace

KeyholderService::KeyholderService(CryptoModules modules, std::vector<KeyCaller> callers,
                                   UseJournal& journal)
    : modules_(std::move(modules)), callers_(std::move(callers)), desk_(modules_, journal) {
  reload();
  for (const KeyCaller& caller : callers_) listeners_.push_back(listen_unix(caller.socket));
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    threads_.emplace_back(
        [this, i](std::stop_token stop) { listen(callers_[i], listeners_[i], stop); });
  }
}

KeyholderService::~KeyholderService() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void KeyholderService::reload() {
  for (const auto& module : modules_) {
    const auto ready = module->login();
    const auto description = module->description();
    if (ready) {
      log("module_ready", description.label, "serial " + description.serial);
    } else {
      log("module_waits", description.label, ready.refusal().detail);
    }
  }
}

void KeyholderService::tend() {
  for (const auto& module : modules_) {
    const Waiting before = module->waiting();
    if (before == Waiting::kNothing || before == Waiting::kSilent) continue;
    const auto ready = module->login();
    if (ready) log("module_ready", module->description().label, "");
  }
}

bool KeyholderService::healthy() const {
  return std::none_of(modules_.begin(), modules_.end(),
                      [](const auto& module) { return module->waiting() == Waiting::kSilent; });
}

void KeyholderService::listen(const KeyCaller& caller, const Descriptor& listener,
                              std::stop_token stop) {
  Connections connections;
  while (!stop.stop_requested()) {
    if (wait_readable(listener.get(), in(kStopPause))) accept_one(caller, listener, connections);
    connections.remove_if([](const Connection& connection) { return connection.done.load(); });
  }
  // Reading ends, writing does not: the answer under way still arrives.
  for (Connection& connection : connections) ::shutdown(connection.socket.get(), SHUT_RD);
}

void KeyholderService::accept_one(const KeyCaller& caller, const Descriptor& listener,
                                  Connections& connections) {
  Descriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.open()) return;
  const auto peer = peer_of(socket.get());
  if (!peer || !caller.uids.contains(*peer)) {
    return log("caller_refused", caller.name, "uid " + (peer ? std::to_string(*peer) : "?"));
  }
  if (connections.size() >= kConnectionsMax) {
    return log("caller_refused", caller.name, "too many connections");
  }
  Connection& connection = connections.emplace_back(std::move(socket));
  connection.thread = std::jthread([this, &caller, &connection] { serve(caller, connection); });
}

void KeyholderService::serve(const KeyCaller& caller, Connection& connection) {
  const int socket = connection.socket.get();
  try {
    while (wait_readable(socket, in(kIdleTime)) && serve_one(caller, socket)) continue;
  } catch (const std::exception& accident) {
    log("accident", caller.name, accident.what());
  }
  ::shutdown(socket, SHUT_RDWR);
  connection.done = true;
}

bool KeyholderService::serve_one(const KeyCaller& caller, int socket) {
  const auto frame = receive_frame(socket, in(kFrameTime));
  if (const auto* failure = std::get_if<FrameFailure>(&frame)) {
    if (*failure != FrameFailure::kClosed) log("bad_frame", caller.name, "late or too long");
    return false;
  }
  const auto answer = desk_.answer(caller, std::get<SecretBytes>(frame).view());
  if (!answer) {
    log("bad_frame", caller.name, "not a request");
    return false;
  }
  return !send_frame(socket, answer->view(), in(kFrameTime)).has_value();
}

}  // namespace yizhan
