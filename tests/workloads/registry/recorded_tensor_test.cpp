#include "workloads/recorded_tensor.h"

#include "harness/trial/error.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace timetrial::workloads {
namespace {

using nlohmann::json;

TEST(RecordedTensor, HasTheShapeOfTheLists) {
  const auto found = recorded_tensor(json::parse("[[1, 2, 3], [4, 5.5, 6]]"));
  EXPECT_TRUE(found.equal(at::tensor({1.F, 2.F, 3.F, 4.F, 5.5F, 6.F}).view({2, 3})));
  EXPECT_EQ(recorded_tensor(7).dim(), 0);
  EXPECT_EQ(recorded_tensor(json::parse("[[], []]")).sizes(), at::IntArrayRef({2, 0}));
}

TEST(RecordedTensor, RefusesRaggedListsAndWords) {
  EXPECT_THROW(recorded_tensor(json::parse("[[1, 2], [3]]")), InputError);
  EXPECT_THROW(recorded_tensor(json::parse("[[1, 2], 3]")), InputError);
  EXPECT_THROW(recorded_tensor(json::parse("[1, \"a\"]")), json::exception);
}

}  // namespace
}  // namespace timetrial::workloads
