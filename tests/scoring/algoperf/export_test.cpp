// A sweep as AlgoPerf's logs, and back.
#include "scoring/algoperf/export.h"

#include "harness/rulesets/rule_set.h"
#include "harness/trial/error.h"
#include "scoring/algoperf/import.h"
#include "scoring/from_store.h"
#include "tests/scoring/algoperf/make_logs.h"
#include "tests/scoring/algoperf/same_results.h"
#include "tests/support/algoperf_logs.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::algoperf {
namespace {

using store::Store;
using ::testing::HasSubstr;

class Export : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void import(const std::filesystem::path& logs, const std::string& file) const {
    Findings findings;
    LogOptions options;
    options.name = "made";
    auto opened = open_under_rules(logs, options, findings);
    auto store = Store::open(path(file), Store::Mode::create);
    import_into(store, opened, findings, 5, {});
  }
  ExportReport export_to(const std::string& out, const std::string& file = "s.db") const {
    const auto store = Store::open(path(file), Store::Mode::read_only);
    return export_sweep(store, store.sweeps().front(), path(out));
  }
  scoring::Results read(const std::string& file) const {
    const auto store = Store::open(path(file), Store::Mode::read_only);
    return scoring::read_results(store, store.sweeps().front());
  }
  /// import(export(import(logs))) against import(logs); the remarks of reading aside.
  std::string differences_after_a_round_trip(const std::filesystem::path& logs) const {
    import(logs, "s.db");
    export_to("out");
    import(path("out"), "again.db");
    auto first = read("s.db"), second = read("again.db");
    first.remarks.clear();
    second.remarks.clear();
    return test::differences(first, second);
  }

  ::timetrial::test::TemporaryFolder folder_;
};

TEST_F(Export, ARoundTripChangesNothing) {
  test::make_logs(path("made"));
  test::write_file(path("made/ash/study_0/fastmri_jax/trial_1/eval_measurements.csv"), "");
  EXPECT_EQ(differences_after_a_round_trip(path("made")), "");
  // The measurements themselves, to the byte: fmt and the logs write numbers alike.
  const std::string file = "beech/study_1/fastmri_jax/trial_1/eval_measurements.csv";
  EXPECT_EQ(test::read_file(path("out/" + file)), test::read_file(path("made/" + file)));
  EXPECT_EQ(test::read_file(path("out/beech/study_1/fastmri_jax/trial_1/hparams.json")),
            test::read_file(path("made/beech/study_1/fastmri_jax/trial_1/hparams.json")));
}

TEST_F(Export, MetaDataAndFlagsHaveAlgoPerfsKeys) {
  test::make_logs(path("made"), {.trials = 1, .tuning = "self", .v05 = false});
  import(path("made"), "s.db");
  export_to("out");
  const auto folder = path("out/ash/study_0/fastmri_jax/trial_1");
  const auto meta = nlohmann::json::parse(test::read_file(folder / "meta_data_0.json"));
  EXPECT_EQ(meta["workload.max_allowed_runtime_sec"], 4430);  // the external one, as AlgoPerf does
  EXPECT_EQ(meta["workload.target_metric_name"], "ssim");
  EXPECT_EQ(meta["gpu_model_name"], "V100");
  EXPECT_EQ(meta["rng_seed"], 1002);
  const auto flags = nlohmann::json::parse(test::read_file(folder / "flags_0.json"));
  EXPECT_EQ(flags["tuning_ruleset"], "self");
  EXPECT_EQ(flags["framework"], "jax");
  EXPECT_FALSE(std::filesystem::exists(folder / "hparams.json"));
}

TEST_F(Export, OwnRunsAreReadBackAsTheyWere) {
  const auto rules = rulesets::load("mini-1");
  store::Sweep sweep;
  sweep.name = "mine";
  sweep.rule_set = rules.name;
  sweep.rule_set_hash = rules.hash;
  sweep.rule_set_text = rules.text;
  sweep.tuning = "external";
  sweep.hardware_profile = rules.hardware_profile;
  sweep.versions_json = R"({"commit": "abc"})";
  store::WorkloadRecord workload;
  workload.name = "gcide_lm";
  workload.metric = "bits_per_byte";
  workload.higher_is_better = false;
  workload.validation_target = rules.at("gcide_lm").validation_target;
  workload.budget_s = workload.evaluation_period_s = 60;
  store::SubmissionRecord submission;
  submission.name = "adamw";
  std::vector<store::Trial> trials(2);
  for (int i = 0; i < 2; ++i) {
    auto& trial = trials[static_cast<std::size_t>(i)];
    trial.key = {"adamw", "gcide_lm", 0, i};
    trial.point = {{"learning_rate", 0.1}};
    trial.seed = 9;
    trial.budget_s = 60;
    trial.id = store::trial_id(sweep, submission, workload, trial);
  }
  {
    auto store = Store::open(path("s.db"), Store::Mode::create);
    store.add_sweep(sweep, {submission}, {workload}, trials);
    store::Attempt attempt;
    attempt.trial_id = trials[0].id;
    const auto id = store.begin_attempt(attempt);
    store.add_evaluation(id, {.step = 1,
                              .submission_time_s = 0.1,
                              .evaluation_time_s = 0.5,
                              .total_time_s = 0.7,
                              .metrics = {{"validation/bits_per_byte", std::nan("")}},
                              .parameter_hash = ""});
    store.add_evaluation(
        id, {.step = 50,
             .submission_time_s = 1.0 / 3,
             .evaluation_time_s = 1,
             .total_time_s = 2,
             .metrics = {{"validation/bits_per_byte", 2.5}, {"test/bits_per_byte", 3.125}},
             .parameter_hash = ""});
    store.finish_trial(trials[0].id, {OutcomeKind::target_reached, "", 50, 1.0 / 3}, 1);
  }
  EXPECT_EQ(export_to("out").trials, 1);  // the other one never began
  EXPECT_EQ(
      test::read_file(path("out/adamw/study_0/gcide_lm_pytorch/trial_1/eval_measurements.csv")),
      "accumulated_eval_time,accumulated_submission_time,global_step,preemption_count,score,"
      "test/bits_per_byte,total_duration,validation/bits_per_byte\n"
      "0.5,0.1,1,0,0.1,,0.7,\n"
      "1,0.3333333333333333,50,0,0.3333333333333333,3.125,2,2.5\n");
  LogOptions options;
  options.rule_set = "mini-1";
  const auto back = read_logs(path("out"), options);
  const auto& trial = back.cells.at(0).studies.at(0).trials.at(0);
  EXPECT_EQ(trial.point, trials[0].point);
  EXPECT_EQ(trial.outcome->kind, OutcomeKind::target_reached);
  EXPECT_EQ(trial.curve.at(1).submission_time_s, 1.0 / 3);
}

TEST_F(Export, RealLogsSurviveTheRoundTrip) {
  const auto archive = timetrial::test::algoperf_logs().value_or("absent") / "v06-external.tar.xz";
  if (!std::filesystem::exists(archive)) {
    GTEST_SKIP() << archive << " is not there; set TIMETRIAL_ALGOPERF_LOGS";
  }
  EXPECT_EQ(differences_after_a_round_trip(archive), "");
}

TEST_F(Export, TheFolderIsWholeOrNotThere) {
  test::make_logs(path("made"));
  import(path("made"), "s.db");
  const auto error_of = [&](const std::string& out) -> std::string {
    try {
      export_to(out);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of("made"), HasSubstr("made: exists already; choose another --out"));
  EXPECT_THAT(error_of("s.db"), HasSubstr("exists already"));
  EXPECT_THAT(error_of("no/such"), HasSubstr("no such folder; make it"));
  std::filesystem::create_directories(path("empty"));
  EXPECT_EQ(error_of("empty"), "no error");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".timetrial-export"));
  }
}

}  // namespace
}  // namespace timetrial::algoperf
