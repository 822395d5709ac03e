#include "optim/multitask/parameter_groups.h"

#include <map>
#include <string>

namespace timetrial::multitask::detail {
namespace {

/// What the parameters of a group have in common.
std::string key_of(const Parameter& parameter, Grouping grouping) {
  switch (grouping) {
    case Grouping::whole:
      return "";
    case Grouping::layer: {
      const auto dot = parameter.name.rfind('.');
      return dot == std::string::npos ? parameter.name : parameter.name.substr(0, dot + 1);
    }
    case Grouping::tensor:
      return parameter.name;
  }
  return "";
}

}  // namespace

std::vector<std::size_t> groups_of(const std::vector<Parameter>& parameters, Grouping grouping) {
  std::map<std::string, std::size_t> known;
  std::vector<std::size_t> groups;
  for (const auto& parameter : parameters) {
    groups.push_back(known.try_emplace(key_of(parameter, grouping), known.size()).first->second);
  }
  return groups;
}

}  // namespace timetrial::multitask::detail
