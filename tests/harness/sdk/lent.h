#pragma once
// What a submission is lent, for tests.

#include "harness/sdk/fixture_network.h"
#include "harness/sdk/local_training.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace timetrial::sdk {

/// Training on the fixture network, with its parts kept alive.
struct Lent {
  explicit Lent(std::uint64_t trial_seed = 1, std::uint64_t model_seed = 2, bool blind = false) {
    workload = make_fixture_network(/*unused_parameter=*/true);
    data = make_synthetic_data(50, 3);
    WorkloadInfo info;
    info.name = "fixture_network";
    training = std::make_unique<LocalTraining>(
        LocalTrainingOptions{.workload = *workload,
                             .model = workload->make_model(c10::kCPU),
                             .data = *data,
                             .info = info,
                             .hyperparameters = {},
                             .trial_seed = trial_seed,
                             .model_seed = model_seed,
                             .batch_size = 8,
                             .blind = blind});
  }
  std::vector<at::Tensor> weights() const {
    std::vector<at::Tensor> copies;
    for (const auto& p : training->parameters()) copies.push_back(p.tensor.detach().clone());
    return copies;
  }
  std::unique_ptr<workloads::Workload> workload;
  std::unique_ptr<workloads::TrainingData> data;
  std::unique_ptr<LocalTraining> training;
};

}  // namespace timetrial::sdk
