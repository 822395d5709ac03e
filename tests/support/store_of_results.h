#pragma once
// Writes made-up results into a store, as a sweep would have: for tests that read one.

#include "harness/store/store.h"
#include "scoring/results.h"

#include <filesystem>

namespace timetrial::test {

/// Adds `results` as a sweep of their provenance's name to the store at `file` (made if absent).
void write_to_store(const scoring::Results& results, const std::filesystem::path& file);

}  // namespace timetrial::test
