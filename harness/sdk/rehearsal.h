#pragma once
// A submission at work on a problem in memory, hook by hook, as a worker would call it.

#include "harness/sdk/loader.h"
#include "harness/sdk/local_training.h"
#include "harness/tensorfile/safetensors.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::sdk {

struct Problem {
  std::unique_ptr<workloads::Workload> workload;
  std::unique_ptr<workloads::TrainingData> data;
  std::map<std::string, at::Tensor> initial;  ///< by parameter; empty: the model's initialisation
  std::int64_t batch_size = 0;                ///< 0: the submission's choice
  DataOrder data_order = DataOrder::shuffled;
  Hyperparameters point;
};

/// What a checkpoint of a rehearsal holds. Owns its memory.
struct SavedRehearsal {
  std::map<std::string, at::Tensor> weights;
  TrainingPosition position;
  std::unique_ptr<tensorfile::Reader> state;  ///< under the prefix "submission/"
};

class Rehearsal {
 public:
  /// Calls batch_size and init. Borrows both.
  Rehearsal(const SubmissionLibrary& library, const Problem& problem);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  void step();      ///< select_batch and update
  void evaluate();  ///< prepare_for_eval
  SavedRehearsal save() const;
  void load(const SavedRehearsal& saved);

  std::int64_t batch_size() const { return batch_size_; }
  Training& training() { return *training_; }
  const Submission& submission() const { return *submission_; }
  /// Copies, in the order of parameters().
  std::vector<at::Tensor> weights() const;

 private:
  void set_weights(const std::map<std::string, at::Tensor>& values);

  SubmissionPtr submission_;
  std::int64_t batch_size_ = 0;
  std::unique_ptr<LocalTraining> training_;
};

/// The facts of the fixture network that a submission may see.
WorkloadInfo fixture_info(const Problem& problem);

}  // namespace timetrial::sdk
