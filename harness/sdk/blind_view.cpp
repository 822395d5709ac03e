#include "harness/sdk/blind_view.h"

#include <fmt/core.h>
#include <timetrial/random.h>

#include <utility>

namespace timetrial::sdk {
namespace {

/// Fisher-Yates with the SDK's own numbers: std::shuffle may differ between standard libraries.
template <typename Named>
std::vector<Named> permuted(std::vector<Named> items, std::uint64_t seed, char prefix) {
  Random random(seed);
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.below(left)]);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].name = fmt::format("{}{:04}", prefix, i + 1);
  }
  return items;
}

}  // namespace

std::vector<Parameter> blinded(const std::vector<Parameter>& parameters, std::uint64_t seed) {
  return permuted(parameters, derive_seed(seed, "parameters"), 'p');
}

std::vector<NamedTensor> blinded(const std::vector<NamedTensor>& state, std::uint64_t seed) {
  return permuted(state, derive_seed(seed, "state"), 's');
}

}  // namespace timetrial::sdk
