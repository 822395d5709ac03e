#pragma once
// The evaluation half of a trial: the held-back data, the referee's own model, and the shared
// region whose snapshot is copied into it.

#include "harness/protocol/snapshot.h"
#include "workloads/workload.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::referee {

class Evaluator {
 public:
  /// `data_dir` holds all data sets; of each held-back split the first `examples` count, 0 for all.
  /// Throws InputError naming missing or malformed data, and where a workload has no use for a
  /// part.
  Evaluator(const std::string& workload, const std::filesystem::path& data_dir, c10::Device device,
            std::int64_t batch_size, std::int64_t examples);

  protocol::SharedRegion& region() { return region_; }
  const protocol::SnapshotLayout& layout() const { return layout_; }
  /// Where the worker finds its half of the data.
  const std::filesystem::path& training_dir() const { return training_dir_; }

  /// What is not finite in the region's snapshot; empty when all is.
  std::optional<std::string> find_non_finite();
  /// Metrics of the region's snapshot on all splits, by "split/metric".
  std::map<std::string, double> evaluate();
  /// The evaluators that `names` ask for ("all": every one that the workload has). Throws
  /// InputError for one that it has not.
  std::vector<std::string> evaluators(const std::vector<std::string>& names) const;
  /// What one of them finds in the model that was evaluated last, as "evaluator/<name>/<value>".
  std::map<std::string, double> look(const std::string& evaluator);
  /// SHA-256 of the region's snapshot, hex.
  std::string hash();

 private:
  std::unique_ptr<workloads::Workload> workload_;
  std::filesystem::path training_dir_;
  std::unique_ptr<workloads::Evaluation> evaluation_;
  std::unique_ptr<workloads::Model> model_;
  protocol::SnapshotLayout layout_;
  protocol::SharedRegion region_;
  std::int64_t batch_size_;
};

}  // namespace timetrial::referee
