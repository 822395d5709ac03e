#pragma once
// Translation with an encoder-decoder transformer, one sentence or several packed ones per row.
//
// Input    inputs int64 [B, S], targets int64 [B, T]: token ids, 0 is padding; weights float32
//          [B, T], 1 where there is a target token. Packed rows also have inputs_position,
//          inputs_segmentation [B, S] and targets_position, targets_segmentation [B, T], int64:
//          positions begin at 0 in each sentence, sentences are numbered from 1
// Output   logits float32 [B, T, vocabulary]: of target t, given the targets before it
// Loss     softmax cross-entropy in nats, one value per target token [B, T]
// Metrics  bleu (0 to 100, higher is better) of beam search; loss and accuracy per target token
// Source   Vaswani et al. 2017 (arXiv 1706.03762), layer norms before the branches (Xiong et al.
//          2020, arXiv 2002.04745); the model of AlgoPerf's wmt (commit 2c90454fc05d) and its
//          variants post_ln, attention_temp and glu_tanh; query-key layer norm: Dehghani et al.
//          2023 (arXiv 2302.05442); z-loss: Chowdhery et al. 2022 (arXiv 2204.02311); attention
//          without softmax, and its gate: Wortsman et al. 2023 (arXiv 2309.08586); parallel
//          branches: Wang and Komatsuzaki 2021 (GPT-J); RMS norm: workloads/nn/norm.h; what is
//          scaled with width and depth: workloads/nn/scaling.h
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/nn/layers.h"
#include "workloads/workload.h"

namespace timetrial::transformer {

/// Positions that the table of sines has: no sentence and no row is longer.
inline constexpr std::int64_t kMaxLength = 256;

enum class Activation { relu, tanh };

inline constexpr double kDefaultDropout = 0.1;  ///< at every site of AlgoPerf's

/// Defaults: the model of AlgoPerf's wmt. Needs `width % heads == 0` and an even width.
struct Config {
  std::int64_t vocab_size = 32000;
  std::int64_t width = 1024;
  std::int64_t heads = 16;
  std::int64_t mlp_dim = 1024;
  std::int64_t layers = 6;  ///< of the encoder, and as many of the decoder
  double layer_norm_epsilon = 1e-6;
  double dropout = kDefaultDropout;  ///< where the submission asks for none
  // What variants change.
  bool post_ln = false;              ///< layer norm after the residual branch, and none at the end
  double attention_temperature = 1;  ///< a factor of the queries of all attentions
  Activation activation = Activation::relu;  ///< in the MLP
  bool glu = false;  ///< MLP: activation(W1 x) * (Wg x); needs mlp_dim == width
  /// Layer norm of queries and keys of all attentions over the head's numbers; its scale is shared
  /// by the heads, it has no bias.
  bool qk_layer_norm = false;
  /// How scores become weights; forms other than softmax divide by the number of visible keys to
  /// the power of attention_alpha.
  nn::AttentionForm attention = nn::AttentionForm::softmax;
  double attention_alpha = 1;
  /// What heads gather, times one more projection of what their queries are made of; no bias.
  bool attention_gate = false;
  /// A layer's branches, the attention to the source among them, read one norm and are summed.
  bool parallel = false;
  bool rms_norm = false;        ///< norms without centring and without biases
  bool biases = true;           ///< false: none in any layer or norm
  double z_loss = 0;            ///< weight of mean(log^2 Z) in what is trained on
  double embedding_scale = 1;   ///< of token rows on the way in, before positions are added
  std::int64_t depth_base = 0;  ///< branches times sqrt(depth_base / layers); 0: by 1
  /// muParam against a base of this width and as many heads; 0: standard. The learning rates of its
  /// rule are a submission's: hidden_rate_factor = mup_base_width / width.
  std::int64_t mup_base_width = 0;
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

/// "relu", "tanh".
const char* to_string(Activation activation);

// What AlgoPerf's variants change.
Config post_ln(Config config);
Config attention_temp(Config config);
Config glu_tanh(Config config);

// What instabilities were studied under.
Config with_qk_layer_norm(Config config);
Config with_relu_attention(Config config);
Config with_z_loss(Config config);

/// The workload on AlgoPerf's WMT data.
std::unique_ptr<workloads::Workload> make(const Config& config);

/// The small model of libreoffice_transformer.
Config libreoffice_config();

/// The workload on texts of LibreOffice.
std::unique_ptr<workloads::Workload> make_libreoffice(const Config& config);

/// See the top of this file. Throws std::invalid_argument when logits and targets do not fit.
Loss token_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing);

}  // namespace timetrial::transformer
