#pragma once
// Trade-offs between tasks: several losses of one model, none of which may stand for the others.
//
// Losses      positive, lower is better (a rate such as accuracy enters as 1 - rate)
// Front       what a sweep of fixed weights reaches: the outcomes that no other of them dominates
// Excess      by which factor an outcome lies beyond the front, in logarithms:
//               excess(a) = min over q of the front of max over tasks k of log(q_k / a_k)
//             above 0: a is better than every point of the front in some task by at least that
//             factor; 0 on the front, below 0 inside it
// Brackets    a sweep that ends before the weight at which a method settles makes the method look
//             better than the front. Outcomes are said to be bracketed when the front has points
//             that are better in each task
// Source      Xin et al. 2022, "Do Current Multi-Task Optimization Methods in Deep Learning Even
//             Help?"; hypervolume: Zitzler & Thiele 1998; jackknife: Efron & Tibshirani 1993,
//             chapter 11

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace timetrial::scoring {

/// One loss for each task.
using Losses = std::vector<double>;

/// Whether a is at least as good in every task and better in one.
bool dominates(const Losses& a, const Losses& b);

/// Places of the points that no other dominates, rising; of equal points the first. Points that are
/// not finite are never among them.
std::vector<std::size_t> non_dominated(const std::vector<Losses>& points);

/// The points themselves, sorted by the first task's loss.
std::vector<Losses> front_of(const std::vector<Losses>& points);

/// For two tasks: the front with `between` points more on the straight line between each two
/// neighbours. Stricter to who must lie beyond it than the points alone. Other numbers of tasks:
/// unchanged.
std::vector<Losses> interpolated(const std::vector<Losses>& front, int between);

/// As above; minus infinity for an outcome that is not finite. Throws std::invalid_argument for an
/// empty front, other numbers of tasks, and losses that are not positive.
double excess(const Losses& outcome, const std::vector<Losses>& front);

/// Whether the front goes past the outcome in every task.
bool is_bracketed(const Losses& outcome, const std::vector<Losses>& front);

/// The volume between the points and `reference`, of what the points dominate; points that are not
/// better than it in every task add nothing. Exact, for any number of tasks (each task beyond two
/// costs a factor of the number of points).
double hypervolume(const std::vector<Losses>& points, const Losses& reference);

/// The mean over seeds, a loss for each task; empty when a seed is missing or not finite.
std::optional<Losses> mean_over_seeds(const std::vector<Losses>& seeds);

/// A value with what seeds make of it.
struct Estimate {
  double value = 0;
  double standard_error = 0;  ///< infinite with fewer than two seeds
};

/// One way to train (a method with its weights and its rate), with a row of losses for each seed.
/// Seeds are the same in all configurations, in the same order.
struct Configuration {
  std::string label;   ///< of the method, such as "pcgrad"
  std::string detail;  ///< of the point, such as "learning_rate=0.003"
  std::vector<Losses> validation, test;
};

/// How a method compares with the front that static weights reach.
struct MethodComparison {
  std::string label, detail;  ///< detail: of the configuration that validation chose
  Losses validation, test;    ///< means over seeds
  Losses test_error;          ///< standard errors of the test means
  Estimate excess;            ///< on test
  bool bracketed = false;
};

/// The points of a sweep of static weights: for each label the configuration (rate) with the lowest
/// mean validation loss, tasks weighted by `weights` of the label; unusable ones are left out.
struct FrontPoint {
  std::string label, detail;
  Losses weights;  ///< of the tasks in training
  Losses validation, test, test_error;
  std::size_t configuration = 0;  ///< its place
};
std::vector<FrontPoint> choose_front(const std::vector<Configuration>& configurations,
                                     const std::vector<Losses>& weights);

/// Compares methods with a front. Of each label the configuration with the largest excess on
/// validation counts; what is reported is its excess on test, with the jackknife's standard error
/// over seeds (front and method lose the same seed together). `between`: see interpolated().
std::vector<MethodComparison> compare_with_front(const std::vector<Configuration>& methods,
                                                 const std::vector<Configuration>& sweep,
                                                 const std::vector<FrontPoint>& front, int between);

}  // namespace timetrial::scoring
