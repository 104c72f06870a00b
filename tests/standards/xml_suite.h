#pragma once

#include <map>
#include <string>
#include <vector>

#include "ground/base/base.h"

// The W3C's XML Conformance Test Suite, in memory, from tests/standards/w3c_xml_suite.tar.xz.

namespace yizhan {

struct XmlSuiteTest {
  std::string kind;  // valid, invalid, not-wf or error: what the suite says of the document
  std::string path;
};

struct XmlSuite {
  std::vector<XmlSuiteTest> tests;
  std::map<std::string, Bytes> files;  // documents and the definitions beside them, by path

  static XmlSuite load();  // throws when the archive is not there or broken
};

}  // namespace yizhan
