#pragma once
// What the translation workloads have in common, whatever their data: model, loss, metric, recorded
// batches.
#include "workloads/transformer/transformer.h"

namespace timetrial::transformer {

class Translation : public workloads::Workload {
 public:
  /// Throws ConfigError.
  explicit Translation(const Config& config);

  /// All but the data set and where it comes from.
  workloads::Facts facts() const override;
  std::string configuration() const override;
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;

  /// Evaluation takes `src` and `tgt`, training the packed_ ones with positions and segments.
  Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs,
                       bool training) const override;
  at::Tensor comparable_logits(const Batch& batch, const ModelOutput& output) const override;

 protected:
  const Config config_;
};

}  // namespace timetrial::transformer
