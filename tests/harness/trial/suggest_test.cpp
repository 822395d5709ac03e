#include "harness/trial/suggest.h"

#include <gtest/gtest.h>

namespace timetrial {
namespace {

const std::vector<std::string> kKnown{"fashion_mnist_vit", "fashion_mnist_vit_glu", "gcide_lm",
                                      "movielens_dlrm"};

TEST(Nearest, SortsByEditDistance) {
  EXPECT_EQ(nearest("fashion_vit", kKnown, 1), (std::vector<std::string>{"fashion_mnist_vit"}));
  EXPECT_EQ(nearest("gcide_ml", kKnown, 1), (std::vector<std::string>{"gcide_lm"}));
  EXPECT_EQ(nearest("fashion_mnist_vit_gl", kKnown, 2),
            (std::vector<std::string>{"fashion_mnist_vit_glu", "fashion_mnist_vit"}));
  EXPECT_EQ(nearest("x", kKnown).size(), 3U);
  EXPECT_TRUE(nearest("x", {}).empty());
}

TEST(UnknownName, SaysWhatIsMeant) {
  EXPECT_EQ(unknown_name("key", "a", {"b"}), "unknown key 'a'; did you mean b?");
  EXPECT_EQ(unknown_name("key", "a", {"b", "c"}), "unknown key 'a'; did you mean b or c?");
  EXPECT_EQ(unknown_name("key", "a", {"b", "c", "d", "longer"}),
            "unknown key 'a'; did you mean b, c or d?");
  EXPECT_EQ(unknown_name("key", "a", {}), "unknown key 'a'; there is none");
}

TEST(GlobMatch, MatchesTheWholeName) {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  for (const auto& test : std::vector<Case>{{"fashion_*", "fashion_mnist_vit", true},
                                            {"*", "", true},
                                            {"fashion", "fashion_mnist_vit", false},
                                            {"gcide_l?", "gcide_lm", true},
                                            {"gcide_?", "gcide_lm", false},
                                            {"s[0-3]", "s2", true},
                                            {"s[!0-3]", "s2", false},
                                            {"Lion", "lion", false}}) {
    SCOPED_TRACE(test.pattern);
    EXPECT_EQ(glob_match(test.pattern, test.name), test.matches);
  }
}

}  // namespace
}  // namespace timetrial
