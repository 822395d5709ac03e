// Each property of a right workload holds, and a workload without it is found.
#include "harness/conformance/properties.h"

#include "tests/harness/conformance/toy.h"

#include <gmock/gmock.h>

namespace timetrial::conformance {
namespace {

using test::make_toy;
using test::toy_batch;
using test::ToyFault;
using testing::HasSubstr;

TEST(Properties, HoldForARightWorkload) {
  const auto toy = make_toy(ToyFault::none);
  const auto gradient = check_gradient(*toy, toy_batch());
  EXPECT_TRUE(gradient.passed) << gradient.error;
  EXPECT_THAT(gradient.detail, HasSubstr("double precision"));
  const auto deterministic = check_deterministic(*toy, toy_batch());
  EXPECT_TRUE(deterministic.passed) << deterministic.error;
  const auto overfits = check_overfits(*toy, toy_batch());
  EXPECT_TRUE(overfits.passed) << overfits.detail;
}

TEST(Properties, AWrongGradientIsFound) {
  for (const ToyFault fault : {ToyFault::gradient_missing, ToyFault::gradient_scaled}) {
    const auto result = check_gradient(*make_toy(fault), toy_batch());
    EXPECT_FALSE(result.passed);
    EXPECT_GT(result.error, 0.1);
  }
}

TEST(Properties, ALossWithoutGradientIsNoPass) {
  EXPECT_FALSE(check_gradient(*make_toy(ToyFault::never_learns), toy_batch()).passed);
}

TEST(Properties, WhatNoSeedGovernsIsFound) {
  const auto result = check_deterministic(*make_toy(ToyFault::random), toy_batch());
  EXPECT_FALSE(result.passed);
  EXPECT_GT(result.error, 0);
}

TEST(Properties, AModelThatCannotLearnIsFound) {
  const auto result = check_overfits(*make_toy(ToyFault::never_learns), toy_batch());
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.error, 1);
}

}  // namespace
}  // namespace timetrial::conformance
