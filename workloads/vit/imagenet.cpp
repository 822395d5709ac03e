// AlgoPerf's imagenet_vit and its variants, ViT S/16 in full size; the same model larger.
#include "workloads/imagenet/imagenet.h"
#include "workloads/nn/z_loss.h"
#include "workloads/recorded_arguments.h"
#include "workloads/vit/vit.h"

#include <nlohmann/json.hpp>

namespace timetrial::vit {
namespace {

constexpr std::int64_t kEvaluationBatch = 2048;

class OnImageNet final : public imagenet::ImageNet {
 public:
  explicit OnImageNet(const Config& config)
      : ImageNet(imagenet::Augmentation::rand_augment_and_mixup, kEvaluationBatch),
        config_(config) {}

  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return vit::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return nn::with_z_loss(ImageNet::loss(batch, output, label_smoothing), output.logits,
                           batch.weights(), config_.z_loss);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

/// A switch that makes a variant: a case may name it, but not turn it.
void expect_switch(workloads::RecordedArguments& arguments, const char* name, bool own) {
  if (arguments.flag(name, own) != own) arguments.refuse(name, own ? "true here" : "false here");
}

std::unique_ptr<workloads::Workload> OnImageNet::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("imagenet_vit", constructor);
  Config config = config_;
  config.classes = arguments.integer("num_classes", 1000);
  const auto patch = arguments.integers("patch_size", {16, 16});
  if (patch.size() != 2 || patch[0] != patch[1]) arguments.refuse("patch_size", "two equal sides");
  config.patch_size = patch[0];
  config.width = arguments.integer("width", 768);
  config.depth = arguments.integer("depth", 12);
  config.mlp_dim = arguments.integer("mlp_dim", 4 * config.width);
  config.heads = arguments.integer("num_heads", 12);
  for (const char* always : {"rep_size", "head_zeroinit"}) expect_switch(arguments, always, true);
  expect_switch(arguments, "use_glu", config_.glu);
  expect_switch(arguments, "use_post_layer_norm", config_.post_ln);
  expect_switch(arguments, "use_map", config_.map_head);
  arguments.finish();
  // A case's images may have any size; this one is only that of the table of positions kept ready.
  config.image_size = config.patch_size;
  return make_imagenet(config);
}

Config small_16(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make_imagenet(const Config& config) {
  check(config);
  return std::make_unique<OnImageNet>(config);
}

TIMETRIAL_WORKLOAD("imagenet_vit", make_imagenet, Config{});
TIMETRIAL_VARIANT("imagenet_vit_glu", "imagenet_vit", make_imagenet,
                  small_16([](Config& c) { c.glu = true; }));
TIMETRIAL_VARIANT("imagenet_vit_post_ln", "imagenet_vit", make_imagenet,
                  small_16([](Config& c) { c.post_ln = true; }));
TIMETRIAL_VARIANT("imagenet_vit_map", "imagenet_vit", make_imagenet,
                  small_16([](Config& c) { c.map_head = true; }));

TIMETRIAL_WORKLOAD("imagenet_vit_b16", make_imagenet, base_16());
TIMETRIAL_WORKLOAD("imagenet_vit_l16", make_imagenet, large_16());
TIMETRIAL_WORKLOAD("imagenet_vit_22b", make_imagenet, vit_22b());

}  // namespace timetrial::vit
