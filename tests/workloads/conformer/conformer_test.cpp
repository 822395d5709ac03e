// The conformer against numbers recorded from AlgoPerf's PyTorch implementation, against a plain
// one, and its variants.
#include "workloads/conformer/conformer.h"

#include "plain_conformer.h"
#include "tests/support/recognition_case.h"
#include "tests/support/second_derivative.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace timetrial::conformer {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kVariants[] = {
    "librispeech_conformer", "librispeech_conformer_attention_temperature",
    "librispeech_conformer_layernorm", "librispeech_conformer_gelu"};
constexpr std::int64_t kTokens = 12;

json small_constructor() {
  return {{"vocab_size", kTokens},        {"encoder_dim", 12},
          {"num_attention_heads", 3},     {"num_encoder_layers", 2},
          {"convolution_kernel_size", 3}, {"feed_forward_expansion_factor", 2},
          {"batch_norm_momentum", 0.1},   {"batch_norm_epsilon", 0.01},
          {"use_specaug", false}};
}

/// What small_constructor() makes of a workload.
Config small(const std::string& name) {
  Config config = {.vocab_size = kTokens,
                   .width = 12,
                   .heads = 3,
                   .layers = 2,
                   .feed_forward_factor = 2,
                   .kernel_size = 3,
                   .spec_augment = {.enabled = false},
                   .batch_norm = {.momentum = 0.1, .epsilon = 0.01}};
  if (name.ends_with("attention_temperature")) config.attention_temperature = 1.6;
  if (name.ends_with("layernorm")) config.post_layer_norm = false;
  if (name.ends_with("gelu")) config.activation = Activation::gelu;
  return config;
}

TEST(Conformer, EqualsTheRecordedCases) {
  for (const auto* name : kVariants) {
    test::expect_recorded_case(FIXTURES, name);
  }
}

class EveryConformer : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Variants, EveryConformer, testing::ValuesIn(kVariants));

TEST_P(EveryConformer, HasAlgoPerfsParametersAndFirstValues) {
  test::expect_parameters(FIXTURES, GetParam());
}

TEST_P(EveryConformer, EqualsThePlainOne) {
  const auto workload = workloads::find(GetParam()).make()->in_recorded_sizes(small_constructor());
  const auto model = test::shaken_model(*workload);
  const Batch batch = test::noise_batch(kTokens);
  const at::NoGradGuard no_grad;
  const auto output = model->forward(batch, test::evaluation_mode());
  const auto expected = plain_logits(small(GetParam()), *model, batch);
  for (std::int64_t b = 0; b < batch.size(); ++b) {
    const auto found = output.logits[b].index({output.paddings[b].eq(0)}).to(at::kDouble);
    const auto& plain = expected[static_cast<std::size_t>(b)];
    ASSERT_EQ(found.sizes(), plain.sizes());
    EXPECT_LT((found - plain).abs().max().item<double>(), 2e-5 * plain.abs().max().item<double>());
  }
}

TEST_P(EveryConformer, BehavesAsARecogniser) {
  const auto workload = workloads::find(GetParam()).make()->in_recorded_sizes(small_constructor());
  EXPECT_EQ(workload->configuration(), make(small(GetParam()))->configuration());
  test::expect_recogniser(*workload, kTokens);
}

TEST(Conformer, SpecAugmentActsInTrainingAlone) {
  auto constructor = small_constructor();
  constructor["use_specaug"] = true;
  const auto workload =
      workloads::find("librispeech_conformer").make()->in_recorded_sizes(constructor);
  const auto model = test::shaken_model(*workload);
  const Batch batch = test::noise_batch(kTokens);
  const auto forward = [&](const ForwardOptions& options, std::uint64_t seed) {
    at::manual_seed(seed);
    return model->forward(batch, options).logits;
  };
  auto training = test::training_without_dropout();
  training.update_batch_norm = false;
  EXPECT_FALSE(at::equal(forward(training, 1), forward(training, 2)));
  EXPECT_TRUE(at::equal(forward(training, 1), forward(training, 1)));
  EXPECT_TRUE(at::equal(forward(test::evaluation_mode(), 1), forward(test::evaluation_mode(), 2)));
}

TEST(Conformer, FixedDropoutRatesActInTrainingAlone) {
  for (const auto* rate : {"attention_dropout_rate", "feed_forward_dropout_rate"}) {
    SCOPED_TRACE(rate);
    auto constructor = small_constructor();
    constructor[rate] = 0.5;
    const auto workload =
        workloads::find("librispeech_conformer").make()->in_recorded_sizes(constructor);
    const auto model = test::shaken_model(*workload);
    const Batch batch = test::noise_batch(kTokens);
    const auto forward = [&](const ForwardOptions& options) {
      return model->forward(batch, options).logits;
    };
    EXPECT_FALSE(at::equal(forward(test::training_without_dropout()),
                           forward(test::training_without_dropout())));
    EXPECT_TRUE(at::equal(forward(test::evaluation_mode()), forward(test::evaluation_mode())));
  }
}

/// Keeps all ReLUs of the subsampling on, so that finite differences meet no kink: a first layer
/// that is pushed above 0, a second one without negative weights, both with small weights.
void smoothen(const workloads::Model& model) {
  const at::NoGradGuard no_grad;
  for (const auto& one : model.parameters()) {
    at::Tensor tensor = one.tensor;
    if (one.name == "subsample.conv1.kernel") tensor.mul_(0.1);
    if (one.name == "subsample.conv1.bias") tensor.fill_(2);
    if (one.name == "subsample.conv2.kernel") tensor.abs_().mul_(0.1).add_(0.005);
    if (one.name == "subsample.linear.weight") tensor.mul_(0.3);
  }
}

TEST(Conformer, CanBeDifferentiatedTwice) {
  const auto workload = make(small("librispeech_conformer"));
  const auto model = test::shaken_model(*workload);
  smoothen(*model);
  EXPECT_LT(test::hessian_vector_error(*workload, *model, test::noise_batch(kTokens)), 0.02);
}

TEST(Conformer, AnUtteranceThatIsAllPaddingHarmsNone) {
  const auto model = test::shaken_model(*make(small("librispeech_conformer")));
  const Batch batch = test::noise_batch(kTokens);
  batch.at("input_paddings")[2].fill_(1);
  const auto output = model->forward(batch, test::training_without_dropout());
  output.logits.slice(0, 0, 2).sum().backward();
  EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
  for (const auto& parameter : model->parameters()) {
    EXPECT_TRUE(parameter.tensor.grad().isfinite().all().item<bool>()) << parameter.name;
  }
}

TEST(Conformer, VariantsAreRegisteredWithTheirBase) {
  for (const auto* name : kVariants) {
    const auto& entry = workloads::find(name);
    EXPECT_EQ(entry.base, "librispeech_conformer");
    const auto facts = entry.make()->facts();
    EXPECT_EQ(facts.metric, "wer");
    EXPECT_FALSE(facts.higher_is_better);
    EXPECT_EQ(facts.loss_type, LossType::ctc);
    EXPECT_EQ(facts.dataset, "librispeech");
    EXPECT_EQ(facts.source, workloads::DataSource::official);
    EXPECT_EQ(facts.default_dropout, 0.1);
  }
  EXPECT_THAT(workloads::find("librispeech_conformer").make()->configuration(),
              HasSubstr("\nspec_augment_enabled = true\n"));
}

std::string refusal(const std::string& workload, const json& constructor) {
  try {
    workloads::find(workload).make()->in_recorded_sizes(constructor);
  } catch (const workloads::ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Conformer, RefusesCasesOfAnotherVariant) {
  const struct {
    std::string workload;
    json constructor;
    std::string message;
  } cases[] = {
      {"librispeech_conformer",
       {{"activation_function_name", "gelu"}},
       "activation_function_name = \"gelu\"; it must be swish"},
      {"librispeech_conformer_gelu",
       {{"activation_function_name", "swish"}},
       "activation_function_name = \"swish\"; it must be gelu"},
      {"librispeech_conformer", {{"attention_temperature", 1.6}}, "attention_temperature = 1.6"},
      {"librispeech_conformer_attention_temperature",
       {{"attention_temperature", 1}},
       "attention_temperature = 1; it must be that of this workload"},
      {"librispeech_conformer_layernorm",
       {{"use_post_layer_norm", true}},
       "use_post_layer_norm = true"},
      {"librispeech_conformer", {{"width", 12}}, "the argument 'width' is not known"},
      {"librispeech_conformer", {{"encoder_dim", 12.5}}, "encoder_dim = 12.5; it must be a whole"},
      {"librispeech_conformer", {{"encoder_dim", 12}}, "heads = 8; it must be a divisor of width"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(refusal(c.workload, c.constructor), HasSubstr(c.message));
  }
  EXPECT_EQ(refusal("librispeech_conformer_attention_temperature",
                    {{"attention_temperature", 1.6}, {"use_specaug", true}}),
            "accepted");
}

TEST(Conformer, BadFieldsAreNamed) {
  const struct {
    void (*change)(Config&);
    const char* message;
  } cases[] = {
      {[](Config& c) { c.vocab_size = 1; }, "conformer: vocab_size = 1; it must be at least 2"},
      {[](Config& c) { c.width = 2; }, "width = 2; it must be at least 4"},
      {[](Config& c) { c.heads = 5; }, "heads = 5; it must be a divisor of width = 512"},
      {[](Config& c) { c.layers = 0; }, "layers = 0"},
      {[](Config& c) { c.kernel_size = 0; }, "kernel_size = 0"},
      {[](Config& c) { c.feed_forward_factor = 0; }, "feed_forward_factor = 0"},
      {[](Config& c) { c.attention_dropout = 1; }, "attention_dropout = 1; it must be in [0, 1)"},
      {[](Config& c) { c.feed_forward_dropout = -0.5; }, "feed_forward_dropout = -0.5"},
      {[](Config& c) { c.spec_augment.time_masks = -1; }, "SpecAugment: time_masks = -1"},
      {[](Config& c) { c.batch_norm.epsilon = 0; }, "batch norm: epsilon = 0"},
  };
  for (const auto& c : cases) {
    Config config;
    c.change(config);
    try {
      make(config);
      ADD_FAILURE() << "accepted: " << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::conformer
