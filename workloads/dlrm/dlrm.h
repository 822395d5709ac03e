#pragma once
// Ranking with DLRM: will this user like this item, from dense numbers and categorical ids.
//
// Input    inputs float32 [B, dense_features + categorical_features]: dense values, then ids stored
//          as float32; targets float32 [B], 0 or 1; weights float32 [B], 0 for padding
// Output   logits float32 [B, 1]
// Loss     sigmoid cross-entropy in nats, one value per example [B]; label smoothing is ignored
// Metrics  loss (mean over a split, lower is better) and auc, the area under the ROC curve, higher
//          is better; ties count half
// Source   Naumov et al. 2019 (arXiv 1906.00091); the model of AlgoPerf's criteo1tb (commit
//          2c90454fc05d), its variants layernorm, resnet and embed_init
// Data, splits and fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/workload.h"

namespace timetrial::dlrm {

/// Defaults: the model of AlgoPerf's criteo1tb.
struct Config {
  std::int64_t dense_features = 13;
  std::int64_t categorical_features = 26;
  std::int64_t vocab_size =
      4194304;  ///< rows of the one table that all columns share; ids modulo it
  std::int64_t embed_dim = 128;
  std::vector<std::int64_t> bottom_dims = {512, 256, 128};
  std::vector<std::int64_t> top_dims = {1024, 1024, 512, 256, 1};  ///< the last one is the logit
  // What variants change, one at a time.
  bool layer_norm = false;      ///< after each hidden ReLU, and over each embedding
  bool resnet = false;          ///< residual blocks and plain concatenation, no pairwise products
  double embed_init_scale = 0;  ///< upper end of the embeddings' start; 0: 1 / sqrt(vocab_size)
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

/// "key = value" lines, sorted: what a trial's provenance keeps of it.
std::string to_text(const Config& config);

/// movielens_dlrm's size, from experiments in README.md.
Config movielens_config();

/// A workload on MovieLens 100k. The configuration must have its 11 dense and 11 categorical
/// columns.
std::unique_ptr<workloads::Workload> make(const Config& config);

/// A workload on the Criteo 1 TB click logs, criteo_data.h; metric "loss" alone.
std::unique_ptr<workloads::Workload> make_criteo(const Config& config);

/// The model alone, uninitialised. On the meta device nothing is allocated.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// See the top of this file. Throws std::invalid_argument when logits and targets do not fit.
Loss click_loss(const Batch& batch, const at::Tensor& logits);

}  // namespace timetrial::dlrm
