#pragma once
// Which parameters a method takes together.

#include <timetrial/task_wrapper.h>

#include <cstddef>
#include <vector>

namespace timetrial::multitask::detail {

/// The group of each parameter, counted from 0 in the order in which groups begin.
std::vector<std::size_t> groups_of(const std::vector<Parameter>& parameters, Grouping grouping);

}  // namespace timetrial::multitask::detail
