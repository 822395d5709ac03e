// One training step of a model without an optimizer: gradients taken away, forward, loss, backward.
// The C++ half of step.py, which writes the case and does the same steps in PyTorch.
//
//   step_bench CASE THREADS < counts
//
// CASE is CASE.json and CASE.safetensors as harness/conformance/recorded_case.h reads them, its
// inputs by the names of the workload's Batch, and in the JSON
//   workload     the workload's name; "constructor" null: in its own sizes
//   dropout      the rate of training
//
// Prints a line {"parameters": count, "loss": mean loss in evaluation mode}, then for each count of
// steps that it reads a line [seconds, seconds of processor time] that they took.
#include "harness/conformance/recorded_case.h"
#include "harness/device/device.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

namespace {

using namespace timetrial;

class Steps {
 public:
  explicit Steps(const conformance::RecordedCase& recorded)
      : workload_(workload_of(recorded.sidecar())),
        model_(workload_->make_model(c10::kCPU)),
        batch_(recorded.inputs()) {
    recorded.set_values(*model_);
    training_.dropout = recorded.sidecar().at("dropout").get<double>();
  }

  std::int64_t parameter_count() const {
    std::int64_t count = 0;
    for (const auto& parameter : model_->parameters()) count += parameter.tensor.numel();
    return count;
  }

  double evaluation_loss() const {
    const at::NoGradGuard no_grad;
    return mean_loss({.training = false, .update_batch_norm = true, .dropout = {}}).item<double>();
  }

  /// Seconds and processor time of so many steps.
  nlohmann::json seconds(std::int64_t count) const {
    const auto started = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    for (std::int64_t i = 0; i < count; ++i) {
      for (const auto& parameter : model_->parameters()) parameter.tensor.mutable_grad().reset();
      mean_loss(training_).backward();
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started;
    const auto used = static_cast<double>(std::clock() - processor);
    return {passed.count(), used / CLOCKS_PER_SEC};
  }

 private:
  static std::unique_ptr<workloads::Workload> workload_of(const nlohmann::json& sidecar) {
    auto workload = workloads::find(sidecar.at("workload").get<std::string>()).make();
    const auto& constructor = sidecar.at("constructor");
    return constructor.is_null() ? std::move(workload) : workload->in_recorded_sizes(constructor);
  }

  at::Tensor mean_loss(const ForwardOptions& options) const {
    return workload_->loss(batch_, model_->forward(batch_, options), /*label_smoothing=*/0).mean();
  }

  std::unique_ptr<workloads::Workload> workload_;
  std::unique_ptr<workloads::Model> model_;
  Batch batch_;
  ForwardOptions training_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: step_bench CASE THREADS\n";
    return 2;
  }
  try {
    device::open_device("cpu", std::stoll(argv[2]));
    const Steps steps{conformance::RecordedCase(argv[1])};
    std::cout << nlohmann::json{{"parameters", steps.parameter_count()},
                                {"loss", steps.evaluation_loss()}}
              << std::endl;
    for (std::int64_t count = 0; std::cin >> count;) {
      std::cout << steps.seconds(count) << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "step_bench: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
