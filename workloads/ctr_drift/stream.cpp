#include "workloads/ctr_drift/stream.h"

#include "workloads/multitask/generated.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace timetrial::ctr_drift {
namespace {

using multitask::Draws;

constexpr double kDegrees = 2.5, kBurst = 7;
constexpr std::uint64_t kSeed = hash_text("ctr_drift/labels");
// Of the network that labels: the ids' effects, its features, the heads.
constexpr std::int64_t kEffects = 8, kFeatures = 32, kStandardization = 10'000;
constexpr double kGain = 1.5, kCorrelation = 0.5;
// Of the labels: how far from even odds they are, how rare, and the noise of the number.
constexpr double kLogitDeviation = 2, kNumberNoise = 0.5;
constexpr std::array<double, kLabels - 1> kLogitMeans = {0, -1, -2};

struct Impression {
  std::array<double, kDense> dense{};  ///< before any burst
  std::array<std::int64_t, kIds> ids{};
};

class Zipf {
 public:
  Zipf() {
    double sum = 0;
    for (std::size_t v = 0; v < bounds_.size(); ++v) {
      bounds_[v] = sum += 1 / static_cast<double>(v + 1);
    }
  }
  std::int64_t draw(Draws& draws) const {
    return std::ranges::upper_bound(bounds_, draws.uniform() * bounds_.back()) - bounds_.begin();
  }

 private:
  std::array<double, kValues> bounds_;
};

Impression draw_impression(const Zipf& zipf, Draws& draws) {
  Impression impression;
  for (double& value : impression.dense) value = draws.student_t(kDegrees);
  for (std::int64_t& id : impression.ids) id = zipf.draw(draws);
  return impression;
}

/// Four numbers of mean 0 and variance 1, of which the labels are made.
class Tendencies {
 public:
  explicit Tendencies(const Zipf& zipf)
      : effects_(Draws(derive_seed(kSeed, "effects")).normals(kIds * kValues * kEffects)),
        network_({kEffects + kDense, kFeatures}, kGain, derive_seed(kSeed, "network")) {
    heads_.push_back(multitask::normal_matrix(1, kFeatures, derive_seed(kSeed, "head", 0)));
    for (std::uint64_t label = 1; label < kLabels; ++label) {
      heads_.push_back(
          multitask::correlated(heads_[0], kCorrelation, derive_seed(kSeed, "head", label)));
    }
    Draws draws(derive_seed(kSeed, "standardization"));
    std::array<std::vector<double>, kLabels> samples;
    for (std::int64_t i = 0; i < kStandardization; ++i) {
      const auto raw = raw_of(draw_impression(zipf, draws));
      for (std::size_t k = 0; k < raw.size(); ++k) samples[k].push_back(raw[k]);
    }
    for (std::size_t k = 0; k < samples.size(); ++k)
      moments_[k] = multitask::moments_of(samples[k]);
  }

  std::array<double, kLabels> operator()(const Impression& impression) const {
    auto values = raw_of(impression);
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = (values[k] - moments_[k].mean) / moments_[k].deviation;
    }
    return values;
  }

 private:
  std::array<double, kLabels> raw_of(const Impression& impression) const {
    std::vector<double> x(kEffects + kDense);
    for (std::size_t f = 0; f < impression.ids.size(); ++f) {
      const std::size_t row = f * kValues + static_cast<std::size_t>(impression.ids[f]);
      for (std::size_t e = 0; e < kEffects; ++e) {
        x[e] += effects_[row * kEffects + e] / std::sqrt(static_cast<double>(kIds));
      }
    }
    for (std::size_t d = 0; d < impression.dense.size(); ++d) {
      x[kEffects + d] = std::tanh(impression.dense[d]);
    }
    const auto features = network_(x);
    std::array<double, kLabels> values{};
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = heads_[k].times(features)[0];
    return values;
  }

  std::vector<double> effects_;  // [ids, values, effects]
  multitask::TanhNetwork network_;
  std::vector<multitask::Matrix> heads_;
  std::array<multitask::Moments, kLabels> moments_;
};

void put_labels(const std::array<double, kLabels>& tendencies, Draws& draws, float*& target) {
  for (std::size_t k = 0; k < kLogitMeans.size(); ++k) {
    const double logit = kLogitMeans[k] + kLogitDeviation * tendencies[k];
    *target++ = draws.uniform() < 1 / (1 + std::exp(-logit)) ? 1 : 0;
  }
  *target++ = static_cast<float>(tendencies.back() + kNumberNoise * draws.normal());
}

}  // namespace

multitask::Examples stream(std::uint64_t seed, std::int64_t count, std::int64_t block) {
  const Zipf zipf;
  const Tendencies tendencies(zipf);
  multitask::Examples examples{at::empty({count, kDense + kIds}), at::empty({count, kLabels}), {}};
  float* input = examples.inputs.mutable_data_ptr<float>();
  float* target = examples.targets.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    Draws draws(derive_seed(seed, "impression", static_cast<std::uint64_t>(i)));
    const Impression impression = draw_impression(zipf, draws);
    const double scale = i % block >= block - block / 10 ? kBurst : 1;
    for (const double value : impression.dense) *input++ = static_cast<float>(value * scale);
    for (const std::int64_t id : impression.ids) *input++ = static_cast<float>(id);
    put_labels(tendencies(impression), draws, target);
  }
  return examples;
}

}  // namespace timetrial::ctr_drift
