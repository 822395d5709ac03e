#pragma once
// How the gradients of K tasks become one. A rule gives K coefficients a, and the combined gradient
// is d = a_1 g_1 + … + a_K g_K: what it needs to know of the gradients is in their inner products,
// so nobody holds K copies of the model.
//
//   timetrial::multitask::Gram gram(2);
//   gram(0, 0) = …;  gram(0, 1) = gram(1, 0) = …;  gram(1, 1) = …;
//   const auto a = timetrial::multitask::mgda(gram);
//
// Scale. Each rule has the scale of its source, which is that of a sum (pcgrad, gradvac), of a mean
// (mgda, imtl_g, cagrad) or its own (nash, aligned).
//
// What comes out where a rule is undefined. No rule throws for the numbers it is given, and with
// finite numbers all coefficients are finite. A Gram matrix or loss that is not finite gives ones:
// the gradient is then as broken as its parts, and the trial diverges as it would have. A task
// without a gradient (zero on the diagonal) is left out by imtl_g and nash (coefficient 0); for
// mgda it is a minimum, so with its normalizations too it takes all the weight, and d is 0. Where
// all gradients are zero any coefficients do; each function says more where more is to be said.
//
// Source  the papers that each rule names; LibMTL (github.com/median-research-group/LibMTL, commit
//         4336804) where it says so: fixtures recorded from it are compared by `timetrial
//         multitask check`

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timetrial::multitask {

/// One number per task.
using Coefficients = std::vector<double>;

/// The inner products of K gradients: symmetric, positive semidefinite up to rounding.
class Gram {
 public:
  /// All zero. K >= 1.
  explicit Gram(std::size_t tasks) : tasks_(tasks), entries_(tasks * tasks, 0.0) {}

  std::size_t tasks() const { return tasks_; }
  double operator()(std::size_t i, std::size_t j) const { return entries_[i * tasks_ + j]; }
  double& operator()(std::size_t i, std::size_t j) { return entries_[i * tasks_ + j]; }
  const std::vector<double>& entries() const { return entries_; }  ///< row after row

 private:
  std::size_t tasks_;
  std::vector<double> entries_;
};

/// |g_i|.
std::vector<double> norms(const Gram& gram);
/// <g_i, sum_j a_j g_j> for each i.
std::vector<double> products(const Gram& gram, const Coefficients& a);
/// |sum_j a_j g_j|.
double combined_norm(const Gram& gram, const Coefficients& a);
/// Mean cosine of the angles between two different tasks' gradients; 1 for one task, and a task
/// without a gradient counts as orthogonal to all.
double mean_cosine(const Gram& gram);

enum class Normalization { none, l2, loss, loss_plus };

struct Mgda {
  /// Each g_i is first divided by its norm, by the task's loss, or by both; what is not above 0
  /// divides by 1. The coefficients belong to the g_i as they are given.
  Normalization normalization = Normalization::none;
  /// The search of Sener and Koltun's code, as LibMTL has it, which stops once a step moves the
  /// weights by less than 1e-5 in sum, and of two tasks never leaves out one (0.001). Else exact.
  bool published = false;
};

/// The shortest d in the convex hull of the gradients: min |sum w_i g_i| over w_i >= 0, sum w_i
/// = 1. By Wolfe's active sets, which for two tasks is the closed form. `losses` may be empty
/// without a normalization by them.
/// Source  Sener and Koltun 2018, "Multi-Task Learning as Multi-Objective Optimization"; Wolfe
///         1976, "Finding the nearest point in a polytope"
Coefficients mgda(const Gram& gram, const std::vector<double>& losses = {}, const Mgda& rule = {});

/// For each task the order in which it meets the others: a permutation of the other tasks.
using Orders = std::vector<std::vector<std::size_t>>;
/// Drawn from `seed`; the same for the same seed.
Orders shuffled_orders(std::size_t tasks, std::uint64_t seed);

/// Each gradient loses, one after the other, what of it points against another task's: d is the
/// sum of what is left.
/// Source  Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", Algorithm 1
Coefficients pcgrad(const Gram& gram, const Orders& orders);

/// As PCGrad, but each pair of tasks has a similarity to keep up, the running mean of its cosines,
/// in the place of 0. For parts of a model: one rule for each, with the part's Gram matrix and the
/// same orders.
/// Source  Wang et al. 2021, "Gradient Vaccine", equation 5
class GradVac {
 public:
  /// `beta` in [0, 1] is the new cosine's part in the mean: 0.5 in LibMTL, 0.01 in the paper.
  GradVac(std::size_t tasks, double beta);
  /// The Gram matrix is of the tasks `present`, each in [0, tasks), in rising order. Changes the
  /// similarities of pairs of these.
  Coefficients combine(const Gram& gram, const std::vector<std::size_t>& present,
                       const Orders& orders);

  const std::vector<double>& state() const { return similarity_; }
  /// Throws std::invalid_argument for another length.
  void restore(const std::vector<double>& state);

 private:
  std::size_t tasks_;
  double beta_;
  std::vector<double> similarity_;  // of task i to task j, in their rows; not symmetric
};

enum class Rescale { none, by_square, by_sum };

struct CaGrad {
  double c = 0.5;                        ///< radius around the mean, as a fraction of its length
  Rescale rescale = Rescale::by_square;  ///< d is divided by 1, 1 + c^2 or 1 + c
};

/// The d within c |g_0| of the mean g_0 whose worst inner product with a gradient is largest: d =
/// g_0 + c |g_0| g_w / |g_w|. Solved to rounding. Where g_w vanishes, which only Pareto-stationary
/// points allow, d is the mean, rescaled.
/// Source  Liu et al. 2021, "Conflict-Averse Gradient Descent for Multi-task Learning", Algorithm 1
Coefficients cagrad(const Gram& gram, const CaGrad& rule = {});

/// Coefficients of sum 1 for which d has equal inner products with all unit gradients; they may be
/// negative, and large where gradients nearly oppose one another.
/// Source  Liu et al. 2021, "Towards Impartial Multi-task Learning", section 3.2
Coefficients imtl_g(const Gram& gram);

struct Nash {
  /// 0: exact. Else so many convex programs, each linearised about the last solution and the first
  /// about ones, as in LibMTL (20 there).
  int iterations = 0;
  double max_norm = 1;  ///< longest d; 0: any
};

/// The Nash bargaining solution: a > 0 with G a = 1 / a. Where gradients cancel each other the
/// solution is at infinity, and a ridge of 1e-9 on the cosines brings it back.
/// Source  Navon et al. 2022, "Multi-Task Learning as a Bargaining Game", claim 3.1
Coefficients nash(const Gram& gram, const Nash& rule = {});
/// The coefficients, scaled down to |d| <= max_norm; 0 leaves them.
Coefficients clipped(const Gram& gram, Coefficients a, double max_norm);

/// The gradients' principal components made equally long, as long as the shortest of them: a =
/// sqrt(l_min) V L^(-1/2) V^T 1 for G = V L V^T, over the eigenvalues above K 2^-23 l_max.
/// Source  Senushkin et al. 2023, "Independent Component Alignment for Multi-Task Learning"
Coefficients aligned(const Gram& gram);

/// d is the gradient of the geometric mean of the losses; of their sum if one is not above 0.
/// Source  Chennupati et al. 2019, "MultiNet++", section 3.2
Coefficients geometric(const std::vector<double>& losses);

/// Softmax of K numbers from the normal distribution.
/// Source  Lin et al. 2022, "Reasonable Effectiveness of Random Weighting"
Coefficients random_weights(std::size_t tasks, std::uint64_t seed);

}  // namespace timetrial::multitask
