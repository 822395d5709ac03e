#include "workloads/vit/vit.h"

#include "workloads/fashion_mnist/fashion_mnist.h"
#include "workloads/nn/z_loss.h"

namespace timetrial::vit {
namespace {

class OnFashionMnist final : public fashion_mnist::FashionMnist {
 public:
  explicit OnFashionMnist(const Config& config) : config_(config) {}

  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return vit::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return nn::with_z_loss(FashionMnist::loss(batch, output, label_smoothing), output.logits,
                           batch.weights(), config_.z_loss);
  }

 private:
  const Config config_;
};

/// Small enough for a step of 128 images in tens of milliseconds on two cores.
Config mini(void (*change)(Config&) = nullptr) {
  Config config = {.image_size = 28,
                   .patch_size = 7,
                   .channels = 1,
                   .classes = 10,
                   .width = 64,
                   .depth = 3,
                   .heads = 4,
                   .mlp_dim = 128};
  if (change != nullptr) change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make_fashion_mnist(const Config& config) {
  check(config);
  if (config.image_size != fashion_mnist::kSide || config.channels != 1 ||
      config.classes != fashion_mnist::kClasses) {
    throw workloads::ConfigError(
        "vit: Fashion-MNIST needs image_size = 28, channels = 1, classes = 10, not " +
        std::to_string(config.image_size) + ", " + std::to_string(config.channels) + ", " +
        std::to_string(config.classes));
  }
  return std::make_unique<OnFashionMnist>(config);
}

TIMETRIAL_WORKLOAD("fashion_mnist_vit", make_fashion_mnist, mini());
TIMETRIAL_VARIANT("fashion_mnist_vit_glu", "fashion_mnist_vit", make_fashion_mnist,
                  mini([](Config& c) { c.glu = true; }));
TIMETRIAL_VARIANT("fashion_mnist_vit_post_ln", "fashion_mnist_vit", make_fashion_mnist,
                  mini([](Config& c) { c.post_ln = true; }));
TIMETRIAL_VARIANT("fashion_mnist_vit_map", "fashion_mnist_vit", make_fashion_mnist,
                  mini([](Config& c) { c.map_head = true; }));

}  // namespace timetrial::vit
