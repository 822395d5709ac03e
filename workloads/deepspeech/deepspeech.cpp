#include "workloads/deepspeech/deepspeech.h"

#include "workloads/speech/librispeech_workload.h"
#include "workloads/speech/recorded_configs.h"

#include <sstream>

namespace timetrial::deepspeech {
namespace {

class LibriSpeech final : public speech::LibriSpeechWorkload {
 public:
  explicit LibriSpeech(const Config& config) : config_(config) {}

  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return deepspeech::make_model(config_, device);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

/// A case may name what makes this variant, but not something else.
void expect_own(workloads::RecordedArguments& arguments, const Config& own) {
  const auto expect = [&](const char* name, bool value) {
    if (arguments.flag(name, value) == value) return;
    arguments.refuse(name, std::string(value ? "true" : "false") + ", which makes this workload");
  };
  expect("use_tanh", own.tanh);
  expect("enable_residual_connections", own.residual);
  expect("layernorm_everywhere", own.layer_norm);
  expect("enable_decoder_layer_norm", own.final_layer_norm);
}

std::unique_ptr<workloads::Workload> LibriSpeech::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("librispeech_deepspeech", constructor);
  const Config defaults;
  Config config = config_;
  expect_own(arguments, config_);
  config.vocab_size = arguments.integer("vocab_size", defaults.vocab_size);
  config.width = arguments.integer("encoder_dim", defaults.width);
  config.lstm_layers = arguments.integer("num_lstm_layers", defaults.lstm_layers);
  config.feed_forward_layers = arguments.integer("num_ffn_layers", defaults.feed_forward_layers);
  config.bidirectional = arguments.flag("bidirectional", defaults.bidirectional);
  // AlgoPerf's model reads neither of these: its subsampling is what it is.
  arguments.integer("conv_subsampling_factor", 2);
  arguments.integer("conv_subsampling_layers", 2);
  // The number of masks is a variant's own, too.
  config.spec_augment = speech::recorded_spec_augment(arguments, config_.spec_augment);
  config.batch_norm = speech::recorded_batch_norm(arguments);
  arguments.finish();
  return make(config);
}

void require(bool holds, const char* field, std::int64_t value, const std::string& allowed) {
  if (holds) return;
  throw workloads::ConfigError("deepspeech: " + std::string(field) + " = " + std::to_string(value) +
                               "; it must be " + allowed);
}

Config with(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

void validate(const Config& config) {
  require(config.vocab_size >= 2, "vocab_size", config.vocab_size, "at least 2");
  require(config.width >= 2 && config.width % 2 == 0, "width", config.width,
          "even, half of it for each direction");
  require(config.lstm_layers >= 0, "lstm_layers", config.lstm_layers, "at least 0");
  require(config.feed_forward_layers >= 0, "feed_forward_layers", config.feed_forward_layers,
          "at least 0");
  speech::validate(config.log_mel);
  speech::validate(config.spec_augment);
  speech::validate(config.batch_norm);
}

std::string to_text(const Config& config) {
  std::ostringstream text;
  text << std::boolalpha << speech::configuration(config.batch_norm)
       << "bidirectional = " << config.bidirectional << "\n"
       << "feed_forward_layers = " << config.feed_forward_layers << "\n"
       << "final_layer_norm = " << config.final_layer_norm << "\n"
       << "layer_norm = " << config.layer_norm << "\n"
       << "lstm_layers = " << config.lstm_layers << "\n"
       << speech::configuration(config.log_mel) << "residual = " << config.residual << "\n"
       << speech::configuration(config.spec_augment) << "tanh = " << config.tanh << "\n"
       << "vocab_size = " << config.vocab_size << "\n"
       << "width = " << config.width << "\n";
  return text.str();
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  validate(config);
  return std::make_unique<LibriSpeech>(config);
}

TIMETRIAL_WORKLOAD("librispeech_deepspeech", make, Config{});
TIMETRIAL_VARIANT("librispeech_deepspeech_tanh", "librispeech_deepspeech", make,
                  with([](Config& c) { c.tanh = true; }));
TIMETRIAL_VARIANT("librispeech_deepspeech_no_resnet", "librispeech_deepspeech", make,
                  with([](Config& c) { c.residual = false; }));
TIMETRIAL_VARIANT("librispeech_deepspeech_norm_and_spec_aug", "librispeech_deepspeech", make,
                  with([](Config& c) {
                    c.layer_norm = true;
                    c.final_layer_norm = false;
                    c.spec_augment.frequency_masks = 4;
                    c.spec_augment.time_masks = 15;
                  }));

}  // namespace timetrial::deepspeech
