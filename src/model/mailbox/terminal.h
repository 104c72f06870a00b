#pragma once

#include "model/evidence/evidence.h"

namespace yizhan {

// How this terminal speaks for its agency.
struct TerminalIdentity {
  OrgCode org;
  Sha256 certificate;    // that its agency's evidence is signed with
  std::string terminal;  // the host's name
  std::string module;    // kind and serial of the crypto module, or empty

  [[nodiscard]] Actor actor() const { return {org, certificate, terminal, module}; }
};

}  // namespace yizhan
