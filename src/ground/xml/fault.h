#pragma once

#include <libxml/xmlerror.h>

#include <optional>

#include "ground/xml/xml.h"

namespace yizhan {

// What an error of libxml2 means to us; nullopt for what is none (file names that are no URI).
// Call it while the nodes are alive.
std::optional<XmlError> fault_of(const xmlError& error);

}  // namespace yizhan
