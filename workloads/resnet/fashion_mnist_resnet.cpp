// The residual network on Fashion-MNIST, and its variants at that size.
#include "workloads/fashion_mnist/fashion_mnist.h"
#include "workloads/resnet/resnet.h"

namespace timetrial::resnet {
namespace {

class OnFashionMnist final : public fashion_mnist::FashionMnist {
 public:
  explicit OnFashionMnist(const Config& config) : config_(config) {}
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return resnet::make_model(config_, device);
  }

 private:
  const Config config_;
};

Config with(void (*change)(Config&)) {
  Config config = fashion_mnist_config();
  change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make_fashion_mnist(const Config& config) {
  check(config);
  if (config.channels != 1 || config.classes != fashion_mnist::kClasses) {
    throw workloads::ConfigError("resnet: Fashion-MNIST needs channels = 1, classes = 10, not " +
                                 std::to_string(config.channels) + ", " +
                                 std::to_string(config.classes));
  }
  return std::make_unique<OnFashionMnist>(config);
}

TIMETRIAL_WORKLOAD("fashion_mnist_resnet", make_fashion_mnist, fashion_mnist_config());
TIMETRIAL_VARIANT("fashion_mnist_resnet_silu", "fashion_mnist_resnet", make_fashion_mnist,
                  with([](Config& c) { c.activation = Activation::silu; }));
TIMETRIAL_VARIANT("fashion_mnist_resnet_gelu", "fashion_mnist_resnet", make_fashion_mnist,
                  with([](Config& c) { c.activation = Activation::gelu_tanh; }));
TIMETRIAL_VARIANT("fashion_mnist_resnet_large_bn_init", "fashion_mnist_resnet", make_fashion_mnist,
                  with([](Config& c) { c.last_norm_scale = 8; }));

}  // namespace timetrial::resnet
