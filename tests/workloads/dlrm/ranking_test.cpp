// movielens_ranking and its mixture of experts: targets, models, what each task's loss reaches.
#include "workloads/dlrm/ranking.h"

#include "tests/support/data_packages.h"
#include "tests/support/prepared_data.h"
#include "workloads/data/tensor_io.h"
#include "workloads/dlrm/movielens.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace timetrial::dlrm {
namespace {

using testing::HasSubstr;
using workloads::Split;

Batch made_batch(std::int64_t count) {
  at::Tensor inputs = at::arange(count * kColumns).view({count, kColumns}).to(at::kFloat);
  inputs.slice(1, 0, kDenseFeatures).div_(100);
  const at::Tensor ids = inputs.slice(1, kDenseFeatures);
  ids.copy_(ids.remainder(4096));
  return Batch({{"inputs", inputs},
                {"targets", at::arange(count * 4).view({count, 4}).remainder(2).to(at::kFloat)},
                {"weights", at::ones({count})}});
}

TEST(Ranking, LossesOfTheTasksAreTheirOwn) {
  const auto workload = make_ranking({});
  const auto model = workload->make_model(at::kCPU);
  model->initialize(3);
  Batch batch = made_batch(3);
  batch.set("weights", at::tensor({1.0F, 1.0F, 0.0F}));
  const ModelOutput output = model->forward(batch, {});
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{3, 64}));
  const Loss loss = workload->loss(batch, output, 0);
  double sum = 0;
  for (std::int64_t task = 0; task < 4; ++task) {
    double expected = 0;
    for (const std::int64_t row : {0, 1}) {
      const double logit = output.logits[row][task].item<double>();
      const double target = batch.targets()[row][task].item<double>();
      expected +=
          task == 3 ? std::pow(logit - target, 2) : std::log1p(std::exp(logit)) - target * logit;
    }
    EXPECT_NEAR(loss.per_task[static_cast<std::size_t>(task)].item<double>(), expected / 2, 1e-5);
    sum += expected / 2;
  }
  EXPECT_NEAR(loss.mean().item<double>(), sum / 4, 1e-5);
}

/// Names of the parameters that the loss of one task alone depends on.
std::vector<std::string> reached_by_one_task(const char* name) {
  const auto workload = workloads::find(name).make();
  const auto model = workload->make_model(at::kCPU);
  model->initialize(3);
  const Batch batch = made_batch(4);
  const Loss loss = workload->loss(batch, model->forward(batch, {}), 0);
  std::vector<at::Tensor> leaves;
  for (const auto& parameter : model->parameters()) leaves.push_back(parameter.tensor);
  std::map<std::string, int> tasks;
  for (const at::Tensor& of_task : loss.per_task) {
    const auto gradients = torch::autograd::grad({of_task}, leaves, {}, true, false, true);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      tasks[model->parameters()[i].name] += gradients[i].defined();
    }
  }
  std::vector<std::string> alone;
  for (const auto& [parameter, count] : tasks) {
    EXPECT_TRUE(count == 1 || count == 4) << parameter << ": " << count;
    if (count == 1) alone.push_back(parameter);
  }
  return alone;
}

TEST(Ranking, TowersAndHeadsBelongToOneTaskEach) {
  const auto alone = reached_by_one_task("movielens_ranking");
  EXPECT_EQ(alone.size(), 4U * 4);
  for (const auto& name : alone) {
    EXPECT_TRUE(name.starts_with("towers.") || name.starts_with("heads.")) << name;
  }
}

TEST(Ranking, GatesBelongToOneTaskEachToo) {
  const auto alone = reached_by_one_task("movielens_ranking_mmoe");
  EXPECT_EQ(alone.size(), 4U * 5);
  EXPECT_THAT(alone, testing::Contains("gates.loved.weight"));
}

// With gates of zeros every expert has the same share: the towers get the experts' mean.
TEST(Ranking, AGateMixesTheExpertsByItsSoftmax) {
  RankingConfig config{.vocab_size = 4096, .bottom_dims = {6}, .tower_dims = {5}, .experts = 3};
  const auto model = make_ranking(config)->make_model(at::kCPU);
  model->initialize(3);
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> values;
  for (const auto& parameter : model->parameters()) values[parameter.name] = parameter.tensor;
  for (const char* task : {"liked", "loved", "disliked", "rating"}) {
    values.at(std::string("gates.") + task + ".weight").zero_();
  }
  const Batch batch = made_batch(4);
  const ModelOutput output = model->forward(batch, {});
  EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{4, 3, 6}));
  const auto tower = [&](const at::Tensor& x, const std::string& task) {
    const auto hidden = at::linear(x, values.at("towers." + task + ".0.weight"),
                                   values.at("towers." + task + ".0.bias"))
                            .relu();
    return at::linear(hidden, values.at("heads." + task + ".weight"),
                      values.at("heads." + task + ".bias"));
  };
  const at::Tensor mean = output.representation.mean(1);
  EXPECT_TRUE(at::allclose(output.task_outputs[1], tower(mean, "loved"), 1e-4, 1e-5));
  // A gate that is sure takes one expert, whatever the others say.
  at::Tensor gate = values.at("gates.loved.weight");
  gate[2].copy_(at::full_like(gate[2], 100));
  const at::Tensor features = batch.inputs().slice(1, 0, kDenseFeatures).sum(1);
  ASSERT_GT(features.min().item<float>(), 0);
  at::Tensor table = values.at("embedding.weight");
  table.zero_();  // leaves the dense features, whose sum is positive
  const ModelOutput sure = model->forward(batch, {});
  EXPECT_TRUE(at::allclose(sure.task_outputs[1], tower(sure.representation.select(1, 2), "loved"),
                           1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(sure.task_outputs[1], tower(sure.representation.mean(1), "loved")));
}

TEST(Ranking, ModelsHaveTheSizesOfTheirPage) {
  const auto count = [](const char* name) {
    std::int64_t sum = 0;
    const auto model = workloads::find(name).make()->make_model(at::kMeta);
    for (const auto& parameter : model->parameters()) sum += parameter.tensor.numel();
    return sum;
  };
  const std::int64_t features = 11 + 11 * 16, table = 4096 * 16;
  EXPECT_EQ(count("movielens_ranking"),
            table + (features + 1) * 128 + 129 * 64 + 4 * (65 * 32 + 33));
  EXPECT_EQ(count("movielens_ranking_mmoe"),
            table + 4 * ((features + 1) * 64 + 65 * 32) + 4 * (features * 4 + 33 * 32 + 33));
}

TEST(Ranking, RefusesSizesThatCannotBe) {
  struct Case {
    RankingConfig config;
    const char* message;
  };
  const Case cases[] = {
      {{.vocab_size = 0}, "vocab_size = 0; use at least 1"},
      {{.embed_dim = 0}, "embed_dim = 0; use at least 1"},
      {{.bottom_dims = {}}, "bottom_dims = ; name at least one layer"},
      {{.tower_dims = {0}}, "tower_dims = 0; name at least one layer"},
      {{.experts = -1}, "experts = -1; use at least 1, or 0 for a shared bottom"},
  };
  for (const auto& c : cases) {
    try {
      make_ranking(c.config);
      FAIL() << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

TEST(RankingData, TargetsAreOfOneRating) {
  const auto packages = test::data_packages("recbole");
  if (!packages) GTEST_SKIP() << test::no_data_packages("recbole");
  const test::PreparedData data("movielens_ranking", *packages);
  data.expect_same_bytes_again();
  const auto training = data.training();
  EXPECT_EQ(training->size(), 80'808);
  EXPECT_EQ(data.held_back()->size(Split::validation), 9'596);
  const at::Tensor targets = test::examples(*training, 0, training->size()).targets();
  EXPECT_NEAR(targets.select(1, 3).mean().item<double>(), 0, 1e-4);
  EXPECT_NEAR(targets.select(1, 3).var().item<double>(), 1, 1e-3);
  // Each rating is one number, and says what the other three are.
  std::map<float, std::array<float, 3>> of_rating;
  for (std::int64_t i = 0; i < targets.size(0); ++i) {
    const float* row = targets.const_data_ptr<float>() + i * 4;
    const std::array<float, 3> labels{row[0], row[1], row[2]};
    EXPECT_EQ(of_rating.try_emplace(row[3], labels).first->second, labels);
  }
  std::vector<std::array<float, 3>> by_stars;
  for (const auto& [rating, labels] : of_rating) by_stars.push_back(labels);
  using Labels = std::array<float, 3>;
  EXPECT_EQ(by_stars, (std::vector<Labels>{{0, 0, 1}, {0, 0, 1}, {0, 0, 0}, {1, 0, 0}, {1, 1, 0}}));
}

}  // namespace
}  // namespace timetrial::dlrm
