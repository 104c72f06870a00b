#pragma once

#include "tests/hostile/stage.h"

namespace yizhan {

using Names = std::vector<std::string>;

// Each of them is refused as the name of a part, by us and in the confined child.
void expect_no_names_of_parts(const Names& names);
// The same from a sender whose program does not mind them.
void expect_unopenable_in_a_package(const Names& names);
// The same for what an archive has inside.
void expect_refused_inside_archives(const Names& names);

}  // namespace yizhan
