// AlgoPerf's graph networks against recorded numbers, and what holds for any size of them.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"
#include "tests/support/second_derivative.h"
#include "workloads/gnn/gnn.h"

namespace timetrial::gnn {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::filesystem::path kFixtures =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/gnn/fixtures";
constexpr const char* kCases[] = {"ogbg", "ogbg_gelu", "ogbg_silu", "ogbg_model_size"};

ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

ForwardOptions dropping(double rate) {
  ForwardOptions options;
  options.dropout = rate;
  return options;
}

struct Recorded {
  explicit Recorded(const std::string& name)
      : fixture(kFixtures, name),
        workload(
            workloads::find(name).make()->in_recorded_sizes(fixture.sidecar().at("constructor"))),
        model(workload->make_model(at::kCPU)),
        batch(workload->recorded_batch(fixture.batch().tensors(), true)) {
    fixture.set_parameters(*model);
  }

  const test::AlgoPerfFixture fixture;
  const std::unique_ptr<workloads::Workload> workload;
  const std::unique_ptr<workloads::Model> model;
  const Batch batch;
};

class AgainstAlgoPerf : public testing::TestWithParam<const char*> {
 protected:
  const Recorded case_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Cases, AgainstAlgoPerf, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(AgainstAlgoPerf, LogitsAreEqualInBothModes) {
  const double tolerance = case_.fixture.logit_tolerance();
  EXPECT_LE(tolerance, 1e-4);
  EXPECT_LE(case_.fixture.max_difference(case_.model->forward(case_.batch, evaluation()).logits,
                                         "output_eval/logits"),
            tolerance);
  EXPECT_LE(case_.fixture.max_difference(case_.model->forward(case_.batch, dropping(0)).logits,
                                         "output_train/logits"),
            tolerance);
}

TEST_P(AgainstAlgoPerf, LossesAreEqual) {
  const auto& expected = case_.fixture.sidecar()["train"];
  const ModelOutput output = case_.model->forward(case_.batch, dropping(0));
  const Loss loss = case_.workload->loss(case_.batch, output, 0);
  EXPECT_LE(case_.fixture.max_difference(loss.per_example, "loss_train/per_example"), 1e-5);
  EXPECT_NEAR(loss.summed.item<double>(), expected["summed"].get<double>(), 5e-5);
  EXPECT_EQ(loss.valid_examples.item<double>(), expected["n_valid_examples"].get<double>());
  EXPECT_NEAR(case_.workload->loss(case_.batch, output, 0.1).summed.item<double>(),
              expected["summed_label_smoothing_0.1"].get<double>(), 5e-5);
}

TEST_P(AgainstAlgoPerf, GradientsAreEqual) {
  case_.workload->loss(case_.batch, case_.model->forward(case_.batch, dropping(0)), 0)
      .mean()
      .backward();
  EXPECT_LE(case_.fixture.gradient_norm_difference(*case_.model), 1e-5);
  EXPECT_LE(case_.fixture.gradient_difference(*case_.model), 1e-5);
}

TEST(GraphNetwork, FullSizesHaveAlgoPerfsParameters) {
  struct Case {
    const char *workload, *table;
  };
  const Case cases[] = {{"ogbg", "ogbg"},
                        {"ogbg_gelu", "ogbg"},  // the same tensors
                        {"ogbg_silu", "ogbg"},
                        {"ogbg_model_size", "ogbg_model_size"}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.workload);
    const auto table = test::AlgoPerfParameters::read(kFixtures / "parameters.json", one.table);
    const auto model = workloads::find(one.workload).make()->make_model(at::kCPU);
    EXPECT_THAT(table.differences(*model), IsEmpty());
    model->initialize(1);
    EXPECT_THAT(table.initial_differences(*model), IsEmpty());
  }
}

TEST(GraphNetwork, DropoutActsInTrainingAlone) {
  const Recorded recorded("ogbg");
  const auto logits = [&](const ForwardOptions& options) {
    return recorded.model->forward(recorded.batch, options).logits;
  };
  const at::Tensor plain = logits(evaluation());
  EXPECT_TRUE(at::equal(plain, logits(dropping(0))));
  EXPECT_FALSE(at::equal(plain, logits(dropping(0.5))));
  EXPECT_FALSE(at::equal(plain, logits({})));  // the default is 0.1
  ForwardOptions both = dropping(0.5);
  both.training = false;
  EXPECT_TRUE(at::equal(plain, logits(both)));
}

TEST(GraphNetwork, GraphsDoNotSeeOneAnother) {
  const Recorded recorded("ogbg_silu");
  const std::int64_t first = recorded.batch.inputs()[0].item<std::int64_t>();
  Batch changed = recorded.batch;
  const at::Tensor nodes = recorded.batch.at("nodes").clone();
  nodes.narrow(0, first, nodes.size(0) - first).add_(1);
  changed.set("nodes", nodes);
  const at::Tensor before = recorded.model->forward(recorded.batch, evaluation()).logits;
  const at::Tensor after = recorded.model->forward(changed, evaluation()).logits;
  EXPECT_LE((before[0] - after[0]).abs().max().item<double>(), 1e-6);
  EXPECT_GT((before[1] - after[1]).abs().max().item<double>(), 1e-3);
}

TEST(GraphNetwork, CanBeDifferentiatedTwice) {
  const Recorded recorded("ogbg_silu");
  EXPECT_LE(test::hessian_vector_error(*recorded.workload, *recorded.model, recorded.batch), 0.02);
}

TEST(GraphNetwork, LargeBatchesHaveTheSameGradientsEveryTime) {
  // Enough edges that sums over them run on several threads.
  constexpr std::int64_t kNodes = 4000, kEdges = 20000, kGraphs = 100;
  const auto workload =
      workloads::find("ogbg").make()->in_recorded_sizes({{"num_outputs", 4},
                                                         {"latent_dim", 32},
                                                         {"hidden_dims", {32}},
                                                         {"num_message_passing_steps", 2}});
  const at::Tensor edge = at::arange(kEdges, at::kLong);
  const Batch batch({{"inputs", at::full({kGraphs}, kNodes / kGraphs, at::kLong)},
                     {"n_edge", at::full({kGraphs}, kEdges / kGraphs, at::kLong)},
                     {"nodes", at::arange(kNodes * 9, at::kFloat).sin().view({kNodes, 9})},
                     {"edges", at::arange(kEdges * 3, at::kFloat).cos().view({kEdges, 3})},
                     {"senders", edge.mul(7919).remainder(kNodes)},
                     {"receivers", edge.mul(104729).remainder(kNodes)},
                     {"targets", at::arange(kGraphs * 4).remainder(2).view({kGraphs, 4})},
                     {"weights", at::ones({kGraphs, 4})}});
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const auto gradient = [&] {
    for (const Parameter& one : model->parameters()) {
      at::Tensor(one.tensor).mutable_grad() = at::Tensor();
    }
    workload->loss(batch, model->forward(batch, dropping(0)), 0).mean().backward();
    return model->parameters().front().tensor.grad().clone();
  };
  const at::Tensor once = gradient();
  EXPECT_GT(once.abs().sum().item<double>(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(at::equal(gradient(), once));
}

TEST(GraphNetwork, RefusesBatchesThatDoNotFit) {
  const Recorded recorded("ogbg");
  struct Case {
    const char* tensor;
    at::Tensor value;
    const char* message;
  };
  const Case cases[] = {
      {"nodes", at::zeros({10, 8}), "nodes must be [N, 9]"},
      {"nodes", at::zeros({11, 9}), "must sum up to N"},
      {"edges", at::zeros({12, 2}), "edges must be [E, 3]"},
      {"senders", at::zeros({11}, at::kLong), "senders and receivers must be [E]"},
      {"n_edge", at::tensor({6, 6, 0, 1}, at::kLong), "n_edge must sum up to E"},
      {"n_edge", at::tensor({6, 6}, at::kLong), "n_edge must be [G]"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    Batch batch = recorded.batch;
    batch.set(one.tensor, one.value);
    try {
      recorded.model->forward(batch, evaluation());
      FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
}

TEST(PropertyLoss, DoesNotLookAtUnknownTargets) {
  const at::Tensor logits = at::tensor({1.f, -2.f, 3.f, 0.5f}).view({2, 2}).requires_grad_(true);
  const at::Tensor targets = at::tensor({1.f, NAN, 0.f, 1.f}).view({2, 2});
  const at::Tensor weights = at::tensor({1.f, 0.f, 1.f, 1.f}).view({2, 2});
  const Loss loss = property_loss(Batch({{"targets", targets}, {"weights", weights}}), logits, 0.1);
  // Each target y is 0.9 y + 0.05; by the definition of cross-entropy.
  const auto cross_entropy = [](double z, double y) {
    const double p = 1 / (1 + std::exp(-z));
    return -(0.9 * y + 0.05) * std::log(p) - (0.95 - 0.9 * y) * std::log(1 - p);
  };
  EXPECT_NEAR(loss.summed.item<double>(),
              cross_entropy(1, 1) + cross_entropy(3, 0) + cross_entropy(0.5, 1), 1e-6);
  EXPECT_EQ(loss.valid_examples.item<double>(), 3);
  EXPECT_EQ(loss.per_example[0][1].item<double>(), 0);
  loss.mean().backward();
  EXPECT_EQ(logits.grad()[0][1].item<double>(), 0);
  EXPECT_THROW(
      property_loss(Batch({{"targets", targets}, {"weights", weights}}), at::zeros({2, 3}), 0),
      std::invalid_argument);
}

TEST(GraphNetwork, BadFieldsAreNamed) {
  struct Case {
    void (*change)(Config&);
    const char* message;
  };
  const Case cases[] = {
      {[](Config& c) { c.outputs = 0; }, "outputs = 0; use at least 1"},
      {[](Config& c) { c.latent_dim = -1; }, "latent_dim = -1; use at least 1"},
      {[](Config& c) { c.steps = 0; }, "steps = 0; use at least 1"},
      {[](Config& c) { c.dropout = 1; }, "dropout = 1.000000; use a number in [0, 1)"},
      {[](Config& c) { c.hidden_dims.clear(); }, "hidden_dims must name at least one width"},
      {[](Config& c) {
         c.hidden_dims = {8, 0};
       },
       "hidden_dims = 0; use at least 1"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    Config config;
    one.change(config);
    try {
      make_model(config, at::kMeta);
      FAIL() << "accepted";
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.message));
    }
  }
}

TEST(GraphNetwork, RecordedSizesKeepTheActivation) {
  struct Case {
    const char *workload, *constructor, *message;
  };
  const Case cases[] = {
      {"ogbg", R"({"activation_fn_name": "gelu"})", "it must be relu"},
      {"ogbg_silu", R"({"activation_fn_name": "relu"})", "it must be silu"},
      {"ogbg", R"({"hidden_dims": 16})", "hidden_dims = 16"},
      {"ogbg", R"({"dims": [16]})", "'dims'"},
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
  const auto small = workloads::find("ogbg_silu").make()->in_recorded_sizes({{"latent_dim", 8}});
  EXPECT_EQ(small->configuration(),
            "activation = silu\ndropout = 0.1\nhidden_dims = 256\nlatent_dim = 8\noutputs = "
            "128\nsteps = 5\n");
}

TEST(GraphNetwork, FactsAreAlgoPerfs) {
  for (const char* name : kCases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(workloads::find(name).base, "ogbg");
    const auto facts = workloads::find(name).make()->facts();
    EXPECT_EQ(facts.metric, "mean_average_precision");
    EXPECT_TRUE(facts.higher_is_better);
    EXPECT_EQ(facts.default_dropout, 0.1);
    EXPECT_EQ(facts.source, workloads::DataSource::official);
    EXPECT_EQ(facts.loss_type, LossType::sigmoid_cross_entropy);
  }
}

}  // namespace
}  // namespace timetrial::gnn
