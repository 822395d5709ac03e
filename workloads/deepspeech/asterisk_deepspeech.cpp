// DeepSpeech on a telephone exchange's announcements, and its variants at that size.
#include "workloads/asterisk/asterisk.h"
#include "workloads/deepspeech/deepspeech.h"

namespace timetrial::deepspeech {
namespace {

class OnAsterisk final : public asterisk::Asterisk {
 public:
  explicit OnAsterisk(const Config& config) : config_(config) {}
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return deepspeech::make_model(config_, device);
  }

 private:
  const Config config_;
};

Config with(void (*change)(Config&)) {
  Config config = asterisk_config();
  change(config);
  return config;
}

}  // namespace

Config asterisk_config() {
  Config config;
  config.vocab_size = asterisk::kTokens;
  config.width = 64;
  config.lstm_layers = 2;
  config.feed_forward_layers = 1;
  config.log_mel = asterisk::log_mel_config();
  config.spec_augment.enabled = false;
  config.batch_norm.momentum = 0.02;
  return config;
}

std::unique_ptr<workloads::Workload> make_asterisk(const Config& config) {
  validate(config);
  if (config.vocab_size != asterisk::kTokens ||
      config.log_mel.sample_rate != asterisk::kSampleRate) {
    throw workloads::ConfigError(
        "deepspeech: the Asterisk recordings need vocab_size = 29 and a "
        "front end for 8000 Hz, not " +
        std::to_string(config.vocab_size) + " and " + std::to_string(config.log_mel.sample_rate) +
        " Hz");
  }
  return std::make_unique<OnAsterisk>(config);
}

TIMETRIAL_WORKLOAD("asterisk_deepspeech", make_asterisk, asterisk_config());
TIMETRIAL_VARIANT("asterisk_deepspeech_tanh", "asterisk_deepspeech", make_asterisk,
                  with([](Config& c) { c.tanh = true; }));
TIMETRIAL_VARIANT("asterisk_deepspeech_no_resnet", "asterisk_deepspeech", make_asterisk,
                  with([](Config& c) { c.residual = false; }));
TIMETRIAL_VARIANT("asterisk_deepspeech_norm", "asterisk_deepspeech", make_asterisk,
                  with([](Config& c) {
                    c.layer_norm = true;
                    c.final_layer_norm = false;
                  }));

}  // namespace timetrial::deepspeech
