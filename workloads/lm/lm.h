#pragma once
// Language modelling with a decoder-only transformer: predict the next token from those before it.
//
// Input    inputs int64 [B, T]; targets int64 [B, T] (the inputs moved by one), -1 where padded;
//          weights float32 [B] or [B, T], 0 for padding
// Output   logits float32 [B, T, vocab_size]
// Loss     softmax cross-entropy in nats, one value per token [B, T]; valid_examples counts tokens;
//          label smoothing spreads its share over all tokens of the vocabulary
// Metric   bits_per_byte, lower is better, over every token of a split: for the byte-level
//          vocabulary (256) the loss in bits, which no choice of tokenizer can move
// Source   the model of AlgoPerf's finewebedu_lm (commit 4c37f2aa208f); rotary positions: Su et al.
//          2021 (arXiv 2104.09864); query-key normalisation: Henry et al. 2020 (arXiv 2010.04245);
//          gated linear units: Dauphin et al. 2017 (arXiv 1612.08083); with silu (SwiGLU): Shazeer
//          2020 (arXiv 2002.05202)
// Data, splits and fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/lm/config.h"
#include "workloads/workload.h"

namespace timetrial::lm {

std::unique_ptr<workloads::Workload> make(const Config& config);

/// How FineWeb-Edu's token files become examples; defaults: AlgoPerf's numbers.
struct FinewebEduPreparation {
  std::int64_t windows_per_shard = 100'000;
  std::int64_t train_subset = 10'000;  ///< the first windows of training, evaluated
  std::int64_t validation = 100'000;   ///< at most, the first of the "val" files
};

/// A workload on FineWeb-Edu; metric "ppl", the exponential of the loss per token. No test split:
/// as in AlgoPerf its loss is 0.
std::unique_ptr<workloads::Workload> make_finewebedu(const Config& config,
                                                     const FinewebEduPreparation& settings = {});

/// The model alone, uninitialised. On the meta device nothing is allocated. While somebody listens
/// (nn/taps.h) it reports attention_logit_max, attention_entropy, attention_branch_rms and
/// output_rms of "layers.0" and so on, and log_z.
std::unique_ptr<workloads::Model> make_transformer(const Config& config, c10::Device device);

/// See the top of this file. Throws std::invalid_argument when logits, targets and weights do not
/// fit together, or the smoothing is not in [0, 1).
Loss token_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing);

/// What is trained on: token_loss, and `z_loss` (Config) times the square of the logarithm of each
/// token's softmax denominator.
Loss training_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing,
                   double z_loss);

}  // namespace timetrial::lm
