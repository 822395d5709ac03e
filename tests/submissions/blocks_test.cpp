#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <timetrial/blocks.h>

namespace timetrial {
namespace {

struct State {
  at::Tensor sum;
  std::vector<at::Tensor*> tensors() { return {&sum}; }
};

/// Blocks of at most `largest` a side, of merged sizes, and a sum of gradients for each.
struct Fixture {
  Fixture(const std::vector<at::Tensor>& tensors, std::int64_t largest) {
    for (const auto& tensor : tensors) {
      parameters.push_back(
          {"p" + std::to_string(parameters.size()), ParameterType::weight, tensor});
    }
    blocks.init(parameters, [largest](const Parameter& parameter) {
      return Blocking{merged_sizes(parameter.tensor.sizes(), largest), largest};
    });
    for (const auto& stack : blocks.stacks()) states.push_back({stack.zeros()});
  }

  /// Adds to the weights of these parameters the sum of their gradients, which are all ones.
  void step(const std::vector<std::size_t>& places) {
    const at::NoGradGuard no_grad;
    GradientList reached;
    for (const auto place : places) {
      reached.places.push_back(place);
      reached.weights.push_back(parameters[place].tensor);
      reached.gradients.push_back(at::ones_like(parameters[place].tensor));
    }
    blocks.update(reached, states, [](State& state, StackRows& rows) {
      state.sum.add_(rows.gradients);
      rows.add_to_weights(state.sum, 1);
    });
  }

  std::vector<Parameter> parameters;
  Blocks blocks;
  std::vector<State> states;
};

TEST(MergedSizes, MergesNeighboursUpToTheLargest) {
  const struct Case {
    Sizes sizes;
    std::int64_t largest;
    Sizes expected;
  } cases[] = {
      {{}, 8, {1}},
      {{1, 1}, 8, {1}},
      {{7}, 4, {7}},
      {{1, 3, 1, 5}, 8, {3, 5}},
      {{2, 4}, 8, {8}},
      {{2, 4, 2}, 8, {8, 2}},
      {{64, 3, 7, 7}, 147, {64, 147}},
      {{9, 2, 2}, 8, {9, 4}},
      {{2, 3, 4}, 1, {2, 3, 4}},
  };
  for (const auto& c : cases) EXPECT_EQ(merged_sizes(c.sizes, c.largest), c.expected);
}

TEST(Cut, LeavesWhatIsLeftInTheLastBlocks) {
  const at::Tensor x = at::arange(35).reshape({7, 5});
  const auto blocks = cut(x, {{7, 5}, 3});
  ASSERT_EQ(blocks.size(), 6);
  EXPECT_TRUE(at::equal(blocks[1], x.slice(0, 0, 3).slice(1, 3, 5)));
  EXPECT_TRUE(at::equal(blocks[5], x.slice(0, 6, 7).slice(1, 3, 5)));
  EXPECT_TRUE(blocks[5].is_alias_of(x));
}

TEST(Blocks, StackThoseOfOneShapeAndType) {
  const Fixture f({at::zeros({6, 4}), at::zeros({4}), at::zeros({0, 5}), at::zeros({}),
                   at::zeros({4, 4}), at::zeros({4}, at::kDouble)},
                  4);
  std::vector<Sizes> sizes;
  std::vector<std::size_t> counts;
  for (const auto& stack : f.blocks.stacks()) {
    sizes.push_back(stack.sizes);
    counts.push_back(stack.members.size());
  }
  EXPECT_EQ(sizes, (std::vector<Sizes>{{4, 4}, {2, 4}, {4}, {1}, {4}}));
  EXPECT_EQ(counts, (std::vector<std::size_t>{2, 1, 1, 1, 1}));
}

TEST(Blocks, ChangeOnlyWhatWasReached) {
  Fixture f({at::zeros({2, 3}), at::zeros({2, 3}), at::zeros({2, 3})}, 3);
  f.step({0, 2});
  f.step({2});
  f.step({0, 1, 2});
  const double expected[] = {1 + 2, 1, 1 + 2 + 3};  // sums of a growing sum
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(f.parameters[i].tensor, at::full({2, 3}, expected[i])));
  }
}

TEST(Blocks, ReachWeightsOfAnyLayoutAndType) {
  const at::Tensor transposed = at::zeros({4, 6}).t();
  const at::Tensor half = at::zeros({3, 2}, at::kBFloat16);
  Fixture f({transposed, half, at::zeros({}), at::zeros({0})}, 30);
  EXPECT_EQ(f.blocks.stacks().at(0).sizes, Sizes{24});  // merged: no view of the transposed one
  for (const auto& state : f.states) EXPECT_EQ(state.sum.scalar_type(), at::kFloat);
  f.step({0, 1, 2, 3});
  f.step({0, 1, 2, 3});
  for (std::size_t i = 0; i < 3; ++i) {
    const at::Tensor& weight = f.parameters[i].tensor;
    EXPECT_TRUE(at::equal(weight, at::full(weight.sizes(), 3, weight.options()))) << i;
  }
}

}  // namespace
}  // namespace timetrial
