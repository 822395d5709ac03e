#pragma once
// What a submission is shown of a model when it runs blind: the same tensors in another order,
// under names that say nothing. Its result should not depend on either.

#include <timetrial/parameter.h>

#include <cstdint>
#include <vector>

namespace timetrial::sdk {

/// In an order drawn from `seed`, named p0001, p0002, … by their new places. Shapes and
/// ParameterType stay: a submission may go by these.
std::vector<Parameter> blinded(const std::vector<Parameter>& parameters, std::uint64_t seed);
/// The same for model state: s0001, s0002, …
std::vector<NamedTensor> blinded(const std::vector<NamedTensor>& state, std::uint64_t seed);

/// What stands for a workload's name.
inline constexpr const char* kHiddenName = "hidden";

}  // namespace timetrial::sdk
