#pragma once
// A study's runs as sweeps: each with a search space that lists its points, and rules under which
// steps end a trial, not time.

#include "harness/study/study.h"
#include "harness/sweep/plan.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace timetrial::study {

/// One plan for each run, in order. Writes rules and search spaces, which the store then holds,
/// into `scratch`. Throws InputError as sweep::make_plan does.
std::vector<sweep::Plan> make_plans(const Study& study, const sweep::Surroundings& surroundings,
                                    std::uint64_t seed, const std::filesystem::path& scratch);

}  // namespace timetrial::study
