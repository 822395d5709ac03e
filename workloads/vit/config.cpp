#include "workloads/vit/vit.h"

#include <cmath>
#include <map>
#include <sstream>

namespace timetrial::vit {
namespace {

template <typename Value>
void expect(bool valid, const char* field, Value value, const std::string& allowed) {
  if (valid) return;
  std::ostringstream message;
  message << "vit: " << field << " = " << value << "; it must be " << allowed;
  throw workloads::ConfigError(message.str());
}

void check_scales(const Config& config) {
  expect(std::isfinite(config.attention_alpha), "attention_alpha", config.attention_alpha,
         "a finite number");
  expect(std::isfinite(config.z_loss) && config.z_loss >= 0, "z_loss", config.z_loss,
         "a finite number of at least 0");
  expect(std::isfinite(config.embedding_scale) && config.embedding_scale > 0, "embedding_scale",
         config.embedding_scale, "a finite number above 0");
  expect(config.depth_base >= 0, "depth_base", config.depth_base, "at least 0");
  expect(config.mup_base_width >= 0 && config.mup_base_width % config.heads == 0, "mup_base_width",
         config.mup_base_width, "0, or a multiple of heads = " + std::to_string(config.heads));
}

std::string text_of(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string divisors(std::int64_t number) {
  std::string list;
  for (std::int64_t d = 1; d <= number; ++d) {
    if (number % d == 0) list += (list.empty() ? "" : ", ") + std::to_string(d);
  }
  return list;
}

}  // namespace

void check(const Config& config) {
  const struct {
    const char* field;
    std::int64_t value;
  } positive[] = {{"image_size", config.image_size}, {"patch_size", config.patch_size},
                  {"channels", config.channels},     {"classes", config.classes},
                  {"width", config.width},           {"depth", config.depth},
                  {"heads", config.heads},           {"mlp_dim", config.mlp_dim}};
  for (const auto& [field, value] : positive) expect(value >= 1, field, value, "at least 1");
  expect(config.width % 4 == 0, "width", config.width,
         "a multiple of 4 (sine and cosine of two directions)");
  expect(config.width % config.heads == 0, "heads", config.heads,
         "a divisor of width = " + std::to_string(config.width) + ": " + divisors(config.width));
  expect(config.image_size % config.patch_size == 0, "patch_size", config.patch_size,
         "a divisor of image_size = " + std::to_string(config.image_size) + ": " +
             divisors(config.image_size));
  check_scales(config);
  if (config.parallel && config.post_ln) {
    throw workloads::ConfigError(
        "vit: parallel and post_ln are both set; parallel branches have their norm before them");
  }
}

std::string to_text(const Config& config) {
  std::map<std::string, std::string> lines;
  const auto number = [&](const char* key, std::int64_t value) {
    lines[key] = std::to_string(value);
  };
  const auto flag = [&](const char* key, bool value) { lines[key] = value ? "true" : "false"; };
  // Keys that came later stand there where they say something, so that texts, which are hashed,
  // stay what they were.
  const auto later = [&](const char* key, bool value, bool usual) {
    if (value != usual) flag(key, value);
  };
  number("channels", config.channels);
  number("classes", config.classes);
  number("depth", config.depth);
  flag("glu", config.glu);
  number("heads", config.heads);
  number("image_size", config.image_size);
  flag("map_head", config.map_head);
  number("mlp_dim", config.mlp_dim);
  number("patch_size", config.patch_size);
  flag("post_ln", config.post_ln);
  number("width", config.width);
  if (config.attention != nn::AttentionForm::softmax) {
    lines["attention"] = nn::to_string(config.attention);
    lines["attention_alpha"] = text_of(config.attention_alpha);
  }
  later("biases", config.biases, true);
  if (config.depth_base != 0) number("depth_base", config.depth_base);
  if (config.embedding_scale != 1) lines["embedding_scale"] = text_of(config.embedding_scale);
  later("gated_attention", config.gated_attention, false);
  later("learned_positions", config.learned_positions, false);
  if (config.mup_base_width != 0) number("mup_base_width", config.mup_base_width);
  later("parallel", config.parallel, false);
  later("pre_logits", config.pre_logits, true);
  later("qk_norm", config.qk_norm, false);
  later("qkv_bias", config.qkv_bias, true);
  later("rms_norm", config.rms_norm, false);
  if (config.z_loss != 0) lines["z_loss"] = text_of(config.z_loss);
  std::string text;
  for (const auto& [key, value] : lines) text += key + " = " + value + "\n";
  return text;
}

Config base_16() { return {.width = 768, .depth = 12, .heads = 12, .mlp_dim = 3072}; }

Config large_16() { return {.width = 1024, .depth = 24, .heads = 16, .mlp_dim = 4096}; }

Config vit_22b() {
  return {.patch_size = 14,
          .width = 6144,
          .depth = 48,
          .heads = 48,
          .mlp_dim = 24'576,
          .map_head = true,
          .qk_norm = true,
          .parallel = true,
          .qkv_bias = false,
          .rms_norm = true,
          .learned_positions = true,
          .pre_logits = false};
}

}  // namespace timetrial::vit
