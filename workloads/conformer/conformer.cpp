#include "workloads/conformer/conformer.h"

#include "workloads/speech/librispeech_workload.h"
#include "workloads/speech/recorded_configs.h"

#include <sstream>

namespace timetrial::conformer {
namespace {

class LibriSpeech final : public speech::LibriSpeechWorkload {
 public:
  explicit LibriSpeech(const Config& config) : config_(config) {}

  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return conformer::make_model(config_, device);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

/// A case may name what makes this variant, but not something else.
void expect_own(workloads::RecordedArguments& arguments, const Config& own) {
  const auto activation = arguments.text("activation_function_name", to_string(own.activation));
  if (activation != to_string(own.activation)) {
    arguments.refuse("activation_function_name",
                     std::string(to_string(own.activation)) + ", which makes this workload");
  }
  if (arguments.number("attention_temperature", own.attention_temperature) !=
      own.attention_temperature) {
    arguments.refuse("attention_temperature", "that of this workload");
  }
  if (arguments.flag("use_post_layer_norm", own.post_layer_norm) != own.post_layer_norm) {
    arguments.refuse("use_post_layer_norm", "that of this workload");
  }
}

std::unique_ptr<workloads::Workload> LibriSpeech::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("librispeech_conformer", constructor);
  const Config defaults;
  Config config = config_;
  expect_own(arguments, config_);
  config.vocab_size = arguments.integer("vocab_size", defaults.vocab_size);
  config.width = arguments.integer("encoder_dim", defaults.width);
  config.heads = arguments.integer("num_attention_heads", defaults.heads);
  config.layers = arguments.integer("num_encoder_layers", defaults.layers);
  config.attention_dropout = arguments.number("attention_dropout_rate", 0);
  config.feed_forward_dropout = arguments.number("feed_forward_dropout_rate", 0);
  config.kernel_size = arguments.integer("convolution_kernel_size", defaults.kernel_size);
  config.feed_forward_factor =
      arguments.integer("feed_forward_expansion_factor", defaults.feed_forward_factor);
  config.spec_augment = speech::recorded_spec_augment(arguments, {});
  config.batch_norm = speech::recorded_batch_norm(arguments);
  arguments.finish();
  return make(config);
}

void require(bool holds, const std::string& field, double value, const std::string& allowed) {
  if (holds) return;
  std::ostringstream message;
  message << "conformer: " << field << " = " << value << "; it must be " << allowed;
  throw workloads::ConfigError(message.str());
}

Config with(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

const char* to_string(Activation activation) {
  return activation == Activation::gelu ? "gelu" : "swish";
}

void validate(const Config& config) {
  const auto at_least = [](std::int64_t least, const char* field, std::int64_t value) {
    require(value >= least, field, static_cast<double>(value), "at least " + std::to_string(least));
  };
  const auto rate = [](const char* field, double value) {
    require(value >= 0 && value < 1, field, value, "in [0, 1)");
  };
  at_least(2, "vocab_size", config.vocab_size);
  at_least(4, "width", config.width);
  at_least(1, "layers", config.layers);
  at_least(1, "kernel_size", config.kernel_size);
  at_least(1, "feed_forward_factor", config.feed_forward_factor);
  require(config.heads >= 1 && config.width % config.heads == 0, "heads",
          static_cast<double>(config.heads),
          "a divisor of width = " + std::to_string(config.width));
  rate("attention_dropout", config.attention_dropout);
  rate("feed_forward_dropout", config.feed_forward_dropout);
  speech::validate(config.log_mel);
  speech::validate(config.spec_augment);
  speech::validate(config.batch_norm);
}

std::string to_text(const Config& config) {
  std::ostringstream text;
  text << std::boolalpha << "activation = " << to_string(config.activation) << "\n"
       << "attention_dropout = " << config.attention_dropout << "\n"
       << "attention_temperature = " << config.attention_temperature << "\n"
       << speech::configuration(config.batch_norm)
       << "feed_forward_dropout = " << config.feed_forward_dropout << "\n"
       << "feed_forward_factor = " << config.feed_forward_factor << "\n"
       << "heads = " << config.heads << "\n"
       << "kernel_size = " << config.kernel_size << "\n"
       << "layers = " << config.layers << "\n"
       << speech::configuration(config.log_mel) << "post_layer_norm = " << config.post_layer_norm
       << "\n"
       << speech::configuration(config.spec_augment) << "vocab_size = " << config.vocab_size << "\n"
       << "width = " << config.width << "\n";
  return text.str();
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  validate(config);
  return std::make_unique<LibriSpeech>(config);
}

TIMETRIAL_WORKLOAD("librispeech_conformer", make, Config{});
TIMETRIAL_VARIANT("librispeech_conformer_attention_temperature", "librispeech_conformer", make,
                  with([](Config& c) { c.attention_temperature = 1.6; }));
TIMETRIAL_VARIANT("librispeech_conformer_layernorm", "librispeech_conformer", make,
                  with([](Config& c) { c.post_layer_norm = false; }));
TIMETRIAL_VARIANT("librispeech_conformer_gelu", "librispeech_conformer", make,
                  with([](Config& c) { c.activation = Activation::gelu; }));

}  // namespace timetrial::conformer
