#include "tests/support/recognition_case.h"

#include "tests/support/algoperf_fixture.h"
#include "tests/support/algoperf_parameters.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>

namespace timetrial::test {
namespace {

using Forward = std::function<at::Tensor()>;

/// The recorded numbers of one mode, "eval" or "train".
void expect_mode(const AlgoPerfFixture& fixture, const workloads::Workload& workload,
                 const Batch& batch, const ModelOutput& output, const std::string& mode) {
  SCOPED_TRACE(mode);
  const std::string recorded = "output_" + mode;
  ASSERT_TRUE(at::equal(output.paddings, fixture.tensor(recorded + "/logit_paddings")));
  const auto kept = workload.comparable_logits(batch, output).unsqueeze(2);
  const auto difference = (output.logits - fixture.tensor(recorded + "/logits")) * kept;
  EXPECT_LE(difference.abs().max().item<double>(), fixture.logit_tolerance());
  for (const double smoothing : {0.0, 0.1}) {  // CTC has none, whatever is asked
    const auto loss = workload.loss(batch, output, smoothing);
    EXPECT_LE(fixture.max_difference(loss.per_example, "loss_" + mode + "/per_example"), 2e-4);
    const auto& numbers = fixture.sidecar().at(mode);
    EXPECT_NEAR(loss.summed.item<double>(), numbers.at("summed").get<double>(), 2e-4);
    EXPECT_EQ(loss.valid_examples.item<double>(), numbers.at("n_valid_examples").get<double>());
  }
}

/// Sets parameters and running statistics to those of the fixture.
void set_all(const AlgoPerfFixture& fixture, const workloads::Model& model) {
  fixture.set_parameters(model);
  const at::NoGradGuard no_grad;
  for (const auto& one : model.state()) {
    at::Tensor(one.tensor).copy_(fixture.tensor("state/" + one.name));
  }
}

bool same(const Forward& a, const Forward& b) {
  at::manual_seed(11);
  const auto first = a();
  at::manual_seed(12);
  return at::equal(first, b());
}

void expect_randomness(workloads::Model& model, const Batch& batch) {
  const auto forward = [&](const ForwardOptions& options) {
    return [&model, &batch, options] { return model.forward(batch, options).logits; };
  };
  ForwardOptions dropping;
  dropping.dropout = 0.5;
  EXPECT_FALSE(same(forward(dropping), forward(dropping)));
  EXPECT_FALSE(same(forward({}), forward({}))) << "AlgoPerf's default is a dropout of 0.1";
  dropping.training = false;
  EXPECT_TRUE(same(forward(dropping), forward(evaluation_mode())));
  EXPECT_TRUE(same(forward(training_without_dropout()), forward(training_without_dropout())));
}

std::vector<at::Tensor> copies(const std::vector<NamedTensor>& state) {
  std::vector<at::Tensor> result;
  for (const auto& one : state) result.push_back(one.tensor.clone());
  return result;
}

bool equal_state(const workloads::Model& model, const std::vector<at::Tensor>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!at::equal(model.state()[i].tensor, values[i])) return false;
  }
  return true;
}

void expect_batch_norm(workloads::Model& model, const Batch& batch) {
  const auto before = copies(model.state());
  ForwardOptions forgetful = training_without_dropout();
  forgetful.update_batch_norm = false;
  const auto first = model.forward(batch, forgetful).logits;
  EXPECT_TRUE(equal_state(model, before));
  const auto second = model.forward(batch, training_without_dropout()).logits;
  EXPECT_TRUE(at::equal(first, second)) << "batch statistics in both";
  EXPECT_EQ(equal_state(model, before), before.empty());
  model.forward(batch, evaluation_mode());
  const auto after = copies(model.state());
  model.forward(batch, evaluation_mode());
  EXPECT_TRUE(equal_state(model, after));
}

void expect_independent_utterances(workloads::Model& model, const Batch& batch) {
  const at::NoGradGuard no_grad;
  const auto whole = model.forward(batch, evaluation_mode());
  const auto kept = whole.paddings.eq(0);
  Batch loud = batch;
  const auto noise = at::randn_like(batch.inputs()) * 3000 * batch.at("input_paddings");
  loud.set("inputs", batch.inputs() + noise);
  const auto beyond = model.forward(loud, evaluation_mode()).logits;
  EXPECT_TRUE(at::equal(beyond.index({kept}), whole.logits.index({kept})));
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    Batch alone;
    for (const auto& [name, tensor] : batch.tensors()) alone.set(name, tensor.slice(0, i, i + 1));
    const auto single = model.forward(alone, evaluation_mode()).logits[0];
    EXPECT_TRUE(at::allclose(single.index({kept[i]}), whole.logits[i].index({kept[i]}), 1e-4, 1e-4))
        << "utterance " << i;
  }
}

void expect_gradient(const workloads::Workload& workload, workloads::Model& model,
                     const Batch& batch) {
  const auto loss = [&] {
    return workload.loss(batch, model.forward(batch, training_without_dropout()), 0).mean();
  };
  loss().backward();
  std::vector<at::Tensor> directions;
  double slope = 0;
  at::manual_seed(13);
  for (const auto& parameter : model.parameters()) {
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    // Moving the subsampling would carry thousands of ReLUs over their kinks.
    const bool moved = !parameter.name.starts_with("subsample.");
    directions.push_back(moved ? at::randn_like(parameter.tensor.detach())
                               : at::zeros_like(parameter.tensor.detach()));
    slope += (directions.back() * parameter.tensor.grad()).sum().item<double>();
  }
  const at::NoGradGuard no_grad;
  const auto move = [&](double h) {
    for (std::size_t i = 0; i < directions.size(); ++i) {
      at::Tensor(model.parameters()[i].tensor).add_(directions[i], h);
    }
  };
  constexpr double kStep = 1e-4;
  move(kStep);
  const double ahead = loss().item<double>();
  move(-2 * kStep);
  const double behind = loss().item<double>();
  EXPECT_NEAR((ahead - behind) / (2 * kStep), slope, 0.005 * std::max(1.0, std::fabs(slope)));
}

}  // namespace

ForwardOptions training_without_dropout() {
  ForwardOptions options;
  options.dropout = 0;
  return options;
}

ForwardOptions evaluation_mode() {
  ForwardOptions options;
  options.training = false;
  return options;
}

void expect_recorded_case(const std::filesystem::path& fixtures, const std::string& name) {
  SCOPED_TRACE(name);
  const AlgoPerfFixture fixture(fixtures, name);
  const auto workload =
      workloads::find(name).make()->in_recorded_sizes(fixture.sidecar().at("constructor"));
  const auto model = workload->make_model(at::kCPU);
  set_all(fixture, *model);
  const auto inputs = fixture.batch().tensors();
  const Batch evaluated = workload->recorded_batch(inputs, false);
  expect_mode(fixture, *workload, evaluated, model->forward(evaluated, evaluation_mode()), "eval");

  const Batch trained = workload->recorded_batch(inputs, true);
  const auto output = model->forward(trained, training_without_dropout());
  expect_mode(fixture, *workload, trained, output, "train");
  for (const auto& one : model->state()) {
    EXPECT_LE(fixture.max_difference(one.tensor, "state_after_train/" + one.name), 1e-5)
        << one.name;
  }
  workload->loss(trained, output, 0).mean().backward();
  EXPECT_LE(fixture.gradient_norm_difference(*model), 1e-5);
  EXPECT_LE(fixture.gradient_difference(*model), 1e-5);
}

void expect_parameters(const std::filesystem::path& fixtures, const std::string& workload) {
  SCOPED_TRACE(workload);
  const auto table = AlgoPerfParameters::read(fixtures / "parameters.json", workload);
  const auto model = workloads::find(workload).make()->make_model(at::kCPU);
  ASSERT_THAT(table.differences(*model), testing::IsEmpty());
  model->initialize(1);
  EXPECT_THAT(table.initial_differences(*model), testing::IsEmpty());
  for (const auto& one : model->state()) {
    const double start = one.name.ends_with("running_var") ? 1 : 0;
    EXPECT_TRUE(one.tensor.eq(start).all().item<bool>()) << one.name;
  }
}

Batch noise_batch(std::int64_t tokens) {
  at::manual_seed(21);
  const auto paddings = at::zeros({3, 9000});
  paddings[1].slice(0, 6300).fill_(1);
  paddings[2].slice(0, 4000).fill_(1);
  const auto target_paddings = at::zeros({3, 4});
  target_paddings[1].slice(0, 3).fill_(1);
  target_paddings[2].slice(0, 1).fill_(1);
  return Batch({{"inputs", at::randn({3, 9000}) * 2000},
                {"input_paddings", paddings},
                {"targets", at::randint(1, tokens, {3, 4}, at::kLong)},
                {"target_paddings", target_paddings},
                {"weights", at::ones({3})}});
}

std::unique_ptr<workloads::Model> shaken_model(const workloads::Workload& workload) {
  auto model = workload.make_model(at::kCPU);
  model->initialize(5);
  const at::NoGradGuard no_grad;
  at::manual_seed(22);
  for (const auto& parameter : model->parameters()) {
    at::Tensor(parameter.tensor).add_(at::randn_like(parameter.tensor), 0.1);
  }
  for (const auto& one : model->state()) at::Tensor(one.tensor).add_(at::rand_like(one.tensor));
  return model;
}

void expect_recogniser(const workloads::Workload& workload, std::int64_t tokens) {
  const Batch batch = noise_batch(tokens);
  const auto model = shaken_model(workload);
  expect_randomness(*model, batch);
  expect_batch_norm(*model, batch);
  expect_independent_utterances(*model, batch);
  expect_gradient(workload, *model, batch);
}

}  // namespace timetrial::test
