// shapes_vit and its variants: the model on made-up images of shapes with textures.
#include "workloads/data/tensor_io.h"
#include "workloads/metrics/calibration.h"
#include "workloads/metrics/shape_bias.h"
#include "workloads/nn/losses.h"
#include "workloads/small_images/small_images.h"
#include "workloads/vit/shape_images.h"
#include "workloads/vit/vit.h"

#include <ATen/core/grad_mode.h>
#include <timetrial/random.h>

#include <algorithm>

namespace timetrial::vit {
namespace {

constexpr std::int64_t kTraining = 8'192, kHeldBack = 2'000, kConflicts = 1'000, kSubset = 1'000;
// Of images whose textures are independent of their shapes, pixels in [0, 1].
constexpr double kMean = 0.439, kStd = 0.1885;

/// In the training set and in its held-back splits; one data set each.
struct Data {
  const char* name;
  double agreement;
};
constexpr Data kBiased = {"shapes", 0.9}, kIndependent = {"shapes_independent", 1.0 / kTextures};

small_images::Format format_of(const Data& data) {
  return {.image_shape = {kShapeSide, kShapeSide},
          .remedy = std::string("timetrial data prepare ") + data.name,
          .inputs =
              [](const at::Tensor& images) {
                return small_images::normalised_grey(images, kMean, kStd);
              },
          .augmented_inputs = {}};
}

/// The metrics of every classifier; for the test split also how far its probabilities can be
/// relied on, and what it says of images whose texture belongs to another shape.
class Evaluation final : public workloads::Evaluation {
 public:
  Evaluation(const std::filesystem::path& folder, const small_images::Format& format)
      : classifier_(small_images::open_evaluation(folder, format)), format_(format) {
    validation_ = read(folder / "validation.safetensors");
    test_ = read(folder / "test.safetensors");
    conflicts_ = read(folder / "conflict.safetensors");
  }
  std::int64_t size(workloads::Split split) const override { return classifier_->size(split); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    auto found = classifier_->evaluate(model, split, batch_size);
    if (split != workloads::Split::test) return found;
    const at::NoGradGuard no_grad;
    const at::Tensor logits = logits_of(model, test_, batch_size);
    const at::Tensor labels = test_.shapes.to(at::kLong);
    const auto calibration = metrics::calibration(logits, labels);
    found["ece"] = calibration.ece;
    found["brier"] = calibration.brier;
    // Its one parameter is fitted on other images.
    found["temperature"] = metrics::fit_temperature(logits_of(model, validation_, batch_size),
                                                    validation_.shapes.to(at::kLong));
    found["ece_at_temperature"] = metrics::calibration(logits, labels, found["temperature"]).ece;
    const at::Tensor answers = logits_of(model, conflicts_, batch_size);
    const auto bias =
        metrics::shape_bias(answers, conflicts_.shapes.to(at::kLong), conflicts_.textures);
    if (bias.shape + bias.texture > 0) found["shape_bias"] = bias.bias();
    found["conflict_accuracy"] = static_cast<double>(bias.shape) / static_cast<double>(bias.images);
    return found;
  }

 private:
  ShapeImages read(const std::filesystem::path& path) const {
    const auto file = data::open(path, format_.remedy);
    const auto images = data::read(file, "images", at::kByte, {-1, kShapeSide, kShapeSide});
    return {images, data::read(file, "labels", at::kByte, {images.size(0)}),
            data::read(file, "textures", at::kLong, {images.size(0)})};
  }

  /// float64, on the CPU.
  at::Tensor logits_of(workloads::Model& model, const ShapeImages& examples,
                       std::int64_t batch_size) const {
    const auto device = model.parameters().front().tensor.device();
    ForwardOptions options;
    options.training = false;
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < examples.images.size(0); begin += batch_size) {
      const auto end = std::min(begin + batch_size, examples.images.size(0));
      const Batch batch(
          {{"inputs", format_.inputs(examples.images.slice(0, begin, end)).to(device)}});
      parts.push_back(model.forward(batch, options).logits.to(at::kCPU, at::kDouble));
    }
    return at::cat(parts);
  }

  std::unique_ptr<workloads::Evaluation> classifier_;
  small_images::Format format_;
  ShapeImages validation_, test_, conflicts_;
};

void write(const std::filesystem::path& file, const ShapeImages& drawn) {
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(
      file,
      data::views(
          {{"images", drawn.images}, {"labels", drawn.shapes}, {"textures", drawn.textures}}),
      {});
}

ShapeImages first(const ShapeImages& drawn, std::int64_t count) {
  return {drawn.images.slice(0, 0, count).contiguous(),
          drawn.shapes.slice(0, 0, count).contiguous(),
          drawn.textures.slice(0, 0, count).contiguous()};
}

class OnShapes final : public workloads::Workload {
 public:
  OnShapes(const Config& config, const Data& data) : config_(config), data_(data) {}

  workloads::Facts facts() const override {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "accuracy",
            .higher_is_better = true,
            .dataset = data_.name};
  }
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return vit::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(),
                                     label_smoothing);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return small_images::open_training(training_dir, format_of(data_));
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return std::make_unique<Evaluation>(held_back_dir, format_of(data_));
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto drawn = [&](const char* split, std::int64_t count, double agreement) {
      return draw_shapes(count, {agreement}, derive_seed(hash_text(data_.name), split));
    };
    const ShapeImages training = drawn("training", kTraining, data_.agreement);
    write(out / "training/train.safetensors", training);
    write(out / "held_back/train_subset.safetensors", first(training, kSubset));
    write(out / "held_back/validation.safetensors",
          drawn("validation", kHeldBack, data_.agreement));
    write(out / "held_back/test.safetensors", drawn("test", kHeldBack, data_.agreement));
    write(out / "held_back/conflict.safetensors", drawn("conflict", kConflicts, 0));
  }

 private:
  const Config config_;
  const Data data_;
};

Config small(void (*change)(Config&) = nullptr) {
  Config config = {.image_size = kShapeSide,
                   .patch_size = 4,
                   .channels = 1,
                   .classes = kShapes,
                   .width = 32,
                   .depth = 2,
                   .heads = 2,
                   .mlp_dim = 128,
                   .qk_norm = true};
  if (change != nullptr) change(config);
  return config;
}

/// Heads of 16, MLP four times as wide.
void widen(Config& config, std::int64_t width) {
  config.width = width;
  config.heads = width / 16;
  config.mlp_dim = 4 * width;
}

Config pointwise(nn::AttentionForm form, double alpha) {
  Config config = small();
  config.attention = form;
  config.attention_alpha = alpha;
  return config;
}

std::unique_ptr<workloads::Workload> make_biased(const Config& config) {
  return make_shapes(config, ShapeData::biased);
}

std::unique_ptr<workloads::Workload> make_independent(const Config& config) {
  return make_shapes(config, ShapeData::independent);
}

using Form = nn::AttentionForm;

}  // namespace

std::unique_ptr<workloads::Workload> make_shapes(const Config& config, ShapeData data) {
  check(config);
  if (config.image_size != kShapeSide || config.channels != 1 || config.classes != kShapes) {
    throw workloads::ConfigError(
        "vit: images of shapes need image_size = 32, channels = 1, classes = 8, not " +
        std::to_string(config.image_size) + ", " + std::to_string(config.channels) + ", " +
        std::to_string(config.classes));
  }
  return std::make_unique<OnShapes>(config, data == ShapeData::biased ? kBiased : kIndependent);
}

TIMETRIAL_WORKLOAD("shapes_vit", make_biased, small());
TIMETRIAL_VARIANT("shapes_vit_relu_attention", "shapes_vit", make_biased, pointwise(Form::relu, 1));
TIMETRIAL_VARIANT("shapes_vit_relu_attention_unscaled", "shapes_vit", make_biased,
                  pointwise(Form::relu, 0));
TIMETRIAL_VARIANT("shapes_vit_squared_relu_attention", "shapes_vit", make_biased,
                  pointwise(Form::squared_relu, 1));
TIMETRIAL_VARIANT("shapes_vit_gated_relu_attention", "shapes_vit", make_biased,
                  small([](Config& c) {
                    c.attention = Form::relu;
                    c.gated_attention = true;
                  }));
TIMETRIAL_VARIANT("shapes_vit_no_qk_norm", "shapes_vit", make_biased,
                  small([](Config& c) { c.qk_norm = false; }));
TIMETRIAL_VARIANT("shapes_vit_parallel", "shapes_vit", make_biased,
                  small([](Config& c) { c.parallel = true; }));
TIMETRIAL_VARIANT("shapes_vit_no_bias", "shapes_vit", make_biased,
                  small([](Config& c) { c.qkv_bias = false; }));
TIMETRIAL_VARIANT("shapes_vit_rmsnorm", "shapes_vit", make_biased,
                  small([](Config& c) { c.rms_norm = true; }));
TIMETRIAL_VARIANT("shapes_vit_map", "shapes_vit", make_biased,
                  small([](Config& c) { c.map_head = true; }));
TIMETRIAL_VARIANT("shapes_vit_width_64", "shapes_vit", make_biased,
                  small([](Config& c) { widen(c, 64); }));
TIMETRIAL_VARIANT("shapes_vit_width_96", "shapes_vit", make_biased,
                  small([](Config& c) { widen(c, 96); }));
TIMETRIAL_VARIANT("shapes_vit_width_96_parallel", "shapes_vit", make_biased, small([](Config& c) {
                    widen(c, 96);
                    c.parallel = true;
                  }));

TIMETRIAL_WORKLOAD("shapes_independent_vit", make_independent, small());
TIMETRIAL_VARIANT("shapes_independent_vit_relu_attention_unscaled", "shapes_independent_vit",
                  make_independent, pointwise(Form::relu, 0));
TIMETRIAL_VARIANT("shapes_independent_vit_relu_attention_half", "shapes_independent_vit",
                  make_independent, pointwise(Form::relu, 0.5));
TIMETRIAL_VARIANT("shapes_independent_vit_relu_attention", "shapes_independent_vit",
                  make_independent, pointwise(Form::relu, 1));
TIMETRIAL_VARIANT("shapes_independent_vit_relu_attention_three_halves", "shapes_independent_vit",
                  make_independent, pointwise(Form::relu, 1.5));
TIMETRIAL_VARIANT("shapes_independent_vit_relu_attention_squared_length", "shapes_independent_vit",
                  make_independent, pointwise(Form::relu, 2));

}  // namespace timetrial::vit
