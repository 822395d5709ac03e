#include "workloads/nn/builder.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

namespace timetrial::nn {
namespace {

class Classifier final : public BuiltModel {
 public:
  explicit Classifier(bool extra_layer)
      : BuiltModel(at::kCPU),
        table_(builder().embedding("table", 5, 4, normal(1))),
        norm_(builder().layer_norm("norm", 4)) {
    if (extra_layer) builder().linear("extra", {.in = 4, .out = 4});
    head_ = builder().linear("head", {.in = 4, .out = 2});
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    return {head_(norm_(table_(batch.inputs()))), {}};
  }

 private:
  Embedding table_;
  LayerNorm norm_;
  Linear head_;
};

TEST(BuiltModel, ListsParametersInTheOrderTheyWereAdded) {
  const Classifier model(false);
  const struct {
    std::string name;
    ParameterType type;
    std::vector<std::int64_t> shape;
  } expected[] = {{"table.weight", ParameterType::embedding, {5, 4}},
                  {"norm.weight", ParameterType::layer_norm_scale, {4}},
                  {"norm.bias", ParameterType::layer_norm_bias, {4}},
                  {"head.weight", ParameterType::weight, {2, 4}},
                  {"head.bias", ParameterType::bias, {2}}};
  ASSERT_EQ(model.parameters().size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const auto& found = model.parameters()[i];
    SCOPED_TRACE(expected[i].name);
    EXPECT_EQ(found.name, expected[i].name);
    EXPECT_EQ(found.type, expected[i].type);
    EXPECT_EQ(found.tensor.sizes(), expected[i].shape);
    EXPECT_TRUE(found.tensor.is_leaf() && found.tensor.requires_grad());
  }
}

TEST(BuiltModel, EqualSeedsGiveEqualBitsEvenWithALayerMore) {
  Classifier base(false), again(false), variant(true);
  base.initialize(7);
  again.initialize(7);
  variant.initialize(7);
  const auto& weights = base.parameters();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_TRUE(at::equal(weights[i].tensor, again.parameters()[i].tensor)) << weights[i].name;
  }
  EXPECT_EQ(variant.parameters()[5].name, "head.weight");
  EXPECT_TRUE(at::equal(variant.parameters()[5].tensor, weights[3].tensor));
  again.initialize(8);
  EXPECT_FALSE(at::equal(weights[0].tensor, again.parameters()[0].tensor));
}

TEST(BuiltModel, GradientsReachEveryParameter) {
  Classifier model(false);
  model.initialize(1);
  Batch batch;
  batch.set("inputs", at::ones({3}, at::kLong));
  model.forward(batch, {}).logits.pow(2).sum().backward();
  for (const auto& parameter : model.parameters()) {
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    EXPECT_GT(parameter.tensor.grad().abs().sum().item<double>(), 0) << parameter.name;
  }
}

}  // namespace
}  // namespace timetrial::nn
