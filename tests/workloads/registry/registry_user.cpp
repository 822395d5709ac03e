#include "tests/workloads/registry/registry_user.h"

#include "workloads/workload.h"

std::vector<std::string> registered_names() {
  std::vector<std::string> names;
  for (const auto& entry : timetrial::workloads::registry()) names.push_back(entry.name);
  return names;
}
