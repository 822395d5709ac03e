#include "harness/sweep/plan.h"

#include "harness/manifest/manifest.h"
#include "harness/trial/error.h"
#include "tests/support/allocations.h"
#include "tests/support/small_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

namespace timetrial::sweep {
namespace {

namespace fs = std::filesystem;

/// A rule set, a data folder and the built-in submissions of this build.
class PlanTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "plan_test";
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "data" / "movielens");
    manifest::write(folder_ / "data" / "movielens",
                    {"movielens", "movielens_dlrm", {}, {{"training/a", 3, std::string(64, 'a')}}});
    surroundings_.submissions_dir = fs::path(TIMETRIAL_BINARY_DIR) / "submissions";
    surroundings_.data_dir = folder_ / "data";
    surroundings_.workloads = {{.name = "movielens_dlrm",
                                .base = "movielens_dlrm",
                                .metric = "auc",
                                .dataset = "movielens",
                                .configuration = "embed_dim = 8\n"}};
    request_.name = "test";
    request_.submissions = {"lion", "adamw"};
    request_.workloads = {"movielens_dlrm"};
    request_.trials = 3;
    request_.studies = 2;
  }

  std::string refusal() {
    try {
      make_plan(request_, surroundings_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }

  /// A search space of `count` points.
  std::string list_points(int count) {
    auto points = nlohmann::json::array();
    for (int i = 1; i <= count; ++i) {
      points.push_back({{"learning_rate", 1e-4 * i}, {"weight_decay", 0.1}, {"beta1", 0.9}});
    }
    const auto file = folder_ / "points.json";
    std::ofstream(file) << points;
    return file;
  }

  fs::path folder_;
  Request request_;
  Surroundings surroundings_;
};

TEST_F(PlanTest, SaysThatOfficialDataAreToBeBrought) {
  surroundings_.workloads[0].official_data = true;
  EXPECT_EQ(make_plan(request_, surroundings_).workloads.size(), 1U)
      << "they may be there all the same";
  fs::remove_all(folder_ / "data" / "movielens");
  EXPECT_EQ(refusal(),
            (folder_ / "data" / "movielens").string() +
                ": the official data of workload 'movielens_dlrm' are not prepared; run: timetrial "
                "data prepare movielens_dlrm --from DIR");
}

TEST_F(PlanTest, KeepsTheTargetsOfSingleTasks) {
  surroundings_.workloads[0].tasks = {{"liked", "auc", true, {}}, {"rating", "loss", false, {}}};
  const auto write = [&](const char* targets) {
    std::ofstream(folder_ / "own.toml")
        << test::small_rules({{.workload = "movielens_dlrm",
                               .metric = "auc",
                               .more = std::string("task_targets = ") + targets}});
  };
  request_.rule_set = (folder_ / "own.toml").string();
  write("{ rating = 0.9 }\n");
  const auto tasks = make_plan(request_, surroundings_).workloads.at(0).tasks;
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_FALSE(tasks[0].validation_target);
  EXPECT_EQ(tasks[1].validation_target, 0.9);
  write("{ ratings = 0.9 }\n");
  EXPECT_THAT(refusal(), testing::HasSubstr("task_targets of workload 'movielens_dlrm': unknown "
                                            "task 'ratings'; did you mean rating"));
}

TEST_F(PlanTest, HasOneTrialForEachCell) {
  const Plan plan = make_plan(request_, surroundings_);
  EXPECT_EQ(plan.trials.size(), 2U * 2U * 3U);
  std::set<std::string> ids;
  std::set<TrialKey> keys;
  for (const auto& trial : plan.trials) {
    ids.insert(trial.id);
    keys.insert(trial.key);
    EXPECT_FALSE(trial.point.empty());
  }
  EXPECT_EQ(ids.size(), 12U);
  EXPECT_EQ(keys.size(), 12U);
}

TEST_F(PlanTest, IsTheSameInEveryProcess) {
  const Plan first = make_plan(request_, surroundings_);
  const Plan again = make_plan(request_, surroundings_);
  for (std::size_t i = 0; i < first.trials.size(); ++i) {
    EXPECT_EQ(first.trials[i].id, again.trials[i].id);
    EXPECT_EQ(first.trials[i].point, again.trials[i].point);
  }
}

TEST_F(PlanTest, GivesAllSubmissionsTheSameSeedsAndEachTrialItsOwn) {
  const Plan plan = make_plan(request_, surroundings_);
  std::set<std::uint64_t> seeds;
  for (const auto& trial : plan.trials) seeds.insert(trial.seed);
  EXPECT_EQ(seeds.size(), 6U);  // studies × trials
  for (std::size_t i = 0; i + 1 < plan.trials.size(); i += 2) {
    EXPECT_NE(plan.trials[i].key.submission, plan.trials[i + 1].key.submission);
    EXPECT_EQ(plan.trials[i].seed, plan.trials[i + 1].seed);
  }
  request_.seed = 1;
  EXPECT_NE(make_plan(request_, surroundings_).trials[0].seed, plan.trials[0].seed);
}

TEST_F(PlanTest, SelfTuningHasOneTrialALongerBudgetAndNoPoint) {
  const double budget = make_plan(request_, surroundings_).trials[0].budget_s;
  request_.tuning = rulesets::Tuning::self;
  const Plan plan = make_plan(request_, surroundings_);
  EXPECT_EQ(plan.trials.size(), 2U * 2U);
  EXPECT_TRUE(plan.trials[0].point.empty());
  EXPECT_DOUBLE_EQ(plan.trials[0].budget_s, 1.5 * budget);
}

TEST_F(PlanTest, GlobsMeanWhatIsTunedInThatWay) {
  const auto planned = [&] {
    std::set<std::string> names;
    for (const auto& submission : make_plan(request_, surroundings_).submissions) {
      names.insert(submission.name);
    }
    return names;
  };
  request_.submissions = {"*adamw*"};
  const auto external = planned();
  EXPECT_TRUE(external.contains("nadamw"));
  EXPECT_FALSE(external.contains("nadamw_self"));
  request_.search_space = "algoperf_points";
  EXPECT_THAT(planned(), testing::ElementsAre("nadamw", "schedule_free_adamw"));
  request_.search_space.reset();
  request_.tuning = rulesets::Tuning::self;
  EXPECT_THAT(planned(), testing::ElementsAre("nadamw_self", "schedule_free_adamw_self"));
  request_.submissions = {"*", "!nadamw_self", "!adamw"};
  EXPECT_THAT(planned(), testing::ElementsAre("schedule_free_adamw_self"));
  request_.submissions = {"lion*"};
  EXPECT_THAT(refusal(), testing::HasSubstr("unknown submission that tunes itself 'lion*'"));
  request_.tuning = rulesets::Tuning::external;
  request_.submissions = {"*"};
  request_.search_space = "algopref";
  EXPECT_THAT(refusal(), testing::HasSubstr("unknown submission with a search space 'algopref'"));
  request_.search_space.reset();
  request_.submissions = {"nadamw_self"};
  EXPECT_THAT(refusal(), testing::HasSubstr("--tuning self for a submission that tunes itself"));
}

TEST_F(PlanTest, TakesTheSearchSpaceThatIsAskedFor) {
  request_.submissions = {"nadamw"};
  request_.search_space = "algoperf_points";
  request_.trials = 5;
  const Plan plan = make_plan(request_, surroundings_);
  std::set<double> smoothing;
  for (const auto& trial : plan.trials) smoothing.insert(trial.point.at("label_smoothing"));
  EXPECT_THAT(smoothing, testing::ElementsAre(0, 0.1, 0.2));
  request_.trials = 6;
  EXPECT_THAT(refusal(), testing::HasSubstr("6"));
  request_.search_space = "algopref";
  EXPECT_THAT(refusal(), testing::HasSubstr("use one of algoperf, algoperf_points"));
}

TEST_F(PlanTest, GivesEachTrialItsPointOfTheStudysDraw) {
  for (const bool listed : {false, true}) {
    SCOPED_TRACE(listed);
    if (listed) {
      request_.search_space = list_points(7);
      request_.trials = 7;
    }
    const Plan plan = make_plan(request_, surroundings_);
    ASSERT_EQ(plan.trials.size(), 2U * 2 * static_cast<std::size_t>(*request_.trials));
    for (const auto& trial : plan.trials) {
      const auto space = tuning::read(request_.search_space.value_or(
          (surroundings_.submissions_dir / (trial.key.submission + ".search_space.json"))
              .string()));
      const auto points =
          tuning::draw(space, trial.key.submission, trial.key.study, *request_.trials);
      EXPECT_EQ(trial.point, points.at(static_cast<std::size_t>(trial.key.trial)));
    }
  }
}

TEST_F(PlanTest, OfManyPointsCostsTheSameForEach) {
  const auto cost_of = [&](int trials) {  // in allocations: a draw copies the points of its list
    request_.search_space = list_points(trials);
    request_.trials = trials;
    const std::int64_t before = test::allocations();
    make_plan(request_, surroundings_);
    return test::allocations() - before;
  };
  cost_of(1);  // loads what later plans find loaded
  const std::int64_t few = cost_of(100), more = cost_of(200), most = cost_of(800);
  // What a trial more costs is the same at all sizes: a draw for each trial would make it eight
  // times as much.
  EXPECT_NEAR(static_cast<double>(most - more) / 600, static_cast<double>(more - few) / 100, 2);
}

TEST_F(PlanTest, TrainsAnyWorkloadByStepsWithoutAScore) {
  fs::copy(folder_ / "data" / "movielens", folder_ / "data" / "unscored",
           fs::copy_options::recursive);
  surroundings_.workloads.push_back({.name = "unscored",
                                     .base = "unscored",
                                     .metric = "loss",
                                     .dataset = "unscored",
                                     .configuration = "",
                                     .higher_is_better = false});
  request_.workloads = {"unscored"};
  EXPECT_THAT(refusal(),
              testing::HasSubstr("rule set mini-1 does not score workload 'unscored'; to "
                                 "train it without a score: --ruleset by-steps"));
  request_.rule_set = "by-steps";
  EXPECT_THAT(refusal(), testing::HasSubstr("needs --max-steps"));
  request_.max_steps = 40;
  const Plan plan = make_plan(request_, surroundings_);
  EXPECT_EQ(plan.trials.size(), 2U * 2 * 3);
  EXPECT_EQ(plan.workloads.at(0).name, "unscored");
  EXPECT_LT(plan.workloads.at(0).validation_target, -1e6) << "a loss that nothing reaches";
  const auto rules = rulesets::parse(plan.sweep.rule_set_text, "stored");
  EXPECT_EQ(rules.conditions.evaluate_at.size(), 20U);
  EXPECT_EQ(rules.conditions.evaluate_at.back(), 40);
  request_.evaluate_at = {10, 40};
  EXPECT_EQ(rulesets::parse(make_plan(request_, surroundings_).sweep.rule_set_text, "stored")
                .conditions.evaluate_at,
            request_.evaluate_at);
}

TEST_F(PlanTest, RefusesWhatCannotRun) {
  EXPECT_EQ(refusal(), "accepted");
  request_.submissions = {"adamv"};
  EXPECT_THAT(refusal(), testing::HasSubstr("unknown submission 'adamv'; did you mean adamw"));
  request_.submissions = {folder_ / "missing.so"};
  EXPECT_THAT(refusal(), testing::HasSubstr("missing.so"));
  request_.submissions = {"adamw"};
  request_.workloads = {"imagenet_vit"};
  EXPECT_THAT(refusal(), testing::HasSubstr("unknown workload of rule set mini-1"));
  request_.workloads = {"movielens_dlrm"};
  request_.trials = 0;
  EXPECT_THAT(refusal(), testing::HasSubstr("--trials"));
  request_.trials = 1;
  fs::remove(folder_ / "data" / "movielens" / "manifest.json");
  EXPECT_THAT(refusal(), testing::HasSubstr("timetrial data prepare movielens_dlrm"));
}

TEST(ParseDescribed, RefusesAnotherForm) {
  EXPECT_THROW(parse_described("[{\"name\": 3}]"), InputError);
  EXPECT_THROW(parse_described("not json"), InputError);
}

}  // namespace
}  // namespace timetrial::sweep
