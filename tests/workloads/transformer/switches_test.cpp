// What the translation model's switches change: outputs against a plain model, decoding, what is
// trained on, configuration texts, and what is reported while somebody listens.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/workloads/transformer/plain_translation.h"
#include "tests/workloads/transformer/recorded_translation.h"
#include "workloads/nn/taps.h"

namespace timetrial::transformer {
namespace {

using testing::HasSubstr;
using testing::Not;

Config tiny() {
  Config config;
  config.vocab_size = 30;
  config.width = config.mlp_dim = 16;
  config.heads = 2;
  config.layers = 2;
  return config;
}

Batch some_batch() {
  const at::Tensor ids = at::tensor({5, 9, 2, 7, 11, 0}, at::kLong).view({2, 3});
  const at::Tensor targets = at::tensor({6, 3, 2, 8, 12, 4}, at::kLong).view({2, 3});
  return Batch({{"inputs", ids}, {"targets", targets}, {"weights", at::ones({2, 3})}});
}

std::unique_ptr<Transformer> model_of(const Config& config) {
  auto model = make_model(config, at::kCPU);
  model->initialize(3);
  return model;
}

at::Tensor logits_of(Transformer& model) {
  const at::NoGradGuard no_grad;
  return model.forward(some_batch(), evaluation()).logits;
}

/// Every parameter away from its first values, so that biases and scales count.
std::unique_ptr<Transformer> moved_model_of(const Config& config) {
  auto model = model_of(config);
  const at::NoGradGuard no_grad;
  at::manual_seed(7);
  for (const Parameter& one : model->parameters()) {
    at::Tensor(one.tensor).add_(at::randn_like(one.tensor), 0.2);
  }
  return model;
}

struct Case {
  const char* name;
  void (*change)(Config&);
  const char* text;  ///< what the configuration says of it
};

constexpr Case kSwitches[] = {
    {"query-key norm", [](Config& c) { c.qk_layer_norm = true; }, "\nqk_layer_norm = 1\n"},
    {"relu attention", [](Config& c) { c.attention = nn::AttentionForm::relu; },
     "\nattention = relu\nattention_alpha = 1\n"},
    {"gate", [](Config& c) { c.attention_gate = true; }, "\nattention_gate = 1\n"},
    {"parallel", [](Config& c) { c.parallel = true; }, "\nparallel = 1\n"},
    {"parallel, all else too",
     [](Config& c) {
       c.parallel = c.attention_gate = c.rms_norm = c.glu = c.qk_layer_norm = true;
       c.depth_base = 1;
       c.attention = nn::AttentionForm::relu;
     },
     "\nmlp_dim = 16\nparallel = 1\npost_ln = 0\nqk_layer_norm = 1\nrms_norm = 1\n"},
    {"RMS norm", [](Config& c) { c.rms_norm = true; }, "\nrms_norm = 1\n"},
    {"no biases", [](Config& c) { c.biases = false; }, "\nbiases = 0\n"},
    {"embedding scale", [](Config& c) { c.embedding_scale = 2.5; }, "\nembedding_scale = 2.5\n"},
    {"depth scale", [](Config& c) { c.depth_base = 1; }, "\ndepth_base = 1\n"},
    {"depth scale, norms behind", [](Config& c) { c.depth_base = c.post_ln = 1; },
     "\ndepth_base = 1\n"},
    {"muParam", [](Config& c) { c.mup_base_width = 4; }, "\nmup_base_width = 4\n"},
    {"muParam, hot",
     [](Config& c) {
       c.mup_base_width = 4;
       c.attention_temperature = 3;
     },
     "\nmup_base_width = 4\n"}};

TEST(TranslationSwitches, EqualThePlainModelAndStandInTheText) {
  const Batch batch = some_batch();
  const at::Tensor plain = logits_of(*moved_model_of(tiny()));
  for (const auto& [name, change, text] : kSwitches) {
    SCOPED_TRACE(name);
    Config config = tiny();
    change(config);
    const auto model = moved_model_of(config);
    const at::Tensor found = model->forward(batch, evaluation()).logits;
    const at::Tensor expected =
        PlainTranslation(*model, config).logits(batch.inputs(), batch.targets());
    EXPECT_TRUE(at::allclose(found.to(at::kDouble), expected, 1e-4, 1e-4));
    EXPECT_FALSE(at::allclose(found, plain, 1e-3, 1e-3)) << "changes nothing";
    token_loss(batch, found, 0).mean().backward();
    for (const Parameter& one : model->parameters()) {
      EXPECT_TRUE(one.tensor.grad().defined()) << one.name;
    }
    EXPECT_THAT(make(config)->configuration(), HasSubstr(text));
    EXPECT_THAT(make(tiny())->configuration(), Not(HasSubstr(text)));
  }
}

TEST(TranslationSwitches, ThePlainModelEqualsTheRecordedOnes) {
  for (const char* name : kCases) {
    SCOPED_TRACE(name);
    const RecordedTranslation recorded(name);
    const Batch batch = recorded.batch(false);
    const auto& arguments = recorded.fixture.sidecar().at("constructor");
    Config config;
    config.width = arguments.at("d_model");
    config.heads = arguments.at("nhead");
    config.layers = arguments.at("nlayers");
    const std::string text = recorded.workload->configuration();
    const auto says = [&](const char* line) { return text.find(line) != std::string::npos; };
    config.post_ln = says("post_ln = 1\n");
    config.glu = says("glu = 1\n");
    config.activation = says("activation = tanh\n") ? Activation::tanh : Activation::relu;
    config.attention_temperature = says("attention_temperature = 4\n") ? 4 : 1;
    const at::Tensor found =
        PlainTranslation(recorded.model, config).logits(batch.inputs(), batch.targets());
    const at::Tensor counts =
        recorded.workload->comparable_logits(batch, {found, {}}).unsqueeze(-1);
    const at::Tensor expected = recorded.fixture.tensor("output_eval/logits");
    EXPECT_LE((found - expected).abs().masked_select(counts).max().item<double>(), 1e-5);
  }
}

void scale_queries(const workloads::Model& model, double factor) {
  const at::NoGradGuard no_grad;
  for (const Parameter& one : model.parameters()) {
    if (one.name.ends_with("in_proj.weight")) one.tensor.narrow(0, 0, 16).mul_(factor);
    if (one.name.ends_with("q_proj.weight")) at::Tensor(one.tensor).mul_(factor);
  }
}

TEST(TranslationSwitches, QueryKeyNormMakesLogitsBlindToTheSizeOfQueries) {
  const auto plain = model_of(tiny());
  const auto normed = model_of(with_qk_layer_norm(tiny()));
  EXPECT_EQ(normed->parameters().size(), plain->parameters().size() + 2 * (2 + 2 * 2));
  const at::Tensor before = logits_of(*normed), plain_before = logits_of(*plain);
  EXPECT_FALSE(at::allclose(before, plain_before, 1e-3, 1e-3));
  scale_queries(*plain, 30);
  scale_queries(*normed, 30);
  EXPECT_TRUE(at::allclose(logits_of(*normed), before, 1e-4, 1e-4));
  EXPECT_FALSE(at::allclose(logits_of(*plain), plain_before, 1e-4, 1e-4));
  // Its scales are in use, those of queries and of keys.
  for (const char* which : {".q_norm.weight", ".k_norm.weight"}) {
    const at::NoGradGuard no_grad;
    for (const Parameter& one : normed->parameters()) {
      if (one.name.ends_with(which)) at::Tensor(one.tensor).mul_(3);
    }
    EXPECT_FALSE(at::allclose(logits_of(*normed), before, 1e-3, 1e-3)) << which;
  }
}

TEST(TranslationSwitches, ReluAttentionDividesByTheKeysThatAreSeen) {
  Config whole = with_relu_attention(tiny());
  whole.attention_alpha = 0;
  // Values three times as large make up for the division where three keys are seen; the second
  // sentence has two in its source, and the decoder sees one more with each position.
  const auto divided = model_of(with_relu_attention(tiny())), undivided = model_of(whole);
  const nn::Taps taps;
  const at::Tensor with = logits_of(*divided);
  const double branch = taps.values().at("encoder.layers.0.attention_branch_rms");
  const at::Tensor without = logits_of(*undivided);
  const double whole_branch = taps.values().at("encoder.layers.0.attention_branch_rms");
  EXPECT_FALSE(at::allclose(with, without, 1e-3, 1e-3));
  EXPECT_GT(whole_branch, 2 * branch);
  EXPECT_LT(whole_branch, 3 * branch * (1 + 1e-5));
}

TEST(TranslationSwitches, DecodingOneTokenAtATimeGivesTheLogitsOfAllAtOnce) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, change, text] : kSwitches) {
    SCOPED_TRACE(name);
    Config config = tiny();
    change(config);
    const auto model = moved_model_of(config);
    const at::Tensor whole = logits_of(*model);
    const Batch batch = some_batch();
    auto decoding = model->start(batch.inputs(), /*beams=*/2, /*max_length=*/3);
    at::Tensor token = at::zeros({2}, at::kLong);
    for (std::int64_t t = 0; t < 3; ++t) {
      SCOPED_TRACE(t);
      const at::Tensor logits = model->step(decoding, token.repeat_interleave(2));
      const at::Tensor expected = whole.select(1, t).repeat_interleave(2, 0);
      EXPECT_LE((logits - expected).abs().max().item<double>(),
                2e-5 * expected.abs().max().item<double>());
      token = batch.targets().select(1, t);
    }
  }
}

TEST(TranslationSwitches, ZLossIsTrainedOnAlone) {
  Config heavy = tiny();
  heavy.z_loss = 0.5;
  const auto workload = make(heavy), plain = make(tiny());
  const Batch batch = some_batch();
  const at::Tensor logits = logits_of(*model_of(tiny()));
  const double squares = logits.logsumexp(-1).square().mean().item<double>();
  EXPECT_NEAR(workload->loss(batch, {logits, {}}, 0).mean().item<double>(),
              plain->loss(batch, {logits, {}}, 0).mean().item<double>() + 0.5 * squares, 1e-4);
  EXPECT_GT(squares, 1);
}

TEST(TranslationSwitches, StandInTheTextOnlyWhereTheyChangeSomething) {
  EXPECT_EQ(make({})->configuration(),
            "activation = relu\nattention_temperature = 1\ndropout = 0.1\nglu = 0\nheads = 16\n"
            "layer_norm_epsilon = 1e-06\nlayers = 6\nmlp_dim = 1024\npost_ln = 0\n"
            "vocab_size = 32000\nwidth = 1024\n");
  const auto text = make(with_z_loss(with_relu_attention(with_qk_layer_norm({}))))->configuration();
  for (const char* line : {"\nattention = relu\nattention_alpha = 1\n", "\nqk_layer_norm = 1\n",
                           "z_loss = 0.0001\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(TranslationSwitches, TapsTellOfEveryAttention) {
  const auto model = model_of(tiny());
  const at::Tensor unheard = logits_of(*model);
  const nn::Taps taps;
  EXPECT_TRUE(at::equal(logits_of(*model), unheard));
  for (const char* name :
       {"encoder.layers.1.attention_logit_max", "decoder.layers.1.attention_entropy",
        "decoder.layers.0.cross.attention_logit_max", "decoder.layers.0.cross.attention_branch_rms",
        "encoder.layers.0.output_rms", "decoder.layers.1.output_rms", "log_z"}) {
    ASSERT_EQ(taps.values().count(name), 1U) << name;
    EXPECT_GT(taps.values().at(name), 0) << name;
  }
}

}  // namespace
}  // namespace timetrial::transformer
