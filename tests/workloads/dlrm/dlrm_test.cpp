// DLRM against AlgoPerf's recorded numbers, and what holds for its variants and its data.
#include "workloads/dlrm/dlrm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/support/algoperf_fixture.h"
#include "workloads/dlrm/movielens.h"

namespace timetrial::dlrm {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kFixtures = fs::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/dlrm/fixtures";

Config reduced() {
  Config config;
  config.vocab_size = 256;
  config.bottom_dims = {16, 8, 128};
  config.top_dims = {32, 32, 16, 8, 1};
  return config;
}

class AgainstAlgoPerf : public testing::Test {
 protected:
  AgainstAlgoPerf() { fixture_.set_parameters(*model_); }
  const test::AlgoPerfFixture fixture_{kFixtures, "criteo1tb"};
  const std::unique_ptr<workloads::Model> model_ = make_model(reduced(), at::kCPU);
};

TEST_F(AgainstAlgoPerf, LogitsAreEqualInBothModes) {
  ForwardOptions evaluation;
  evaluation.training = false;
  EXPECT_LE(fixture_.max_difference(model_->forward(fixture_.batch(), evaluation).logits,
                                    "output_eval/logits"),
            fixture_.logit_tolerance());
  EXPECT_LE(
      fixture_.max_difference(model_->forward(fixture_.batch(), {}).logits, "output_train/logits"),
      fixture_.logit_tolerance());
}

TEST_F(AgainstAlgoPerf, LossIsEqual) {
  const Batch batch = fixture_.batch();
  const Loss loss = click_loss(batch, model_->forward(batch, {}).logits);
  EXPECT_LE(fixture_.max_difference(loss.per_example, "loss_train/per_example"), 1e-5);
  EXPECT_NEAR(loss.mean().item<double>(), fixture_.sidecar()["train"]["loss"].get<double>(), 1e-6);
  EXPECT_EQ(loss.valid_examples.item<double>(), 4);
}

TEST_F(AgainstAlgoPerf, GradientsAreEqual) {
  const Batch batch = fixture_.batch();
  click_loss(batch, model_->forward(batch, {}).logits).mean().backward();
  EXPECT_LE(fixture_.gradient_norm_difference(*model_), 1e-5);
  EXPECT_LE(fixture_.gradient_difference(*model_), 1e-5);
}

TEST(Dlrm, FullSizesHaveAlgoPerfsParameters) {
  Config base, norm, resnet;
  norm.layer_norm = true;
  resnet.resnet = true;
  resnet.bottom_dims = {256, 256, 256};
  resnet.top_dims = {256, 256, 256, 256, 1};
  struct Case {
    Config config;
    std::int64_t count;
    const char* head;
  };
  const Case cases[] = {{base, 539267457, "top_mlp.9.weight"},
                        {norm, 539275137, "top_mlp.13.weight"},
                        {resnet, 538121473, "top_mlp.4.module.0.weight"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.head);
    const auto model = make_model(c.config, at::kMeta);  // nothing is allocated
    std::int64_t count = 0;
    bool has_head = false;
    for (const Parameter& p : model->parameters()) {
      count += p.tensor.numel();
      has_head |= p.name == c.head;
      if (p.name.starts_with("embedding_chunk")) {
        EXPECT_EQ(p.type, ParameterType::weight);
      }
    }
    EXPECT_EQ(count, c.count);
    EXPECT_TRUE(has_head);
  }
}

TEST(Dlrm, StartsAsAlgoPerfDoes) {
  Config config = reduced();
  config.vocab_size = 1024;
  const auto model = make_model(config, at::kCPU);
  model->initialize(2);
  for (const Parameter& p : model->parameters()) {
    SCOPED_TRACE(p.name);
    const double low = p.tensor.min().item<double>(), high = p.tensor.max().item<double>();
    const double count = static_cast<double>(p.tensor.numel());
    double spread = 0;  // the expected standard deviation
    if (p.name.starts_with("embedding_chunk")) {
      EXPECT_GE(low, 0);
      EXPECT_LE(high, 1.0 / 32 + 1e-6);
      spread = 1.0 / 32 / std::sqrt(12.0);
    } else if (p.name.starts_with("bot_mlp") && p.name.ends_with("weight")) {
      const double bound =
          std::sqrt(6.0 / static_cast<double>(p.tensor.size(0) + p.tensor.size(1)));
      EXPECT_LE(std::max(-low, high), bound);
      spread = bound / std::sqrt(3.0);
    } else if (p.name.ends_with("weight")) {
      spread = std::sqrt(2.0 / static_cast<double>(p.tensor.size(0) + p.tensor.size(1)));
    } else {
      spread = std::sqrt(1.0 / count);
    }
    if (count >= 100) {
      EXPECT_NEAR(p.tensor.std().item<double>(), spread, 4 * spread / std::sqrt(2 * count));
    }
  }
}

TEST(Dlrm, IdsWrapAroundTheTable) {
  const auto model = make_model(reduced(), at::kCPU);
  model->initialize(1);
  at::Tensor inputs = at::zeros({1, 39});
  inputs.narrow(1, 13, 26).fill_(5);
  const at::Tensor wrapped = inputs.clone();
  wrapped.narrow(1, 13, 26).fill_(5 + 256 * 1000);
  EXPECT_TRUE(at::equal(model->forward(Batch({{"inputs", inputs}}), {}).logits,
                        model->forward(Batch({{"inputs", wrapped}}), {}).logits));
}

TEST(Dlrm, VariantsTrain) {
  Config norm = reduced(), resnet = reduced(), large = reduced();
  norm.layer_norm = true;
  resnet.resnet = true;
  resnet.bottom_dims = {16, 16};
  resnet.top_dims = {16, 16, 1};
  large.embed_init_scale = 1;
  const test::AlgoPerfFixture fixture(kFixtures, "criteo1tb");
  for (const Config& config : {norm, resnet, large}) {
    SCOPED_TRACE(config.layer_norm ? "layer_norm" : config.resnet ? "resnet" : "embed_init");
    const auto model = make_model(config, at::kCPU);
    model->initialize(1);
    EXPECT_NEAR(model->parameters()[0].tensor.max().item<double>(),
                config.embed_init_scale == 1 ? 1 : 1.0 / 16, 0.01);
    const Batch batch = fixture.batch();
    const at::Tensor before = click_loss(batch, model->forward(batch, {}).logits).mean();
    before.backward();
    {
      const at::NoGradGuard no_grad;
      for (const Parameter& p : model->parameters()) {
        ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
        at::Tensor(p.tensor).add_(p.tensor.grad(), -1e-4);
      }
    }
    EXPECT_LT(click_loss(batch, model->forward(batch, {}).logits).mean().item<double>(),
              before.item<double>());
  }
}

TEST(Dlrm, DropoutIsOffUnlessAskedFor) {
  const auto model = make_model(reduced(), at::kCPU);
  model->initialize(1);
  const Batch batch = test::AlgoPerfFixture(kFixtures, "criteo1tb").batch();
  const at::Tensor plain = model->forward(batch, {}).logits;
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  EXPECT_TRUE(at::equal(plain, model->forward(batch, {}).logits));
  EXPECT_FALSE(at::equal(plain, model->forward(batch, dropping).logits));
}

TEST(Dlrm, BadFieldsAreNamed) {
  struct Case {
    void (*change)(Config&);
    const char* message;
  };
  const Case cases[] = {
      {[](Config& c) { c.vocab_size = 6; }, "vocab_size = 6; use a multiple of 4"},
      {[](Config& c) { c.embed_dim = 64; }, "embed_dim = 64; must equal the last of bottom_dims"},
      {[](Config& c) { c.dense_features = 0; }, "dense_features = 0; use at least 1"},
      {[](Config& c) { c.categorical_features = 0; }, "categorical_features = 0; use at least 1"},
      {[](Config& c) { c.bottom_dims.clear(); }, "bottom_dims must name at least one width"},
      {[](Config& c) {
         c.top_dims = {8, 2};
       },
       "top_dims must name at least two widths"},
      {[](Config& c) { c.resnet = true; }, "resnet = 1; needs equal widths"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    Config config;
    c.change(config);
    try {
      validate(config);
      FAIL() << "accepted";
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

TEST(ClickLoss, RefusesWhatDoesNotFit) {
  const Batch batch(
      {{"inputs", at::zeros({2, 3})}, {"targets", at::zeros({2})}, {"weights", at::ones({2})}});
  EXPECT_THROW(click_loss(batch, at::zeros({2})), std::invalid_argument);
  EXPECT_THROW(click_loss(batch, at::zeros({3, 1})), std::invalid_argument);
}

// --- movielens_dlrm's data
// -------------------------------------------------------------------------

std::string contents(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / ("timetrial_dlrm_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

/// A package folder with 30 users who rated 20 films each.
fs::path make_package(const std::string& name) {
  const fs::path packages = fresh_folder(name);
  const fs::path folder = packages / "recbole/recbole/dataset_example/ml-100k";
  fs::create_directories(folder);
  std::ofstream inter(folder / "ml-100k.inter"), users(folder / "ml-100k.user"),
      items(folder / "ml-100k.item");
  inter << "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
  users << "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n";
  items << "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n";
  for (int user = 1; user <= 30; ++user) {
    users << user << "\t20\tF\twriter\t12345\n";
    for (int item = 1; item <= 20; ++item) {
      inter << user << '\t' << item << '\t' << (user + item) % 5 + 1 << '\t'
            << 880000000 + 7919 * (user * 31 + item * 17 % 23) << '\n';
    }
  }
  for (int item = 1; item <= 20; ++item) items << item << "\tFilm\t1995\tDrama War\n";
  return packages;
}

TEST(MovieLensDlrm, PreparesTheSameBytesTwiceAndGathers) {
  const fs::path packages = make_package("package");
  const auto workload = make(movielens_config());
  const fs::path a = fresh_folder("a"), b = fresh_folder("b");
  workload->prepare(packages, a);
  workload->prepare(packages, b);
  for (const char* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    SCOPED_TRACE(file);
    EXPECT_EQ(contents(a / file), contents(b / file));
    EXPECT_GT(fs::file_size(a / file), 60u * kColumns * 4);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(a / "training"), {}), 1);
  const auto training = workload->open_training(a / "training");
  ASSERT_EQ(training->size(), 30 * 16);
  const Batch two = training->gather(std::vector<std::int64_t>{7, 0}, 1);
  EXPECT_EQ(two.inputs().sizes(), at::IntArrayRef({2, kColumns}));
  EXPECT_TRUE(at::equal(two.weights(), at::ones({2})));
  const Batch one = training->gather(std::vector<std::int64_t>{0}, 2);
  EXPECT_TRUE(at::equal(two.inputs()[1], one.inputs()[0]));
  EXPECT_TRUE(at::equal(two.targets()[1], one.targets()[0]));
  EXPECT_FALSE(at::equal(two.inputs()[0], one.inputs()[0]));
  EXPECT_THROW(training->gather(std::vector<std::int64_t>{480}, 1), std::out_of_range);
}

TEST(MovieLensDlrm, EvaluationDoesNotDependOnTheBatchSize) {
  const fs::path out = fresh_folder("evaluation");
  const auto workload = make(movielens_config());
  workload->prepare(make_package("evaluation_package"), out);
  const auto evaluation = workload->open_evaluation(out / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  EXPECT_EQ(evaluation->size(workloads::Split::validation), 60);
  const auto whole = evaluation->evaluate(*model, workloads::Split::validation, 60);
  const auto uneven = evaluation->evaluate(*model, workloads::Split::validation, 7);
  EXPECT_NEAR(whole.at("auc"), uneven.at("auc"), 1e-3);
  EXPECT_NEAR(whole.at("loss"), uneven.at("loss"), 1e-6);
  EXPECT_THROW(evaluation->evaluate(*model, workloads::Split::test, 0), std::invalid_argument);
}

TEST(MovieLensDlrm, MissingDataNamesTheCommand) {
  try {
    make(movielens_config())->open_training("/nowhere");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("timetrial data prepare movielens_dlrm"));
  }
}

TEST(MovieLensDlrm, FactsAndRegistration) {
  const auto workload = workloads::find("movielens_dlrm").make();
  EXPECT_EQ(workload->facts().metric, "auc");
  EXPECT_TRUE(workload->facts().higher_is_better);
  EXPECT_EQ(workload->facts().dataset, "movielens_100k");
  EXPECT_THROW(make(Config{}), workloads::ConfigError);
}

}  // namespace
}  // namespace timetrial::dlrm
