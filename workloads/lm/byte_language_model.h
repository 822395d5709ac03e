#pragma once
// What the workloads on streams of bytes share: model, loss, readers and facts. Where the bytes
// come from is the workload's.

#include "workloads/lm/lm.h"

#include <string>

namespace timetrial::lm {

/// Bytes predicted in validation and test, and in train_subset: enough that the metric's error from
/// the choice of text is about 0.02 bits, few enough that evaluations take a small part of a run.
constexpr std::size_t kEvaluationBytes = 24'576, kSubsetBytes = 8'192;

class ByteLanguageModel : public workloads::Workload {
 public:
  workloads::Facts facts() const override;
  std::string configuration() const override;
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;

 protected:
  /// `base` is the workload that prepares the data set. Throws ConfigError.
  ByteLanguageModel(const Config& config, std::string dataset, const std::string& base);

 private:
  Config config_;
  std::string dataset_, prepare_command_;
};

}  // namespace timetrial::lm
