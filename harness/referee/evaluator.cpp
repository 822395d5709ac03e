#include "harness/referee/evaluator.h"

#include "harness/snapshot/model_snapshot.h"

namespace timetrial::referee {

Evaluator::Evaluator(const std::string& workload, const std::filesystem::path& data_dir,
                     c10::Device device, std::int64_t batch_size)
    : workload_(workloads::find(workload).make()),
      training_dir_(std::filesystem::absolute(data_dir / workload_->facts().dataset / "training")),
      evaluation_(workload_->open_evaluation(data_dir / workload_->facts().dataset / "held_back")),
      model_(workload_->make_model(device)),
      layout_(snapshot::layout_of(*model_)),
      region_(protocol::SharedRegion::create(layout_.region_bytes())),
      batch_size_(batch_size) {}

std::optional<std::string> Evaluator::find_non_finite() {
  return snapshot::find_non_finite(region_, layout_);
}

std::map<std::string, double> Evaluator::evaluate() {
  snapshot::read(region_, layout_, *model_);
  std::map<std::string, double> metrics;
  for (const auto split :
       {workloads::Split::train_subset, workloads::Split::validation, workloads::Split::test}) {
    for (const auto& [name, value] : evaluation_->evaluate(*model_, split, batch_size_)) {
      metrics[std::string(workloads::to_string(split)) + "/" + name] = value;
    }
  }
  return metrics;
}

std::string Evaluator::hash() { return snapshot::hash(region_, layout_); }

}  // namespace timetrial::referee
