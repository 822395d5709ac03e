#include "harness/conformance/recorded_losses.h"

#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"
#include "workloads/speech/ctc_loss.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace timetrial::conformance {
namespace {

using Json = nlohmann::json;
using workloads::compared;
using workloads::recorded_tensor;

constexpr double kTolerance = 1e-5;  // relative to the largest recorded value
constexpr double kSmoothing = 0.1;

double difference(const at::Tensor& found, const at::Tensor& expected) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (found.sizes() != expected.sizes()) return kInfinity;
  const double off = (found.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
  if (std::isnan(off)) return kInfinity;
  return off == 0 ? 0 : off / expected.to(at::kDouble).abs().max().item<double>();
}

/// The record's part of one loss, and the results so far.
class LossRecord {
 public:
  LossRecord(const Json& record, std::string key, std::vector<CheckResult>& results)
      : record_(record.at(key)), key_(std::move(key)), results_(results) {}

  at::Tensor tensor(const char* name) const { return recorded_tensor(record_.at(name)); }
  at::Tensor ids(const char* name) const { return tensor(name).to(at::kLong); }

  /// The names of its results that begin so.
  std::vector<std::string> results(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : record_.items()) {
      if (name.starts_with(prefix)) names.push_back(name);
    }
    return names;
  }

  /// The workload's loss of these logits against the result of that name.
  void compare(const std::string& workload, const Batch& batch, const ModelOutput& output,
               const std::string& result, double smoothing = 0) const {
    compare(workloads::find(workload).make()->loss(batch, output, smoothing), result,
            "loss of " + workload);
  }
  void compare(const Loss& loss, const std::string& result, const std::string& detail) const {
    const Json& expected = record_.at(result);
    const auto scalar = [&](const char* name) {
      return at::full({}, expected.at(name).get<double>(), at::kDouble);
    };
    const std::string title = key_ + "." + result + " ";
    results_.push_back(
        compared(title + "per_example",
                 difference(loss.per_example, recorded_tensor(expected.at("per_example"))),
                 kTolerance, detail));
    results_.push_back(
        compared(title + "summed", difference(loss.summed, scalar("summed")), kTolerance, detail));
    results_.push_back(compared(title + "n_valid_examples",
                                difference(loss.valid_examples, scalar("n_valid_examples")), 0,
                                detail));
  }

 private:
  const Json& record_;
  std::string key_;
  std::vector<CheckResult>& results_;
};

Batch targets_and_weights(const at::Tensor& targets, const at::Tensor& weights) {
  return Batch({{"targets", targets}, {"weights", weights}});
}

/// "with_mask_1_1_0" -> [1, 1, 0].
at::Tensor mask_in(const std::string& result) {
  std::vector<at::Tensor> weights;
  for (const char letter : result) {
    if (letter == '0' || letter == '1') weights.push_back(at::full({}, letter - '0', at::kFloat));
  }
  return at::stack(weights);
}

void check_softmax(const LossRecord& record) {
  const ModelOutput output{record.tensor("logits"), {}};
  const Batch hard = targets_and_weights(record.ids("hard_targets"), record.tensor("mask"));
  const at::Tensor soft_targets = record.tensor("soft_targets");
  const Batch soft = targets_and_weights(soft_targets, at::ones({soft_targets.size(0)}));
  for (const char* workload : {"imagenet_resnet", "imagenet_vit"}) {
    record.compare(workload, hard, output, "hard");
    record.compare(workload, hard, output, "hard_smoothing_0_1", kSmoothing);
    record.compare(workload, soft, output, "soft");
    record.compare(workload, soft, output, "soft_smoothing_0_1", kSmoothing);
  }
}

void check_translation(const LossRecord& record) {
  const ModelOutput output{record.tensor("logits"), {}};
  const Batch batch = targets_and_weights(record.ids("targets"), record.tensor("weights"));
  record.compare("wmt", batch, output, "smoothing_0");
  record.compare("wmt", batch, output, "smoothing_0_1", kSmoothing);
}

void check_molecules(const LossRecord& record) {
  const ModelOutput output{record.tensor("logits"), {}};
  const Batch batch = targets_and_weights(record.tensor("labels"), record.tensor("mask"));
  record.compare("ogbg", batch, output, "smoothing_0");
  record.compare("ogbg", batch, output, "smoothing_0_1", kSmoothing);
}

void check_clicks(const LossRecord& record) {
  const Batch batch = targets_and_weights(record.tensor("targets"), record.tensor("weights"));
  record.compare("criteo1tb", batch, {record.tensor("logits"), {}}, "result");
}

/// The workloads' own loss is the one without a mask; with one, it is the function below them.
void check_ctc(const LossRecord& record) {
  const at::Tensor logits = record.tensor("logits"), paddings = record.tensor("logit_paddings");
  const at::Tensor targets = record.ids("targets");
  const at::Tensor target_paddings = record.tensor("target_paddings");
  const Batch batch({{"targets", targets}, {"target_paddings", target_paddings}});
  for (const char* workload : {"librispeech_conformer", "librispeech_deepspeech"}) {
    record.compare(workload, batch, {logits, paddings}, "no_mask");
  }
  for (const auto& result : record.results("with_mask_")) {
    const at::Tensor mask = mask_in(result);
    record.compare(speech::masked_ctc_loss(logits, paddings, targets, target_paddings, mask),
                   result, "masked CTC");
  }
}

void check_images(const LossRecord& record) {
  const at::Tensor targets = record.tensor("targets");
  const ModelOutput output{record.tensor("logits"), {}};
  const at::Tensor all = at::ones({targets.size(0)});
  record.compare("fastmri", targets_and_weights(targets, all), output, "result");
  for (const auto& result : record.results("masked_")) {
    record.compare("fastmri", targets_and_weights(targets, mask_in(result)), output, result);
  }
}

}  // namespace

std::vector<CheckResult> check_losses(const Json& record, const std::filesystem::path&) {
  const struct {
    const char* key;
    void (*check)(const LossRecord& record);
  } losses[] = {{"softmax_cross_entropy", check_softmax},
                {"wmt_cross_entropy", check_translation},
                {"ogbg_bce", check_molecules},
                {"criteo_bce", check_clicks},
                {"ctc", check_ctc},
                {"fastmri_l1", check_images}};
  std::vector<CheckResult> results;
  for (const auto& loss : losses) {
    if (record.contains(loss.key)) loss.check(LossRecord(record, loss.key, results));
  }
  return results;
}

}  // namespace timetrial::conformance
