// What each switch of the language model changes: outputs against a plain model, first values,
// configuration texts, what is reported while somebody listens.
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include "tests/workloads/lm/plain_transformer.h"
#include "workloads/lm/lm.h"
#include "workloads/nn/taps.h"

namespace timetrial::lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Config tiny() {
  Config config = bytes_config();
  config.vocab_size = 48;
  config.sequence_length = 10;
  config.width = 16;
  config.mlp_dim = 24;
  return config;
}

at::Tensor some_ids() { return at::arange(20, at::kLong).mul(7).remainder(48).view({2, 10}); }

ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

/// With values that leave no part of it near its neutral one.
std::unique_ptr<workloads::Model> lively_model(const Config& config) {
  auto model = make_transformer(config, at::kCPU);
  model->initialize(5);
  const at::NoGradGuard no_grad;
  for (const Parameter& p : model->parameters()) {
    at::Tensor tensor = p.tensor;
    const at::Tensor wave = at::arange(tensor.numel()).add(1).sin().view(tensor.sizes());
    if (p.tensor.dim() == 2) {
      tensor.mul_(2);
    } else {
      tensor.add_(wave, 0.3);
    }
  }
  return model;
}

struct Case {
  const char* name;
  void (*change)(Config&);
};

const Case kCases[] = {
    {"as bytes_lm", [](Config&) {}},
    {"biases", [](Config& c) { c.biases = true; }},
    {"no query-key norm", [](Config& c) { c.qk_layer_norm = false; }},
    {"RMS norm", [](Config& c) { c.norm = Norm::rms; }},
    {"gated", [](Config& c) { c.gate = Gate::silu; }},
    {"tied", [](Config& c) { c.tied = true; }},
    {"parallel", [](Config& c) { c.parallel = true; }},
    {"parallel, gated, with biases",
     [](Config& c) {
       c.parallel = c.biases = true;
       c.gate = Gate::sigmoid;
     }},
    {"relu attention",
     [](Config& c) {
       c.attention = nn::AttentionForm::relu;
       c.attention_alpha = 0.5;
     }},
    {"gated relu attention, parallel",
     [](Config& c) {
       c.attention = nn::AttentionForm::relu;
       c.attention_gate = c.parallel = true;
     }},
    {"gated softmax", [](Config& c) { c.attention_gate = true; }},
    {"rotary base", [](Config& c) { c.rotary_base = 50; }},
    {"embedding scale", [](Config& c) { c.embedding_scale = 4; }},
    {"depth scale", [](Config& c) { c.depth_base = 1; }},
    {"parallel, depth scale",
     [](Config& c) {
       c.depth_base = 1;
       c.parallel = true;
     }},
    {"muParam",
     [](Config& c) {
       c.mup_base_width = 4;
       c.qk_layer_norm = false;
     }},
    {"muParam, with biases",
     [](Config& c) {
       c.mup_base_width = 4;
       c.biases = true;
     }},
};

TEST(Switches, ChangeTheModelAsThePlainOne) {
  const at::NoGradGuard no_grad;
  const at::Tensor ids = some_ids();
  at::Tensor first;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Config config = tiny();
    c.change(config);
    const auto model = lively_model(config);
    const at::Tensor found = model->forward(Batch({{"inputs", ids}}), evaluation()).logits;
    const at::Tensor expected = PlainTransformer(*model, config).logits(ids);
    EXPECT_LE((found - expected).abs().max().item<double>(),
              2e-5 * expected.abs().max().item<double>());
    if (!first.defined()) {
      first = found;
    } else {
      EXPECT_FALSE(at::allclose(found, first, 1e-3, 1e-3)) << "changes nothing";
    }
  }
}

TEST(Switches, StandInTheTextOnlyWhereTheyChangeSomething) {
  // Stores know these workloads by the hash of this text.
  EXPECT_EQ(to_text(gcide_config()),
            "gate = sigmoid\nheads = 4\nlayers = 2\nmlp_dim = 256\nmultiple_of = 32\nqk_norm = 1\n"
            "sequence_length = 128\nvocab_size = 256\nwidth = 96\n");
  EXPECT_EQ(to_text(bytes_config()),
            "gate = none\nheads = 2\ninit = fan_in\nlayers = 2\nmlp_dim = 256\nmultiple_of = 1\n"
            "norm = layer\nqk_layer_norm = 1\nqk_norm = 0\nrotary_base = 10000\n"
            "sequence_length = 64\ntied = 0\nvocab_size = 256\nwidth = 64\nz_loss = 0.0001\n");
  Config changed = gcide_config();
  changed.biases = changed.parallel = true;
  changed.depth_base = 3;
  changed.embedding_scale = 2.5;
  changed.mup_base_width = 32;
  changed.attention = nn::AttentionForm::squared_relu;
  changed.attention_gate = true;
  for (const char* line :
       {"attention = squared_relu\n", "attention_alpha = 1\n", "attention_gate = 1\n",
        "biases = 1\n", "parallel = 1\n", "depth_base = 3\n", "embedding_scale = 2.5\n",
        "mup_base_width = 32\n"}) {
    EXPECT_THAT(to_text(changed), HasSubstr(line));
  }
}

TEST(Switches, BadValuesAreNamed) {
  const auto message = [](void (*change)(Config&)) -> std::string {
    Config config = tiny();
    change(config);
    try {
      validate(config);
      return "accepted";
    } catch (const workloads::ConfigError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(message([](Config& c) { c.qk_norm = true; }), "qk_layer_norm = 1; needs qk_norm = 0");
  EXPECT_EQ(message([](Config& c) { c.z_loss = -1; }), "z_loss = -1; must not be negative");
  EXPECT_EQ(message([](Config& c) { c.attention_alpha = -1; }),
            "attention_alpha = -1; must not be negative");
  EXPECT_EQ(message([](Config& c) { c.rotary_base = 1; }), "rotary_base = 1; must be above 1");
  EXPECT_EQ(message([](Config& c) { c.embedding_scale = 0; }),
            "embedding_scale = 0; must be above 0");
  EXPECT_EQ(message([](Config& c) { c.depth_base = -1; }), "depth_base = -1; must not be negative");
  EXPECT_EQ(message([](Config& c) { c.mup_base_width = 3; }),
            "mup_base_width = 3; use 0, or a multiple of heads");
}

TEST(Switches, ScaleByTheTableOfMuParam) {
  Config config = bytes_config();
  config.width = 128;  // 4 times the base
  config.mlp_dim = 512;
  config.mup_base_width = 32;
  const Scaling scaling = scaling_of(config);
  EXPECT_DOUBLE_EQ(scaling.embedding.value, 1 / std::sqrt(32.0));
  EXPECT_DOUBLE_EQ(scaling.head.value, 1 / std::sqrt(32.0));
  EXPECT_DOUBLE_EQ(scaling.qkv.value, 1 / std::sqrt(128.0));
  EXPECT_DOUBLE_EQ(scaling.mlp_out.value, 1 / std::sqrt(512.0));
  EXPECT_DOUBLE_EQ(scaling.parallel_out.value, 1 / std::sqrt(640.0));
  EXPECT_DOUBLE_EQ(scaling.attention, 4.0 / 64) << "sqrt(16) / 64";
  EXPECT_DOUBLE_EQ(scaling.output, 0.25);
  // At the base width it is the standard model.
  config.width = 32;
  config.mlp_dim = 128;
  EXPECT_DOUBLE_EQ(scaling_of(config).attention, 0.25);
  EXPECT_DOUBLE_EQ(scaling_of(config).output, 1);
  // With standard deviations that are fixed, those of hidden matrices fall with the root.
  config.init = Init::fixed;
  config.width = 128;
  EXPECT_DOUBLE_EQ(scaling_of(config).qkv.value, 0.02 / 2);
  EXPECT_DOUBLE_EQ(scaling_of(config).attention_out.value, 0.02 / 2 / 2) << "two layers";
  EXPECT_DOUBLE_EQ(scaling_of(config).embedding.value, 0.02);
}

TEST(Switches, TheHeadIsTheReadout) {
  const auto model = make_transformer(bytes_config(), at::kMeta);
  std::int64_t count = 0;
  std::vector<std::string> readouts;
  for (const Parameter& p : model->parameters()) {
    if (role_of(p) == ParameterRole::readout) readouts.push_back(p.name);
    if (p.name != "embed_tokens.weight" && p.name != "lm_head.weight") count += p.tensor.numel();
  }
  EXPECT_THAT(readouts, ElementsAre("lm_head.weight"));
  EXPECT_EQ(count, 2 * (12 * 64 * 64 + 2 * 64 + 2 * 32) + 64);
}

TEST(Taps, TellOfTheModelAndChangeNothing) {
  for (const bool parallel : {false, true}) {
    SCOPED_TRACE(parallel);
    Config config = tiny();
    config.parallel = parallel;
    const auto model = lively_model(config);
    const Batch batch({{"inputs", some_ids()}});
    const at::Tensor unheard = model->forward(batch, evaluation()).logits;
    const nn::Taps taps;
    const at::Tensor heard = model->forward(batch, evaluation()).logits;
    EXPECT_TRUE(at::equal(unheard, heard));
    std::vector<std::string> names;
    for (const auto& [name, value] : taps.values()) {
      names.push_back(name);
      EXPECT_GT(value, 0) << name;
    }
    EXPECT_THAT(names, ElementsAre("layers.0.attention_branch_rms", "layers.0.attention_entropy",
                                   "layers.0.attention_logit_max", "layers.0.output_rms",
                                   "layers.1.attention_branch_rms", "layers.1.attention_entropy",
                                   "layers.1.attention_logit_max", "layers.1.output_rms", "log_z"));
    EXPECT_NEAR(taps.values().at("log_z"), heard.logsumexp(-1).mean().item<double>(), 1e-5);
  }
}

TEST(ZLoss, AddsTheSquareOfLogZToWhatIsTrainedOn) {
  const at::Tensor logits = at::tensor({1.0, 2.0, 4.0, 0.0, 0.0, 0.0}).view({1, 2, 3});
  const at::Tensor targets = at::tensor({0, -1}, at::kLong).view({1, 2});  // the second is padding
  const Batch batch({{"inputs", targets}, {"targets", targets}, {"weights", at::ones({1})}});
  const double log_z = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(4.0));
  const Loss with = training_loss(batch, logits, 0, 0.5);
  EXPECT_NEAR(with.mean().item<double>(), log_z - 1 + 0.5 * log_z * log_z, 1e-5);
  EXPECT_NEAR(with.per_example[0][0].item<double>(), log_z - 1 + 0.5 * log_z * log_z, 1e-5);
  EXPECT_EQ(with.per_example[0][1].item<double>(), 0);
  EXPECT_EQ(with.valid_examples.item<double>(), 1);
  EXPECT_NEAR(token_loss(batch, logits, 0).mean().item<double>(), log_z - 1, 1e-5);
}

}  // namespace
}  // namespace timetrial::lm
