// Every number that AlgoPerf's scorer gives for published logs, and for made-up ones that exercise
// the rules which the published ones do not: studies, medians, gates, ratios, profiles, scores. The
// logs are not part of the project: see support/algoperf_logs.h.
#include "harness/rulesets/rule_set.h"
#include "scoring/algoperf/log_reader.h"
#include "scoring/performance_profile.h"
#include "scoring/score.h"
#include "tests/support/algoperf_logs.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <string>

namespace timetrial::scoring {
namespace {

using Json = nlohmann::json;

struct Set {
  const char* logs;
  const char* expected;
  const char* rule_set;
  Mode mode;
};

std::ostream& operator<<(std::ostream& out, const Set& set) { return out << set.logs; }

constexpr double kTolerance =
    1e-12;  // relative; the reference's CSV reader is one ulp off at times

void expect_time(double value, const Json& expected) {
  if (expected.is_null()) {
    EXPECT_TRUE(std::isnan(value));
  } else if (expected.is_string()) {
    EXPECT_EQ(value, INFINITY);
  } else {
    EXPECT_NEAR(value, expected.get<double>(), kTolerance * std::abs(expected.get<double>()));
  }
}

Exclusion exclusion_of(const Json& text) {
  static const std::map<std::string, Exclusion> known{
      {"no data", Exclusion::no_data},
      {"target missed", Exclusion::target_missed},
      {"base target missed or no data", Exclusion::base_missed},
      {"slower than 4x best", Exclusion::beyond_cap},
      {"held-out variant has no data", Exclusion::variant_no_data},
      {"held-out variant missed its target", Exclusion::variant_missed},
      {"held-out variant slower than 4x best", Exclusion::variant_beyond_cap}};
  return text.is_null() ? Exclusion::none : known.at(text.get<std::string>());
}

class Published : public testing::TestWithParam<Set> {
 protected:
  void SetUp() override {
    const auto folder = test::algoperf_logs();
    if (!folder) GTEST_SKIP() << test::kNoAlgoPerfLogs;
    const auto logs = *folder / GetParam().logs, expected = *folder / GetParam().expected;
    std::ifstream file(expected);
    ASSERT_TRUE(file) << expected;
    expected_ = Json::parse(file);
    results_ = algoperf::read_logs(logs, {.rule_set = GetParam().rule_set});
    options_.mode = GetParam().mode;
    options_.resamples = 0;
    table_ = score(results_, options_);
  }

  const Json& submission(const std::string& name) { return expected_["submissions"][name]; }

  Json expected_;
  Results results_;
  Options options_;
  ScoreTable table_;
};

TEST_P(Published, HasTheSameSubmissions) {
  EXPECT_EQ(results_.submissions.size(), expected_["submissions"].size());
  for (const auto& row : table_.rows) {
    EXPECT_TRUE(expected_["submissions"].contains(row.submission)) << row.submission;
  }
}

TEST_P(Published, StudiesAreEqual) {
  int studies = 0;
  for (const auto& cell : table_.times) {
    const auto& workloads = submission(cell.submission)["workloads"];
    ASSERT_TRUE(workloads.contains(cell.workload)) << cell.submission << ' ' << cell.workload;
    const auto& expected = workloads[cell.workload].value("studies", Json::object());
    std::size_t measured = 0;
    for (const auto& study : cell.studies) {
      if (study.missing) continue;
      ++measured;
      SCOPED_TRACE(cell.submission + " " + cell.workload + " " + std::to_string(study.study));
      const auto& entry = expected.at("study_" + std::to_string(study.study));
      EXPECT_EQ(study.measured, entry["trials_read"].get<int>());
      EXPECT_EQ(study.reaching, entry["trials_reaching_target"].get<int>());
      expect_time(study.best.time_s, entry["time"]);
      if (!study.best.reached()) continue;
      EXPECT_EQ("trial_" + std::to_string(study.trial), entry["trial"].get<std::string>());
      EXPECT_EQ(study.best.row, entry["eval_index"].get<int>());
      EXPECT_EQ(study.best.step, entry["global_step"].get<std::int64_t>());
      ++studies;
    }
    EXPECT_EQ(measured, expected.size()) << cell.submission << ' ' << cell.workload;
  }
  EXPECT_GT(studies, 0);
}

TEST_P(Published, MediansGatesAndRatiosAreEqual) {
  const std::size_t columns = results_.workloads.size();
  for (std::size_t i = 0; i < table_.times.size(); ++i) {
    const auto& cell = table_.times[i];
    SCOPED_TRACE(cell.submission + " " + cell.workload);
    const auto& expected = submission(cell.submission)["workloads"][cell.workload];
    expect_time(cell.median_s, expected["median_time_to_target"]);
    expect_time(table_.counted[i].counted_s, expected["time_after_rules"]);
    EXPECT_EQ(table_.counted[i].excluded, exclusion_of(expected["excluded_by"]))
        << expected["excluded_by"];
    EXPECT_EQ(results_.workloads[i % columns].base.empty(), expected["scored"] == "base");
  }
  for (const auto& row : table_.rows) {
    for (std::size_t w = 0; w < table_.scored.size(); ++w) {
      const auto& name = results_.workloads[table_.scored[w]].name;
      SCOPED_TRACE(row.submission + " " + name);
      expect_time(row.ratios[w], submission(row.submission)["workloads"][name]["ratio_to_best"]);
    }
  }
}

TEST_P(Published, ProfilesAreEqualExactly) {
  ASSERT_EQ(tau_grid().size(), expected_["tau"].size());
  for (std::size_t i = 0; i < tau_grid().size(); ++i) {
    EXPECT_NEAR(tau_grid()[i], expected_["tau"][i].get<double>(), 1e-15 * 4);
  }
  for (const auto& row : table_.rows) {
    EXPECT_EQ(grid_profile(row.ratios),
              submission(row.submission)["rho"].get<std::vector<double>>())
        << row.submission;
  }
}

TEST_P(Published, ScoresAreEqual) {
  for (const auto& row : table_.rows) {
    SCOPED_TRACE(row.submission);
    const auto& expected = submission(row.submission);
    expect_time(row.score, expected["score"]);
    expect_time(profile_score(row.ratios), expected["exact_integral_score_not_official"]);
    const auto published = expected.value("published_score", Json());
    if (published.is_null()) continue;
    EXPECT_NEAR(row.score, published.get<double>(), 0.5e-4);
  }
}

TEST_P(Published, SpeedUpsAreEqual) {
  if (!expected_.contains("speedup")) GTEST_SKIP() << "no speed-ups are expected for this set";
  const auto& speedup = expected_["speedup"];
  options_.baseline = speedup["reference"].get<std::string>();
  for (const auto& row : score(results_, options_).rows) {
    SCOPED_TRACE(row.submission);
    const auto& expected = speedup["mean_runtime_ratio"][row.submission];
    EXPECT_EQ(row.time_to_baseline.has_value(), !expected.is_null());
    if (row.time_to_baseline) expect_time(*row.time_to_baseline, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(AlgoPerf, Published,
                         testing::Values(Set{"v05-external.tar.xz", "expected-v05-external.json",
                                             "algoperf-v0.5", Mode::compat_v0_5},
                                         Set{"v06-external.tar.xz", "expected-v06.json",
                                             "algoperf-v0.6", Mode::compat_v0_6},
                                         Set{"v06-self-tuning.tar.xz",
                                             "expected-v06-self-tuning.json", "algoperf-v0.6",
                                             Mode::compat_v0_6},
                                         Set{"synthetic-a.tar.xz", "expected-synthetic-a.json",
                                             "algoperf-v0.5", Mode::compat_v0_5}),
                         [](const auto& set) {
                           std::string name = set.param.logs;
                           name = name.substr(0, name.find('.'));
                           std::erase(name, '-');
                           return name;
                         });

/// Workloads of the logs that the competition did not score can be scored under another rule set.
TEST(PublishedV05, WorkloadsOutsideTheRuleSetCanBeScoredUnderAnother) {
  const auto folder = test::algoperf_logs();
  if (!folder) GTEST_SKIP() << test::kNoAlgoPerfLogs;
  // The targets of AlgoPerf's code; budgets are those of the bases.
  std::string rules = rulesets::load("algoperf-v0.5").text;
  rules.replace(rules.find("algoperf-v0.5\""), 13, "with-extra-workloads");
  for (const std::string workload :
       {"name = \"criteo1tb_layernorm\"\nmetric = \"loss\"\nhigher_is_better = false\n"
        "validation_target = 0.123757\ntest_target = 0.126152\nbudget_s = 7703\n",
        "name = \"fastmri_model_size\"\nmetric = \"ssim\"\nhigher_is_better = true\n"
        "validation_target = 0.723559\ntest_target = 0.740726\nbudget_s = 8859\n",
        "name = \"imagenet_resnet_silu\"\nmetric = \"accuracy\"\nhigher_is_better = true\n"
        "validation_target = 0.75445\ntest_target = 0.6323\nbudget_s = 63008\n",
        "name = \"ogbg_gelu\"\nmetric = \"mean_average_precision\"\nhigher_is_better = true\n"
        "validation_target = 0.27771\ntest_target = 0.262926\nbudget_s = 18477\n"}) {
    rules += "\n[[workloads]]\n" + workload +
             "evaluation_period_s = 80\nstep_hint = 1\nevaluation_batch_size = 256\n";
  }
  const test::TemporaryFolder temporary;
  const auto file = temporary.path() / "rules.toml";
  std::ofstream(file) << rules;
  const auto results =
      algoperf::read_logs(*folder / "v05-external.tar.xz", {.rule_set = file.string()});
  const auto table = score(results, {.mode = Mode::compat_v0_5, .resamples = 0});
  std::ifstream expected_file(*folder / "expected-v05-external.json");
  const auto expected = Json::parse(expected_file);
  const auto& workloads = expected["submissions"]["baseline"]["workloads"];
  int ignored = 0;
  for (const auto& cell : table.times) {
    if (cell.submission != "baseline") continue;
    SCOPED_TRACE(cell.workload);
    expect_time(cell.median_s, workloads[cell.workload]["median_time_to_target"]);
    ignored += workloads[cell.workload]["scored"] == "ignored" ? 1 : 0;
  }
  EXPECT_EQ(ignored, 4);
}

/// What the published numbers hide: without CASPR the first two change places, and LAWA EMA loses
/// by the choice of rows over times.
TEST(PublishedV05, ExactModeShowsWhatTheFieldHidesInIt) {
  const auto folder = test::algoperf_logs();
  if (!folder) GTEST_SKIP() << test::kNoAlgoPerfLogs;
  const auto results =
      algoperf::read_logs(*folder / "v05-external.tar.xz", {.rule_set = "algoperf-v0.5"});
  const auto compat = score(results, {.mode = Mode::compat_v0_5});
  ASSERT_EQ(compat.rows[0].submission, "shampoo_submission");
  for (const auto& left : compat.leave_one_out) {
    if (left.submission != "caspr_adaptive") continue;
    EXPECT_TRUE(left.reorders);
    EXPECT_NEAR(left.scores[0], 0.8018, 0.5e-4);  // Shampoo
    EXPECT_NEAR(left.scores[1], 0.8112, 0.5e-4);  // Schedule-Free AdamW, now first
    EXPECT_EQ(left.ranks[1], 1);
  }
  // Chosen by time, and still summed over 100 points of tau, LAWA EMA has 0.3434, published is
  // 0.3384.
  for (const auto& row : score(results, {.resamples = 0}).rows) {
    if (row.submission != "lawa_ema") continue;
    EXPECT_NEAR(grid_score(row.ratios), 0.3434, 0.5e-4);
    EXPECT_NEAR(row.score, 0.3431, 0.5e-4);
  }
  // Bootstrap over the five studies: 0.64 to 0.91, first in 75 %, the same order in 8 %.
  EXPECT_NEAR(compat.rows[0].score_interval->low, 0.64, 0.02);
  EXPECT_NEAR(compat.rows[0].score_interval->high, 0.91, 0.02);
  EXPECT_NEAR(*compat.rows[0].first, 0.75, 0.03);
  EXPECT_NEAR(*compat.same_order, 0.08, 0.02);
}

}  // namespace
}  // namespace timetrial::scoring
