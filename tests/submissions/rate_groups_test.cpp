// Learning rates and decays by role, and both forms of decay, in every submission that has them.
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"
#include "tests/submissions/built_in.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/max.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace timetrial::submissions_test {
namespace {

using Values = std::map<std::string, double>;

/// A rate and factors that floating point multiplies with exactly.
constexpr double kRate = 1.0 / 64;

/// Weights after some steps on the fixture network: w1, b1, w2, b2.
std::vector<at::Tensor> weights_after(int steps, const std::string& name, Values values) {
  values.emplace("learning_rate", kRate);
  sdk::Problem problem;
  problem.workload = sdk::make_fixture_network(/*unused_parameter=*/false);
  problem.data = sdk::make_synthetic_data(64, 3);
  problem.batch_size = 16;
  problem.point = Hyperparameters(values);
  const sdk::SubmissionLibrary file(library(name));
  sdk::Rehearsal rehearsal(file, problem);
  for (int i = 0; i < steps; ++i) rehearsal.step();
  return rehearsal.weights();
}

bool equal(const std::vector<at::Tensor>& one, const std::vector<at::Tensor>& other) {
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (!at::equal(one[i], other[i])) return false;
  }
  return one.size() == other.size();
}

TEST(RateGroups, ADecayThatIsIndependentOfTheRateIsThatPartOfACoupledOne) {
  for (const std::string name :
       {"adafactor", "adam_mini", "adamw", "clippy_adamw", "lamb", "lawa", "lion", "muon", "nadamw",
        "sam", "schedule_free_adamw", "shampoo", "soap", "sophia"}) {
    SCOPED_TRACE(name);
    const auto coupled = weights_after(4, name, {{"weight_decay", 0.5}});
    EXPECT_FALSE(equal(coupled, weights_after(4, name, {{"weight_decay", 0.25}})));
    EXPECT_TRUE(
        equal(coupled,
              weights_after(4, name, {{"weight_decay", 0.5 * kRate}, {"weight_decay_form", 1}})));
    EXPECT_TRUE(
        equal(coupled, weights_after(4, name, {{"weight_decay", 0.5}, {"weight_decay_form", 0}})));
    EXPECT_THROW(weights_after(1, name, {{"weight_decay_form", 2}}), std::exception);
  }
}

/// What the decay of 1/4 takes from the weights in the first step, as a share of them.
double first_share(Values values) {
  const auto start = weights_after(0, "prodigy", values),
             none = weights_after(1, "prodigy", values);
  values["weight_decay"] = 0.25;
  const auto decayed = weights_after(1, "prodigy", values);
  const at::Tensor lost = none[0].sub(decayed[0]);
  const double share = lost.norm().item<double>() / start[0].norm().item<double>();
  EXPECT_LT(lost.sub(start[0], share).abs().max().item<double>(), 1e-6);
  return share;
}

TEST(RateGroups, ProdigysIndependentDecayKnowsNeitherRateNorEstimateNorBias) {
  const double tolerance = 1e-6;
  EXPECT_NEAR(first_share({{"learning_rate", 0.5}, {"d0", 0.25}}), 0.25 * 0.25 * 0.5, tolerance);
  for (const Values& values :
       {Values{}, {{"learning_rate", 0.5}}, {{"d0", 0.25}}, {{"use_bias_correction", 1}}}) {
    Values independent = values;
    independent["weight_decay_form"] = 1;
    EXPECT_NEAR(first_share(independent), 0.25, tolerance)
        << (values.empty() ? "" : values.begin()->first);
  }
  const double warm = first_share({{"weight_decay_form", 1}, {"warmup_factor", 0.5}});
  EXPECT_LT(warm, 0.125);
  EXPECT_NEAR(
      first_share({{"weight_decay_form", 1}, {"warmup_factor", 0.5}, {"learning_rate", 0.25}}),
      warm, tolerance);
  EXPECT_THROW(weights_after(1, "prodigy", {{"weight_decay_form", 2}}), std::exception);
}

/// Those whose decay has either form, and then those that add it to the gradient.
const char* const kWithRoles[] = {"adafactor", "adam_mini", "adamw",   "lawa",
                                  "lion",      "nadamw",    "sam",     "schedule_free_adamw",
                                  "sophia",    "momentum",  "nesterov"};
constexpr std::size_t kInTheGradient = 2;  // the last ones

TEST(RateGroups, TheFirstStepOfEachRoleHasItsRate) {
  for (const std::string name : kWithRoles) {
    SCOPED_TRACE(name);
    const auto slow = weights_after(1, name, {{"learning_rate", kRate / 2}, {"weight_decay", 0.5}});
    const auto fast = weights_after(1, name, {{"weight_decay", 0.5}});
    // The fixture network has two matrices and two vectors.
    const auto mixed = weights_after(1, name, {{"weight_decay", 0.5}, {"hidden_rate_factor", 0.5}});
    for (const std::size_t i : {0, 2}) EXPECT_TRUE(at::equal(mixed[i], slow[i])) << i;
    for (const std::size_t i : {1, 3}) EXPECT_TRUE(at::equal(mixed[i], fast[i])) << i;
    EXPECT_FALSE(at::equal(fast[0], slow[0]));
    EXPECT_FALSE(at::equal(fast[1], slow[1]));
    EXPECT_TRUE(equal(fast, weights_after(1, name,
                                          {{"weight_decay", 0.5},
                                           {"embedding_rate_factor", 0.5},
                                           {"readout_rate_factor", 3}})));
  }
}

TEST(RateGroups, TheDecayOfEachRoleHasItsFactorInEitherForm) {
  for (std::size_t place = 0; place < std::size(kWithRoles); ++place) {
    const std::string name = kWithRoles[place];
    SCOPED_TRACE(name);
    const auto none = weights_after(1, name, {{"hidden_rate_factor", 0.5}});
    const Values coupled = {
        {"weight_decay", 0.5}, {"hidden_decay_factor", 0}, {"hidden_rate_factor", 0.5}};
    const auto vectors = weights_after(1, name, coupled);
    for (const std::size_t i : {0, 2}) EXPECT_TRUE(at::equal(vectors[i], none[i])) << i;
    if (place + kInTheGradient >= std::size(kWithRoles)) {
      EXPECT_THROW(weights_after(1, name, {{"weight_decay_form", 1}}), std::exception);
      continue;
    }
    // An independent decay does not know of the rate's factor: that of matrices is doubled.
    const auto both = weights_after(
        1, name,
        {{"weight_decay", 0.5 * kRate}, {"weight_decay_form", 1}, {"hidden_rate_factor", 0.5}});
    const auto doubled = weights_after(
        1, name, {{"weight_decay", 0.5}, {"hidden_decay_factor", 2}, {"hidden_rate_factor", 0.5}});
    EXPECT_TRUE(equal(both, doubled));
  }
}

TEST(RateGroups, GivesTheSameBitsInOneListOrSeveral) {
  for (const std::string name : kWithRoles) {
    SCOPED_TRACE(name);
    const auto plain = weights_after(6, name, {{"weight_decay", 0.5}});
    const auto apart = weights_after(
        6, name,
        {{"weight_decay", 0.5}, {"embedding_decay_factor", 2}, {"embedding_rate_factor", 2}});
    EXPECT_TRUE(equal(plain, apart));
  }
}

TEST(RateGroups, RefusesFactorsOutOfRangeByName) {
  for (const auto& [name, value] : Values{
           {"hidden_rate_factor", 0}, {"readout_rate_factor", -1}, {"vector_decay_factor", -1}}) {
    try {
      weights_after(1, "adamw", {{name, value}});
      ADD_FAILURE() << name;
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

TEST(ParameterRole, GoesByWhatIsStatedThenByTypeAndShape) {
  const auto role = [](ParameterType type, std::vector<std::int64_t> shape) {
    return role_of({"p", type, at::zeros(shape)});
  };
  EXPECT_EQ(role(ParameterType::weight, {3, 4}), ParameterRole::hidden);
  EXPECT_EQ(role(ParameterType::conv_weight, {3, 4, 2, 2}), ParameterRole::hidden);
  EXPECT_EQ(role(ParameterType::embedding, {3, 4}), ParameterRole::embedding);
  EXPECT_EQ(role(ParameterType::bias, {3}), ParameterRole::vector);
  EXPECT_EQ(role(ParameterType::weight, {1, 1, 4}), ParameterRole::vector);
  EXPECT_EQ(role(ParameterType::weight, {}), ParameterRole::vector);
  EXPECT_EQ(role_of({"p", ParameterType::weight, at::zeros({3, 4}), ParameterRole::readout}),
            ParameterRole::readout);
}

}  // namespace
}  // namespace timetrial::submissions_test
