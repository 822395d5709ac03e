#include "workloads/lm/config.h"

#include "workloads/nn/scaling.h"
#include "workloads/workload.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

namespace timetrial::lm {
namespace {

constexpr double kInitStd = 0.02;

double as_double(std::int64_t value) { return static_cast<double>(value); }

/// "name = value".
template <typename Value>
std::string line(const char* name, const Value& value) {
  std::ostringstream out;
  out << name << " = " << value;
  return out.str();
}

template <typename Value>
void require(bool holds, const char* field, Value value, const char* allowed) {
  if (!holds) throw workloads::ConfigError(line(field, value) + "; " + allowed);
}

const char* to_string(Gate gate) {
  switch (gate) {
    case Gate::sigmoid:
      return "sigmoid";
    case Gate::silu:
      return "silu";
    case Gate::none:
      return "none";
  }
  return "unknown";
}

nn::Widths widths(const Config& config) {
  return {config.width, config.heads, config.mup_base_width};
}

/// The width whose first values the embedding and the head have.
double vector_width(const Config& config) {
  return as_double(nn::width_of_vectors(widths(config)));
}

/// Of a matrix with this many inputs; `ends_branch`: its output goes into the residual stream.
nn::Initializer matrix(const Config& config, std::int64_t inputs, bool ends_branch) {
  if (config.init == Init::fan_in) return nn::normal(1 / std::sqrt(as_double(inputs)));
  const double depth = ends_branch ? std::sqrt(2 * as_double(config.layers)) : 1;
  return nn::normal(kInitStd / depth / std::sqrt(as_double(config.width) / vector_width(config)));
}

}  // namespace

std::int64_t attention_inputs(const Config& config) {
  return (config.attention_gate ? 4 : 3) * config.width;
}

std::int64_t hidden_units(const Config& config) {
  return (config.mlp_dim + config.multiple_of - 1) / config.multiple_of * config.multiple_of;
}

void validate(const Config& config) {
  require(config.vocab_size >= 2, "vocab_size", config.vocab_size, "use at least 2");
  require(config.sequence_length >= 2, "sequence_length", config.sequence_length, "use at least 2");
  require(config.layers >= 1, "layers", config.layers, "use at least 1");
  require(config.mlp_dim >= 1, "mlp_dim", config.mlp_dim, "use at least 1");
  require(config.multiple_of >= 1, "multiple_of", config.multiple_of, "use at least 1");
  require(config.width >= 2, "width", config.width, "use at least 2");
  require(config.heads >= 1 && config.width % config.heads == 0 &&
              (config.width / config.heads) % 2 == 0,
          "heads", config.heads, "must divide width into heads of an even size");
  require(!(config.qk_norm && config.qk_layer_norm), "qk_layer_norm", 1, "needs qk_norm = 0");
  require(config.attention_alpha >= 0, "attention_alpha", config.attention_alpha,
          "must not be negative");
  require(config.rotary_base > 1, "rotary_base", config.rotary_base, "must be above 1");
  require(config.z_loss >= 0, "z_loss", config.z_loss, "must not be negative");
  require(config.embedding_scale > 0, "embedding_scale", config.embedding_scale, "must be above 0");
  require(config.depth_base >= 0, "depth_base", config.depth_base, "must not be negative");
  require(config.mup_base_width == 0 ||
              (config.mup_base_width > 0 && config.mup_base_width % config.heads == 0),
          "mup_base_width", config.mup_base_width, "use 0, or a multiple of heads");
}

std::string to_text(const Config& config) {
  std::vector<std::string> lines = {line("gate", to_string(config.gate)),
                                    line("heads", config.heads),
                                    line("layers", config.layers),
                                    line("mlp_dim", config.mlp_dim),
                                    line("multiple_of", config.multiple_of),
                                    line("qk_norm", config.qk_norm),
                                    line("sequence_length", config.sequence_length),
                                    line("vocab_size", config.vocab_size),
                                    line("width", config.width)};
  // Only what a configuration changes, so that those of before these switches keep their hashes.
  const Config standard;
  const auto add = [&](bool changed, const std::string& line) {
    if (changed) lines.push_back(line);
  };
  const bool pointwise = config.attention != standard.attention;
  add(pointwise, line("attention", nn::to_string(config.attention)));
  add(pointwise, line("attention_alpha", config.attention_alpha));
  add(config.attention_gate, "attention_gate = 1");
  add(config.biases, "biases = 1");
  add(config.depth_base != standard.depth_base, line("depth_base", config.depth_base));
  add(config.embedding_scale != standard.embedding_scale,
      line("embedding_scale", config.embedding_scale));
  add(config.init == Init::fan_in, "init = fan_in");
  add(config.mup_base_width != 0, line("mup_base_width", config.mup_base_width));
  add(config.norm == Norm::layer, "norm = layer");
  add(config.parallel, "parallel = 1");
  add(config.qk_layer_norm, "qk_layer_norm = 1");
  add(config.rotary_base != standard.rotary_base, line("rotary_base", config.rotary_base));
  add(!config.tied, "tied = 0");
  add(config.z_loss != 0, line("z_loss", config.z_loss));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

Scaling scaling_of(const Config& config) {
  const auto width = config.width, hidden = hidden_units(config);
  Scaling scaling;
  scaling.embedding =
      nn::normal(config.init == Init::fan_in ? 1 / std::sqrt(vector_width(config)) : kInitStd);
  scaling.head = scaling.embedding;
  scaling.qkv = matrix(config, width, false);
  scaling.attention_out = matrix(config, width, true);
  scaling.mlp_in = matrix(config, width, false);
  scaling.mlp_out = matrix(config, hidden, true);
  scaling.parallel_in = matrix(config, width, false);
  scaling.parallel_out = matrix(config, width + hidden, true);
  scaling.attention = nn::attention_scale(widths(config));
  scaling.branch = nn::branch_scale(config.layers, config.depth_base);
  scaling.output = nn::output_scale(widths(config));
  return scaling;
}

Config gcide_config() {
  Config config;
  config.vocab_size = 256;
  config.sequence_length = 128;
  config.width = 96;
  config.heads = 4;
  config.layers = 2;
  config.mlp_dim = 256;
  config.multiple_of = 32;
  return config;
}

Config bytes_config() {
  Config config;
  config.vocab_size = 256;
  config.sequence_length = 64;
  config.width = 64;
  config.heads = 2;
  config.layers = 2;
  config.mlp_dim = 256;
  config.multiple_of = 1;
  config.qk_norm = false;
  config.qk_layer_norm = true;
  config.gate = Gate::none;
  config.norm = Norm::layer;
  config.tied = false;
  config.init = Init::fan_in;
  config.rotary_base = 10'000;
  config.z_loss = 1e-4;
  return config;
}

}  // namespace timetrial::lm
