// AlgoPerf's translation models against recorded numbers, and what holds for any size of them.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/algoperf_parameters.h"
#include "tests/support/second_derivative.h"
#include "tests/workloads/transformer/recorded_translation.h"

namespace timetrial::transformer {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class AgainstAlgoPerf : public testing::TestWithParam<const char*> {
 protected:
  const RecordedTranslation case_{GetParam()};

  /// Of the logits that mean something; the others are noise in the reference too.
  double logit_difference(const char* pass, const ForwardOptions& options) const {
    const Batch batch = case_.batch(options.training);
    const ModelOutput output = case_.model.forward(batch, options);
    const at::Tensor expected = case_.fixture.tensor(std::string(pass) + "/logits");
    EXPECT_EQ(output.logits.sizes(), expected.sizes());
    const at::Tensor counts = case_.workload->comparable_logits(batch, output).unsqueeze(-1);
    EXPECT_GT(counts.sum().item<std::int64_t>(), 0);
    return (output.logits - expected).abs().masked_select(counts).max().item<double>();
  }
  Loss training_loss(double label_smoothing) const {
    const Batch batch = case_.batch(true);
    return case_.workload->loss(batch, case_.model.forward(batch, dropping(0)), label_smoothing);
  }
};
INSTANTIATE_TEST_SUITE_P(Cases, AgainstAlgoPerf, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(AgainstAlgoPerf, LogitsAreEqualInBothModes) {
  // The largest logits are about 1.
  EXPECT_LE(logit_difference("output_eval", evaluation()), 1e-5);
  EXPECT_LE(logit_difference("output_train", dropping(0)), 1e-5);
}

TEST_P(AgainstAlgoPerf, LossesAreEqualInBothModes) {
  for (const bool training : {false, true}) {
    SCOPED_TRACE(training);
    const auto& expected = case_.fixture.sidecar()[training ? "train" : "eval"];
    const Batch batch = case_.batch(training);
    const ModelOutput output = case_.model.forward(batch, training ? dropping(0) : evaluation());
    const Loss loss = case_.workload->loss(batch, output, 0);
    EXPECT_LE(case_.fixture.max_difference(
                  loss.per_example, training ? "loss_train/per_example" : "loss_eval/per_example"),
              1e-5);
    EXPECT_NEAR(loss.summed.item<double>(), expected["summed"].get<double>(), 2e-4);
    EXPECT_EQ(loss.valid_examples.item<double>(), expected["n_valid_examples"].get<double>());
    EXPECT_NEAR(case_.workload->loss(batch, output, 0.1).summed.item<double>(),
                expected["summed_label_smoothing_0.1"].get<double>(), 2e-4);
  }
}

TEST_P(AgainstAlgoPerf, GradientsAreEqual) {
  training_loss(0).mean().backward();
  EXPECT_LE(case_.fixture.gradient_norm_difference(case_.model), 1e-5);
  EXPECT_LE(case_.fixture.gradient_difference(case_.model), 1e-5);
}

TEST_P(AgainstAlgoPerf, AccuracyCountsAreEqual) {
  for (const bool training : {false, true}) {
    const Batch batch = case_.batch(training);
    const auto logits = case_.model.forward(batch, training ? dropping(0) : evaluation()).logits;
    const auto right = logits.argmax(-1).eq(batch.targets()).mul(batch.weights()).sum();
    EXPECT_EQ(right.item<double>(),
              case_.fixture.sidecar()[training ? "train" : "eval"]["accuracy_sum"].get<double>());
  }
}

TEST(Translation, FullSizesHaveAlgoPerfsParameters) {
  struct Case {
    const char *workload, *table;
  };
  const Case cases[] = {{"wmt", "wmt"},
                        {"wmt_post_ln", "wmt_post_ln"},
                        {"wmt_attention_temp", "wmt"},  // the same tensors
                        {"wmt_glu_tanh", "wmt_glu_tanh"}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.workload);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", one.table);
    const auto workload = workloads::find(one.workload).make();
    EXPECT_THAT(table.differences(*workload->make_model(at::kMeta)), IsEmpty());
  }
}

/// The rows of `table` that `model`, with fewer layers and tokens, has.
test::AlgoPerfParameters rows_of(test::AlgoPerfParameters table, const workloads::Model& model) {
  std::erase_if(table.rows, [&](const auto& row) {
    return std::none_of(model.parameters().begin(), model.parameters().end(),
                        [&](const Parameter& one) { return one.name == row.name; });
  });
  return table;
}

TEST(Translation, StartsAsAlgoPerfDoes) {
  Config config;
  config.layers = 1;
  config.vocab_size = 2000;  // AlgoPerf's 32,000 have the same statistics, but for the extremes
  config.glu = true;
  const auto model = make_model(config, at::kCPU);
  model->initialize(1);
  auto table = rows_of(
      test::AlgoPerfParameters::read(kFixtures / "parameters.json", "wmt_glu_tanh"), *model);
  ASSERT_EQ(table.rows.size(), model->parameters().size());
  EXPECT_THAT(table.initial_differences(*model), IsEmpty());
}

TEST(Translation, DropoutActsInTrainingAlone) {
  const RecordedTranslation recorded("wmt");
  const Batch batch = recorded.batch(true);
  const auto logits = [&](const ForwardOptions& options) {
    return recorded.model.forward(batch, options).logits;
  };
  const at::Tensor plain = logits(evaluation());
  EXPECT_TRUE(at::equal(plain, logits(dropping(0))));
  EXPECT_FALSE(at::equal(plain, logits(dropping(0.5))));
  EXPECT_FALSE(at::equal(plain, logits({})));  // the default is 0.1
  ForwardOptions both = dropping(0.5);
  both.training = false;
  EXPECT_TRUE(at::equal(plain, logits(both)));
}

TEST(Translation, PackedSentencesDoNotSeeOneAnother) {
  const RecordedTranslation recorded("wmt");
  const Batch batch = recorded.batch(true);
  const at::Tensor segments = batch.at("targets_segmentation");
  ASSERT_EQ(segments[0].max().item<std::int64_t>(), 2);
  const at::Tensor before = recorded.model.forward(batch, evaluation()).logits;
  // Another source for the second sentence: the first one's logits stay, bit by bit.
  Batch changed = batch;
  const at::Tensor second = batch.at("inputs_segmentation").eq(2);
  changed.set("inputs", at::where(second, (batch.inputs() + 1) % 47 + 1, batch.inputs()));
  const at::Tensor after = recorded.model.forward(changed, evaluation()).logits;
  const at::Tensor first_rows = segments.eq(1).unsqueeze(-1),
                   second_rows = segments.eq(2).unsqueeze(-1);
  EXPECT_TRUE(at::equal(before.masked_select(first_rows), after.masked_select(first_rows)));
  EXPECT_FALSE(at::equal(before.masked_select(second_rows), after.masked_select(second_rows)));
}

TEST(Translation, AttentionTemperatureIsAFactorOfTheQueries) {
  Config hot;
  hot.vocab_size = 30;
  hot.width = hot.mlp_dim = 16;
  hot.heads = 2;
  hot.layers = 1;
  Config base = hot;
  hot.attention_temperature = 4;
  const auto model = make_model(hot, at::kCPU), plain = make_model(base, at::kCPU);
  model->initialize(3);
  plain->initialize(3);
  const at::NoGradGuard no_grad;
  for (const Parameter& one : plain->parameters()) {
    if (one.name.ends_with("in_proj.weight")) one.tensor.narrow(0, 0, 16).mul_(4);
    if (one.name.ends_with("q_proj.weight")) at::Tensor(one.tensor).mul_(4);
  }
  const at::Tensor ids = at::tensor({5, 9, 2, 7, 11, 2}, at::kLong).view({2, 3});
  const Batch batch({{"inputs", ids}, {"targets", ids + 1}, {"weights", at::ones({2, 3})}});
  EXPECT_LE(
      (model->forward(batch, evaluation()).logits - plain->forward(batch, evaluation()).logits)
          .abs()
          .max()
          .item<double>(),
      1e-6);
}

TEST(Translation, CanBeDifferentiatedTwice) {
  const RecordedTranslation recorded("wmt_glu_tanh");
  EXPECT_LE(test::hessian_vector_error(*recorded.workload, recorded.model, recorded.batch(true)),
            0.02);
}

TEST(Translation, RefusesWhatDoesNotFit) {
  const RecordedTranslation recorded("wmt");
  const at::Tensor ids = at::ones({2, 3}, at::kLong), longer = at::ones({2, 257}, at::kLong);
  const auto forward = [&](const at::Tensor& inputs, const at::Tensor& targets) {
    recorded.model.forward(Batch({{"inputs", inputs}, {"targets", targets}}), evaluation());
  };
  EXPECT_THROW(forward(longer, ids), std::invalid_argument);
  EXPECT_THROW(forward(ids, longer), std::invalid_argument);
  EXPECT_THROW(forward(ids[0], ids), std::invalid_argument);
  EXPECT_THROW(forward(ids, ids.narrow(0, 0, 1)), std::invalid_argument);
  EXPECT_THROW(token_loss(Batch({{"targets", ids}}), at::zeros({2, 4, 5}), 0),
               std::invalid_argument);
}

TEST(Translation, BadFieldsAreNamed) {
  struct Case {
    void (*change)(Config&);
    const char* message;
  };
  const Case cases[] = {
      {[](Config& c) { c.vocab_size = 0; }, "vocab_size = 0; use at least 1"},
      {[](Config& c) { c.width = 15; }, "width = 15; use an even number"},
      {[](Config& c) { c.heads = 7; }, "heads = 7; use a divisor of the width"},
      {[](Config& c) { c.mlp_dim = 0; }, "mlp_dim = 0; use at least 1"},
      {[](Config& c) { c.layers = 0; }, "layers = 0; use at least 1"},
      {[](Config& c) { c.layer_norm_epsilon = 0; }, "layer_norm_epsilon = 0; use a positive"},
      {[](Config& c) { c.attention_temperature = -1; }, "attention_temperature = -1; use"},
      {[](Config& c) { c.embedding_scale = 0; }, "embedding_scale = 0; use a positive number"},
      {[](Config& c) { c.depth_base = -1; }, "depth_base = -1; must not be negative"},
      {[](Config& c) { c.mup_base_width = 24; }, "mup_base_width = 24; use 0, or a multiple of"},
      {[](Config& c) { c.mup_base_width = -16; }, "mup_base_width = -16; use 0, or a multiple"},
      {[](Config& c) { c.parallel = c.post_ln = true; }, "parallel = 1; needs post_ln = 0"},
      {[](Config& c) {
         c.glu = true;
         c.mlp_dim = 8;
       },
       "mlp_dim = 8; with glu it must equal the width"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    Config config;
    one.change(config);
    try {
      validate(config);
      FAIL() << "accepted";
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
}

TEST(Translation, RecordedSizesKeepWhatMakesTheVariant) {
  struct Case {
    const char *workload, *constructor, *message;
  };
  const Case cases[] = {
      {"wmt", R"({"pre_ln": false})", "pre_ln = false; it must be true"},
      {"wmt", R"({"glu": true})", "glu = true; it must be false"},
      {"wmt", R"({"activation": "tanh"})", "activation = \"tanh\"; it must be relu"},
      {"wmt", R"({"attention_temp": 4.0})", "attention_temp = 4.0; it must be 1.0"},
      {"wmt_post_ln", R"({"pre_ln": true})", "pre_ln = true; it must be false"},
      {"wmt_attention_temp", R"({"attention_temp": 1})", "it must be 4.0"},
      {"wmt", R"({"depth": 2})", "'depth'"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.constructor);
    try {
      workloads::find(one.workload)
          .make()
          ->in_recorded_sizes(nlohmann::json::parse(one.constructor));
      FAIL() << "accepted";
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
  const auto small = workloads::find("wmt_attention_temp")
                         .make()
                         ->in_recorded_sizes({{"d_model", 32}, {"nlayers", 1}});
  EXPECT_THAT(small->configuration(), HasSubstr("attention_temperature = 4\n"));
  EXPECT_THAT(small->configuration(), HasSubstr("mlp_dim = 1024\n"));  // AlgoPerf's default
  EXPECT_THAT(small->configuration(), HasSubstr("width = 32\n"));
}

TEST(Translation, FactsAreAlgoPerfs) {
  for (const char* name : kCases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(workloads::find(name).base, "wmt");
    const auto facts = workloads::find(name).make()->facts();
    EXPECT_EQ(facts.metric, "bleu");
    EXPECT_TRUE(facts.higher_is_better);
    EXPECT_EQ(facts.default_dropout, 0.1);
    EXPECT_EQ(facts.source, workloads::DataSource::official);
    EXPECT_EQ(facts.loss_type, LossType::softmax_cross_entropy);
  }
}

}  // namespace
}  // namespace timetrial::transformer
