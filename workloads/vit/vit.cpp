#include "workloads/vit/vit.h"

#include "workloads/fashion_mnist/fashion_mnist.h"

#include <sstream>

namespace timetrial::vit {
namespace {

class OnFashionMnist final : public fashion_mnist::FashionMnist {
 public:
  explicit OnFashionMnist(const Config& config) : config_(config) {}

  std::string configuration() const override;
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return vit::make_model(config_, device);
  }

 private:
  const Config config_;
};

std::string OnFashionMnist::configuration() const {
  std::ostringstream text;
  text << std::boolalpha << "channels = " << config_.channels << "\nclasses = " << config_.classes
       << "\ndepth = " << config_.depth << "\nglu = " << config_.glu
       << "\nheads = " << config_.heads << "\nimage_size = " << config_.image_size
       << "\nmap_head = " << config_.map_head << "\nmlp_dim = " << config_.mlp_dim
       << "\npatch_size = " << config_.patch_size << "\npost_ln = " << config_.post_ln
       << "\nwidth = " << config_.width << "\n";
  return text.str();
}

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
