#include "harness/referee/evaluator.h"

#include "harness/snapshot/model_snapshot.h"
#include "harness/trial/error.h"
#include "harness/trial/evaluators.h"
#include "harness/trial/suggest.h"
#include "workloads/abridged.h"
#include "workloads/evaluators.h"

#include <algorithm>

namespace timetrial::referee {
namespace {

std::unique_ptr<workloads::Evaluation> open(const workloads::Workload& workload,
                                            const std::filesystem::path& data_dir,
                                            std::int64_t examples) {
  auto evaluation = workload.open_evaluation(data_dir / workload.facts().dataset / "held_back");
  if (examples == 0) return evaluation;
  auto* abridged = dynamic_cast<workloads::Abridged*>(evaluation.get());
  if (abridged == nullptr) {
    throw InputError(
        "the workload is always evaluated on all of its examples; leave out evaluate_examples");
  }
  abridged->keep_first(examples);
  return evaluation;
}

}  // namespace

Evaluator::Evaluator(const std::string& workload, const std::filesystem::path& data_dir,
                     c10::Device device, std::int64_t batch_size, std::int64_t examples)
    : workload_(workloads::find(workload).make()),
      training_dir_(std::filesystem::absolute(data_dir / workload_->facts().dataset / "training")),
      evaluation_(open(*workload_, data_dir, examples)),
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

std::vector<std::string> Evaluator::evaluators(const std::vector<std::string>& names) const {
  if (names.empty()) return {};
  const auto* evaluators = dynamic_cast<const workloads::Evaluators*>(evaluation_.get());
  const auto known = evaluators == nullptr ? std::vector<std::string>{} : evaluators->evaluators();
  if (known.empty()) {
    throw InputError("the workload has no evaluators; leave out --evaluators");
  }
  if (names == std::vector<std::string>{kEveryEvaluator}) return known;
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw InputError("of this workload: " + unknown_name("evaluator", name, known));
  }
  return names;
}

std::map<std::string, double> Evaluator::look(const std::string& evaluator) {
  const auto& evaluators = dynamic_cast<const workloads::Evaluators&>(*evaluation_);
  std::map<std::string, double> found;
  for (const auto& [name, value] : evaluators.look(evaluator, *model_, batch_size_)) {
    found[kEvaluatorPrefix + evaluator + "/" + name] = value;
  }
  return found;
}

std::string Evaluator::hash() { return snapshot::hash(region_, layout_); }

}  // namespace timetrial::referee
