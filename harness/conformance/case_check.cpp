#include "harness/conformance/case_check.h"

#include "harness/conformance/case_differences.h"
#include "workloads/recorded_metric.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <limits>

namespace timetrial::conformance {
namespace {

using workloads::compared;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kStateTolerance = 1e-5;
constexpr double kSmoothing = 0.1;

double relative(double found, double recorded) {
  const double difference = std::fabs(found - recorded);
  if (std::isnan(difference)) return kInfinity;
  return difference == 0 ? 0 : difference / std::fabs(recorded);  // infinite for a recorded 0
}

double number(const at::Tensor& scalar) { return scalar.to(at::kDouble).item<double>(); }

bool equal_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.nbytes() == b.nbytes() &&
         std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

/// The workload in the case's sizes, with its weights.
class CaseRun {
 public:
  CaseRun(const workloads::Workload& workload, const RecordedCase& recorded)
      : recorded_(recorded),
        workload_(workload.in_recorded_sizes(recorded.sidecar().at("constructor"))),
        model_(workload_->make_model(at::kCPU)) {}

  CheckResult parameters() const;
  /// All results of one pass; call after parameters() has passed.
  std::vector<CheckResult> pass(bool training);

 private:
  std::string title(const std::string& check) const { return recorded_.name() + ": " + check; }
  void add(const std::string& check, double error, double tolerance, std::string detail = {}) {
    results_.push_back(compared(title(check), error, tolerance, std::move(detail)));
  }
  ForwardOptions options() const;
  void compare_output(const ModelOutput& output, const at::Tensor& mask, double tolerance);
  void compare_loss(const Loss& loss, double tolerance);
  void compare_smoothing(const Batch& batch, const ModelOutput& output, double tolerance);
  void compare_accuracy(const Batch& batch, const ModelOutput& output);
  void compare_state(const Batch& batch, const at::Tensor& mask, double tolerance);
  void compare_gradients(const Loss& loss);

  const RecordedCase& recorded_;
  std::unique_ptr<workloads::Workload> workload_;
  std::unique_ptr<workloads::Model> model_;
  std::string mode_;  ///< "eval" or "train"
  std::vector<CheckResult> results_;
};

CheckResult CaseRun::parameters() const {
  std::int64_t count = 0;
  for (const auto& parameter : model_->parameters()) count += parameter.tensor.numel();
  auto lines = recorded_.mismatches(*model_);
  const auto expected = recorded_.sidecar().value("total_params", count);
  if (lines.empty() && count != expected) {
    lines.push_back(std::to_string(count) + " numbers, in the case " + std::to_string(expected));
  }
  return compared("", static_cast<double>(lines.size()), 0,
                  lines.empty() ? std::to_string(count) + " numbers in " +
                                      std::to_string(model_->parameters().size()) + " tensors"
                                : lines.front());
}

ForwardOptions CaseRun::options() const {
  ForwardOptions options;
  options.training = mode_ == "train";
  options.dropout = 0;
  return options;
}

std::vector<CheckResult> CaseRun::pass(bool training) {
  mode_ = training ? "train" : "eval";
  results_.clear();
  recorded_.set_values(*model_);
  for (const auto& parameter : model_->parameters()) {
    at::Tensor(parameter.tensor).mutable_grad() = at::Tensor();
  }
  const Batch batch = workload_->recorded_batch(recorded_.inputs(), training);
  const at::AutoGradMode gradients(training);
  const ModelOutput output = model_->forward(batch, options());
  const at::Tensor mask = workload_->comparable_logits(batch, output);
  const at::Tensor logit_mask = mask.defined() ? mask.unsqueeze(-1) : mask;
  const double tolerance = logit_tolerance(recorded_, "output_" + mode_ + "/logits", logit_mask);
  compare_output(output, logit_mask, tolerance);
  const Loss loss = workload_->loss(batch, output, 0);
  compare_loss(loss, tolerance);
  compare_smoothing(batch, output, tolerance);
  compare_accuracy(batch, output);
  if (training) {
    compare_gradients(loss);
    compare_state(batch, logit_mask, tolerance);
  }
  return results_;
}

void CaseRun::compare_output(const ModelOutput& output, const at::Tensor& mask, double tolerance) {
  const auto place = "output_" + mode_;
  add(place, relative_difference(recorded_, output.logits, place + "/logits", mask), tolerance);
  const auto paddings = place + "/logit_paddings";
  if (recorded_.contains(paddings)) {
    if (!output.paddings.defined()) throw std::invalid_argument("the model has no paddings");
    add("paddings_" + mode_, relative_difference(recorded_, output.paddings, paddings), 0);
  }
}

void CaseRun::compare_loss(const Loss& loss, double tolerance) {
  const auto key = "loss_" + mode_ + "/per_example";
  add("loss_" + mode_, relative_difference(recorded_, loss.per_example, key), tolerance);
  const auto& scalars = recorded_.sidecar().at(mode_);
  double worst = relative(number(loss.summed), scalars.at("summed"));
  worst = std::max(worst, relative(number(loss.valid_examples), scalars.at("n_valid_examples")));
  if (scalars.contains("loss")) {
    worst = std::max(worst, relative(number(loss.mean()), scalars.at("loss")));
  }
  add("loss_sums_" + mode_, worst, tolerance);
}

void CaseRun::compare_smoothing(const Batch& batch, const ModelOutput& output, double tolerance) {
  const auto& scalars = recorded_.sidecar().at(mode_);
  if (!scalars.contains("summed_label_smoothing_0.1")) return;
  const double found = number(workload_->loss(batch, output, kSmoothing).summed);
  add("label_smoothing_" + mode_, relative(found, scalars.at("summed_label_smoothing_0.1")),
      tolerance);
}

void CaseRun::compare_accuracy(const Batch& batch, const ModelOutput& output) {
  const auto& scalars = recorded_.sidecar().at(mode_);
  if (!scalars.contains("accuracy_sum")) return;
  const at::Tensor right = output.logits.argmax(-1).eq(batch.targets());
  const double found = number(right.to(at::kDouble).mul(batch.weights()).sum());
  add("accuracy_" + mode_, std::fabs(found - scalars.at("accuracy_sum").get<double>()), 0);
}

void CaseRun::compare_state(const Batch& batch, const at::Tensor& mask, double tolerance) {
  if (model_->state().empty() && recorded_.names("state_after_train/").empty()) return;
  add("state_after_train", state_difference(recorded_, *model_), kStateTolerance);
  recorded_.set_values(*model_);
  std::vector<at::Tensor> before;
  for (const auto& [name, tensor] : model_->state()) before.push_back(tensor.clone());
  auto frozen = options();
  frozen.update_batch_norm = false;
  const at::NoGradGuard no_grad;
  const at::Tensor logits = model_->forward(batch, frozen).logits;
  std::string detail;
  double error = relative_difference(recorded_, logits, "output_train/logits", mask);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto& [name, tensor] = model_->state()[i];
    if (equal_bits(before[i], tensor)) continue;
    error = kInfinity;
    detail = "'" + name + "' changed";
  }
  add("batch_norm_off", error, tolerance, detail);
}

void CaseRun::compare_gradients(const Loss& loss) {
  loss.mean().backward();
  const double tolerance = gradient_tolerance(recorded_);
  add("gradient_norms", gradient_norm_difference(recorded_, *model_), tolerance);
  if (!recorded_.names("grad/").empty()) {
    add("gradients", gradient_difference(recorded_, *model_), tolerance);
  }
}

/// One thread while it lives, as the cases were recorded.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace

void check_case(const workloads::Workload& workload, const RecordedCase& recorded,
                Checker& checker) {
  const OneThread one_thread;
  const auto reading = [&](const auto& act) {
    try {
      return act();
    } catch (const nlohmann::json::exception& error) {
      throw InputError(recorded.file().string() + ": " + error.what());
    }
  };
  CaseRun run = reading([&] { return CaseRun(workload, recorded); });
  bool fits = false;
  checker.run(recorded.name() + ": parameters", [&] {
    auto result = reading([&] { return run.parameters(); });
    fits = result.passed;
    return result;
  });
  if (!fits) return;
  for (const bool training : {false, true}) {
    checker.run_all(recorded.name() + (training ? ": training" : ": evaluation"),
                    [&] { return reading([&] { return run.pass(training); }); });
  }
}

}  // namespace timetrial::conformance
