#include "workloads/celeba/celeba.h"

#include "workloads/celeba/faces.h"
#include "workloads/multitask/heads.h"
#include "workloads/multitask/workload.h"
#include "workloads/resnet/encoder.h"

namespace timetrial::celeba {
namespace {

constexpr std::int64_t kPooled = 4;                     // pixels a side of an average
constexpr std::int64_t kSquares = kSide / 8 / kPooled;  // that are left of an image, a side
constexpr std::int64_t kEvaluationBatch = 256;

std::vector<multitask::Task> attributes() {
  std::vector<multitask::Task> tasks;
  for (const char* name : kAttributes) tasks.push_back(multitask::attribute(name));
  return tasks;
}

class FaceModel final : public nn::BuiltModel {
 public:
  FaceModel(const resnet::Config& config, const std::vector<multitask::Task>& tasks,
            c10::Device device)
      : BuiltModel(device),
        encoder_(builder(), state_, config),
        heads_(builder(), tasks, encoder_.channels() * kSquares * kSquares) {}

  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    encoder_.forget();
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    return heads_.of_all(at::avg_pool2d(encoder_(batch.inputs(), options), kPooled).flatten(1));
  }

 private:
  resnet::Encoder encoder_;
  multitask::Heads heads_;
};

class CelebA final : public multitask::TabledWorkload {
 public:
  explicit CelebA(const resnet::Config& encoder) : TabledWorkload(spec()), encoder_(encoder) {}

  std::string configuration() const override { return resnet::to_text(encoder_); }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return std::make_unique<FaceModel>(encoder_, tasks(), device);
  }

  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    celeba::prepare(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return celeba::bytes_to_prepare(source);
  }

 private:
  static Spec spec() {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "error",
            .dataset = "celeba",
            .source = workloads::DataSource::official,
            .evaluation_batch_size = kEvaluationBatch,
            .format = {.tasks = attributes(),
                       .input_type = at::kByte,
                       .input_shape = {kSide, kSide, 3},
                       .target_type = at::kLong,
                       .target_shape = {static_cast<std::int64_t>(kAttributes.size())},
                       .inputs =
                           [](const at::Tensor& pixels) {
                             return pixels.permute({0, 3, 1, 2}).to(at::kFloat).div_(255);
                           },
                       .remedy = "timetrial data prepare celeba40 --from DIR"}};
  }

  resnet::Config encoder_;
};

}  // namespace

resnet::Config encoder_config() {
  resnet::Config config = resnet::cifar_config();
  config.last_norm_scale = 1;
  return config;
}

std::unique_ptr<workloads::Workload> make_celeba40(const resnet::Config& encoder) {
  resnet::check(encoder);
  if (encoder.stem != resnet::Stem::cifar || encoder.channels != 3) {
    throw workloads::ConfigError(
        "celeba40: needs the encoder's stem = cifar and channels = 3: images of 64 x 64 pixels, "
        "halved three times");
  }
  return std::make_unique<CelebA>(encoder);
}

TIMETRIAL_WORKLOAD("celeba40", make_celeba40, encoder_config());

}  // namespace timetrial::celeba
