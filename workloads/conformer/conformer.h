#pragma once
// Speech recognition with a conformer: convolution and attention in one encoder.
//
// Input, output, loss, metrics: workloads/speech/recognition.h
// Source   Gulati et al. 2020 (arXiv 2005.08100); the model of AlgoPerf's librispeech_conformer
//          (commit 2c90454fc05d) and its variants
// Fidelity to AlgoPerf's model, and how it is tested: README.md

#include "workloads/speech/log_mel.h"
#include "workloads/speech/normalization.h"
#include "workloads/speech/spec_augment.h"
#include "workloads/workload.h"

#include <cstdint>
#include <memory>
#include <string>

namespace timetrial::conformer {

enum class Activation {
  swish,  ///< x sigmoid(x)
  gelu,   ///< with the tanh approximation in feed-forward modules, exact in convolution modules
};
/// AlgoPerf's names, "swish" and "gelu".
const char* to_string(Activation activation);

/// Defaults: AlgoPerf's librispeech_conformer.
struct Config {
  std::int64_t vocab_size = 1024;  ///< tokens, the blank included
  std::int64_t width = 512, heads = 8, layers = 4;
  std::int64_t feed_forward_factor = 4;  ///< of the width: hidden layer of the feed-forward modules
  std::int64_t kernel_size = 5;          ///< frames that the depthwise convolution sees
  double attention_dropout = 0;          ///< on attention probabilities, in training
  double feed_forward_dropout = 0;       ///< on the feed-forward modules' hidden layer, in training
  speech::LogMelConfig log_mel = {};
  speech::SpecAugmentConfig spec_augment = {};
  speech::BatchNormConfig batch_norm = {};
  // What variants change, one at a time.
  double attention_temperature = 1;  ///< multiplies what attention puts out, before its projection
  Activation activation = Activation::swish;
  bool post_layer_norm = true;  ///< a layer norm at the end of each block
};

/// Throws ConfigError naming the field, its value and the values it may have.
void validate(const Config& config);

/// "key = value" lines, sorted: Workload::configuration().
std::string to_text(const Config& config);

/// The model alone, uninitialised. Throws as validate() does.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The model on LibriSpeech. Throws as validate() does.
std::unique_ptr<workloads::Workload> make(const Config& config);

/// The size of asterisk_conformer, at 8 kHz, and the model on those recordings
/// (workloads/asterisk). Throws as validate() does, and when tokens or sample rate are others than
/// theirs.
Config asterisk_config();
std::unique_ptr<workloads::Workload> make_asterisk(const Config& config);

}  // namespace timetrial::conformer
