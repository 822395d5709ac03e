#include "workloads/workload.h"

#include <ATen/ops/eq.h>
#include <nlohmann/json.hpp>

namespace timetrial::workloads {
namespace {

[[noreturn]] void no_reader(const Workload& workload) {
  throw DataError("data set '" + workload.facts().dataset +
                  "': Timetrial has no reader for it yet; `timetrial workload list` names the "
                  "workloads whose data can be prepared");
}

}  // namespace

std::unique_ptr<TrainingData> Workload::open_training(const std::filesystem::path&) const {
  no_reader(*this);
}

std::unique_ptr<Evaluation> Workload::open_evaluation(const std::filesystem::path&) const {
  no_reader(*this);
}

void Workload::prepare(const std::filesystem::path&, const std::filesystem::path&) const {
  no_reader(*this);
}

std::uint64_t Workload::bytes_to_prepare(const std::filesystem::path&) const { no_reader(*this); }

std::unique_ptr<Workload> Workload::in_recorded_sizes(const nlohmann::json&) const {
  throw ConfigError("this workload has no recorded cases of a reference implementation");
}

Batch Workload::recorded_batch(const std::map<std::string, at::Tensor>& inputs, bool) const {
  return Batch(inputs);
}

at::Tensor Workload::comparable_logits(const Batch&, const ModelOutput& output) const {
  return output.paddings.defined() ? output.paddings.eq(0) : at::Tensor();
}

}  // namespace timetrial::workloads
