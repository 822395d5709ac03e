#pragma once
// Weights of tasks that are learned from their losses as training goes on: d = sum w_i g_i, at the
// cost of one backward pass. Each is used so, once in a step:
//
//   timetrial::multitask::Uncertainty method(tasks, /*rate=*/0.025);
//   const auto w = method.weights(present);       // of the step
//   …                                             // with the losses of the step:
//   method.learn(present, losses);
//
// `present` are the tasks that have examples in the batch, rising, each in [0, tasks); weights and
// losses are theirs, in that order. A task that is absent keeps its state. What a loss that is not
// finite, or not above 0 where a logarithm or a quotient of it is taken, would teach is not
// learned.
//
// state() and restore() are for checkpoints: afterwards all goes on bit for bit. restore throws
// std::invalid_argument for another length.
//
// Source  the papers named below; first values, forms and defaults as in LibMTL where not said

#include <timetrial/multitask.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timetrial::multitask {

using Present = std::vector<std::size_t>;

/// Adam on a handful of numbers, each with its own count of steps.
class ScalarAdam {
 public:
  /// `decay` is added to the gradient, times the number, as torch.optim.Adam does.
  ScalarAdam(std::vector<double> first, double rate, double decay = 0);
  const std::vector<double>& numbers() const { return numbers_; }
  /// One step of the number at `place`.
  void step(std::size_t place, double gradient);
  std::vector<double> state() const;
  void restore(const std::vector<double>& state);

 private:
  double rate_, decay_;
  std::vector<double> numbers_, first_, second_, counts_;
};

/// Minimises sum L_i / (2 e^s_i) + s_i / 2 over the s too, from s = -0.5: w_i = 1 / (2 e^s_i).
/// Source  Kendall et al. 2018, "Multi-Task Learning Using Uncertainty to Weigh Losses"
class Uncertainty {
 public:
  Uncertainty(std::size_t tasks, double rate);
  Coefficients weights(const Present& present) const;
  void learn(const Present& present, const std::vector<double>& losses);
  std::vector<double> state() const { return scales_.state(); }
  void restore(const std::vector<double>& state) { scales_.restore(state); }

 private:
  ScalarAdam scales_;
};

/// Minimises sum e^s_i L_i - s_i over the s too, from s = 0: w_i = e^s_i.
/// Source  Liu et al. 2021, "Towards Impartial Multi-task Learning", section 3.3 (IMTL-L)
class ImpartialLosses {
 public:
  ImpartialLosses(std::size_t tasks, double rate);
  Coefficients weights(const Present& present) const;
  void learn(const Present& present, const std::vector<double>& losses);
  std::vector<double> state() const { return scales_.state(); }
  void restore(const std::vector<double>& state) { scales_.restore(state); }

 private:
  ScalarAdam scales_;
};

/// w = K softmax(q / temperature) for the quotients q_i of task i's mean losses in the last two
/// periods; ones until there are two. Periods are counted in steps.
/// Source  Liu et al. 2019, "End-To-End Multi-Task Learning With Attention" (DWA), equation 7
class DynamicAverage {
 public:
  DynamicAverage(std::size_t tasks, double temperature, std::int64_t period);
  Coefficients weights(const Present& present) const;
  void learn(const Present& present, const std::vector<double>& losses);
  std::vector<double> state() const;
  void restore(const std::vector<double>& state);

 private:
  void end_period();

  double temperature_;
  std::int64_t period_, steps_ = 0;
  std::vector<double> sums_, counts_;  // of this period
  std::vector<double> last_, before_;  // means of whole periods; 0 where there is none
};

/// w = K softmax(u), u learned so that |w_i g_i| comes near (L_i / L_i(0))^alpha, relative to the
/// tasks' mean of either. L_i(0) is the first loss that was seen; LibMTL's is the first epoch's
/// mean, before which its weights are ones.
/// Source  Chen et al. 2018, "GradNorm", equation 2
class GradNorm {
 public:
  GradNorm(std::size_t tasks, double alpha, double rate);
  Coefficients weights(const Present& present) const;
  /// `norms` of the tasks' gradients, unweighted, at the parameters that balance is wanted for.
  void learn(const Present& present, const std::vector<double>& losses,
             const std::vector<double>& norms);
  std::vector<double> state() const;
  void restore(const std::vector<double>& state);

 private:
  double alpha_;
  ScalarAdam logits_;
  std::vector<double> first_losses_;  // 0: not seen yet
};

/// Decreases all losses at one relative rate: the gradient of sum z_i log(L_i) / c for z =
/// softmax(xi) and c = sum z_i / L_i. xi learns from the losses before and after the step: one
/// forward pass more.
/// Source  Liu et al. 2023, "FAMO: Fast Adaptive Multitask Optimization", Algorithm 1
class Famo {
 public:
  Famo(std::size_t tasks, double rate, double decay);
  /// By the losses of the step. Where one is not above 0: ones.
  Coefficients weights(const Present& present, const std::vector<double>& losses) const;
  void learn(const Present& present, const std::vector<double>& before,
             const std::vector<double>& after);
  std::vector<double> state() const { return logits_.state(); }
  void restore(const std::vector<double>& state) { logits_.restore(state); }

 private:
  ScalarAdam logits_;
};

}  // namespace timetrial::multitask
