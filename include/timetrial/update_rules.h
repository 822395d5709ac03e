#pragma once
// The usual update rules, each in one trip through memory over all parameters and without
// temporaries: vectorised on a processor (AVX2 or AVX-512 where it has them), one kernel over all
// tensors on a GPU.
//
//   auto reached = timetrial::take_gradients(training);
//   timetrial::lion_update(reached.weights, reached.gradients, reached.of(momentum_),
//                          {.rate = 1e-4, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1});
//
// The lists are parallel: tensor i of each belongs to the same parameter and has its shape. All
// floating types and layouts are taken, empty tensors and single numbers too; a list in which some
// are bfloat16 or lie in memory in another order than their weight is worked on through copies.
// Arithmetic is in float, or in double where the weight is. Sums are taken in an order that does
// not depend on the number of threads. Call under at::NoGradGuard.
//
// Every call throws std::invalid_argument naming list and place where lists do not fit together,
// before anything is changed. `rate` is the learning rate of this update, schedule included.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace timetrial {

struct AdamUpdate {
  double rate = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled: weights are first multiplied with 1 - rate * this
};

/// m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
/// w <- (1 - rate weight_decay) w - rate m' / (sqrt(v') + epsilon),  m' and v' corrected for their
/// start at zero by `counts`: for each tensor the number of its updates, this one included.
/// Source  Loshchilov and Hutter 2019, Algorithm 2, in the form of torch.optim.AdamW
void adamw_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                  at::TensorList second, const std::vector<std::int64_t>& counts,
                  const AdamUpdate& update);

/// As adamw_update, with beta1 m + (1 - beta1) g in the place of m in the step.
/// Source  Dozat 2016, "Incorporating Nesterov Momentum into Adam", in AlgoPerf's form
void nadamw_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                   at::TensorList second, const std::vector<std::int64_t>& counts,
                   const AdamUpdate& update);

/// u = m' / (sqrt(v') + epsilon) + weight_decay w;  w <- w - rate |w| / |u| u, norms taken over
/// each tensor, their quotient 1 where either is 0. The gradients are overwritten.
/// Source  You et al. 2020, "Large Batch Optimization for Deep Learning", in AlgoPerf's form
void lamb_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                 at::TensorList second, const std::vector<std::int64_t>& counts,
                 const AdamUpdate& update);

struct LionUpdate {
  double rate = 0, beta1 = 0.9, beta2 = 0.99, weight_decay = 0;
};

/// w <- (1 - rate weight_decay) w - rate sign(beta1 m + (1 - beta1) g);
/// m <- beta2 m + (1 - beta2) g
/// Source  Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2
void lion_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                 const LionUpdate& update);

struct MomentumUpdate {
  double rate = 0, momentum = 0.9;
  double weight_decay = 0;  ///< coupled: g <- g + weight_decay w
  bool nesterov = false;
};

/// m <- momentum m + g;  w <- w - rate m, or with `nesterov` w - rate (g + momentum m)
/// Source  torch.optim.SGD
void momentum_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                     const MomentumUpdate& update);

struct AdagradUpdate {
  double rate = 0, epsilon = 1e-10;
  double weight_decay = 0;  ///< coupled
};

/// s <- s + g^2;  w <- w - rate g / (sqrt(s) + epsilon)
/// Source  Duchi et al. 2011, in the form of torch.optim.Adagrad
void adagrad_update(at::TensorList weights, at::TensorList gradients, at::TensorList sums,
                    const AdagradUpdate& update);

struct RmsPropUpdate {
  double rate = 0, alpha = 0.99, epsilon = 1e-8;
  double weight_decay = 0;  ///< coupled
  double momentum = 0;
};

/// s <- alpha s + (1 - alpha) g^2;  d = g / (sqrt(s) + epsilon);  w <- w - rate d, or where
/// `momentum` is not 0: m <- momentum m + d;  w <- w - rate m. Without it the list may be empty.
/// Source  Tieleman and Hinton 2012, in the form of torch.optim.RMSprop
void rmsprop_update(at::TensorList weights, at::TensorList gradients, at::TensorList squares,
                    at::TensorList momentum, const RmsPropUpdate& update);

struct ScheduleFreeUpdate {
  double rate = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< of y
  double share = 0;         ///< of the new z in the average x
  std::int64_t count = 1;   ///< of updates, this one included
};

/// v <- beta2 v + (1 - beta2) g^2
/// d = g / (sqrt(v / (1 - beta2^count)) + epsilon) + weight_decay y
/// y <- (1 - share) y + share z - rate (1 - beta1 (1 - share)) d;  z <- z - rate d
/// Source  Defazio et al. 2024, "The Road Less Scheduled", Algorithm 1, as in the authors' package
///         schedulefree
void schedule_free_adamw_update(at::TensorList y, at::TensorList gradients, at::TensorList z,
                                at::TensorList second, const ScheduleFreeUpdate& update);

/// How far Clippy lets a weight w move: |step| <= relative |w| + absolute. A tensor's step is
/// shrunk as a whole, by the least allowed / wanted of its coordinates, or with `whole_model` by
/// the least of all tensors that are clipped. Source: Tang et al. 2023, "Improving Training
/// Stability for Multitask Ranking Models in Recommender Systems" (arXiv 2302.09178), Algorithm 1.
struct ClippyBound {
  double relative = 0.5, absolute = 0.01;
  bool whole_model = false;
};

/// `published`: the form of TensorFlow Recommenders (experimental/optimizers/clippy_adagrad.py):
/// the root is taken before the sum gets its gradient, with epsilon inside it.
struct ClippyAdagradUpdate {
  double rate = 0, epsilon = 1e-10;
  double weight_decay = 0;  ///< coupled
  double by_root = 0;       ///< this divided by the root is allowed beyond the bound
  bool published = false;
  bool clips_sums = false;  ///< with `published`: sums get the gradient times the factor
};

/// Adagrad's step within the bound where `clipped` (an entry per tensor); other tensors move
/// freely. The gradients are overwritten. Returns what each step was multiplied with, at most 1.
std::vector<double> clippy_adagrad_update(at::TensorList weights, at::TensorList gradients,
                                          at::TensorList sums, const std::vector<bool>& clipped,
                                          const ClippyAdagradUpdate& update,
                                          const ClippyBound& bound);

/// AdamW's step within the bound; the decay is outside of it. The gradients are overwritten.
/// Returns what each step was multiplied with, at most 1.
std::vector<double> clippy_adamw_update(at::TensorList weights, at::TensorList gradients,
                                        at::TensorList first, at::TensorList second,
                                        const std::vector<std::int64_t>& counts,
                                        const std::vector<bool>& clipped, const AdamUpdate& update,
                                        const ClippyBound& bound);

struct SophiaUpdate {
  double rate = 0, beta1 = 0.965, rho = 0.04, epsilon = 1e-15;
  double weight_decay = 0;  ///< decoupled
};

/// m <- beta1 m + (1 - beta1) g
/// w <- (1 - rate weight_decay) w - rate clip(m / (rho max(h, 0) + epsilon), -1, 1)
/// with an estimate h of the Hessian's diagonal that the caller keeps.
/// Source  Liu et al. 2023, "Sophia" (arXiv 2305.14342), Algorithm 3
void sophia_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                   at::TensorList hessian, const SophiaUpdate& update);

struct AdafactorUpdate {
  double rate = 0, beta1 = 0.9;
  double past = 0;          ///< what second moments keep of themselves
  double weight_decay = 0;  ///< decoupled
};

/// Adafactor with momentum and without scaling by the parameter. A matrix [..., R, C] has the means
/// of its squared gradients over rows and over columns: `rows` [..., R], `columns` [..., C].
/// Another tensor has its whole second moment in `rows`, of its shape, and anything in `columns`.
/// The gradients are overwritten. With s = g^2 + 1e-30:
///
///   rows <- past rows + (1 - past) mean of s over C;  columns so too, over R
///   u <- g / sqrt(rows columns^T / mean(rows));  u <- rate u / max(1, RMS(u))
///   m <- beta1 m + (1 - beta1) u;  w <- (1 - rate weight_decay) w - m
///
/// Source  Shazeer and Stern 2018, "Adafactor" (arXiv 1804.04235), in the form of Zhai et al. 2022,
///         "Scaling Vision Transformers", and of AlgoPerf's baseline
void adafactor_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                      at::TensorList rows, at::TensorList columns, const AdafactorUpdate& update);

/// An estimate of how far the solution is from the first weights.
struct ProdigyDistance {
  double distance = 0;   ///< never falls
  double numerator = 0;  ///< a running sum
};

struct ProdigyUpdate {
  double rate = 0;  ///< a factor of the distance, with a correction of bias if wanted
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled
  double first_distance = 1e-6, distance_factor = 1;
  bool safeguard = false;  ///< the rate is left out of s, against estimates during warm-up
};

/// With the distance d so far, r = d rate and beta3 = sqrt(beta2):
/// m <- beta1 m + d (1 - beta1) g;  v <- beta2 v + d^2 (1 - beta2) g^2
/// numerator <- beta3 numerator + d / first_distance r <g, start - w>
/// s <- beta3 s + d / first_distance r g, or with `safeguard` d instead of r
/// d <- max(d, distance_factor numerator / |s|_1)
/// w <- (1 - r weight_decay) w - r m / (sqrt(v) + d epsilon)
/// Returns the new estimate. While all gradients have been zero no weight moves.
/// Source  Mishchenko and Defazio 2023, "Prodigy", Algorithm 4, as in the authors' package
///         prodigyopt
ProdigyDistance prodigy_update(at::TensorList weights, at::TensorList gradients,
                               at::TensorList first, at::TensorList second, at::TensorList sums,
                               at::TensorList start, ProdigyDistance so_far,
                               const ProdigyUpdate& update);

/// x[i] <- x[i] + scales[i] y[i]
void add_scaled(at::TensorList x, at::TensorList y, const std::vector<double>& scales);

/// Euclidean norm of each tensor.
std::vector<double> norms(at::TensorList tensors);
/// Euclidean norm of all tensors as one vector.
double global_norm(at::TensorList tensors);
/// Scales all tensors by largest / (norm + 1e-6) where that is below 1, as
/// torch.nn.utils.clip_grad_norm_ and AlgoPerf's baselines do. Returns the norm that they had.
/// Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks".
double clip_global_norm(at::TensorList gradients, double largest);

}  // namespace timetrial
