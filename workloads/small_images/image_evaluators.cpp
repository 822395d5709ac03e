#include "workloads/small_images/image_evaluators.h"

#include "workloads/metrics/calibration.h"
#include "workloads/metrics/corruptions.h"
#include "workloads/metrics/fairness.h"
#include "workloads/metrics/probe.h"
#include "workloads/metrics/shape_bias.h"

#include <timetrial/random.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace timetrial::small_images {
namespace {

using Found = std::map<std::string, double>;

constexpr std::int64_t kCorruptedImages = 1'000, kProbeEpochs = 30;
constexpr int kDraws = 3;
constexpr std::array<std::int64_t, 2> kShots = {5, 10};
constexpr std::array kAllowedGaps = {0.0, 0.05, 0.1, 0.2, 1.0};
constexpr std::array kGapNames = {"parity_0", "parity_0.05", "parity_0.1", "parity_0.2",
                                  "parity_1"};
constexpr std::uint64_t kSeed = hash_text("small_images/evaluators");

struct Outputs {
  at::Tensor logits, features;  // on the CPU; features undefined where the model gives none
};

/// Of images as they are stored.
Outputs run(workloads::Model& model, const Format& format, const at::Tensor& images,
            std::int64_t batch_size) {
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  ForwardOptions options;
  options.training = false;
  std::vector<at::Tensor> logits, features;
  for (std::int64_t begin = 0; begin < images.size(0); begin += batch_size) {
    const auto end = std::min(begin + batch_size, images.size(0));
    const Batch batch({{"inputs", format.inputs(images.slice(0, begin, end)).to(device)}});
    const ModelOutput output = model.forward(batch, options);
    logits.push_back(output.logits.cpu());
    if (output.representation.defined()) features.push_back(output.representation.cpu());
  }
  return {at::cat(logits), features.empty() ? at::Tensor() : at::cat(features)};
}

at::Tensor labels_of(const Examples& examples) { return examples.labels.to(at::kLong); }

/// Data, model and batch size of one look.
struct Look {
  workloads::Model& model;
  const StudiedImages& data;
  std::int64_t batch_size;

  Outputs operator()(const at::Tensor& images) const {
    return run(model, data.format, images, batch_size);
  }
};

void add(Found& found, const std::string& prefix, const metrics::Calibration& calibration) {
  found[prefix + "ece"] = calibration.ece;
  found[prefix + "nll"] = calibration.nll;
  found[prefix + "brier"] = calibration.brier;
}

Found look_at_calibration(const Look& look) {
  const double temperature = metrics::fit_temperature(look(look.data.validation.images).logits,
                                                      labels_of(look.data.validation));
  const at::Tensor logits = look(look.data.test.images).logits;
  Found found{{"temperature", temperature}};
  add(found, "", metrics::calibration(logits, labels_of(look.data.test)));
  add(found, "scaled_", metrics::calibration(logits, labels_of(look.data.test), temperature));
  return found;
}

/// Stored images corrupted: to [0, 1] and channels, and back.
at::Tensor corrupted(const at::Tensor& images, metrics::Corruption kind, int severity) {
  const bool grey = images.dim() == 3;
  const at::Tensor real = (grey ? images.unsqueeze(1) : images).to(at::kFloat).div(255);
  const at::Tensor worse = metrics::corrupted(real, kind, severity, kSeed).mul(255).round();
  return (grey ? worse.squeeze(1) : worse).to(at::kByte);
}

Found look_at_corruptions(const Look& look) {
  const auto count = std::min(kCorruptedImages, look.data.test.size());
  const at::Tensor images = look.data.test.images.narrow(0, 0, count);
  const at::Tensor labels = labels_of(look.data.test).narrow(0, 0, count);
  const auto accuracy = [&](const at::Tensor& seen) {
    return look(seen).logits.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
  };
  Found found{{"clean", accuracy(images)}};
  double sum = 0;
  for (const auto kind : metrics::kCorruptions) {
    double of_kind = 0;
    for (int severity = 1; severity <= metrics::kSeverities; ++severity) {
      const double value = accuracy(corrupted(images, kind, severity));
      found[std::string(to_string(kind)) + "_" + std::to_string(severity)] = value;
      of_kind += value / metrics::kSeverities;
    }
    found[to_string(kind)] = of_kind;
    sum += of_kind;
  }
  found["mean"] = sum / static_cast<double>(metrics::kCorruptions.size());
  return found;
}

template <class Value>
std::vector<Value> values_of(const at::Tensor& tensor, at::ScalarType type) {
  const at::Tensor all = tensor.to(type).contiguous();
  const auto* data = all.const_data_ptr<Value>();
  return {data, data + all.numel()};
}

/// The cost of parity between the lower and the upper textures, for one decision.
void add_parity(Found& found, const Examples& test, const at::Tensor& logits) {
  const std::int64_t half = logits.size(1) / 2;
  const auto scores =
      values_of<double>(at::softmax(logits, 1).narrow(1, 0, half).sum(1), at::kDouble);
  const auto positive = values_of<std::uint8_t>(test.labels.lt(half), at::kByte);
  const std::int64_t textures = test.textures.max().item<std::int64_t>() + 1;
  const auto second = values_of<std::uint8_t>(test.textures.ge(textures / 2), at::kByte);
  const auto points = metrics::parity_tradeoff(scores, positive, second, kAllowedGaps);
  for (std::size_t i = 0; i < points.size(); ++i) found[kGapNames[i]] = points[i].accuracy;
}

Found look_at_fairness(const Look& look) {
  const Examples& test = look.data.test;
  const at::Tensor logits = look(test.images).logits;
  const auto right = values_of<std::uint8_t>(logits.argmax(1).eq(labels_of(test)), at::kByte);
  const auto groups =
      values_of<std::int64_t>(test.textures.defined() ? test.textures : test.labels, at::kLong);
  double worst = 1, best = 0;
  for (const auto& group : metrics::accuracy_by_group(right, groups)) {
    worst = std::min(worst, group.accuracy);
    best = std::max(best, group.accuracy);
  }
  Found found{{"worst_group", worst}, {"best_group", best}, {"gap", best - worst}};
  if (test.textures.defined()) add_parity(found, test, logits);
  return found;
}

/// Features of both splits with what a probe is to learn.
metrics::ProbeData probe_data(const Look& look) {
  const auto of = [&](const Examples& examples) {
    const at::Tensor features = look(examples.images).features;
    if (!features.defined()) {
      throw std::invalid_argument("the model gives no representation to probe");
    }
    const at::Tensor target = examples.textures.defined() ? examples.textures : examples.labels;
    return metrics::LabelledFeatures{features, target.to(at::kLong)};
  };
  const auto validation = of(look.data.validation), test = of(look.data.test);
  const std::int64_t size = validation.labels.size(0), learned = size * 2 / 3;
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    return metrics::LabelledFeatures{validation.features.slice(0, begin, end),
                                     validation.labels.slice(0, begin, end)};
  };
  const auto classes = std::max(validation.labels.max().item<std::int64_t>(),
                                test.labels.max().item<std::int64_t>()) +
                       1;
  return {part(0, learned), part(learned, size), test, classes};
}

/// The same labels, each at the features of another example, drawn by `purpose`.
at::Tensor dealt_anew(const at::Tensor& labels, const std::string& purpose) {
  Random random(derive_seed(kSeed, purpose));
  std::vector<std::int64_t> order(static_cast<std::size_t>(labels.size(0)));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
  }
  return labels.index_select(0, at::tensor(order, at::kLong));
}

Found look_by_linear_probe(const Look& look) {
  auto data = probe_data(look);
  const at::Tensor counts = data.test.labels.bincount({}, data.classes);
  Found found{
      {"accuracy", metrics::softmax_probe(data, kProbeEpochs, kSeed).test_accuracy},
      {"chance", counts.max().item<double>() / static_cast<double>(data.test.labels.size(0))}};
  // Those of test too: features come in clusters, and which label is the most frequent in each is
  // chance, but one chance for all of a cluster's images.
  data.training.labels = dealt_anew(data.training.labels, "training labels");
  data.validation.labels = dealt_anew(data.validation.labels, "validation labels");
  data.test.labels = dealt_anew(data.test.labels, "test labels");
  found["shuffled"] = metrics::softmax_probe(data, kProbeEpochs, kSeed).test_accuracy;
  return found;
}

Found look_by_few_shots(const Look& look) {
  const auto data = probe_data(look);
  Found found;
  for (const auto shots : kShots) {
    double sum = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      auto few = data;
      few.training =
          metrics::few_shots(data.training, data.classes, shots,
                             derive_seed(kSeed, "draw", static_cast<std::uint64_t>(draw)));
      sum += metrics::ridge_probe(few).test_accuracy;
    }
    found["accuracy_" + std::to_string(shots)] = sum / kDraws;
  }
  return found;
}

Found look_at_shape_bias(const Look& look) {
  const Examples& conflicts = look.data.conflicts;
  const at::Tensor logits = look(conflicts.images).logits, shapes = labels_of(conflicts);
  const auto bias = metrics::shape_bias(logits, shapes, conflicts.textures.to(at::kLong));
  return {{"shape_bias", bias.bias()},
          {"decided", bias.decided()},
          {"accuracy", logits.argmax(1).eq(shapes).to(at::kDouble).mean().item<double>()}};
}

const std::map<std::string, Found (*)(const Look&)>& all() {
  static const std::map<std::string, Found (*)(const Look&)> evaluators = {
      {"calibration", look_at_calibration},   {"corruptions", look_at_corruptions},
      {"fairness", look_at_fairness},         {"fewshot_ridge", look_by_few_shots},
      {"linear_probe", look_by_linear_probe}, {"shape_bias", look_at_shape_bias}};
  return evaluators;
}

}  // namespace

std::vector<std::string> evaluators_of(const StudiedImages& data) {
  std::vector<std::string> names;
  for (const auto& [name, run] : all()) {
    if (name != "shape_bias" || data.conflicts.images.defined()) names.push_back(name);
  }
  return names;
}

std::map<std::string, double> look(const std::string& evaluator, workloads::Model& model,
                                   const StudiedImages& data, std::int64_t batch_size) {
  const auto names = evaluators_of(data);
  if (std::find(names.begin(), names.end(), evaluator) == names.end()) {
    throw std::invalid_argument("no evaluator '" + evaluator + "' of this workload");
  }
  return all().at(evaluator)({model, data, batch_size});
}

}  // namespace timetrial::small_images
