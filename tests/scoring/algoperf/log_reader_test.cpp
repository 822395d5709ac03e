#include "scoring/algoperf/log_reader.h"

#include "harness/trial/error.h"
#include "tests/scoring/algoperf/make_logs.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

namespace timetrial::algoperf {
namespace {

using scoring::Cell;
using scoring::Results;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogReader : public testing::Test {
 protected:
  std::filesystem::path logs() const { return folder_.path() / "made"; }
  std::filesystem::path trial(const std::string& path) const { return logs() / path; }
  std::string error_of(const LogOptions& options = {}) const { return error_of(logs(), options); }
  static std::string error_of(const std::filesystem::path& path, const LogOptions& options = {}) {
    try {
      read_logs(path, options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  ::timetrial::test::TemporaryFolder folder_;
};

const Cell& cell_of(const Results& results, const std::string& submission,
                    const std::string& workload) {
  const auto found = std::find_if(results.cells.begin(), results.cells.end(), [&](const Cell& c) {
    return c.submission == submission && c.workload == workload;
  });
  if (found == results.cells.end()) throw std::out_of_range(submission + " / " + workload);
  return *found;
}

/// All of the curves, as text: equal for equal results.
std::string curves_of(const Results& results) {
  std::string text;
  for (const auto& cell : results.cells) {
    for (const auto& study : cell.studies) {
      for (const auto& trial : study.trials) {
        text += cell.submission + cell.workload + std::to_string(study.study) + "/" +
                std::to_string(trial.trial) + to_string(trial.outcome->kind);
        for (const auto& [name, value] : *trial.point) text += name + std::to_string(value);
        for (const auto& point : trial.curve) {
          text += std::to_string(point.submission_time_s) + "," + std::to_string(point.value) + ";";
        }
      }
    }
  }
  return text;
}

TEST_F(LogReader, ReadsAFolderUnderTheRuleSetOfItsBudgets) {
  test::make_logs(logs());
  const auto results = read_logs(logs());
  EXPECT_EQ(results.provenance.sweep, "made");
  EXPECT_EQ(results.provenance.rule_set, "algoperf-v0.5");
  EXPECT_EQ(results.provenance.tuning, "external");
  EXPECT_EQ(results.provenance.hardware_profile, "algoperf-8xv100");
  EXPECT_EQ(results.planned_studies, 5);
  EXPECT_THAT(results.submissions, ElementsAre("ash", "beech"));
  ASSERT_EQ(results.workloads.size(), 14U);
  EXPECT_EQ(results.workloads[9].name, "fastmri_tanh");
  EXPECT_EQ(results.workloads[9].base, "fastmri");
  EXPECT_EQ(results.cells.size(), 6U);

  const auto& cell = cell_of(results, "beech", "fastmri");
  ASSERT_EQ(cell.studies.size(), 2U);
  ASSERT_EQ(cell.studies[1].trials.size(), 3U);
  const auto& first = cell.studies[0].trials[0];
  EXPECT_EQ(first.trial, 1);
  EXPECT_EQ(first.outcome->kind, OutcomeKind::target_reached);
  ASSERT_EQ(first.curve.size(), 6U);
  EXPECT_EQ(first.curve[1].step, 51);
  EXPECT_NEAR(first.curve[1].submission_time_s, 120, 0.01);
  EXPECT_NEAR(first.evaluation_time_s, 60, 0.01);
  EXPECT_EQ(first.submission_time_s, first.curve.back().submission_time_s);
  EXPECT_EQ(*first.point,
            (std::map<std::string, double>{{"learning_rate", 1e-3}, {"nesterov", 1}}));
  EXPECT_TRUE(std::isnan(cell.studies[0].trials[2].curve.back().value));
  EXPECT_EQ(cell.studies[1].trials[1].outcome->kind, OutcomeKind::completed);
}

TEST_F(LogReader, ATrialWithoutMeasurementsIsACrashedOne) {
  test::make_logs(logs());
  test::write_file(trial("ash/study_1/fastmri_jax/trial_1/eval_measurements.csv"), "");
  const auto results = read_logs(logs());
  const auto& crashed = cell_of(results, "ash", "fastmri").studies[0].trials[1];
  EXPECT_EQ(crashed.outcome->kind, OutcomeKind::crashed);
  EXPECT_EQ(crashed.outcome->reason, "no eval_measurements.csv");
  EXPECT_TRUE(crashed.curve.empty());
  EXPECT_EQ(crashed.point->at("learning_rate"), 2e-3);
  const auto& empty = cell_of(results, "ash", "fastmri").studies[1].trials[0];
  EXPECT_EQ(empty.outcome->reason, "nothing in eval_measurements.csv");
  EXPECT_THAT(results.remarks,
              ElementsAre(HasSubstr("6 trials without eval_measurements.csv, counted as crashed: "
                                    "ash/study_0/criteo1tb_jax/trial_2"),
                          HasSubstr("1 empty measurement files")));
}

TEST_F(LogReader, SelfTuningHasALongerBudgetAndNoPoint) {
  test::make_logs(logs(), {.trials = 1, .tuning = "self", .v05 = false});
  const auto results = read_logs(logs());
  EXPECT_EQ(results.provenance.rule_set, "algoperf-v0.6");
  EXPECT_EQ(results.provenance.tuning, "self");
  EXPECT_EQ(results.workloads[1].budget_s, 4430 * 1.5);
  EXPECT_TRUE(cell_of(results, "ash", "fastmri").studies[0].trials[0].point->empty());
  EXPECT_THAT(results.remarks, ElementsAre(HasSubstr("4 trials of workloads outside the rule set "
                                                     "passed over: ash/fastmri_tanh, beech/")));
}

TEST_F(LogReader, TheOutcomeFollowsFromTheCurve) {
  struct Case {
    const char* rows;
    OutcomeKind kind;
  };
  const std::string place = "ash/study_0/fastmri_jax/trial_1/";
  test::write_file(trial(place) / "meta_data_0.json",
                   "{\"workload.max_allowed_runtime_sec\": 8859}");
  for (const auto& test : std::vector<Case>{{"1,10,0.9\n", OutcomeKind::target_reached},
                                            {"1,10,0.723653\n", OutcomeKind::target_reached},
                                            {"1,10,0.9\n2,20,0.1\n", OutcomeKind::target_reached},
                                            {"1,10,0.1\n2,8859,0.1\n", OutcomeKind::budget_spent},
                                            {"1,10,0.1\n2,9000,0.9\n", OutcomeKind::budget_spent},
                                            {"1,10,nan\n", OutcomeKind::completed}}) {
    SCOPED_TRACE(test.rows);
    test::write_file(trial(place) / "eval_measurements.csv",
                     std::string("global_step,score,validation/ssim\n") + test.rows);
    const auto results =
        read_logs(logs(), {.rule_set = "algoperf-v0.5", .tuning = rulesets::Tuning::external});
    EXPECT_EQ(results.cells.at(0).studies[0].trials[0].outcome->kind, test.kind);
  }
}

TEST_F(LogReader, StraysArePassedOverAndNamed) {
  test::make_logs(logs());
  test::write_file(trial("README.md"), "x");
  test::write_file(trial("ash/notes.txt"), "x");
  test::write_file(trial("ash/study_0/fastmri_jax.log"), "x");
  test::write_file(trial("ash/study_0/trial_1/eval_measurements.csv"), "x");
  test::write_file(trial("ash/study_0/fastmri_jax/plots/a.png"), "x");
  test::write_file(trial("ash/study_0/fastmri_jax/trial_x/a"), "x");
  test::write_file(trial("beech/study_0/wmt_x_jax/trial_1/eval_measurements.csv"), "x");
  const auto results = read_logs(logs());
  EXPECT_EQ(results.cells.size(), 6U);
  EXPECT_THAT(
      results.remarks,
      ElementsAre(
          HasSubstr("6 trials without"),
          "3 folders without trials passed over: ash/study_0/fastmri_jax/plots, "
          "ash/study_0/fastmri_jax/trial_x, ash/study_0/trial_1",
          "3 stray files passed over: README.md, ash/notes.txt, ash/study_0/fastmri_jax.log",
          "1 trials of workloads outside the rule set passed over: beech/wmt_x"));
}

TEST_F(LogReader, AnyStudyNameCountsAndTrialsNeedOnlyBeginWell) {
  const auto text = test::made_measurements("fastmri", 3, 1, 1);
  for (const std::string name :
       {"alpha/fastmri_jax/trial_1", "alpha/fastmri_jax/trial_1_again",
        "alpha/fastmri_jax/trial_07", "study_3/fastmri_jax/trial_2", "study_3b/fastmri/trial_2"}) {
    if (name == "study_3b/fastmri/trial_2") continue;  // another framework: below
    test::write_file(trial("ash/" + name + "/eval_measurements.csv"), text);
  }
  const auto results = read_logs(logs(), {.rule_set = "algoperf-v0.6"});
  const auto& cell = cell_of(results, "ash", "fastmri");
  ASSERT_EQ(cell.studies.size(), 2U);
  EXPECT_EQ(cell.studies[0].study, 3);
  EXPECT_EQ(cell.studies[1].study, 4);  // alpha: the next one
  std::vector<int> trials;
  for (const auto& t : cell.studies[1].trials) trials.push_back(t.trial);
  EXPECT_THAT(trials, ElementsAre(1, 7, 8));
}

TEST_F(LogReader, ArchivesGiveTheSameResultsInAnyOrder) {
  test::make_logs(logs());
  const auto expected = curves_of(read_logs(logs()));
  for (const std::string name : {"a.tar", "b.tar.xz", "c.tar.zst"}) {
    SCOPED_TRACE(name);
    test::pack(logs(), folder_.path() / name,
               [](auto& files) { std::shuffle(files.begin(), files.end(), std::mt19937(7)); });
    const auto results = read_logs(folder_.path() / name);
    EXPECT_EQ(curves_of(results), expected);
    EXPECT_EQ(results.provenance.sweep, name.substr(0, 1));
    EXPECT_EQ(results.remarks, read_logs(logs()).remarks);
  }
}

TEST_F(LogReader, AFolderAroundTheSubmissionsDoesNotMatter) {
  test::make_logs(folder_.path() / "around" / "made");
  EXPECT_EQ(curves_of(read_logs(folder_.path() / "around")),
            curves_of(read_logs(folder_.path() / "around" / "made")));
  test::make_logs(folder_.path() / "one" / "made", {.submissions = {"ash"}});
  EXPECT_THAT(read_logs(folder_.path() / "one" / "made").submissions, ElementsAre("ash"));
  EXPECT_THAT(read_logs(folder_.path() / "one").submissions, ElementsAre("ash"));
  test::pack(folder_.path() / "one" / "made" / "ash", folder_.path() / "ash.tar");
  EXPECT_THAT(read_logs(folder_.path() / "ash.tar").submissions, ElementsAre("ash"));
}

TEST_F(LogReader, BothFrameworksOfAWorkloadAreRefused) {
  test::make_logs(logs());
  test::make_logs(
      logs(),
      {.submissions = {"ash"}, .workloads = {"fastmri"}, .studies = 1, .framework = "pytorch"});
  const auto message = error_of();
  EXPECT_THAT(message, HasSubstr("ash/study_0/fastmri_jax and ash/study_0/fastmri_pytorch"));
  EXPECT_THAT(message, HasSubstr("two frameworks"));
}

TEST_F(LogReader, WhatIsNoLogIsRefusedInOneLine) {
  EXPECT_THAT(error_of(), HasSubstr("made: not found"));
  std::filesystem::create_directories(logs() / "a" / "b" / "c" / "d");
  EXPECT_THAT(error_of(), HasSubstr("no AlgoPerf logs: expected <submission>/study_<N>"));
  std::filesystem::create_directories(logs() / "a" / "b" / "c" / "trial_1");
  EXPECT_THAT(error_of(), HasSubstr("no AlgoPerf logs"));
  test::write_file(folder_.path() / "x.tar", "no archive");
  EXPECT_THAT(error_of(folder_.path() / "x.tar"), HasSubstr("x.tar: no sound archive"));
  test::write_file(folder_.path() / "y.tar", "");
  EXPECT_THAT(error_of(folder_.path() / "y.tar"), HasSubstr("y.tar: no"));
}

TEST_F(LogReader, AnArchiveThatIsCutOffOrDamagedIsRefused) {
  test::make_logs(logs());
  for (const std::string name : {"a.tar", "b.tar.xz", "c.tar.zst"}) {
    SCOPED_TRACE(name);
    const auto file = folder_.path() / name;
    test::pack(logs(), file);
    const auto whole = test::read_file(file);
    test::write_file(file, whole.substr(0, whole.size() / 2 + 100));
    EXPECT_THAT(error_of(file), HasSubstr("no sound archive of AlgoPerf logs"));
    if (name.ends_with(".tar")) continue;  // which has checksums of its headers alone
    auto damaged = whole;
    for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 600; ++i) damaged[i] = 'x';
    test::write_file(file, damaged);
    EXPECT_THAT(error_of(file), HasSubstr("no sound archive of AlgoPerf logs"));
  }
}

// algoperf-2026 has the same workloads and budgets, and one more.
TEST_F(LogReader, ARuleSetThatOnlyAddsWorkloadsIsNotMistakenForTheLogs) {
  test::make_logs(logs(), {.workloads = {"fastmri"}, .v05 = false});
  EXPECT_EQ(read_logs(logs(), {}).provenance.rule_set, "algoperf-v0.6");
}

TEST_F(LogReader, WhatTheLogsDoNotSayMustBeSaid) {
  test::make_logs(logs(), {.workloads = {"criteo1tb"}});  // the same budget in both
  EXPECT_THAT(error_of(),
              HasSubstr("several rule sets have the workloads and budgets of the logs; say it "
                        "with --ruleset (algoperf-2026, algoperf-v0.5, algoperf-v0.6)"));
  EXPECT_EQ(error_of({.rule_set = "algoperf-v0.6"}), "no error");
  EXPECT_THAT(error_of({.rule_set = "algoperf-v0.7"}), HasSubstr("unknown rule set"));
  std::filesystem::remove_all(logs());
  test::make_logs(logs(), {.trials = 1, .tuning = ""});
  EXPECT_THAT(error_of(), HasSubstr("say --tuning external or --tuning self"));
  EXPECT_EQ(error_of({.tuning = rulesets::Tuning::self}), "no error");
  test::make_logs(logs(), {.submissions = {"ash"}, .trials = 1});
  test::make_logs(logs(), {.submissions = {"beech"}, .trials = 1, .tuning = "self"});
  EXPECT_THAT(error_of(), HasSubstr("was tuned as 'external', beech/study_0/"));
}

TEST_F(LogReader, ABudgetUnlikeTheRuleSetsIsRemarked) {
  test::make_logs(logs(), {.v05 = false});
  const auto results = read_logs(logs(), {.rule_set = "algoperf-v0.5"});
  EXPECT_THAT(results.remarks.back(),
              HasSubstr("fastmri (4430 s, rule set 8859 s), fastmri_tanh (4430 s"));
}

TEST_F(LogReader, JsonThatCannotBeReadIsPassedOver) {
  test::make_logs(logs());
  test::write_file(trial("ash/study_0/fastmri_jax/trial_1/hparams.json"), "{\"a\": }");
  test::write_file(trial("ash/study_1/fastmri_jax/trial_1/meta_data_0.json"), "[1, 2");
  const auto results = read_logs(logs());
  EXPECT_TRUE(cell_of(results, "ash", "fastmri").studies[0].trials[0].point->empty());
  EXPECT_THAT(results.remarks,
              testing::Contains(HasSubstr("2 JSON files that cannot be read, passed over: "
                                          "ash/study_0/fastmri_jax/trial_1/hparams.json")));
}

TEST_F(LogReader, ProgressEndsAtItsTotal) {
  test::make_logs(logs());
  std::uint64_t last = 0, total = 1;
  read_logs(logs(), {.progress = [&](std::uint64_t done, std::uint64_t of) {
              EXPECT_GE(of, done);
              last = done;
              total = of;
            }});
  EXPECT_EQ(last, total);
}

}  // namespace
}  // namespace timetrial::algoperf
