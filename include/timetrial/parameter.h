#pragma once
// A trainable tensor of a model, with the role it plays in it.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace timetrial {

/// What a parameter is for. Names and numbers are AlgoPerf's (`algoperf/spec.py`, ParameterType).
enum class ParameterType : std::int32_t {
  weight = 0,
  bias = 1,
  conv_weight = 2,
  batch_norm_scale = 3,
  batch_norm_bias = 4,
  layer_norm_scale = 5,
  layer_norm_bias = 6,
  embedding = 7,
  attention_q = 8,
  attention_k = 9,
  attention_v = 10,
  attention_out = 11,
  attention_qkv = 12,
  attention_kv = 13,
  attention_bias = 14,
};

/// The enumerator's spelling, such as "layer_norm_scale".
constexpr const char* to_string(ParameterType type) {
  switch (type) {
    case ParameterType::weight:
      return "weight";
    case ParameterType::bias:
      return "bias";
    case ParameterType::conv_weight:
      return "conv_weight";
    case ParameterType::batch_norm_scale:
      return "batch_norm_scale";
    case ParameterType::batch_norm_bias:
      return "batch_norm_bias";
    case ParameterType::layer_norm_scale:
      return "layer_norm_scale";
    case ParameterType::layer_norm_bias:
      return "layer_norm_bias";
    case ParameterType::embedding:
      return "embedding";
    case ParameterType::attention_q:
      return "attention_q";
    case ParameterType::attention_k:
      return "attention_k";
    case ParameterType::attention_v:
      return "attention_v";
    case ParameterType::attention_out:
      return "attention_out";
    case ParameterType::attention_qkv:
      return "attention_qkv";
    case ParameterType::attention_kv:
      return "attention_kv";
    case ParameterType::attention_bias:
      return "attention_bias";
  }
  return "unknown";
}

/// How a parameter grows with its model's width, which decides its learning rate where widths are
/// compared (Yang et al. 2022, arXiv 2203.03466, table 3; the "infinite" dimensions of a tensor).
enum class ParameterRole : std::int32_t {
  vector = 0,     ///< biases, scales of norms: one growing dimension, added or multiplied
  embedding = 1,  ///< tables of rows, and matrices whose inputs do not grow
  hidden = 2,     ///< matrices both dimensions of which grow
  readout = 3,    ///< matrices that give the model's outputs
};
constexpr const char* to_string(ParameterRole role) {
  switch (role) {
    case ParameterRole::vector:
      return "vector";
    case ParameterRole::embedding:
      return "embedding";
    case ParameterRole::hidden:
      return "hidden";
    case ParameterRole::readout:
      return "readout";
  }
  return "unknown";
}

/// One parameter. `tensor` is the leaf that the model computes with: change its values in place
/// (under at::NoGradGuard), never replace it. Its gradient is `tensor.grad()`, undefined until a
/// backward pass has reached it.
struct Parameter {
  std::string name;  ///< unique in the model, such as "encoder.net.0.mlp3.linear1.weight"
  ParameterType type = ParameterType::weight;
  at::Tensor tensor;
  std::optional<ParameterRole> stated_role = {};  ///< where type and shape do not tell: role_of()
};

/// Whether the parameter is a table of rows to look up. By its name too: AlgoPerf types the tables
/// of its recommender ("embedding_chunk_0") as weights.
inline bool is_embedding_table(const Parameter& parameter) {
  return parameter.type == ParameterType::embedding ||
         (parameter.tensor.dim() == 2 && parameter.name.starts_with("embedding"));
}

/// The role that the model states, or else the one that type and shape suggest: a matrix is hidden,
/// what has fewer than two dimensions longer than 1 is a vector.
inline ParameterRole role_of(const Parameter& parameter) {
  if (parameter.stated_role) return *parameter.stated_role;
  if (is_embedding_table(parameter)) return ParameterRole::embedding;
  int long_dimensions = 0;
  for (const auto size : parameter.tensor.sizes()) long_dimensions += size > 1 ? 1 : 0;
  return long_dimensions < 2 ? ParameterRole::vector : ParameterRole::hidden;
}

/// State of a model that is not trained, such as the running mean of a batch norm.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

}  // namespace timetrial
