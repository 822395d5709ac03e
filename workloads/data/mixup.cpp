#include "workloads/data/mixup.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace timetrial::data {

double mixup_weight(Random& random, double alpha) {
  if (!(alpha > 0 && alpha <= 1)) {
    throw std::invalid_argument("mixup: alpha = " + std::to_string(alpha) + " is outside (0, 1]");
  }
  // Johnk 1964: x / (x + y) given x + y <= 1, x and y powers of uniform numbers.
  while (true) {
    const double x = std::pow(random.uniform(), 1 / alpha);
    const double y = std::pow(random.uniform(), 1 / alpha);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

Batch mix(const Batch& batch, std::int64_t classes, double weight) {
  const auto blend = [&](const at::Tensor& values) {
    return values * weight + values.roll(1, 0) * (1 - weight);
  };
  Batch mixed = batch;
  mixed.set("inputs", blend(batch.inputs()));
  mixed.set("targets", blend(at::one_hot(batch.targets(), classes).to(at::kFloat)));
  return mixed;
}

}  // namespace timetrial::data
