// shapes_vit: its made-up images, their files, and what its evaluation says of a classifier.
#include "tests/support/prepared_data.h"
#include "workloads/evaluators.h"
#include "workloads/vit/shape_images.h"
#include "workloads/vit/vit.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::vit {
namespace {

using workloads::Split;

double agreement(const ShapeImages& drawn) {
  return drawn.shapes.eq(drawn.textures).to(at::kDouble).mean().item<double>();
}

TEST(ShapeImages, AgreeWithTheirTexturesAsOftenAsAsked) {
  EXPECT_NEAR(agreement(draw_shapes(2'000, {0.9}, 1)), 0.9, 0.02);
  EXPECT_EQ(agreement(draw_shapes(400, {0}, 2)), 0);
  EXPECT_NEAR(agreement(draw_shapes(2'000, {}, 3)), 1.0 / kTextures, 0.02);
  // Where they disagree every other texture is as likely.
  const ShapeImages apart = draw_shapes(3'500, {0}, 4);
  const at::Tensor counts = at::bincount(apart.textures.to(at::kLong));
  EXPECT_GT(counts.min().item<std::int64_t>(), 370);
}

TEST(ShapeImages, AreFunctionsOfSeedAndNumber) {
  const ShapeImages some = draw_shapes(20, {}, 5), more = draw_shapes(40, {}, 5);
  EXPECT_TRUE(at::equal(some.images, more.images.slice(0, 0, 20)));
  EXPECT_FALSE(at::equal(some.images, draw_shapes(20, {}, 6).images));
}

// The area of each shape is so much lighter than the ground: a disc covers 2.8 squares of its
// radius, a ring 2.1, an hourglass 1.6.
TEST(ShapeImages, AreLighterWhereTheShapeIs) {
  const ShapeImages drawn = draw_shapes(1'600, {}, 7);
  const at::Tensor images = drawn.images.to(at::kFloat);
  const auto light = [&](std::int64_t shape) {
    return images.slice(0, shape, 1'600, kShapes).mean().item<double>();
  };
  EXPECT_GT(light(0), light(4) + 2);
  EXPECT_GT(light(4), light(7) + 1);
}

TEST(ShapesVit, PreparesFilesThatItsVariantsRead) {
  const test::PreparedData data("shapes_vit");
  data.expect_same_bytes_again();
  const auto training = data.training();
  const auto evaluation = data.held_back();
  EXPECT_EQ(training->size(), 8'192);
  EXPECT_EQ(evaluation->size(Split::test), 2'000);
  const Batch batch = test::examples(*training, 0, 2'000);
  EXPECT_NEAR(batch.inputs().mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(batch.inputs().std().item<double>(), 1, 0.02);
  for (const char* variant : {"relu_attention",
                              "relu_attention_unscaled",
                              "squared_relu_attention",
                              "gated_relu_attention",
                              "no_qk_norm",
                              "parallel",
                              "no_bias",
                              "rmsnorm",
                              "map",
                              "width_64",
                              "width_96",
                              "width_96_parallel",
                              "bias_free",
                              "deep",
                              "deep_scaled",
                              "embedding_scaled",
                              "z_loss",
                              "d64",
                              "d128",
                              "mup",
                              "mup_d64",
                              "mup_d128"}) {
    SCOPED_TRACE(variant);
    const auto& entry = workloads::find(std::string("shapes_vit_") + variant);
    EXPECT_EQ(entry.base, "shapes_vit");
    const auto workload = entry.make();
    EXPECT_EQ(workload->facts().dataset, "shapes");
    EXPECT_NE(workload->configuration(), workloads::find("shapes_vit").make()->configuration());
    const auto model = workload->make_model(at::kCPU);
    model->initialize(1);
    EXPECT_EQ(model->forward(test::examples(*training, 0, 8), {}).logits.sizes(),
              (std::vector<std::int64_t>{8, kShapes}));
  }
}

/// Says what the mean of an image's pixels decides: always the same class.
class Constant final : public workloads::Model {
 public:
  Constant() { parameters_.push_back({"none", ParameterType::weight, at::zeros({1})}); }
  void initialize(std::uint64_t) override {}
  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    const at::Tensor logits = at::zeros({batch.inputs().size(0), kShapes});
    logits.select(1, 2).fill_(1);
    return {logits, {}};
  }
};

TEST(ShapesVit, HasConflictsAndTexturesForItsEvaluators) {
  const test::PreparedData data("shapes_independent_vit");
  const auto evaluation = data.held_back();
  const auto* evaluators = dynamic_cast<const workloads::Evaluators*>(evaluation.get());
  ASSERT_NE(evaluators, nullptr);
  Constant model;
  EXPECT_NEAR(evaluation->evaluate(model, Split::test, 512).at("accuracy"), 0.125, 1e-9);
  const auto bias = evaluators->look("shape_bias", model, 512);
  EXPECT_NEAR(bias.at("accuracy"), 0.125, 1e-9);
  // Of the conflicts an eighth has the shape 2; of the others a seventh has its texture.
  EXPECT_NEAR(bias.at("shape_bias"), 0.5, 0.05);
  const auto calibration = evaluators->look("calibration", model, 512);
  const double confidence = std::exp(1) / (std::exp(1) + 7);
  EXPECT_NEAR(calibration.at("ece"), confidence - 0.125, 1e-6);
  // Heat makes it say what it knows, which is nothing.
  EXPECT_GT(calibration.at("temperature"), 10);
  EXPECT_LT(calibration.at("scaled_ece"), 0.02);
  EXPECT_LT(evaluators->look("fairness", model, 512).at("gap"), 0.2);
}

TEST(ShapesVit, HandsItsFeaturesToProbes) {
  const test::PreparedData data("shapes_vit");
  const auto evaluation = data.held_back();
  const auto* evaluators = dynamic_cast<const workloads::Evaluators*>(evaluation.get());
  const auto model = workloads::find("shapes_vit").make()->make_model(at::kCPU);
  model->initialize(3);
  // Of a model that has learnt nothing the features still tell some textures apart.
  const auto found = evaluators->look("linear_probe", *model, 512);
  EXPECT_GT(found.at("accuracy"), 1.5 * found.at("chance"));
}

}  // namespace
}  // namespace timetrial::vit
