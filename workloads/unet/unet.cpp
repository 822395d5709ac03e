#include "workloads/unet/unet.h"

#include "workloads/nn/losses.h"
#include "workloads/recorded_arguments.h"

#include <nlohmann/json.hpp>

#include <sstream>

namespace timetrial::unet {
namespace {

/// More levels would need images of more than 4,096 pixels a side.
constexpr std::int64_t kMostLevels = 12;

void expect(bool valid, const char* field, std::int64_t value, const std::string& allowed) {
  if (valid) return;
  throw workloads::ConfigError(std::string("unet: ") + field + " = " + std::to_string(value) +
                               "; it must be " + allowed);
}

class FastMri final : public workloads::Workload {
 public:
  explicit FastMri(const Config& config) : config_(config) {}

  workloads::Facts facts() const override {
    return {.loss_type = LossType::mean_absolute_error,
            .metric = "ssim",
            .higher_is_better = true,
            .dataset = "fastmri",
            .source = workloads::DataSource::official};
  }
  std::string configuration() const override {
    std::ostringstream text;
    text << std::boolalpha << "channels = " << config_.channels
         << "\nlayer_norm = " << config_.layer_norm << "\npool_levels = " << config_.pool_levels
         << "\ntanh = " << config_.tanh << '\n';
    return text.str();
  }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return unet::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double) const override {
    return nn::mean_absolute_error(output.logits, batch.targets(), batch.weights());
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

std::unique_ptr<workloads::Workload> FastMri::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("fastmri", constructor);
  Config config = config_;
  // Sizes that a case leaves out are this workload's own: AlgoPerf's default, or the variant's.
  config.channels = arguments.integer("num_channels", config_.channels);
  config.pool_levels = arguments.integer("num_pool_layers", config_.pool_levels);
  for (const char* name : {"in_chans", "out_chans"}) {
    if (arguments.integer(name, 1) != 1) arguments.refuse(name, "1, images have one channel");
  }
  const auto expect_own = [&](const char* name, bool own) {
    if (arguments.flag(name, own) != own) {
      arguments.refuse(name, own ? "true in this variant" : "false in this workload");
    }
  };
  expect_own("use_tanh", config_.tanh);
  expect_own("use_layer_norm", config_.layer_norm);
  arguments.finish();
  return make(config);
}

}  // namespace

void check(const Config& config) {
  expect(config.channels >= 1, "channels", config.channels, "at least 1");
  expect(config.pool_levels >= 1 && config.pool_levels <= kMostLevels, "pool_levels",
         config.pool_levels, "from 1 to " + std::to_string(kMostLevels));
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  check(config);
  return std::make_unique<FastMri>(config);
}

TIMETRIAL_WORKLOAD("fastmri", make, Config{});
TIMETRIAL_VARIANT("fastmri_tanh", "fastmri", make, Config{.tanh = true});
TIMETRIAL_VARIANT("fastmri_model_size", "fastmri", make, Config{.channels = 64, .pool_levels = 3});
TIMETRIAL_VARIANT("fastmri_layernorm", "fastmri", make, Config{.layer_norm = true});

}  // namespace timetrial::unet
