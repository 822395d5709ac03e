// What can be said of gradients by their inner products.
#include "optim/multitask/small_matrix.h"

#include <algorithm>
#include <cmath>

namespace timetrial::multitask {

std::vector<double> norms(const Gram& gram) {
  std::vector<double> result(gram.tasks());
  for (std::size_t i = 0; i < gram.tasks(); ++i) result[i] = std::sqrt(std::max(gram(i, i), 0.0));
  return result;
}

std::vector<double> products(const Gram& gram, const Coefficients& a) {
  std::vector<double> result(gram.tasks(), 0.0);
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    for (std::size_t j = 0; j < gram.tasks(); ++j) result[i] += gram(i, j) * a[j];
  }
  return result;
}

double combined_norm(const Gram& gram, const Coefficients& a) {
  return std::sqrt(std::max(detail::dot(a, products(gram, a)), 0.0));
}

double mean_cosine(const Gram& gram) {
  const auto lengths = norms(gram);
  const std::size_t tasks = gram.tasks();
  if (tasks < 2) return 1;
  double sum = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    for (std::size_t j = i + 1; j < tasks; ++j) {
      const double scale = lengths[i] * lengths[j];
      if (scale > 0) sum += gram(i, j) / scale;
    }
  }
  return sum / (static_cast<double>(tasks * (tasks - 1)) / 2);
}

Coefficients clipped(const Gram& gram, Coefficients a, double max_norm) {
  if (max_norm <= 0) return a;
  const double factor = max_norm / (combined_norm(gram, a) + 1e-6);  // torch's clip_grad_norm_
  if (factor < 1) {
    for (double& one : a) one *= factor;
  }
  return a;
}

}  // namespace timetrial::multitask
