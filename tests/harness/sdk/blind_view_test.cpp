#include "harness/sdk/blind_view.h"

#include "tests/harness/sdk/lent.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

namespace timetrial::sdk {
namespace {

std::vector<Parameter> parameters(std::int64_t count) {
  std::vector<Parameter> result;
  for (std::int64_t i = 0; i < count; ++i) {
    result.push_back({"layer." + std::to_string(i), ParameterType::bias, at::full({i + 1}, 1.0)});
  }
  return result;
}

TEST(BlindView, ShowsTheSameTensorsInAnotherOrderUnderNamesThatSayNothing) {
  const auto original = parameters(12);
  const auto blind = blinded(original, 5);
  ASSERT_EQ(blind.size(), original.size());
  std::set<const void*> shown;
  bool moved = false;
  for (std::size_t i = 0; i < blind.size(); ++i) {
    EXPECT_EQ(blind[i].name, (i < 9 ? "p000" : "p00") + std::to_string(i + 1));
    const auto at = static_cast<std::size_t>(blind[i].tensor.numel()) - 1;
    EXPECT_TRUE(blind[i].tensor.is_same(original.at(at).tensor));
    EXPECT_EQ(blind[i].type, ParameterType::bias);
    moved |= at != i;
    shown.insert(blind[i].tensor.unsafeGetTensorImpl());
  }
  EXPECT_TRUE(moved);
  EXPECT_EQ(shown.size(), original.size());
}

TEST(BlindView, IsAFunctionOfTheSeed) {
  const auto order = [](std::uint64_t seed) {
    std::vector<std::int64_t> sizes;
    for (const auto& p : blinded(parameters(12), seed)) sizes.push_back(p.tensor.numel());
    return sizes;
  };
  EXPECT_EQ(order(5), order(5));
  EXPECT_NE(order(5), order(6));
}

TEST(BlindView, LeavesTheModelAsItIsAndGradientsInTheShownOrder) {
  Lent plain, blind(1, 2, /*blind=*/true);
  EXPECT_EQ(blind.training->workload().name, kHiddenName);
  const auto& true_order = blind.training->model().parameters();
  ASSERT_EQ(true_order.size(), plain.training->parameters().size());
  for (std::size_t i = 0; i < true_order.size(); ++i) {
    EXPECT_EQ(true_order[i].name, plain.training->parameters()[i].name);
    EXPECT_TRUE(at::equal(true_order[i].tensor, plain.training->parameters()[i].tensor))
        << "being blind must not change where training starts";
  }
  const auto loss = [](Lent& lent) {
    return lent.training->mean_loss(lent.training->batches().next());
  };
  const auto gradients = blind.training->gradients(loss(blind), false);
  loss(blind).backward();  // another batch: only shapes are compared
  ASSERT_EQ(gradients.size(), blind.training->parameters().size());
  bool moved = false;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto& shown = blind.training->parameters()[i];
    EXPECT_TRUE(shown.name.starts_with("p000"));
    if (gradients[i].defined()) {
      EXPECT_EQ(gradients[i].sizes(), shown.tensor.sizes());
    }
    moved |= !shown.tensor.is_same(true_order[i].tensor);
  }
  EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace timetrial::sdk
