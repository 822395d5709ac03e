#include "scoring/from_store.h"

#include "harness/trial/error.h"
#include "scoring/exporters.h"
#include "scoring/score.h"
#include "tests/support/example_results.h"
#include "tests/support/store_of_results.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::scoring {
namespace {

using store::Store;

class FromStore : public testing::Test {
 protected:
  Store open() const { return Store::open(file_, Store::Mode::read_only); }
  std::string error_of(const std::optional<std::string>& sweep) const {
    try {
      choose_sweep(open(), sweep, "results.db");
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
  void add(const std::string& name, std::int64_t created_ns) const {
    auto results = test::results_of_times({{10}});
    results.provenance.sweep = name;
    results.provenance.rule_set_hash = name;  // under equal rules they would share their trials
    results.provenance.created_ns = created_ns;
    test::write_to_store(results, file_);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "results.db";
};

TEST_F(FromStore, ReadsBackWhatASweepWrote) {
  auto written = test::example_results();
  test::write_to_store(written, file_);
  const auto store = open();
  const auto read = read_results(store, choose_sweep(store, std::nullopt, "").sweep);

  EXPECT_EQ(read.provenance.rule_set, "mini-1");
  EXPECT_EQ(read.provenance.rule_set_hash, written.provenance.rule_set_hash);
  EXPECT_EQ(read.provenance.hardware_profile, "cpu-2core");
  EXPECT_EQ(read.provenance.versions, written.provenance.versions);
  EXPECT_EQ(read.provenance.created_ns, written.provenance.created_ns);
  EXPECT_EQ(read.provenance.store_hash, store.content_hash());

  // Same numbers to the last digit, by way of a report without the fields checked above.
  written.provenance = read.provenance;
  std::sort(written.submissions.begin(), written.submissions.end());
  auto sorted = read;
  std::sort(sorted.submissions.begin(), sorted.submissions.end());
  const auto report = [](const Results& r) { return make_report(r, score(r), 0); };
  EXPECT_EQ(to_csv(report(sorted)), to_csv(report(written)));
  EXPECT_EQ(to_markdown(report(sorted)), to_markdown(report(written)));
}

TEST_F(FromStore, CountsPlannedTrialsThatNeverRan) {
  auto written = test::results_of_times({{10}, {20}});
  auto& trial = written.cells[1].studies[0].trials[0];
  trial.outcome.reset();
  trial.curve.clear();
  test::write_to_store(written, file_);
  const auto store = open();
  const auto read = read_results(store, choose_sweep(store, "times", "").sweep);
  const auto times = times_to_target(read);
  ASSERT_EQ(times.size(), 2u);
  for (const auto& time : times) {
    EXPECT_EQ(time.status, time.submission == "s0" ? CellStatus::reached : CellStatus::unfinished);
  }
}

TEST_F(FromStore, QuarantinedTrialsAreAsIfTheyHadNotRunUnlessAskedFor) {
  test::write_to_store(test::results_of_times({{10}, {20}}), file_);
  {
    auto store = Store::open(file_, Store::Mode::read_write);
    store.quarantine(store.trials(1).at(0).trial.id, "a compiler ran", 5);
    store.quarantine(store.trials(1).at(1).trial.id, "another one", 5);
    store.lift_quarantine(store.trials(1).at(1).trial.id, "it did not", 6);
  }
  const auto store = open();
  const auto sweep = store.sweeps().at(0);
  const auto without = read_results(store, sweep);
  ASSERT_EQ(without.quarantined.size(), 1U);
  EXPECT_EQ(without.quarantined[0].key.submission, "s0");
  EXPECT_EQ(without.quarantined[0].reason, "a compiler ran");
  const auto times = times_to_target(without);
  EXPECT_EQ(times[0].status, CellStatus::study_missing);
  EXPECT_EQ(times[1].median_s, 20);
  const auto text = to_markdown(make_report(without, score(without), 0));
  EXPECT_THAT(text, testing::HasSubstr("1 quarantined trial not counted (--include-quarantined "
                                       "counts them): s0"));
  EXPECT_THAT(text, testing::HasSubstr("a compiler ran"));

  const auto with = read_results(store, sweep, Quarantined::counted);
  EXPECT_EQ(with.quarantined.size(), 1U);
  EXPECT_EQ(times_to_target(with)[0].median_s, 10);
  const auto report = make_report(with, score(with), 0);
  EXPECT_THAT(to_terminal(report), testing::HasSubstr("1 quarantined trial counted, as "
                                                      "--include-quarantined asks: s0"));
  EXPECT_THAT(to_json(report), testing::HasSubstr("\"quarantined_counted\": true"));
}

TEST_F(FromStore, ProfilesAreThoseOfTheMachinesThatRanTheTrials) {
  add("monday", 100);
  {
    auto store = Store::open(file_, Store::Mode::read_write);
    EXPECT_EQ(read_results(store, store.sweeps()[0]).provenance.hardware_profiles,
              std::vector<std::string>{store.sweeps()[0].hardware_profile});
    auto results = test::results_of_times({{10}});
    results.cells[0].studies[0].trials[0].outcome.reset();  // goes on, on another machine
    results.provenance.sweep = "tuesday";
    results.provenance.rule_set_hash = "tuesday";
    test::write_to_store(results, file_);
    store::Attempt attempt;
    attempt.trial_id = store.trials(2).at(0).trial.id;
    attempt.number = 1;
    attempt.host_json = R"({"machine_class": "h100"})";
    store.begin_attempt(attempt);
  }
  const auto store = open();
  const auto read = read_results(store, store.sweeps()[1]);
  EXPECT_EQ(read.provenance.hardware_profile, "h100");
  EXPECT_EQ(read.provenance.intended_profile, store.sweeps()[1].hardware_profile);
}

TEST_F(FromStore, TakesTheNewestSweepUnlessToldOtherwise) {
  add("monday", 100);
  add("wednesday", 300);
  add("tuesday", 200);
  const auto store = open();
  const auto newest = choose_sweep(store, std::nullopt, "");
  EXPECT_EQ(newest.sweep.name, "wednesday");
  EXPECT_EQ(newest.others, 2u);
  EXPECT_EQ(choose_sweep(store, "monday", "").sweep.name, "monday");
}

TEST_F(FromStore, NamesTheNearestSweepOrSaysThatThereIsNone) {
  Store::open(file_, Store::Mode::create);
  EXPECT_EQ(error_of(std::nullopt),
            "results.db: holds no sweep; run one with `timetrial sweep start` or name another "
            "--store");
  add("monday", 100);
  EXPECT_EQ(error_of("mondy"), "results.db: unknown sweep 'mondy'; did you mean monday?");
}

}  // namespace
}  // namespace timetrial::scoring
