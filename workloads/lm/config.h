#pragma once
// The sizes and switches of the language model, and how they scale its parts.
//
// Sources  query-key layer norm: Dehghani et al. 2023 (arXiv 2302.05442), section 2; z-loss:
//          Chowdhery et al. 2022 (arXiv 2204.02311), section 5; both, with depth and embedding
//          scaling, as cures for instabilities: Wortsman et al. 2023 (arXiv 2309.14322); parallel
//          blocks: Wang and Komatsuzaki 2021 (GPT-J); attention without softmax, and its gate:
//          Wortsman et al. 2023 (arXiv 2309.08586); muParam: Yang et al. 2022 (arXiv 2203.03466),
//          table 8, the rules for Adam

#include "workloads/nn/init.h"
#include "workloads/nn/layers.h"

#include <cstdint>
#include <string>

namespace timetrial::lm {

/// Of RMS norm, layer norm, and query-key normalisation.
constexpr double kEpsilon = 1e-6;

enum class Gate {
  sigmoid,  ///< a * sigmoid(b)
  silu,     ///< a * silu(b)
  none,     ///< no gate: gelu(a), by the tanh approximation
};
enum class Norm { rms, layer };
/// First values of matrices: normal(0.02), and 0.02 / sqrt(2 layers) at the ends of branches; or
/// normal(1 / sqrt(inputs)).
enum class Init { fixed, fan_in };

/// Defaults: the model of AlgoPerf's finewebedu_lm. Needs width % heads == 0 and an even head size.
struct Config {
  std::int64_t vocab_size = 50257;
  std::int64_t sequence_length = 1024;  ///< tokens per example; also sets the start of attn_scale
  std::int64_t width = 1024;
  std::int64_t heads = 8;
  std::int64_t layers = 12;
  std::int64_t mlp_dim = 4096;  ///< hidden units, rounded up to a multiple of `multiple_of`
  std::int64_t multiple_of = 256;
  // What variants change.
  bool qk_norm = true;  ///< queries and keys of unit length, a learned scale; else 1 / sqrt(head)
  /// Layer norm of queries and keys over the head's numbers, before the rotation; its scale is
  /// shared by the heads, it has no bias. In place of qk_norm.
  bool qk_layer_norm = false;
  /// How scores become weights; forms other than softmax divide by the number of visible keys to
  /// the power of attention_alpha.
  nn::AttentionForm attention = nn::AttentionForm::softmax;
  double attention_alpha = 1;
  bool attention_gate = false;  ///< what a head gathers times one more projection of the input
  Gate gate = Gate::sigmoid;    ///< of the MLP
  Norm norm = Norm::rms;
  bool biases = false;    ///< in linear layers and in layer norms
  bool tied = true;       ///< the embedding is also the output matrix
  bool parallel = false;  ///< attention and MLP read one norm; projections fused into two matrices
  Init init = Init::fixed;
  double rotary_base = 500'000;
  double z_loss = 0;           ///< weight of mean(log^2 Z) in the training loss
  double embedding_scale = 1;  ///< embeddings are multiplied by it
  /// Each branch is multiplied by sqrt(depth_base / layers); 0: by 1.
  std::int64_t depth_base = 0;
  /// muParam against a base of this width and as many heads; 0: standard. The learning rates of its
  /// rule are a submission's: hidden_rate_factor = mup_base_width / width.
  std::int64_t mup_base_width = 0;
};

/// Numbers that attention takes of each token: queries, keys, values, and the gate if it has one.
std::int64_t attention_inputs(const Config& config);

/// Hidden units of the MLP after rounding up.
std::int64_t hidden_units(const Config& config);

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

/// "key = value" lines, sorted: what a trial's provenance keeps of it. Switches that came later
/// than the model are left out where they have their defaults.
std::string to_text(const Config& config);

/// First values and multipliers of the model's parts.
struct Scaling {
  nn::Initializer embedding, head;
  nn::Initializer qkv, attention_out, mlp_in, mlp_out;
  nn::Initializer parallel_in, parallel_out;  ///< of the fused matrices
  double attention = 1;                       ///< of the scores, unless qk_norm learns it
  double branch = 1;                          ///< of what a branch adds
  double output = 1;                          ///< of the logits
};
Scaling scaling_of(const Config& config);

/// Where gcide_lm's size comes from: README.md. A step takes tens of milliseconds on two cores.
Config gcide_config();

/// bytes_lm: Wortsman et al.'s transformer in small, of any width.
Config bytes_config();

}  // namespace timetrial::lm
