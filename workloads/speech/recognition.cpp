#include "workloads/speech/recognition.h"

#include "workloads/speech/ctc_loss.h"
#include "workloads/speech/normalization.h"

namespace timetrial::speech {

Loss recognition_loss(const Batch& batch, const ModelOutput& output) {
  const auto& target_paddings = batch.at("target_paddings");
  Loss loss = masked_ctc_loss(output.logits, output.paddings, batch.targets(), target_paddings, {});
  if (!batch.contains("weights")) return loss;
  const auto& weights = batch.weights();
  loss.per_example = loss.per_example * weights;
  loss.summed = loss.per_example.sum();
  loss.valid_examples = ((1 - target_paddings).sum(1) * weights).sum().clamp_min(1);
  loss.per_task = {loss.mean()};
  return loss;
}

Loss RecognitionWorkload::loss(const Batch& batch, const ModelOutput& output, double) const {
  return recognition_loss(batch, output);
}

Batch RecognitionWorkload::recorded_batch(const std::map<std::string, at::Tensor>& inputs,
                                          bool) const {
  const auto& audio = inputs.at("audio");
  return Batch({{"inputs", audio},
                {"input_paddings", inputs.at("audio_paddings")},
                {"targets", inputs.at("targets")},
                {"target_paddings", inputs.at("target_paddings")},
                {"weights", at::ones({audio.size(0)}, audio.options())}});
}

void RecognitionModel::initialize(std::uint64_t seed) {
  BuiltModel::initialize(seed);
  reset_running_statistics(state_);
}

Features RecognitionModel::features(const Batch& batch, const ForwardOptions& options) const {
  Features features = log_mel_(batch.inputs(), batch.at("input_paddings"));
  if (options.training && spec_augment_.enabled) {
    features.values = spec_augment(spec_augment_, features.values, features.paddings);
  }
  return features;
}

}  // namespace timetrial::speech
