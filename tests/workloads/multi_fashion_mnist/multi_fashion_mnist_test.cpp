// multi_fashion_mnist: prepared data, where the package is there, and the model.
#include "workloads/multi_fashion_mnist/multi_fashion_mnist.h"

#include "tests/support/data_packages.h"
#include "tests/support/prepared_data.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::multi_fashion_mnist {
namespace {

using testing::HasSubstr;
using workloads::Split;

TEST(MultiFashionMnist, LossIsTheMeanOfBothTasks) {
  const auto workload = make({});
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch({{"inputs", at::arange(2 * 36 * 36).view({2, 1, 36, 36}).to(at::kFloat) / 2592},
                     {"targets", at::tensor({3, 7, 0, 9}, at::kLong).view({2, 2})},
                     {"weights", at::ones({2})}});
  const ModelOutput output = model->forward(batch, {});
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{2, 20}));
  EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{2, 50}));
  const Loss loss = workload->loss(batch, output, 0);
  const auto mean_of = [&](std::int64_t begin, const std::vector<std::int64_t>& targets) {
    return at::cross_entropy_loss(output.logits.slice(1, begin, begin + 10), at::tensor(targets))
        .item<double>();
  };
  const double left = mean_of(0, {3, 0}), right = mean_of(10, {7, 9});
  EXPECT_NEAR(loss.per_task.at(0).item<double>(), left, 1e-5);
  EXPECT_NEAR(loss.per_task.at(1).item<double>(), right, 1e-5);
  EXPECT_NEAR(loss.mean().item<double>(), (left + right) / 2, 1e-5);
}

TEST(MultiFashionMnist, ModelIsTheOneOfItsPage) {
  std::int64_t count = 0;
  const auto model = workloads::find("multi_fashion_mnist").make()->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  EXPECT_EQ(count, (25 + 1) * 10 + (250 + 1) * 20 + (720 + 1) * 50 + 2 * (51 * 50 + 51 * 10));
}

TEST(MultiFashionMnist, RefusesSizesThatCannotBe) {
  struct Case {
    Config config;
    const char* message;
  };
  const Case cases[] = {{{.channels = {}}, "channels = ; name at least one layer"},
                        {{.channels = {1, 2, 3, 4}}, "channels = 1 2 3 4; name at most three"},
                        {{.shared_dim = 0}, "shared_dim = 0; use at least 1"},
                        {{.head_dim = 0}, "head_dim = 0; use at least 1"}};
  for (const auto& c : cases) {
    try {
      make(c.config);
      FAIL() << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

TEST(MultiFashionMnistData, SplitsArePairsOfTheirOwnImages) {
  const auto packages = test::data_packages("dataset-fashion-mnist");
  if (!packages) GTEST_SKIP() << test::no_data_packages("dataset-fashion-mnist");
  const test::PreparedData data("multi_fashion_mnist", *packages);
  data.expect_same_bytes_again();
  const auto training = data.training();
  EXPECT_EQ(training->size(), 50'000);
  const auto evaluation = data.held_back();
  EXPECT_EQ(evaluation->size(Split::validation), 3'000);
  EXPECT_EQ(evaluation->size(Split::test), 3'000);
  EXPECT_EQ(evaluation->size(Split::train_subset), 1'000);
  const Batch batch = test::examples(*training, 0, 64);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{64, 1, 36, 36}));
  EXPECT_EQ(batch.inputs().max().item<float>(), 1);
  // The first image of the package, an ankle boot, is the upper left one of the first pair.
  EXPECT_EQ(batch.targets()[0][0].item<std::int64_t>(), 9);
}

}  // namespace
}  // namespace timetrial::multi_fashion_mnist
