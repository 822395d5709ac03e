// shapes_vit and its variants: the model on made-up images of shapes with textures.
#include "workloads/nn/losses.h"
#include "workloads/nn/z_loss.h"
#include "workloads/small_images/small_images.h"
#include "workloads/vit/shape_images.h"
#include "workloads/vit/vit.h"

#include <timetrial/random.h>

namespace timetrial::vit {
namespace {

constexpr std::int64_t kTraining = 8'192, kHeldBack = 2'000, kConflicts = 1'000, kSubset = 1'000;
// Of images whose textures are independent of their shapes, pixels in [0, 1].
constexpr double kMean = 0.391, kStd = 0.1915;

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

small_images::Examples drawn(const Data& data, const char* split, std::int64_t count,
                             double agreement) {
  const auto images = draw_shapes(count, {agreement}, derive_seed(hash_text(data.name), split));
  return {images.images, images.shapes, images.textures.to(at::kByte)};
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
    return nn::with_z_loss(
        nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(), label_smoothing),
        output.logits, batch.weights(), config_.z_loss);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return small_images::open_training(training_dir, format_of(data_));
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return small_images::open_evaluation(held_back_dir, format_of(data_));
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto training = drawn(data_, "training", kTraining, data_.agreement);
    small_images::write(out, {.training = training,
                              .train_subset = small_images::rows(training, 0, kSubset),
                              .validation = drawn(data_, "validation", kHeldBack, data_.agreement),
                              .test = drawn(data_, "test", kHeldBack, data_.agreement),
                              .conflicts = drawn(data_, "conflict", kConflicts, 0)});
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

/// The whole model in another width, with as many heads: what muParam compares.
Config of_width(std::int64_t width, std::int64_t mup_base_width) {
  Config config = small();
  config.width = width;
  config.mlp_dim = 4 * width;
  config.mup_base_width = mup_base_width;
  return config;
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

/// Attention by ReLU on patches of another size than 4, which makes 64 tokens.
Config of_patches(std::int64_t patch_size, double alpha) {
  Config config = pointwise(Form::relu, alpha);
  config.patch_size = patch_size;
  return config;
}

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
TIMETRIAL_VARIANT("shapes_vit_bias_free", "shapes_vit", make_biased,
                  small([](Config& c) { c.biases = false; }));
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

// What is scaled or added in studies of instabilities, as of bytes_lm.
TIMETRIAL_VARIANT("shapes_vit_deep", "shapes_vit", make_biased,
                  small([](Config& c) { c.depth = 6; }));
TIMETRIAL_VARIANT("shapes_vit_deep_scaled", "shapes_vit", make_biased, small([](Config& c) {
                    c.depth = 6;
                    c.depth_base = 2;
                  }));
TIMETRIAL_VARIANT("shapes_vit_embedding_scaled", "shapes_vit", make_biased,
                  small([](Config& c) { c.embedding_scale = 6; }));  // the root of the width
TIMETRIAL_VARIANT("shapes_vit_z_loss", "shapes_vit", make_biased,
                  small([](Config& c) { c.z_loss = 1e-4; }));
TIMETRIAL_VARIANT("shapes_vit_d64", "shapes_vit", make_biased, of_width(64, 0));
TIMETRIAL_VARIANT("shapes_vit_d128", "shapes_vit", make_biased, of_width(128, 0));
TIMETRIAL_VARIANT("shapes_vit_mup", "shapes_vit", make_biased, of_width(32, 16));
TIMETRIAL_VARIANT("shapes_vit_mup_d64", "shapes_vit", make_biased, of_width(64, 16));
TIMETRIAL_VARIANT("shapes_vit_mup_d128", "shapes_vit", make_biased, of_width(128, 16));

TIMETRIAL_WORKLOAD("shapes_independent_vit", make_independent, small());
TIMETRIAL_VARIANT("shapes_independent_vit_mup", "shapes_independent_vit", make_independent,
                  of_width(32, 16));
TIMETRIAL_VARIANT("shapes_independent_vit_no_qk_norm", "shapes_independent_vit", make_independent,
                  small([](Config& c) { c.qk_norm = false; }));
TIMETRIAL_VARIANT("shapes_independent_vit_z_loss", "shapes_independent_vit", make_independent,
                  small([](Config& c) { c.z_loss = 1e-4; }));
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
TIMETRIAL_VARIANT("shapes_independent_vit_16_tokens_relu_attention_unscaled",
                  "shapes_independent_vit", make_independent, of_patches(8, 0));
TIMETRIAL_VARIANT("shapes_independent_vit_16_tokens_relu_attention_half", "shapes_independent_vit",
                  make_independent, of_patches(8, 0.5));
TIMETRIAL_VARIANT("shapes_independent_vit_16_tokens_relu_attention", "shapes_independent_vit",
                  make_independent, of_patches(8, 1));
TIMETRIAL_VARIANT("shapes_independent_vit_16_tokens_relu_attention_three_halves",
                  "shapes_independent_vit", make_independent, of_patches(8, 1.5));
TIMETRIAL_VARIANT("shapes_independent_vit_256_tokens_relu_attention_unscaled",
                  "shapes_independent_vit", make_independent, of_patches(2, 0));
TIMETRIAL_VARIANT("shapes_independent_vit_256_tokens_relu_attention_half", "shapes_independent_vit",
                  make_independent, of_patches(2, 0.5));
TIMETRIAL_VARIANT("shapes_independent_vit_256_tokens_relu_attention", "shapes_independent_vit",
                  make_independent, of_patches(2, 1));
TIMETRIAL_VARIANT("shapes_independent_vit_256_tokens_relu_attention_three_halves",
                  "shapes_independent_vit", make_independent, of_patches(2, 1.5));

}  // namespace timetrial::vit
