// The language model against AlgoPerf's recorded numbers, and what holds for any size of it.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "tests/support/algoperf_fixture.h"
#include "workloads/lm/lm.h"

namespace timetrial::lm {
namespace {

const std::filesystem::path kFixtures =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/lm/fixtures";

/// The largest logit of the fixture is about 4; float32 in another order of sums moves it by 1e-6.
constexpr double kLogitTolerance = 2e-5;

Config tiny() {
  Config config;
  config.vocab_size = 48;
  config.sequence_length = 10;
  config.width = 16;
  config.heads = 2;
  config.layers = 2;
  config.mlp_dim = 32;
  config.multiple_of = 16;
  return config;
}

ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

class AgainstAlgoPerf : public testing::Test {
 protected:
  AgainstAlgoPerf() { fixture_.set_parameters(*model_); }
  const test::AlgoPerfFixture fixture_{kFixtures, "finewebedu_lm"};
  const std::unique_ptr<workloads::Model> model_ = make_transformer(tiny(), at::kCPU);
};

TEST_F(AgainstAlgoPerf, LogitsAreEqualInBothModes) {
  EXPECT_LE(fixture_.max_difference(model_->forward(fixture_.batch(), evaluation()).logits,
                                    "output_eval/logits"),
            kLogitTolerance);
  EXPECT_LE(
      fixture_.max_difference(model_->forward(fixture_.batch(), {}).logits, "output_train/logits"),
      kLogitTolerance);
}

TEST_F(AgainstAlgoPerf, LossAndSmoothedLossAreEqual) {
  const auto& expected = fixture_.sidecar()["train"];
  const Batch batch = fixture_.batch();
  const at::Tensor logits = model_->forward(batch, {}).logits;
  const Loss loss = token_loss(batch, logits, 0);
  EXPECT_LE(fixture_.max_difference(loss.per_example, "loss_train/per_example"), 1e-5);
  EXPECT_NEAR(loss.summed.item<double>(), expected["summed"].get<double>(), 2e-4);
  EXPECT_EQ(loss.valid_examples.item<double>(), expected["n_valid_examples"].get<double>());
  EXPECT_NEAR(token_loss(batch, logits, 0.1).summed.item<double>(),
              expected["summed_label_smoothing_0.1"].get<double>(), 2e-4);
}

TEST_F(AgainstAlgoPerf, GradientsAreEqual) {
  const Batch batch = fixture_.batch();
  token_loss(batch, model_->forward(batch, {}).logits, 0).mean().backward();
  EXPECT_LE(fixture_.gradient_norm_difference(*model_), 1e-5);
  EXPECT_LE(fixture_.gradient_difference(*model_), 1e-5);
}

/// The model once more, in double precision and without haste.
class PlainModel {
 public:
  PlainModel(const workloads::Model& model, const Config& config) : config_(config) {
    for (const Parameter& p : model.parameters()) parameters_[p.name] = p.tensor.to(at::kDouble);
  }

  at::Tensor logits(const at::Tensor& ids) const {
    at::Tensor x = of("embed_tokens.weight").index_select(0, ids.flatten()).view({2, -1, 16});
    for (const std::string layer : {"layers.0.", "layers.1."}) {
      x = x + attention(norm(x, layer + "attn_norm"), layer + "attn.");
      const at::Tensor hidden =
          norm(x, layer + "mlp_norm").matmul(of(layer + "mlp.fc1.weight").t());
      const at::Tensor a = hidden.narrow(2, 0, 32), b = hidden.narrow(2, 32, 32);
      const at::Tensor gate = config_.gate == Gate::silu ? b / (1 + at::exp(-b)) : at::sigmoid(b);
      x = x + (a * gate).matmul(of(layer + "mlp.fc2.weight").t());
    }
    return norm(x, "out_norm").matmul(of("embed_tokens.weight").t());
  }

 private:
  const at::Tensor& of(const std::string& name) const { return parameters_.at(name); }

  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    return x / at::sqrt(x.square().mean(-1, true) + kEpsilon) * of(name + ".weight");
  }

  /// Head by head; x [2, T, 16].
  at::Tensor attention(const at::Tensor& x, const std::string& in) const {
    const at::Tensor qkv = x.matmul(of(in + "w_qkv.weight").t());
    const at::Tensor future = at::ones({x.size(1), x.size(1)}, at::kBool).triu(1);
    std::vector<at::Tensor> heads;
    for (const std::int64_t head : {0, 1}) {
      at::Tensor q = turned(qkv.narrow(2, 8 * head, 8));
      at::Tensor k = turned(qkv.narrow(2, 16 + 8 * head, 8));
      if (config_.qk_norm) {
        q = (q / at::sqrt(q.square().sum(-1, true)) + kEpsilon) * of(in + "attn_scale");
        k = k / at::sqrt(k.square().sum(-1, true)) + kEpsilon;
      } else {
        q = q / std::sqrt(8.0);
      }
      const at::Tensor scores = q.matmul(k.transpose(1, 2)).masked_fill(future, -INFINITY);
      heads.push_back(scores.softmax(-1).matmul(qkv.narrow(2, 32 + 8 * head, 8)));
    }
    return at::cat(heads, 2).matmul(of(in + "w_out.weight").t());
  }

  /// [2, T, 8], each pair by its angle.
  static at::Tensor turned(const at::Tensor& x) {
    at::Tensor out = x.clone();
    for (std::int64_t t = 0; t < x.size(1); ++t) {
      for (std::int64_t pair = 0; pair < 4; ++pair) {
        const double angle =
            static_cast<double>(t) / std::pow(500000.0, static_cast<double>(pair) / 4);
        const at::Tensor a = x.select(1, t).select(1, 2 * pair);
        const at::Tensor b = x.select(1, t).select(1, 2 * pair + 1);
        out.select(1, t).select(1, 2 * pair).copy_(a * std::cos(angle) - b * std::sin(angle));
        out.select(1, t).select(1, 2 * pair + 1).copy_(b * std::cos(angle) + a * std::sin(angle));
      }
    }
    return out;
  }

  Config config_;
  std::map<std::string, at::Tensor> parameters_;
};

TEST_F(AgainstAlgoPerf, ThePlainModelIsEqualToo) {
  EXPECT_LE(fixture_.max_difference(
                PlainModel(*model_, tiny()).logits(fixture_.batch().inputs()).to(at::kFloat),
                "output_eval/logits"),
            kLogitTolerance);
}

TEST(LanguageModelVariants, AreThePlainModelWithOneChange) {
  const test::AlgoPerfFixture fixture(kFixtures, "finewebedu_lm");
  const at::Tensor ids = fixture.batch().inputs();
  for (const bool qk_norm : {true, false}) {
    for (const Gate gate : {Gate::sigmoid, Gate::silu}) {
      SCOPED_TRACE(testing::Message()
                   << "qk_norm " << qk_norm << ", silu " << (gate == Gate::silu));
      Config config = tiny();
      config.qk_norm = qk_norm;
      config.gate = gate;
      const auto model = make_transformer(config, at::kCPU);
      model->initialize(5);
      {
        // Small first values would leave attention uniform and gates open by half.
        const at::NoGradGuard no_grad;
        for (const Parameter& p : model->parameters()) {
          if (p.tensor.dim() == 2) at::Tensor(p.tensor).mul_(10);
        }
      }
      const at::Tensor found = model->forward(fixture.batch(), evaluation()).logits;
      const at::Tensor expected = PlainModel(*model, config).logits(ids);
      EXPECT_LE((found - expected).abs().max().item<double>(),
                1e-5 * expected.abs().max().item<double>());
      EXPECT_EQ(model->parameters().size(), qk_norm ? 16U : 14U);
    }
  }
}

TEST(LanguageModelVariants, AreRegisteredWithTheirChange) {
  const auto text = [](const char* name) { return workloads::find(name).make()->configuration(); };
  EXPECT_THAT(text("gcide_lm"), testing::HasSubstr("gate = sigmoid\n"));
  EXPECT_THAT(text("gcide_lm"), testing::HasSubstr("qk_norm = 1\n"));
  EXPECT_THAT(text("gcide_lm_swiglu"), testing::HasSubstr("gate = silu\n"));
  EXPECT_THAT(text("gcide_lm_no_qk_norm"), testing::HasSubstr("qk_norm = 0\n"));
}

TEST(LanguageModel, FullSizeHasAlgoPerfsParameters) {
  // Nothing is allocated on the meta device.
  const auto model = make_transformer(Config{}, at::kMeta);
  std::int64_t count = 0;
  for (const Parameter& p : model->parameters()) count += p.tensor.numel();
  EXPECT_EQ(count, 252815372);
  ASSERT_EQ(model->parameters().size(), 86u);
  EXPECT_EQ(model->parameters().front().name, "embed_tokens.weight");
  EXPECT_EQ(model->parameters().front().type, ParameterType::embedding);
  EXPECT_EQ(model->parameters()[2].name, "layers.0.attn.w_qkv.weight");
  EXPECT_EQ(model->parameters()[2].type, ParameterType::attention_qkv);
  EXPECT_EQ(model->parameters().back().name, "out_norm.weight");
  EXPECT_EQ(model->parameters().back().type, ParameterType::layer_norm_scale);
}

TEST(LanguageModel, RoundsHiddenUnitsUp) {
  Config config;
  config.mlp_dim = 33;
  config.multiple_of = 16;
  EXPECT_EQ(hidden_units(config), 48);
  config.mlp_dim = 48;
  EXPECT_EQ(hidden_units(config), 48);
}

TEST(LanguageModel, StartsAsAlgoPerfDoes) {
  Config config = tiny();
  config.vocab_size = 2000;
  config.width = 64;
  config.sequence_length = 1024;
  const auto model = make_transformer(config, at::kCPU);
  model->initialize(7);
  for (const Parameter& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    if (p.name.ends_with("norm.weight")) {
      EXPECT_TRUE(p.tensor.eq(1).all().item<bool>());
    } else if (p.name.ends_with("attn_scale")) {
      EXPECT_NEAR(p.tensor.item<double>(), 19.99859, 1e-5);
    } else {
      const bool ends_branch = p.name.ends_with("fc2.weight") || p.name.ends_with("w_out.weight");
      const double wanted = ends_branch ? 0.02 / std::sqrt(4.0) : 0.02;
      const double noise = wanted / std::sqrt(static_cast<double>(p.tensor.numel()));
      EXPECT_NEAR(p.tensor.mean().item<double>(), 0, 5 * noise);
      EXPECT_NEAR(p.tensor.std().item<double>(), wanted, 5 * noise);
    }
  }
}

TEST(LanguageModel, EqualSeedsGiveEqualBits) {
  const auto a = make_transformer(tiny(), at::kCPU), b = make_transformer(tiny(), at::kCPU);
  a->initialize(3);
  b->initialize(3);
  for (std::size_t i = 0; i < a->parameters().size(); ++i) {
    EXPECT_TRUE(at::equal(a->parameters()[i].tensor, b->parameters()[i].tensor));
  }
  b->initialize(4);
  EXPECT_FALSE(at::equal(a->parameters()[0].tensor, b->parameters()[0].tensor));
}

TEST(LanguageModel, FutureTokensDoNotChangePastLogits) {
  const auto model = make_transformer(tiny(), at::kCPU);
  model->initialize(1);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = at::arange(20, at::kLong).view({2, 10});
  at::Tensor changed = ids.clone();
  changed.narrow(1, 6, 4).fill_(47);
  const auto logits = [&](const at::Tensor& inputs) {
    return model->forward(Batch({{"inputs", inputs}}), evaluation()).logits;
  };
  const at::Tensor before = logits(ids), after = logits(changed);
  EXPECT_TRUE(at::equal(before.narrow(1, 0, 6), after.narrow(1, 0, 6)));
  EXPECT_FALSE(at::allclose(before.narrow(1, 6, 4), after.narrow(1, 6, 4)));
}

TEST(LanguageModel, ShorterSequencesGiveTheSameLogits) {
  const auto model = make_transformer(tiny(), at::kCPU);
  model->initialize(1);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = at::arange(20, at::kLong).view({2, 10});
  const auto logits = [&](const at::Tensor& inputs) {
    return model->forward(Batch({{"inputs", inputs}}), evaluation()).logits;
  };
  EXPECT_TRUE(at::allclose(logits(ids).narrow(1, 0, 7), logits(ids.narrow(1, 0, 7)), 1e-4, 1e-5));
  EXPECT_THROW(logits(at::zeros({1, 11}, at::kLong)), std::invalid_argument);
}

TEST(LanguageModel, CanBeDifferentiatedTwice) {
  const auto model = make_transformer(tiny(), at::kCPU);
  const test::AlgoPerfFixture fixture(kFixtures, "finewebedu_lm");
  fixture.set_parameters(*model);  // large weights: a small step is small beside them
  const Batch batch = fixture.batch();
  const at::Tensor weight = model->parameters()[2].tensor;  // w_qkv, below every kind of layer
  const at::Tensor direction = at::ones_like(weight);
  const auto gradient = [&](bool keep) {
    const at::Tensor loss = token_loss(batch, model->forward(batch, {}).logits, 0).mean();
    return torch::autograd::grad({loss}, {weight}, {}, keep, keep)[0];
  };
  const at::Tensor product =
      torch::autograd::grad({gradient(true).mul(direction).sum()}, {weight})[0];
  const double step = 1e-3;
  const auto moved = [&](double by) {
    {
      const at::NoGradGuard no_grad;
      const_cast<at::Tensor&>(weight).add_(direction, by);
    }
    return gradient(false);
  };
  const at::Tensor forward = moved(step), backward = moved(-2 * step);
  const at::Tensor numeric = (forward - backward) / (2 * step);
  EXPECT_LE((product - numeric).norm().item<double>(), 0.05 * numeric.norm().item<double>());
  EXPECT_GT(numeric.norm().item<double>(), 0);
}

TEST(TokenLoss, IgnoresPaddedTokensAndExamples) {
  const at::Tensor logits = at::randn({2, 3, 5});
  const at::Tensor targets = at::tensor({1, 2, -1, 0, 4, 3}, at::kLong).view({2, 3});
  const Loss loss = token_loss(
      Batch({{"inputs", targets}, {"targets", targets}, {"weights", at::tensor({1.0f, 0.0f})}}),
      logits, 0);
  EXPECT_EQ(loss.valid_examples.item<double>(), 2);
  EXPECT_EQ(loss.per_example[0][2].item<double>(), 0);
  EXPECT_EQ(loss.per_example[1].abs().sum().item<double>(), 0);
  EXPECT_GT(loss.per_example[0][0].item<double>(), 0);
}

TEST(TokenLoss, RefusesWhatDoesNotFit) {
  const at::Tensor ids = at::zeros({2, 3}, at::kLong);
  const Batch batch({{"inputs", ids}, {"targets", ids}, {"weights", at::ones({2})}});
  EXPECT_THROW(token_loss(batch, at::zeros({2, 4, 5}), 0), std::invalid_argument);
  EXPECT_THROW(token_loss(batch, at::zeros({2, 3, 5}), 1), std::invalid_argument);
}

TEST(Config, BadFieldsAreNamed) {
  struct Case {
    std::int64_t Config::*field;
    std::int64_t value;
    const char* message;
  };
  const Case cases[] = {
      {&Config::vocab_size, 1, "vocab_size = 1; use at least 2"},
      {&Config::sequence_length, 1, "sequence_length = 1; use at least 2"},
      {&Config::layers, 0, "layers = 0; use at least 1"},
      {&Config::mlp_dim, 0, "mlp_dim = 0; use at least 1"},
      {&Config::multiple_of, 0, "multiple_of = 0; use at least 1"},
      {&Config::heads, 3, "heads = 3; must divide width into heads of an even size"},
      {&Config::heads, 1024, "heads = 1024; must divide width into heads of an even size"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    Config config;
    config.*c.field = c.value;
    try {
      validate(config);
      FAIL() << "accepted";
    } catch (const workloads::ConfigError& error) {
      EXPECT_STREQ(error.what(), c.message);
    }
  }
}

}  // namespace
}  // namespace timetrial::lm
