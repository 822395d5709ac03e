// DeepSpeech against numbers recorded from AlgoPerf's PyTorch implementation, against a plain one,
// and its variants.
#include "workloads/deepspeech/deepspeech.h"

#include "plain_deepspeech.h"
#include "tests/support/recognition_case.h"
#include "tests/support/second_derivative.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace timetrial::deepspeech {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kVariants[] = {"librispeech_deepspeech", "librispeech_deepspeech_tanh",
                                     "librispeech_deepspeech_no_resnet",
                                     "librispeech_deepspeech_norm_and_spec_aug"};
constexpr std::int64_t kTokens = 12;

json small_constructor() {
  return {{"vocab_size", kTokens},        {"encoder_dim", 12},
          {"num_lstm_layers", 2},         {"num_ffn_layers", 2},
          {"batch_norm_momentum", 0.1},   {"batch_norm_epsilon", 0.01},
          {"conv_subsampling_factor", 2}, {"use_specaug", false}};
}

/// What small_constructor() makes of a workload.
Config small(const std::string& name) {
  Config config = {.vocab_size = kTokens,
                   .width = 12,
                   .lstm_layers = 2,
                   .feed_forward_layers = 2,
                   .spec_augment = {.enabled = false},
                   .batch_norm = {.momentum = 0.1, .epsilon = 0.01}};
  if (name.ends_with("tanh")) config.tanh = true;
  if (name.ends_with("no_resnet")) config.residual = false;
  if (name.ends_with("norm_and_spec_aug")) {
    config.layer_norm = true;
    config.final_layer_norm = false;
    config.spec_augment.frequency_masks = 4;
    config.spec_augment.time_masks = 15;
  }
  return config;
}

void expect_plain(const Config& config) {
  const auto workload = make(config);
  const auto model = test::shaken_model(*workload);
  const Batch batch = test::noise_batch(kTokens);
  const at::NoGradGuard no_grad;
  const auto output = model->forward(batch, test::evaluation_mode());
  const auto expected = plain_logits(config, *model, batch);
  for (std::int64_t b = 0; b < batch.size(); ++b) {
    const auto found = output.logits[b].index({output.paddings[b].eq(0)}).to(at::kDouble);
    const auto& plain = expected[static_cast<std::size_t>(b)];
    ASSERT_EQ(found.sizes(), plain.sizes());
    EXPECT_LT((found - plain).abs().max().item<double>(), 2e-5 * plain.abs().max().item<double>());
  }
}

TEST(DeepSpeech, EqualsTheRecordedCases) {
  for (const auto* name : kVariants) {
    test::expect_recorded_case(FIXTURES, name);
  }
}

class EveryDeepSpeech : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Variants, EveryDeepSpeech, testing::ValuesIn(kVariants));

TEST_P(EveryDeepSpeech, HasAlgoPerfsParametersAndFirstValues) {
  test::expect_parameters(FIXTURES, GetParam());
}

TEST_P(EveryDeepSpeech, EqualsThePlainOne) { expect_plain(small(GetParam())); }

TEST_P(EveryDeepSpeech, BehavesAsARecogniser) {
  const auto workload = workloads::find(GetParam()).make()->in_recorded_sizes(small_constructor());
  EXPECT_EQ(workload->configuration(), make(small(GetParam()))->configuration());
  test::expect_recogniser(*workload, kTokens);
}

TEST(DeepSpeech, OneDirectionHasTheWholeWidth) {
  auto constructor = small_constructor();
  constructor["bidirectional"] = false;
  const auto workload =
      workloads::find("librispeech_deepspeech").make()->in_recorded_sizes(constructor);
  auto config = small("librispeech_deepspeech");
  config.bidirectional = false;
  EXPECT_EQ(workload->configuration(), make(config)->configuration());
  expect_plain(config);
}

TEST(DeepSpeech, SpecAugmentActsInTrainingAlone) {
  auto config = small("librispeech_deepspeech_norm_and_spec_aug");
  config.spec_augment.enabled = true;
  const auto model = test::shaken_model(*make(config));
  const Batch batch = test::noise_batch(kTokens);
  const auto forward = [&](const ForwardOptions& options, std::uint64_t seed) {
    at::manual_seed(seed);
    return model->forward(batch, options).logits;
  };
  const auto training = test::training_without_dropout();
  EXPECT_FALSE(at::equal(forward(training, 1), forward(training, 2)));
  EXPECT_TRUE(at::equal(forward(training, 1), forward(training, 1)));
  EXPECT_TRUE(at::equal(forward(test::evaluation_mode(), 1), forward(test::evaluation_mode(), 2)));
}

// Through the LSTMs and the loss, neither of whose kernels can be.
TEST(DeepSpeech, CanBeDifferentiatedTwice) {
  const auto workload = make(small("librispeech_deepspeech_tanh"));
  const auto model = test::shaken_model(*workload);
  EXPECT_LT(test::hessian_vector_error(*workload, *model, test::noise_batch(kTokens)), 0.02);
}

TEST(DeepSpeech, AnUtteranceThatIsAllPaddingHarmsNone) {
  const auto model = test::shaken_model(*make(small("librispeech_deepspeech")));
  Batch batch = test::noise_batch(kTokens);
  const auto alone = [&] {
    return model->forward(batch, test::evaluation_mode()).logits.slice(0, 0, 2);
  };
  const auto before = alone();
  batch.at("input_paddings")[2].fill_(1);
  EXPECT_TRUE(at::allclose(alone(), before));
  EXPECT_TRUE(model->forward(batch, test::evaluation_mode()).logits.isfinite().all().item<bool>());
}

TEST(DeepSpeech, VariantsAreRegisteredWithTheirBase) {
  for (const auto* name : kVariants) {
    const auto& entry = workloads::find(name);
    EXPECT_EQ(entry.base, "librispeech_deepspeech");
    EXPECT_EQ(entry.make()->facts().metric, "wer");
    EXPECT_EQ(entry.make()->facts().loss_type, LossType::ctc);
  }
  const auto masks = [](const char* name) { return workloads::find(name).make()->configuration(); };
  EXPECT_THAT(masks("librispeech_deepspeech"), HasSubstr("_frequency_masks = 2\n"));
  EXPECT_THAT(masks("librispeech_deepspeech"), HasSubstr("_time_masks = 10\n"));
  EXPECT_THAT(masks("librispeech_deepspeech_norm_and_spec_aug"), HasSubstr("_masks = 4\n"));
  EXPECT_THAT(masks("librispeech_deepspeech_norm_and_spec_aug"), HasSubstr("_time_masks = 15\n"));
}

TEST(DeepSpeech, RefusesCasesOfAnotherVariant) {
  const struct {
    std::string workload;
    json constructor;
    std::string message;
  } cases[] = {
      {"librispeech_deepspeech",
       {{"use_tanh", true}},
       "librispeech_deepspeech: use_tanh = true; it must be false, which makes this workload"},
      {"librispeech_deepspeech_tanh", {{"use_tanh", false}}, "use_tanh = false"},
      {"librispeech_deepspeech_no_resnet",
       {{"enable_residual_connections", true}},
       "enable_residual_connections = true"},
      {"librispeech_deepspeech_norm_and_spec_aug",
       {{"layernorm_everywhere", false}},
       "layernorm_everywhere = false"},
      {"librispeech_deepspeech",
       {{"enable_decoder_layer_norm", false}},
       "enable_decoder_layer_norm = false"},
      {"librispeech_deepspeech", {{"heads", 2}}, "the argument 'heads' is not known"},
  };
  for (const auto& c : cases) {
    try {
      workloads::find(c.workload).make()->in_recorded_sizes(c.constructor);
      ADD_FAILURE() << "accepted: " << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
  EXPECT_NO_THROW(workloads::find("librispeech_deepspeech_norm_and_spec_aug")
                      .make()
                      ->in_recorded_sizes({{"layernorm_everywhere", true},
                                           {"enable_decoder_layer_norm", false},
                                           {"freq_mask_count", 4}}));
}

TEST(DeepSpeech, BadFieldsAreNamed) {
  const struct {
    void (*change)(Config&);
    const char* message;
  } cases[] = {
      {[](Config& c) { c.vocab_size = 1; }, "deepspeech: vocab_size = 1; it must be at least 2"},
      {[](Config& c) { c.width = 7; }, "width = 7; it must be even"},
      {[](Config& c) { c.lstm_layers = -1; }, "lstm_layers = -1"},
      {[](Config& c) { c.feed_forward_layers = -1; }, "feed_forward_layers = -1"},
      {[](Config& c) { c.spec_augment.time_mask_ratio = 2; }, "SpecAugment: time_mask_ratio = 2"},
      {[](Config& c) { c.batch_norm.momentum = -1; }, "batch norm: momentum = -1"},
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
}  // namespace timetrial::deepspeech
