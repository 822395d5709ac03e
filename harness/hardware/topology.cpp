#include "harness/hardware/topology.h"

#include <hwloc.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <tuple>
#include <type_traits>

namespace timetrial::hardware {
namespace {

struct Destroy {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using OwnedTopology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, Destroy>;

OwnedTopology load() {
  // A library never prints: hwloc writes to stderr where firmware contradicts itself.
  ::setenv("HWLOC_HIDE_ERRORS", "2", 0);
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  OwnedTopology topology(raw);
  // That component asks every processor in turn, by moving this thread to it.
  hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
  return hwloc_topology_load(raw) == 0 ? std::move(topology) : nullptr;
}

char kind_of(hwloc_obj_cache_type_t type) {
  switch (type) {
    case HWLOC_OBJ_CACHE_DATA:
      return 'd';
    case HWLOC_OBJ_CACHE_INSTRUCTION:
      return 'i';
    case HWLOC_OBJ_CACHE_UNIFIED:
      return 'u';
  }
  return 'u';
}

std::vector<Cache> caches_of(hwloc_topology_t topology) {
  std::map<std::tuple<int, char, std::int64_t>, int> counts;
  for (int depth = 0; depth < hwloc_topology_get_depth(topology); ++depth) {
    if (hwloc_obj_type_is_cache(hwloc_get_depth_type(topology, depth)) == 0) continue;
    for (hwloc_obj_t cache = nullptr;
         (cache = hwloc_get_next_obj_by_depth(topology, depth, cache)) != nullptr;) {
      const auto& facts = cache->attr->cache;
      ++counts[{static_cast<int>(facts.depth), kind_of(facts.type),
                static_cast<std::int64_t>(facts.size >> 10)}];
    }
  }
  std::vector<Cache> caches;
  for (const auto& [key, count] : counts) {
    const auto& [level, kind, size_kb] = key;
    caches.push_back({level, kind, size_kb, count});
  }
  return caches;
}

}  // namespace

Topology detect_topology() {
  const auto topology = load();
  if (topology == nullptr) return {};
  const auto count = [&](hwloc_obj_type_t type) {
    return hwloc_get_nbobjs_by_type(topology.get(), type);
  };
  return {count(HWLOC_OBJ_PACKAGE), count(HWLOC_OBJ_NUMANODE), caches_of(topology.get())};
}

}  // namespace timetrial::hardware
