#pragma once
// Parameters and model state of a Model as bytes of the shared region, and back.
//
// The layout is a function of the model alone, so referee and worker agree on it without telling
// each other. Tensors lie contiguous, row-major, in the order parameters() then state().

#include "harness/protocol/snapshot.h"
#include "workloads/workload.h"

#include <optional>
#include <string>

namespace timetrial::snapshot {

protocol::SnapshotLayout layout_of(const workloads::Model& model);

/// Copies the model into the region. Blocks until the device has delivered everything.
void write(const workloads::Model& model, const protocol::SnapshotLayout& layout,
           protocol::SharedRegion& region);

/// Copies the region into the model. Both must have the layout.
void read(protocol::SharedRegion& region, const protocol::SnapshotLayout& layout,
          workloads::Model& model);

/// The first tensor of the region that holds a NaN or an infinity, as "name has 3 non-finite
/// values"; empty when all are finite. Integer tensors always are.
std::optional<std::string> find_non_finite(protocol::SharedRegion& region,
                                           const protocol::SnapshotLayout& layout);

/// SHA-256 over all tensors' bytes, hex: equal hashes mean bitwise equal models.
std::string hash(protocol::SharedRegion& region, const protocol::SnapshotLayout& layout);

}  // namespace timetrial::snapshot
