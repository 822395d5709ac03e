#include "workloads/cityscapes/cityscapes.h"

#include "workloads/cityscapes/model.h"
#include "workloads/cityscapes/scenes.h"
#include "workloads/multitask/config_text.h"
#include "workloads/multitask/dense.h"
#include "workloads/multitask/workload.h"

#include <sstream>

namespace timetrial::cityscapes {
namespace {

constexpr std::int64_t kEvaluationBatch = 64;

class Cityscapes final : public multitask::TabledWorkload {
 public:
  explicit Cityscapes(const Config& config) : TabledWorkload(spec()), config_(config) {}

  workloads::Facts facts() const override {
    workloads::Facts facts = TabledWorkload::facts();
    facts.default_dropout = config_.dropout;
    return facts;
  }

  std::string configuration() const override {
    std::ostringstream text;
    text << "dropout = " << config_.dropout << '\n';
    std::istringstream encoder(resnet::to_text(config_.encoder));
    for (std::string line; std::getline(encoder, line);) text << "encoder." << line << '\n';
    text << "head_width = " << config_.head_width << "\nrates =";
    for (const std::int64_t rate : config_.rates) text << ' ' << rate;
    text << '\n';
    return text.str();
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return cityscapes::make_model(config_, tasks(), device);
  }

  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    cityscapes::prepare(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return cityscapes::bytes_to_prepare(source);
  }

 private:
  static Spec spec() {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "loss",
            .dataset = "cityscapes",
            .source = workloads::DataSource::official,
            .evaluation_batch_size = kEvaluationBatch,
            .format = {.tasks = {multitask::pixel_classes("segmentation", kClasses),
                                 multitask::pixel_values("depth")},
                       .input_shape = {kHeight, kWidth, 3},
                       .target_shape = {2, kHeight, kWidth},
                       .inputs =
                           [](const at::Tensor& images) {
                             return images.permute({0, 3, 1, 2}).contiguous();
                           },
                       .remedy = "timetrial data prepare cityscapes_two_task --from DIR"}};
  }

  Config config_;
};

void check(const Config& config) {
  resnet::check(config.encoder);
  multitask::require(config.encoder.channels == 3, "channels", config.encoder.channels,
                     "images have 3");
  multitask::require(config.head_width >= 1, "head_width", config.head_width, "use at least 1");
  for (const std::int64_t rate : config.rates) {
    multitask::require(rate >= 1, "rates", rate, "use at least 1 for each");
  }
  if (config.dropout < 0 || config.dropout >= 1) {
    throw workloads::ConfigError("dropout = " + std::to_string(config.dropout) +
                                 "; use a rate in [0, 1)");
  }
}

}  // namespace

Config full_config() {
  Config config;
  config.encoder.dilate = {false, true, true};
  config.encoder.last_norm_scale = 1;
  return config;
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  check(config);
  return std::make_unique<Cityscapes>(config);
}

TIMETRIAL_WORKLOAD("cityscapes_two_task", make, full_config());

}  // namespace timetrial::cityscapes
