#include "workloads/nn/init.h"

#include <ATen/core/grad_mode.h>
#include <timetrial/random.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::nn {
namespace {

// Distribution function of the standard normal at -2: the tail that a cut at two sigmas drops.
constexpr double kTailBelowTwoSigmas = 0.022750131948179209;
// Standard deviation of a standard normal cut at +-2.
constexpr double kStdAfterCut = 0.87962566103423978;

/// numerator(x) / denominator(x), coefficients from the constant term up.
double ratio(double x, const double (&numerator)[8], const double (&denominator)[8]) {
  double top = numerator[7], bottom = denominator[7];
  for (int i = 6; i >= 0; --i) {
    top = top * x + numerator[i];
    bottom = bottom * x + denominator[i];
  }
  return top / bottom;
}

// The three ranges of AS 241: |p - 1/2| <= 0.425, then tails before and after r = 5.
constexpr double kCentreTop[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                  1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                  4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                  3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr double kCentreBottom[8] = {1,
                                     4.2313330701600911252e+1,
                                     6.8718700749205790830e+2,
                                     5.3941960214247511077e+3,
                                     2.1213794301586595867e+4,
                                     3.9307895800092710610e+4,
                                     2.8729085735721942674e+4,
                                     5.2264952788528545610e+3};
constexpr double kTailTop[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double kTailBottom[8] = {1,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
constexpr double kFarTop[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kFarBottom[8] = {1,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};

/// Fills with draw(u), u uniform in (0, 1): 32 bits a value, four values a Philox block, in the
/// order of the stream that timetrial::Random(seed) gives.
template <typename Draw>
at::Tensor generate(at::IntArrayRef shape, std::uint64_t seed, const Draw& draw) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* out = tensor.data_ptr<float>();
  const auto count = static_cast<std::uint64_t>(tensor.numel());
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                            static_cast<std::uint32_t>(seed >> 32)};
  for (std::uint64_t i = 0; i < count; i += 4) {
    const std::uint64_t block = i / 4;
    const auto bits = philox4x32(
        {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0}, key);
    for (std::uint64_t lane = 0; lane < std::min<std::uint64_t>(4, count - i); ++lane) {
      out[i + lane] = static_cast<float>(draw((bits[lane] + 0.5) * 0x1.0p-32));
    }
  }
  return tensor;
}

struct Fans {
  double in = 0, out = 0;
};

Fans fans(const at::Tensor& tensor) {
  if (tensor.dim() < 2) {
    throw std::invalid_argument("fans need a tensor of at least 2 dimensions, not of " +
                                std::to_string(tensor.dim()));
  }
  const auto receptive_field =
      static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0) * tensor.size(1));
  return {static_cast<double>(tensor.size(1)) * receptive_field,
          static_cast<double>(tensor.size(0)) * receptive_field};
}

at::Tensor draw_uniform(const at::Tensor& like, double bound, std::uint64_t seed) {
  return generate(like.sizes(), seed, [bound](double u) { return bound * (2 * u - 1); });
}

at::Tensor draw_lecun(const at::Tensor& like, std::uint64_t seed) {
  const double sigma = std::sqrt(1 / fans(like).in) / kStdAfterCut;
  return generate(like.sizes(), seed, [sigma](double u) {
    return sigma * normal_quantile(kTailBelowTwoSigmas + u * (1 - 2 * kTailBelowTwoSigmas));
  });
}

}  // namespace

Initializer constant(double value) { return {Initializer::Kind::constant, value}; }
Initializer zeros() { return constant(0); }
Initializer ones() { return constant(1); }
Initializer normal(double standard_deviation) {
  return {Initializer::Kind::normal, standard_deviation};
}
Initializer uniform(double bound) { return {Initializer::Kind::uniform, bound}; }
Initializer lecun_normal() { return {Initializer::Kind::lecun_normal, 0}; }
Initializer xavier_uniform() { return {Initializer::Kind::xavier_uniform, 0}; }

void fill(const at::Tensor& tensor, const Initializer& initializer, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  const double value = initializer.value;
  switch (initializer.kind) {
    case Initializer::Kind::constant:
      tensor.fill_(value);
      return;
    case Initializer::Kind::normal:
      tensor.copy_(
          generate(tensor.sizes(), seed, [value](double u) { return value * normal_quantile(u); }));
      return;
    case Initializer::Kind::uniform:
      tensor.copy_(draw_uniform(tensor, value, seed));
      return;
    case Initializer::Kind::lecun_normal:
      tensor.copy_(draw_lecun(tensor, seed));
      return;
    case Initializer::Kind::xavier_uniform: {
      const Fans f = fans(tensor);
      tensor.copy_(draw_uniform(tensor, std::sqrt(6 / (f.in + f.out)), seed));
      return;
    }
  }
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * ratio(0.180625 - q * q, kCentreTop, kCentreBottom);
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double x =
      r <= 5 ? ratio(r - 1.6, kTailTop, kTailBottom) : ratio(r - 5, kFarTop, kFarBottom);
  return q < 0 ? -x : x;
}

}  // namespace timetrial::nn
