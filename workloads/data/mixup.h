#pragma once
// Mixup: every image of a batch is blended with its neighbour, and so are their labels.
//
//   mix(batch, 1000, mixup_weight(random))
//
// Source   Zhang et al. 2017 (arXiv 1710.09412), as in AlgoPerf's imagenet_vit (commit
// 2c90454fc05d):
//          one weight for the whole batch, drawn from Beta(0.2, 0.2)

#include <timetrial/batch.h>
#include <timetrial/random.h>

#include <cstdint>

namespace timetrial::data {

/// One draw from Beta(alpha, alpha), in [0, 1]. Throws std::invalid_argument unless alpha is in
/// (0, 1].
double mixup_weight(Random& random, double alpha = 0.2);

/// inputs [B, ..] and targets int64 [B], which become float32 [B, classes]: weight of the example
/// itself, the rest of the one before it (the first one's neighbour is the last). Other tensors of
/// the batch stay.
Batch mix(const Batch& batch, std::int64_t classes, double weight);

}  // namespace timetrial::data
