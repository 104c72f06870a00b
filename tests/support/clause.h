#pragma once

#include <gtest/gtest.h>

// CLAUSE("五(二)7"); as the first line of a test says which clause of the regulation the test
// proves, by its number as printed (regulation/clauses.txt). The number lands in the XML of the
// run, so the evidence is an executed, passed test; ./dev clauses collects it. Several clauses per
// test are fine: each is a property of its own name, as gtest keeps one value per name.
#define CLAUSE(number) ::testing::Test::RecordProperty("clause:" number, number)
