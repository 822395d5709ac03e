#include "harness/sweep/suites.h"
#include "harness/sweep/selection.h"
#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace timetrial::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kKnown = {"fashion_mnist_vit",   "gcide_lm", "imagenet_vit",
                                         "shapes_vit_parallel", "wmt",      "wmt_en_fr_ro"};

TEST(Suites, AreSelectedByName) {
  EXPECT_THAT(select({"suite:vit"}, "workload", kKnown),
              ElementsAre("fashion_mnist_vit", "imagenet_vit", "shapes_vit_parallel"));
  EXPECT_THAT(select({"suite:vit", "!imagenet_*", "wmt"}, "workload", kKnown),
              ElementsAre("fashion_mnist_vit", "shapes_vit_parallel", "wmt"));
  EXPECT_THAT(select({"!suite:vit"}, "workload", kKnown),
              ElementsAre("gcide_lm", "wmt", "wmt_en_fr_ro"));
  EXPECT_THAT(select({"suite:algoperf"}, "workload", kKnown), ElementsAre("imagenet_vit", "wmt"));
  EXPECT_THAT(select({"suite:instability"}, "workload", kKnown),
              ElementsAre("gcide_lm", "shapes_vit_parallel"));
}

TEST(Suites, AnUnknownOneIsRefusedWithTheNearest) {
  try {
    select({"suite:vits"}, "workload", kKnown);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("vits"));
    EXPECT_THAT(error.what(), HasSubstr("vit"));
  }
  EXPECT_THROW(select({"suite:curvature"}, "workload", kKnown), InputError) << "none is known";
}

TEST(Suites, AreSortedAndSayWhatTheyAre) {
  const auto& all = suites();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const Suite& a, const Suite& b) { return a.name < b.name; }));
  for (const auto& suite : all) {
    EXPECT_FALSE(suite.meaning.empty()) << suite.name;
    EXPECT_FALSE(suite.patterns.empty()) << suite.name;
  }
}

}  // namespace
}  // namespace timetrial::sweep
