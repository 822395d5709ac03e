// Evaluators of image classifiers, on images that have their answers written into two pixels.
#include "workloads/small_images/image_evaluators.h"
#include "tests/support/temporary_folder.h"
#include "workloads/abridged.h"
#include "workloads/evaluators.h"
#include "workloads/nn/builder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::small_images {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kSide = 8, kClasses = 4;

/// What a classifier that reads the pixels goes by, and what it hands to its head.
enum class By { label, texture, nothing };

/// Reads the label in the first pixel and the texture in the last one, 20 grey levels to the class.
class Reads final : public nn::BuiltModel {
 public:
  Reads(By answers, By features) : BuiltModel(at::kCPU), answers_(answers), features_(features) {
    builder().linear("unused", {.in = 1, .out = 1});
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    const auto seen = [&](By what) {
      const std::int64_t place = what == By::label ? 0 : kSide - 1;
      const auto ids = batch.inputs().select(2, place).select(2, place).flatten().mul(255 / 20.0);
      return at::one_hot(ids.round().clamp(0, kClasses - 1).to(at::kLong), kClasses)
          .to(at::kFloat)
          .mul(20);
    };
    ModelOutput output{.logits = seen(answers_)};
    if (features_ != By::nothing) output.representation = seen(features_);
    return output;
  }

 private:
  By answers_, features_;
};

/// Textures that agree with labels, or are the next one.
Examples drawn(std::int64_t count, std::int64_t shift) {
  const auto labels = at::arange(count, at::kLong).remainder(kClasses);
  const auto textures = (labels + shift).remainder(kClasses);
  auto images = at::full({count, kSide, kSide}, 100, at::kByte);
  images.select(2, 0).select(1, 0).copy_(labels * 20);
  images.select(2, kSide - 1).select(1, kSide - 1).copy_(textures * 20);
  return {images, labels.to(at::kByte), textures.to(at::kByte)};
}

Format format() {
  return {.image_shape = {kSide, kSide},
          .remedy = "timetrial data prepare made",
          .inputs = [](const at::Tensor& images) { return normalised_grey(images, 0, 1); },
          .augmented_inputs = {}};
}

class ImageEvaluators : public testing::Test {
 protected:
  void SetUp() override {
    write(folder_.path(), {.training = drawn(8, 0),
                           .train_subset = drawn(8, 0),
                           .validation = drawn(240, 1),
                           .test = drawn(80, 1),
                           .conflicts = drawn(40, 2)});
    evaluation_ = open_evaluation(folder_.path() / "held_back", format());
    evaluators_ = dynamic_cast<const workloads::Evaluators*>(evaluation_.get());
    ASSERT_NE(evaluators_, nullptr);
  }

  double found(const std::string& evaluator, const std::string& value, By answers,
               By features = By::label) {
    Reads model(answers, features);
    return evaluators_->look(evaluator, model, 32).at(value);
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<workloads::Evaluation> evaluation_;
  const workloads::Evaluators* evaluators_ = nullptr;
};

TEST_F(ImageEvaluators, AreThoseThatTheDataAllow) {
  EXPECT_THAT(evaluators_->evaluators(),
              ElementsAre("calibration", "corruptions", "fairness", "fewshot_ridge", "linear_probe",
                          "shape_bias"));
  Reads model(By::label, By::label);
  EXPECT_THROW(evaluators_->look("accuracy", model, 32), std::invalid_argument);
  std::filesystem::remove(folder_.path() / "held_back/conflicts.safetensors");
  const auto plain = open_evaluation(folder_.path() / "held_back", format());
  const auto* without = dynamic_cast<const workloads::Evaluators*>(plain.get());
  EXPECT_EQ(without->evaluators().size(), 5U);
  EXPECT_THROW(without->look("shape_bias", model, 32), std::invalid_argument);
}

TEST_F(ImageEvaluators, ShapeBiasIsOneOrZeroForThoseThatGoByOneAlone) {
  EXPECT_EQ(found("shape_bias", "shape_bias", By::label), 1);
  EXPECT_EQ(found("shape_bias", "shape_bias", By::texture), 0);
  EXPECT_EQ(found("shape_bias", "accuracy", By::texture), 0);
  EXPECT_EQ(found("shape_bias", "decided", By::texture), 1);
}

TEST_F(ImageEvaluators, ConfidenceIsMeasuredBeforeAndAfterScaling) {
  // Always right and sure; always sure and wrong, which the highest temperature mends best.
  EXPECT_LT(found("calibration", "ece", By::label), 1e-6);
  EXPECT_GT(found("calibration", "ece", By::texture), 0.99);
  EXPECT_NEAR(found("calibration", "temperature", By::texture), 64, 0.1);
  EXPECT_LT(found("calibration", "scaled_ece", By::texture), 0.35);
}

TEST_F(ImageEvaluators, ProbesLearnTheTextureFromFeaturesThatHaveIt) {
  for (const auto& [evaluator, value] : std::map<std::string, std::string>{
           {"linear_probe", "accuracy"}, {"fewshot_ridge", "accuracy_5"}}) {
    EXPECT_EQ(found(evaluator, value, By::label, By::texture), 1);
    EXPECT_THROW(found(evaluator, value, By::label, By::nothing), std::invalid_argument);
  }
  EXPECT_EQ(found("linear_probe", "chance", By::label), 0.25);
  // Four features, each of which 20 of the 80 test images have: chance for each image, not one for
  // all that share a feature, which would be a multiple of 0.25.
  const double shuffled = found("linear_probe", "shuffled", By::label, By::texture);
  EXPECT_NEAR(shuffled, 0.25, 0.1);
  EXPECT_NE(std::fmod(shuffled, 0.25), 0);
}

TEST_F(ImageEvaluators, CorruptionsCostWhatTheyHide) {
  EXPECT_EQ(found("corruptions", "clean", By::label), 1);
  EXPECT_EQ(found("corruptions", "contrast_1", By::texture), 0);
  EXPECT_LT(found("corruptions", "brightness_5", By::label), 0.5) << "76 grey levels, four classes";
  EXPECT_GT(found("corruptions", "mean", By::label), 0.2);
}

TEST_F(ImageEvaluators, FairnessIsByTextureAndParityCostsNothingHere) {
  EXPECT_EQ(found("fairness", "gap", By::label), 0);
  EXPECT_EQ(found("fairness", "worst_group", By::label), 1);
  // Labels 0 and 1 have textures 1 and 2: each half of the textures has one of them.
  EXPECT_EQ(found("fairness", "parity_0", By::label), 1);
}

TEST_F(ImageEvaluators, MakeDoWithTheFirstExamplesOfEachSplit) {
  const auto joined = [](const Examples& first, const Examples& then) {
    return Examples{at::cat({first.images, then.images}), at::cat({first.labels, then.labels}),
                    at::cat({first.textures, then.textures})};
  };
  const auto split = joined(drawn(12, 0), drawn(36, 1));  // textures tell the first 12 alone
  write(folder_.path(), {.training = split,
                         .train_subset = split,
                         .validation = split,
                         .test = split,
                         .conflicts = split});
  const auto evaluation = open_evaluation(folder_.path() / "held_back", format());
  Reads model(By::texture, By::texture);
  const auto ece = [&] {
    return dynamic_cast<const workloads::Evaluators&>(*evaluation)
        .look("calibration", model, 5)
        .at("ece");
  };
  const auto accuracy = [&](workloads::Split of) {
    return evaluation->evaluate(model, of, 5).at("accuracy");
  };
  EXPECT_EQ(accuracy(workloads::Split::test), 0.25);
  EXPECT_GT(ece(), 0.7);
  dynamic_cast<workloads::Abridged&>(*evaluation).keep_first(12);
  for (const auto of :
       {workloads::Split::train_subset, workloads::Split::validation, workloads::Split::test}) {
    EXPECT_EQ(evaluation->size(of), 12);
    EXPECT_EQ(accuracy(of), 1);
  }
  EXPECT_LT(ece(), 1e-6) << "what evaluators look at, too";
  dynamic_cast<workloads::Abridged&>(*evaluation).keep_first(1000);
  EXPECT_EQ(evaluation->size(workloads::Split::test), 12) << "there are no more";
}

}  // namespace
}  // namespace timetrial::small_images
