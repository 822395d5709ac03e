#include "workloads/metrics/probe.h"

#include "workloads/metrics/class_scores.h"

#include <timetrial/random.h>

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace timetrial::metrics {
namespace {

/// Products of a few thousand numbers are no work for two threads, which would wait for one
/// another.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

void require_features(const LabelledFeatures& set, std::int64_t classes) {
  if (set.features.dim() != 2) throw std::invalid_argument("features must be [N, D]");
  require_scores(at::zeros({1, classes}).expand({set.features.size(0), classes}), set.labels);
}

/// The data in double with features standardised.
ProbeData standardised(const ProbeData& data) {
  for (const auto* set : {&data.training, &data.validation, &data.test}) {
    require_features(*set, data.classes);
  }
  const at::Tensor training = data.training.features.to(at::kDouble);
  const at::Tensor mean = training.mean(0), deviation = training.std(0, /*unbiased=*/false);
  const at::Tensor scale =
      at::where(deviation.gt(0), deviation.reciprocal(), at::zeros_like(deviation));
  const auto standard = [&](const LabelledFeatures& set) {
    return LabelledFeatures{(set.features.to(at::kDouble) - mean) * scale, set.labels};
  };
  return {standard(data.training), standard(data.validation), standard(data.test), data.classes};
}

/// W [D, classes] and an intercept [classes].
struct Classifier {
  at::Tensor weights, intercept;

  double accuracy(const LabelledFeatures& set) const {
    const at::Tensor answers = (at::matmul(set.features, weights) + intercept).argmax(1);
    return answers.eq(set.labels).to(at::kDouble).mean().item<double>();
  }
};

ProbeResult best_of(const std::vector<double>& choices, const ProbeData& data,
                    const std::function<Classifier(double)>& train) {
  ProbeResult best{.validation_accuracy = -1};
  for (const double choice : choices) {
    const Classifier classifier = train(choice);
    const double accuracy = classifier.accuracy(data.validation);
    if (accuracy <= best.validation_accuracy) continue;
    best = {classifier.accuracy(data.test), accuracy, choice};
  }
  return best;
}

/// 0 ... count - 1 in an order that the seed alone decides.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random random(seed);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
  }
  return order;
}

}  // namespace

ProbeResult ridge_probe(const ProbeData& raw) {
  const OneThread one_thread;
  const ProbeData data = standardised(raw);
  const at::Tensor& x = data.training.features;
  const at::Tensor targets =
      at::one_hot(data.training.labels, data.classes).to(at::kDouble).mul(2).sub(1);
  const at::Tensor intercept = targets.mean(0);  // as features have mean 0
  // One decomposition serves every lambda.
  // Named one by one: no structured binding may be captured before Clang 16.
  const auto eigen = at::linalg_eigh(at::matmul(x.t(), x));
  const at::Tensor &values = std::get<0>(eigen), &vectors = std::get<1>(eigen);
  const at::Tensor projected = at::matmul(vectors.t(), at::matmul(x.t(), targets - intercept));
  std::vector<double> lambdas;
  for (int power = -10; power <= 10; ++power) lambdas.push_back(std::exp2(power));
  return best_of(lambdas, data, [&](double lambda) {
    const at::Tensor weights =
        at::matmul(vectors, projected / (values.clamp_min(0) + lambda).unsqueeze(1));
    return Classifier{weights, intercept};
  });
}

ProbeResult softmax_probe(const ProbeData& raw, std::int64_t epochs, std::uint64_t seed) {
  const OneThread one_thread;
  constexpr std::int64_t kBatch = 256;
  constexpr double kMomentum = 0.9;
  const ProbeData data = standardised(raw);
  const at::Tensor& x = data.training.features;
  const at::Tensor targets = at::one_hot(data.training.labels, data.classes).to(at::kDouble);
  const std::int64_t size = x.size(0), batches = (size + kBatch - 1) / kBatch;
  const auto steps = static_cast<double>(epochs * batches);
  return best_of({0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1}, data, [&](double peak) {
    Classifier classifier{at::zeros({x.size(1), data.classes}, x.options()),
                          at::zeros({data.classes}, x.options())};
    at::Tensor of_weights = at::zeros_like(classifier.weights),
               of_intercept = at::zeros_like(classifier.intercept);
    double step = 0;
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
      auto order = shuffled(size, derive_seed(seed, "epoch", static_cast<std::uint64_t>(epoch)));
      const at::Tensor places = at::from_blob(order.data(), {size}, at::kLong).clone();
      for (std::int64_t begin = 0; begin < size; begin += kBatch, ++step) {
        const at::Tensor rows = places.narrow(0, begin, std::min(kBatch, size - begin));
        const at::Tensor inputs = x.index_select(0, rows);
        const at::Tensor scores = at::matmul(inputs, classifier.weights) + classifier.intercept;
        const at::Tensor slope = (at::softmax(scores, 1) - targets.index_select(0, rows))
                                     .div(static_cast<double>(rows.size(0)));
        const double rate = peak * 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
        of_weights.mul_(kMomentum).add_(at::matmul(inputs.t(), slope));
        of_intercept.mul_(kMomentum).add_(slope.sum(0));
        classifier.weights.sub_(of_weights, rate);
        classifier.intercept.sub_(of_intercept, rate);
      }
    }
    return classifier;
  });
}

LabelledFeatures few_shots(const LabelledFeatures& all, std::int64_t classes, std::int64_t shots,
                           std::uint64_t seed) {
  require_features(all, classes);
  std::vector<std::vector<std::int64_t>> by_class(static_cast<std::size_t>(classes));
  for (const std::int64_t place : shuffled(all.labels.size(0), seed)) {
    auto& members = by_class[static_cast<std::size_t>(all.labels[place].item<std::int64_t>())];
    if (static_cast<std::int64_t>(members.size()) < shots) members.push_back(place);
  }
  std::vector<std::int64_t> chosen;
  for (const auto& members : by_class) {
    if (static_cast<std::int64_t>(members.size()) < shots) {
      throw std::invalid_argument("few shots: a class has " + std::to_string(members.size()) +
                                  " examples, fewer than " + std::to_string(shots));
    }
    chosen.insert(chosen.end(), members.begin(), members.end());
  }
  const at::Tensor places =
      at::from_blob(chosen.data(), {static_cast<std::int64_t>(chosen.size())}, at::kLong).clone();
  return {all.features.index_select(0, places), all.labels.index_select(0, places)};
}

}  // namespace timetrial::metrics
