#pragma once
// Whether two results say the same, bit by bit; their origin (store, date) aside.

#include "scoring/results.h"

#include <string>

namespace timetrial::algoperf::test {

/// The first difference; empty when there is none.
std::string differences(const scoring::Results& a, const scoring::Results& b);

}  // namespace timetrial::algoperf::test
