#pragma once
// A speech recogniser, all but its encoder: what its workload says and how its model begins.
//
// Input    inputs float32 [B, N], audio as 16-bit sample values; input_paddings float32
//          [B, N]; targets int64 [B, S], token ids; target_paddings float32 [B, S]; weights
//          float32 [B], 0 for an example that does not count. Paddings are 1 where padded and come
//          last; each example has a whole frame of audio
// Output   logits float32 [B, T, tokens], token 0 the blank; paddings [B, T]. 320,000 samples make
//          T = 500
// Loss     CTC in nats, one value per example [B], not divided by its length; the divisor is the
//          number of target tokens. Label smoothing is ignored
// Metrics  those of the data set: ctc_loss (nats per target token) and error rates, lower is better

#include "workloads/nn/builder.h"
#include "workloads/speech/log_mel.h"
#include "workloads/speech/spec_augment.h"
#include "workloads/workload.h"

namespace timetrial::speech {

/// The end of the divisor's story: AlgoPerf trains without a mask, on a mean over target tokens. A
/// weight of 0 takes an example, and its tokens, out; weights of 1 change nothing.
Loss recognition_loss(const Batch& batch, const ModelOutput& output);

/// What every workload of speech recognition has in common, whatever its data and model.
class RecognitionWorkload : public workloads::Workload {
 public:
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const final;
  Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs, bool training) const final;
};

inline constexpr double kDefaultDropout = 0.1;

/// A model that begins with the front end and has masked batch norms.
class RecognitionModel : public nn::BuiltModel {
 public:
  void initialize(std::uint64_t seed) override;

 protected:
  RecognitionModel(c10::Device device, const LogMelConfig& log_mel,
                   const SpecAugmentConfig& spec_augment)
      : BuiltModel(device), log_mel_(device, log_mel), spec_augment_(spec_augment) {}
  /// Log-mel features of the batch's audio; in training mode with random masks, if the
  /// configuration says so.
  Features features(const Batch& batch, const ForwardOptions& options) const;

 private:
  LogMel log_mel_;
  SpecAugmentConfig spec_augment_;
};

}  // namespace timetrial::speech
