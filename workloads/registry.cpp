#include "harness/trial/suggest.h"
#include "workloads/workload.h"

namespace timetrial::workloads {
namespace {

std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

bool before(const Entry& entry, const std::string& name) { return entry.name < name; }

}  // namespace

const std::vector<Entry>& registry() { return entries(); }

const Entry& find(const std::string& name) {
  const auto& list = entries();
  const auto found = std::lower_bound(list.begin(), list.end(), name, before);
  if (found != list.end() && found->name == name) return *found;
  std::vector<std::string> known;
  for (const auto& entry : list) known.push_back(entry.name);
  throw std::invalid_argument(unknown_name("workload", name, known));
}

bool add(Entry entry) {
  auto& list = entries();
  const auto place = std::lower_bound(list.begin(), list.end(), entry.name, before);
  if (place != list.end() && place->name == entry.name) {
    throw std::logic_error("workload '" + entry.name + "' is registered twice");
  }
  list.insert(place, std::move(entry));
  return true;
}

}  // namespace timetrial::workloads
