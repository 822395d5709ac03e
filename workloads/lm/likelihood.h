#pragma once
// What a language model says of the windows of a split.
#include <functional>
#include <span>

#include "workloads/workload.h"

namespace timetrial::lm {

struct Likelihood {
  double nats = 0;    ///< summed negative log-likelihood
  double tokens = 0;  ///< that were predicted
};

/// Windows [0, count) in batches. Throws std::invalid_argument unless batch_size >= 1.
Likelihood likelihood(workloads::Model& model, std::int64_t count, std::int64_t batch_size,
                      const std::function<Batch(std::span<const std::int64_t>)>& gather);

}  // namespace timetrial::lm
