#pragma once
// The encoder-decoder transformer, and its decoder one token at a time.
//
//   Decoding decoding = model.start(inputs, beams, max_length);
//   for (…) logits = model.step(decoding, tokens);     // then decoding.keep(rows), to reorder
//
// Shapes   B rows of the batch, R = B * beams rows being decoded, beams of one sentence beside each
//          other; S, T source and target length; d width; H heads of D = d / H
// Masks    float32, 0 or -1e10, added to the scores, as in AlgoPerf: in float32 the sum is -1e10
//          whatever the score was, so a query that may see nothing attends evenly to everything
#include "workloads/nn/builder.h"
#include "workloads/nn/norm.h"
#include "workloads/nn/scaling.h"
#include "workloads/transformer/transformer.h"

#include <functional>

namespace timetrial::transformer {

/// Scales [D] of the layer norms of queries and keys; undefined: none.
struct QueryKeyNorm {
  at::Tensor query, key;
};

struct SelfAttention {
  nn::Linear in_proj;  ///< [3 d, d]: queries, keys, values
  nn::Linear gate;     ///< undefined weight: none
  nn::Linear out_proj;
  QueryKeyNorm norm;
};

struct CrossAttention {
  nn::Linear q_proj;
  nn::Linear kv_proj;  ///< [2 d, d]: keys, values
  nn::Linear gate;     ///< undefined weight: none
  nn::Linear out_proj;
  QueryKeyNorm norm;
};

struct FeedForward {
  nn::Linear linear1;
  nn::Linear linear_glu;  ///< undefined weight: none
  nn::Linear linear2;
};

/// Of the norms a layer with parallel branches has the first alone.
struct EncoderLayer {
  std::string name;  ///< to taps
  SelfAttention self_attn;
  FeedForward mlp;
  nn::Norm norm1, norm2;
};

struct DecoderLayer {
  std::string name;  ///< to taps
  SelfAttention self_attn;
  CrossAttention multihead_attn;
  FeedForward mlp;
  nn::Norm norm1, norm2, norm3;
};

/// What decoding has computed so far.
struct Decoding {
  std::int64_t beams = 1;
  std::int64_t position = 0;  ///< tokens fed
  at::Tensor memory_mask;     ///< [B, 1, 1, S]
  /// Per decoder layer, [B, H, S, D]: of the source, the same for all beams of a sentence.
  std::vector<at::Tensor> memory_keys, memory_values;
  /// Per decoder layer, [R, H, max_length, D], the first `position` of them set.
  std::vector<at::Tensor> keys, values;

  /// Row i continues what was row rows[i] (int64 [R], within the same sentence).
  void keep(const at::Tensor& rows);
};

class Transformer final : public nn::BuiltModel {
 public:
  Transformer(const Config& config, c10::Device device);

  /// Throws std::invalid_argument for shapes that do not fit.
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;

  /// Encodes the sources (int64 [B, S], unpacked) and gets ready to decode `beams` translations of
  /// each. No dropout. Throws std::invalid_argument unless 1 <= max_length <= kMaxLength.
  Decoding start(const at::Tensor& inputs, std::int64_t beams, std::int64_t max_length) const;
  /// Feeds one token to each row (int64 [R]; the first is 0) and gives the logits of the next, [R,
  /// vocabulary]. Throws std::invalid_argument after max_length tokens.
  at::Tensor step(Decoding& decoding, const at::Tensor& tokens) const;

 private:
  nn::Linear add_projection(const std::string& name, std::int64_t out, ParameterType type);
  SelfAttention add_self_attention(const std::string& name);
  CrossAttention add_cross_attention(const std::string& name);
  /// `prefix` ends with a dot.
  FeedForward add_feed_forward(const std::string& prefix);
  nn::Linear add_gate(const std::string& name);
  nn::Norm add_norm(const std::string& name);
  /// One of a layer's norms behind its first.
  nn::Norm add_later_norm(const std::string& name);
  QueryKeyNorm add_query_key_norm(const std::string& name);

  /// Token rows plus position rows; `positions` undefined: 0, 1, 2, …
  at::Tensor embed(const at::Tensor& ids, const at::Tensor& positions, double dropout) const;
  at::Tensor encode(const at::Tensor& inputs, const at::Tensor& positions,
                    const at::Tensor& segments, double dropout) const;
  at::Tensor decode(const Batch& batch, const at::Tensor& memory, double dropout) const;
  at::Tensor output(const at::Tensor& x) const;

  struct Branch {
    const nn::Norm& norm;
    std::function<at::Tensor(const at::Tensor& in)> of;
  };
  /// The branches in turn, each x + branch(norm(x)) or norm(x + branch(x)); or in parallel, all of
  /// the first one's norm.
  at::Tensor through(at::Tensor x, const std::vector<Branch>& branches) const;
  at::Tensor feed_forward(const at::Tensor& x, const FeedForward& mlp, double dropout) const;
  /// [B, L, d] -> [B, H, L, D].
  at::Tensor split(const at::Tensor& x) const;
  /// The same of queries or keys, normalised where `scale` is defined.
  at::Tensor split(const at::Tensor& x, const at::Tensor& scale) const;
  /// Queries [B, H, L, D], keys and values [B, H, M, D] -> [B, L, d]. `mask` undefined: none.
  /// `block` names it to taps; empty: it tells nothing.
  at::Tensor attend(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                    const at::Tensor& mask, double dropout, const std::string& block = {}) const;
  /// Times what the gate, if there is one, makes of the queries' input.
  static at::Tensor gated(const at::Tensor& gathered, const nn::Linear& gate,
                          const at::Tensor& in) {
    return gate.weight.defined() ? gathered * gate(in) : gathered;
  }
  /// Tells taps of what attention adds to the residual stream, and drops some of it.
  at::Tensor attention_branch(const at::Tensor& attended, double dropout,
                              const std::string& block) const;
  /// Scores [B, H, L, M] -> weights.
  at::Tensor weights(const at::Tensor& scores, const at::Tensor& mask) const;
  at::Tensor self_attention(const at::Tensor& x, const SelfAttention& layer, const at::Tensor& mask,
                            double dropout, const std::string& block) const;
  at::Tensor cross_attention(const at::Tensor& x, const CrossAttention& layer,
                             const at::Tensor& memory, const at::Tensor& mask, double dropout,
                             const std::string& block) const;
  at::Tensor step_self_attention(const at::Tensor& x, const SelfAttention& layer,
                                 Decoding& decoding, std::size_t index) const;
  at::Tensor step_cross_attention(const at::Tensor& x, const CrossAttention& layer,
                                  const Decoding& decoding, std::size_t index) const;

  Config config_;
  nn::Widths widths_;
  double branch_scale_;
  nn::Embedding embedding_;  // source, target and output share it
  std::vector<EncoderLayer> encoder_;
  std::vector<DecoderLayer> decoder_;
  nn::Norm encoder_norm_, decoder_norm_;  // undefined weights with post_ln
  at::Tensor positions_;                  // [kMaxLength, d]
};

/// What is added to the scores of bool [B, L, M], where it is false, as [B, 1, L, M].
at::Tensor additive_mask(const at::Tensor& allowed);
/// Throws std::invalid_argument unless ids are [B, L] with L from 1 to kMaxLength.
void require_ids(const at::Tensor& ids, const char* name);

/// The model alone, uninitialised. On the meta device nothing is allocated. While somebody listens
/// (nn/taps.h), forward reports attention_logit_max, attention_entropy and attention_branch_rms of
/// "encoder.layers.0", "decoder.layers.0" and, of attention to the source,
/// "decoder.layers.0.cross", and so on; output_rms of the layers; log_z.
std::unique_ptr<Transformer> make_model(const Config& config, c10::Device device);

}  // namespace timetrial::transformer
