// Nash-MTL as its authors compute it. With H = G / N for the Frobenius norm N of G, and the last
// solution p, each program is
//
//   minimise  <c, a>  with  c = H 1 + (1 / p + H (1 / (H p))) / N
//   such that a_i (G a)_i >= 1 and a_i > 0 for all i.
//
// Source  Navon et al. 2022, equation 8, in the form of LibMTL's Nash_MTL. It is solved here by a
//         logarithmic barrier (Boyd and Vandenberghe, "Convex Optimization", section 11.3).
#include "optim/multitask/bargaining.h"

#include <algorithm>
#include <cmath>

namespace timetrial::multitask::detail {
namespace {

constexpr double kSame = 1e-6;    // LibMTL's
constexpr double kGap = 1e-10;    // of the barrier's optimum, relative to the height
constexpr double kFaster = 8;     // growth of the barrier's weight
constexpr int kNewtonSteps = 60;  // for one weight

/// log a_i + log (G a)_i, which must be above 0.
double slack(const Gram& gram, const Vector& a, std::size_t i) {
  const double along = products(gram, a)[i];
  return a[i] > 0 && along > 0 ? std::log(a[i]) + std::log(along) : -1;
}

struct Program {
  const Gram& gram;
  const Vector& costs;
};

double height(const Program& program, const Vector& a, double weight) {
  double sum = weight * dot(program.costs, a);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double room = slack(program.gram, a, i);
    if (!(room > 0)) return INFINITY;
    sum -= std::log(room);
  }
  return sum;
}

/// Newton's step at a; empty where there is none.
Vector newton_step(const Program& program, const Vector& a, double weight) {
  const std::size_t n = a.size();
  const auto along = products(program.gram, a);
  Matrix hessian(n);
  Vector down(n);
  for (std::size_t k = 0; k < n; ++k) down[k] = -weight * program.costs[k];
  for (std::size_t i = 0; i < n; ++i) {
    const double room = slack(program.gram, a, i);
    Vector slope(n);
    for (std::size_t k = 0; k < n; ++k) slope[k] = program.gram(i, k) / along[i];
    Vector whole = slope;
    whole[i] += 1 / a[i];
    for (std::size_t k = 0; k < n; ++k) {
      down[k] += whole[k] / room;
      for (std::size_t l = 0; l < n; ++l) {
        hessian(k, l) += whole[k] * whole[l] / (room * room) + slope[k] * slope[l] / room;
      }
    }
    hessian(i, i) += 1 / (a[i] * a[i] * room);
  }
  return solve(std::move(hessian), std::move(down));
}

/// Down to the barrier's minimum for one weight, as far as rounding lets it. Whether it stayed
/// finite.
bool centre(const Program& program, Vector& a, double weight) {
  for (int step = 0; step < kNewtonSteps; ++step) {
    const Vector direction = newton_step(program, a, weight);
    if (direction.empty()) return true;
    const double here = height(program, a, weight);
    double factor = 1;
    Vector next;
    for (; factor > 1e-12; factor /= 2) {
      next = a;
      for (std::size_t k = 0; k < a.size(); ++k) next[k] += factor * direction[k];
      if (height(program, next, weight) < here) break;
    }
    if (factor <= 1e-12) return true;
    a = next;
    if (!finite(a)) return false;
  }
  return true;
}

/// The program's solution; empty where its costs have no least value.
Vector solution(const Program& program, Vector a) {
  const auto constraints = static_cast<double>(a.size());
  double weight = 1 / std::max(std::fabs(dot(program.costs, a)), 1e-300);
  const double first = weight;
  while (constraints / weight > kGap / first) {
    if (!centre(program, a, weight)) return {};
    if (!(dot(program.costs, a) > -1e6 / first)) return {};
    weight *= kFaster;
  }
  return a;
}

Vector costs(const Gram& gram, const Vector& last) {
  double squared = 0;
  for (const double entry : gram.entries()) squared += entry * entry;
  const double whole = std::sqrt(squared);
  const auto along = products(gram, last);
  Vector result(last.size(), 0.0);
  for (std::size_t k = 0; k < last.size(); ++k) {
    result[k] = 1 / (last[k] * whole);
    for (std::size_t i = 0; i < last.size(); ++i) {
      result[k] += gram(i, k) / whole * (1 + 1 / along[i]);
    }
  }
  return result;
}

}  // namespace

Coefficients linearised_bargaining(const Gram& gram, int iterations) {
  Vector inside = bargaining_solution(gram);  // on the edge of all constraints
  for (double& one : inside) one *= 1.5;
  Vector last(gram.tasks(), 1.0);
  for (int i = 0; i < iterations; ++i) {
    const Vector weights = costs(gram, last);
    if (!finite(weights)) break;
    const Vector next = solution({gram, weights}, inside);
    if (next.empty()) break;
    double moved = 0;
    for (std::size_t k = 0; k < next.size(); ++k) moved += std::pow(next[k] - last[k], 2);
    if (std::sqrt(moved) < kSame) break;
    last = next;
  }
  return last;
}

}  // namespace timetrial::multitask::detail
