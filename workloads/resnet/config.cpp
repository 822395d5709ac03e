#include "workloads/resnet/resnet.h"

#include <algorithm>
#include <sstream>

namespace timetrial::resnet {
namespace {

void expect(bool valid, const char* field, const std::string& value, const char* allowed) {
  if (valid) return;
  throw workloads::ConfigError(std::string("resnet: ") + field + " = " + value + "; it must be " +
                               allowed);
}

std::string list(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values)
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

}  // namespace

const char* to_string(Block block) { return block == Block::basic ? "BasicBlock" : "Bottleneck"; }

const char* to_string(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::silu:
      return "silu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
  }
  return "unknown";
}

Config cifar_config() {
  return {.block = Block::basic, .layers = {2, 2, 2, 2}, .classes = 10, .stem = Stem::cifar};
}

Config fashion_mnist_config() {
  return {.block = Block::basic,
          .layers = {1, 1, 1, 1},
          .classes = 10,
          .stem = Stem::imagenet,
          .channels = 1,
          .width = 32};
}

std::string to_text(const Config& config) {
  std::ostringstream text;
  text << std::boolalpha << "activation = " << to_string(config.activation)
       << "\nblock = " << to_string(config.block) << "\nchannels = " << config.channels
       << "\nclasses = " << config.classes << "\ndilate =";
  for (const bool stage : config.dilate) text << ' ' << stage;
  text << "\ngroups = " << config.groups << "\nlast_norm_scale = " << config.last_norm_scale
       << "\nlayers =";
  for (const std::int64_t blocks : config.layers) text << ' ' << blocks;
  text << "\nstem = " << (config.stem == Stem::cifar ? "cifar" : "imagenet")
       << "\nwidth = " << config.width << "\nwidth_per_group = " << config.width_per_group << '\n';
  return text.str();
}

void check(const Config& config) {
  const bool stages =
      config.layers.size() == 4 && std::all_of(config.layers.begin(), config.layers.end(),
                                               [](std::int64_t blocks) { return blocks >= 1; });
  expect(stages, "layers", list(config.layers), "four numbers of at least 1");
  expect(config.classes >= 1, "classes", std::to_string(config.classes), "at least 1");
  expect(config.channels >= 1, "channels", std::to_string(config.channels), "at least 1");
  expect(config.width >= 1, "width", std::to_string(config.width), "at least 1");
  expect(config.groups >= 1, "groups", std::to_string(config.groups), "at least 1");
  expect(config.width_per_group >= 1, "width_per_group", std::to_string(config.width_per_group),
         "at least 1");
  if (config.block == Block::basic) {
    expect(config.groups == 1, "groups", std::to_string(config.groups), "1 with basic blocks");
    expect(config.width_per_group == 64, "width_per_group", std::to_string(config.width_per_group),
           "64 with basic blocks");
    expect(config.dilate == std::array<bool, 3>{}, "dilate", "true", "false with basic blocks");
  }
}

}  // namespace timetrial::resnet
