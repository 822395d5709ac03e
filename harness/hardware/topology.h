#pragma once
// How the processors of this machine hang together, as hwloc sees them: what /proc tells only in
// part, or differently for each kind of processor. Source: hwloc 2, "Core API".

#include <cstdint>
#include <vector>

namespace timetrial::hardware {

/// Caches of one level and kind that are alike.
struct Cache {
  int level = 0;             ///< 1 is nearest
  char kind = 'u';           ///< 'd' data, 'i' instructions, 'u' both
  std::int64_t size_kb = 0;  ///< kibibytes of each
  int count = 0;             ///< on the processors that this process may use
};

struct Topology {
  int packages = 0, numa_nodes = 0;  ///< 0: hwloc could not tell
  std::vector<Cache> caches;         ///< by level and kind
};

/// What this process may use. Never throws for what cannot be found out: it stays at its default.
Topology detect_topology();

}  // namespace timetrial::hardware
