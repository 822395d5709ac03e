// The digits' model against AlgoPerf's recorded numbers.
#include "workloads/mnist/mnist.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"

namespace timetrial::mnist {
namespace {

const std::filesystem::path kFixtures = FIXTURES;

class AgainstAlgoPerf : public testing::Test {
 protected:
  AgainstAlgoPerf() { fixture_.set_parameters(*model_); }
  const test::AlgoPerfFixture fixture_{kFixtures, "full_mnist"};
  const std::unique_ptr<workloads::Workload> workload_ =
      workloads::find("mnist").make()->in_recorded_sizes(fixture_.sidecar()["constructor"]);
  const std::unique_ptr<workloads::Model> model_ = workload_->make_model(at::kCPU);
  const Batch batch_ = fixture_.batch();
};

TEST_F(AgainstAlgoPerf, LogitsAndLossesAreEqualInBothModes) {
  for (const char* mode : {"eval", "train"}) {
    SCOPED_TRACE(mode);
    ForwardOptions options;
    options.training = mode == std::string("train");
    const ModelOutput output = model_->forward(batch_, options);
    EXPECT_LE(fixture_.max_difference(output.logits, std::string("output_") + mode + "/logits"),
              fixture_.logit_tolerance());
    const Loss loss = workload_->loss(batch_, output, 0);
    EXPECT_LE(
        fixture_.max_difference(loss.per_example, std::string("loss_") + mode + "/per_example"),
        1e-5);
    EXPECT_EQ(loss.valid_examples.item<double>(), 4);
    EXPECT_NEAR(workload_->loss(batch_, output, 0.1).summed.item<double>(),
                fixture_.sidecar()[mode]["summed_label_smoothing_0.1"].get<double>(), 1e-5);
  }
}

TEST_F(AgainstAlgoPerf, GradientsAreEqual) {
  workload_->loss(batch_, model_->forward(batch_, {}), 0).mean().backward();
  EXPECT_LE(fixture_.gradient_norm_difference(*model_), 1e-5);
}

TEST(Mnist, HasAlgoPerfsParametersAndTheirStart) {
  const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", "mnist");
  const auto model = make_model(at::kCPU);
  EXPECT_THAT(table.differences(*model), testing::IsEmpty());
  model->initialize(1);
  EXPECT_THAT(table.initial_differences(*model), testing::IsEmpty());
}

TEST(Mnist, HasNoDropout) {
  const auto model = make_model(at::kCPU);
  model->initialize(1);
  const Batch batch({{"inputs", at::ones({2, 1, 28, 28})}});
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  EXPECT_TRUE(at::equal(model->forward(batch, {}).logits, model->forward(batch, dropping).logits));
}

TEST(Mnist, RefusesArgumentsAndOtherShapes) {
  const auto workload = workloads::find("mnist").make();
  EXPECT_THROW(workload->in_recorded_sizes({{"hidden", 3}}), workloads::ConfigError);
  const auto model = make_model(at::kCPU);
  EXPECT_THROW(model->forward(Batch({{"inputs", at::ones({2, 1, 28, 27})}}), {}),
               std::invalid_argument);
  EXPECT_EQ(workload->facts().dataset, "mnist");
  EXPECT_THROW(workload->open_training("/nowhere"), workloads::DataError);
}

}  // namespace
}  // namespace timetrial::mnist
