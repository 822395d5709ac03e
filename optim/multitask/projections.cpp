// Rules that turn each gradient away from conflicts with the others, one pair after the other. A
// turned gradient is itself a combination of all, so that its coefficients are what is kept.
#include "optim/multitask/small_matrix.h"

#include <timetrial/random.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace timetrial::multitask {
namespace {

/// Coefficients of one gradient, turned, and its inner products with all as they are given.
class Turned {
 public:
  Turned(const Gram& gram, std::size_t task) : gram_(gram), a_(gram.tasks(), 0.0) {
    a_[task] = 1;
    for (std::size_t j = 0; j < gram.tasks(); ++j) products_.push_back(gram(task, j));
  }
  double product(std::size_t j) const { return products_[j]; }
  double norm() const { return std::sqrt(std::max(detail::dot(a_, products_), 0.0)); }
  void add(double factor, std::size_t j) {
    a_[j] += factor;
    for (std::size_t k = 0; k < a_.size(); ++k) products_[k] += factor * gram_(j, k);
  }
  void add_to(Coefficients& sum) const {
    for (std::size_t k = 0; k < a_.size(); ++k) sum[k] += a_[k];
  }

 private:
  const Gram& gram_;
  Coefficients a_;
  std::vector<double> products_;
};

}  // namespace

Orders shuffled_orders(std::size_t tasks, std::uint64_t seed) {
  Random random(seed);
  Orders orders(tasks);
  for (std::size_t i = 0; i < tasks; ++i) {
    for (std::size_t j = 0; j < tasks; ++j) {
      if (j != i) orders[i].push_back(j);
    }
    for (std::size_t left = orders[i].size(); left > 1; --left) {
      std::swap(orders[i][left - 1], orders[i][random.below(left)]);
    }
  }
  return orders;
}

Coefficients pcgrad(const Gram& gram, const Orders& orders) {
  if (!detail::finite(gram)) return detail::ones(gram.tasks());
  Coefficients sum(gram.tasks(), 0.0);
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    Turned turned(gram, i);
    for (const auto j : orders.at(i)) {
      if (turned.product(j) < 0 && gram(j, j) > 0) turned.add(-turned.product(j) / gram(j, j), j);
    }
    turned.add_to(sum);
  }
  return detail::finite(sum) ? sum : detail::ones(gram.tasks());
}

GradVac::GradVac(std::size_t tasks, double beta)
    : tasks_(tasks), beta_(beta), similarity_(tasks * tasks, 0.0) {}

Coefficients GradVac::combine(const Gram& gram, const std::vector<std::size_t>& present,
                              const Orders& orders) {
  constexpr double kLargest = 1 - 1e-6;  // a wanted cosine of 1 would need an infinite step
  if (!detail::finite(gram)) return detail::ones(gram.tasks());
  const auto lengths = norms(gram);
  Coefficients sum(gram.tasks(), 0.0);
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    Turned turned(gram, i);
    for (const auto j : orders.at(i)) {
      const double length = turned.norm();
      if (!(length * lengths[j] > 0)) continue;
      const double cosine = std::clamp(turned.product(j) / (length * lengths[j]), -1.0, 1.0);
      double& kept = similarity_.at(present.at(i) * tasks_ + present.at(j));
      const double wanted = std::min(kept, kLargest);
      if (cosine < wanted) {
        const double sine = std::sqrt(1 - cosine * cosine);
        const double wanted_sine = std::sqrt(1 - wanted * wanted);
        turned.add(length * (wanted * sine - cosine * wanted_sine) / (lengths[j] * wanted_sine), j);
      }
      kept = (1 - beta_) * kept + beta_ * cosine;
    }
    turned.add_to(sum);
  }
  return detail::finite(sum) ? sum : detail::ones(gram.tasks());
}

void GradVac::restore(const std::vector<double>& state) {
  if (state.size() != similarity_.size()) {
    throw std::invalid_argument("GradVac's similarities were saved for another number of tasks");
  }
  similarity_ = state;
}

}  // namespace timetrial::multitask
