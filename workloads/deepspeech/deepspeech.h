#pragma once
// Speech recognition with DeepSpeech: bidirectional LSTMs, then feed-forward layers.
//
// Input, output, loss, metrics: workloads/speech/recognition.h
// Source   Amodei et al. 2016 (arXiv 1512.02595); the model of AlgoPerf's librispeech_deepspeech
//          (commit 2c90454fc05d) and its variants
// Fidelity to AlgoPerf's model, and how it is tested: README.md

#include "workloads/speech/log_mel.h"
#include "workloads/speech/normalization.h"
#include "workloads/speech/spec_augment.h"
#include "workloads/workload.h"

#include <cstdint>
#include <memory>
#include <string>

namespace timetrial::deepspeech {

/// Defaults: AlgoPerf's librispeech_deepspeech.
struct Config {
  std::int64_t vocab_size = 1024;  ///< tokens, the blank included
  std::int64_t width = 512;        ///< of which each direction of an LSTM gives half
  std::int64_t lstm_layers = 6, feed_forward_layers = 3;
  bool bidirectional = true;  ///< else one direction gives the whole width
  speech::LogMelConfig log_mel = {};
  speech::SpecAugmentConfig spec_augment = {};
  speech::BatchNormConfig batch_norm = {};
  // What variants change.
  bool tanh = false;             ///< in place of ReLU, in subsampling and feed-forward layers
  bool residual = true;          ///< each layer's output is added to its input
  bool layer_norm = false;       ///< in place of batch norm, before each layer
  bool final_layer_norm = true;  ///< before the head
};

/// Throws ConfigError naming the field, its value and the values it may have.
void validate(const Config& config);

/// "key = value" lines, sorted: Workload::configuration().
std::string to_text(const Config& config);

/// The model alone, uninitialised. Throws as validate() does.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The model on LibriSpeech. Throws as validate() does.
std::unique_ptr<workloads::Workload> make(const Config& config);

/// The size of asterisk_deepspeech, at 8 kHz, and the model on those recordings
/// (workloads/asterisk). Throws as validate() does, and when tokens or sample rate are others than
/// theirs.
Config asterisk_config();
std::unique_ptr<workloads::Workload> make_asterisk(const Config& config);

}  // namespace timetrial::deepspeech
