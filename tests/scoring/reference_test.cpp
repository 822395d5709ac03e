// The closed form against numbers that others computed: the published AlgoPerf v0.5 logs, external
// tuning (fixtures/algoperf_v05_external.json says where from).
#include "scoring/gates.h"
#include "scoring/performance_profile.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace timetrial::scoring {
namespace {

nlohmann::json fixture() {
  std::ifstream file(TIMETRIAL_SOURCE_DIR "/tests/scoring/fixtures/algoperf_v05_external.json");
  return nlohmann::json::parse(file);
}

std::vector<double> numbers(const nlohmann::json& list) {
  std::vector<double> values;
  for (const auto& v : list) values.push_back(v.is_null() ? INFINITY : v.get<double>());
  return values;
}

TEST(Reference, RatiosOfAlgoPerfV05) {
  const auto reference = fixture();
  std::vector<double> times;
  Field field;
  for (const auto& entry : reference["submissions"]) {
    const auto row = numbers(entry["time_s"]);
    times.insert(times.end(), row.begin(), row.end());
    field.competes.push_back(1);
    field.base_of.assign(row.size(), Field::kScored);
  }
  ASSERT_EQ(field.submissions(), 11u);
  field.is_reference = field.competes;
  const auto ratios = ratios_to_best(field, times);
  std::size_t s = 0;
  for (const auto& [name, entry] : reference["submissions"].items()) {
    SCOPED_TRACE(name);
    const auto expected = numbers(entry["ratio"]);
    for (std::size_t w = 0; w < expected.size(); ++w) {
      if (std::isfinite(expected[w])) {
        EXPECT_NEAR(ratios[s * expected.size() + w], expected[w], 1e-12 * expected[w]);
      } else {
        EXPECT_EQ(ratios[s * expected.size() + w], expected[w]);
      }
    }
    ++s;
  }
}

TEST(Reference, ClosedFormScoresOfAlgoPerfV05) {
  const auto reference = fixture();
  int checked = 0;
  for (const auto& [name, entry] : reference["submissions"].items()) {
    SCOPED_TRACE(name);
    const double score = profile_score(numbers(entry["ratio"]));
    EXPECT_NEAR(score, entry["exact_integral_score"].get<double>(), 1e-12);
    // The official sum over 100 points of tau differs in the third or fourth digit.
    EXPECT_NEAR(score, entry["official_score"].get<double>(), 3e-3);
    ++checked;
  }
  EXPECT_EQ(checked, 11);
}

}  // namespace
}  // namespace timetrial::scoring
