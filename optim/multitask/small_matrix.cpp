#include "optim/multitask/small_matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace timetrial::multitask::detail {

double dot(const Vector& x, const Vector& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

bool finite(const Vector& x) {
  return std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); });
}

bool finite(const Gram& gram) { return finite(gram.entries()); }

Vector solve(Matrix a, Vector b) {
  const std::size_t n = a.size;
  if (!finite(a.entries) || !finite(b)) return {};
  double largest = 0;
  for (const double entry : a.entries) largest = std::max(largest, std::fabs(entry));
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i) {
      if (std::fabs(a(i, column)) > std::fabs(a(pivot, column))) pivot = i;
    }
    if (!(std::fabs(a(pivot, column)) > 1e-14 * largest)) return {};
    for (std::size_t j = 0; j < n; ++j) std::swap(a(column, j), a(pivot, j));
    std::swap(b[column], b[pivot]);
    for (std::size_t i = column + 1; i < n; ++i) {
      const double factor = a(i, column) / a(column, column);
      for (std::size_t j = column; j < n; ++j) a(i, j) -= factor * a(column, j);
      b[i] -= factor * b[column];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) b[i] -= a(i, j) * b[j];
    b[i] /= a(i, i);
  }
  return finite(b) ? b : Vector{};
}

Gram part(const Gram& gram, const std::vector<std::size_t>& places) {
  Gram result(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < places.size(); ++j) result(i, j) = gram(places[i], places[j]);
  }
  return result;
}

std::vector<std::size_t> with_gradient(const Gram& gram) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    if (gram(i, i) > 0) places.push_back(i);
  }
  return places;
}

Coefficients spread(const Coefficients& a, const std::vector<std::size_t>& places,
                    std::size_t tasks) {
  Coefficients result(tasks, 0.0);
  for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] = a[i];
  return result;
}

Matrix cosines(const Gram& gram, double ridge) {
  const auto lengths = norms(gram);
  Matrix result(gram.tasks());
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    for (std::size_t j = 0; j < gram.tasks(); ++j) {
      const double cosine = gram(i, j) / lengths[i] / lengths[j];
      result(i, j) = i == j ? 1 + ridge : std::clamp(cosine, -1.0, 1.0);
    }
  }
  return result;
}

namespace {

/// Turns rows and columns p and q so that a(p, q) vanishes; `vectors` turns along.
void rotate(Matrix& a, Matrix& vectors, std::size_t p, std::size_t q) {
  const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const double t = (theta >= 0 ? 1.0 : -1.0) / (std::fabs(theta) + std::hypot(theta, 1.0));
  const double c = 1 / std::hypot(t, 1.0), s = t * c;
  for (std::size_t i = 0; i < a.size; ++i) {
    const double left = a(i, p), right = a(i, q);
    a(i, p) = c * left - s * right;
    a(i, q) = s * left + c * right;
  }
  for (std::size_t i = 0; i < a.size; ++i) {
    const double upper = a(p, i), lower = a(q, i);
    a(p, i) = c * upper - s * lower;
    a(q, i) = s * upper + c * lower;
    const double left = vectors(i, p), right = vectors(i, q);
    vectors(i, p) = c * left - s * right;
    vectors(i, q) = s * left + c * right;
  }
}

}  // namespace

Eigen eigen(Matrix symmetric) {
  constexpr int kSweeps = 60;  // convergence is quadratic: ten are many
  const std::size_t n = symmetric.size;
  Matrix vectors(n);
  for (std::size_t i = 0; i < n; ++i) vectors(i, i) = 1;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool turned = false;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double scale = std::sqrt(std::fabs(symmetric(p, p) * symmetric(q, q)));
        if (!(std::fabs(symmetric(p, q)) > 1e-16 * scale)) continue;
        rotate(symmetric, vectors, p, q);
        turned = true;
      }
    }
    if (!turned) break;
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return symmetric(i, i) > symmetric(j, j); });
  Eigen result{Vector(n), Matrix(n)};
  for (std::size_t column = 0; column < n; ++column) {
    result.values[column] = symmetric(order[column], order[column]);
    for (std::size_t i = 0; i < n; ++i) result.vectors(i, column) = vectors(i, order[column]);
  }
  return result;
}

}  // namespace timetrial::multitask::detail
