// Several processes on one store at a time: sweeps take turns by trial, none runs one twice, and
// readers read meanwhile. And a store made anew where another one was.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

std::vector<std::string> start(const Installation& installation, const std::string& name,
                               const std::vector<std::string>& more) {
  std::vector<std::string> arguments =
      installation.tiny_sweep(name, {"--max-steps", "200", "--threads", "1"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

constexpr const char* kDoubleRuns =
    "SELECT count(*) FROM (SELECT 1 FROM attempt GROUP BY trial_id HAVING count(*) > 1)";

/// Two trials overlap when the later attempt begins before the earlier one has ended.
constexpr const char* kOverlaps =
    "SELECT count(*) FROM attempt a JOIN attempt_end x ON x.attempt_id = a.id "
    "JOIN attempt b ON b.id > a.id WHERE b.started_ns < x.ended_ns";

TEST(Concurrency, TheSameSweepFromTwoProcessesRunsEachTrialOnce) {
  const Installation installation("same_sweep_twice");
  const auto arguments = start(installation, "shared", {"-s", "lion", "--trials", "4"});
  Background first = installation.start(arguments);
  ASSERT_TRUE(installation.eventually("SELECT count(*) > 0 FROM attempt", "1"));
  Background second = installation.start(arguments);
  const Result one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome WHERE kind = 'completed'"), "4");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "4");
  EXPECT_EQ(installation.query(kDoubleRuns), "0");
  EXPECT_EQ(installation.query(kOverlaps), "0");  // by turns on one device
  EXPECT_THAT(other.err, HasSubstr("waiting for another sweep on device cpu"));
  // The one that came second had its share.
  EXPECT_THAT(other.err, HasSubstr("completed after"));
}

TEST(Concurrency, TwoSweepsTakeTurnsAndShareTheirCommonTrials) {
  const Installation installation("two_sweeps");
  // Equal terms: the trials of lion are common to both.
  Background first =
      installation.start(start(installation, "first", {"-s", "lion", "--trials", "3"}));
  ASSERT_TRUE(installation.eventually("SELECT count(*) > 0 FROM attempt", "1"));
  Background second = installation.start(
      start(installation, "second", {"-s", "lion", "-s", "adamw", "--trials", "3"}));
  const Result one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM sweep"), "2");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "6");
  EXPECT_EQ(installation.query(kDoubleRuns), "0");
  EXPECT_EQ(installation.query(kOverlaps), "0");
  EXPECT_EQ(installation.query("SELECT count(*) FROM v_trials WHERE status = 'completed'"), "9");
  EXPECT_EQ(installation.run({"store", "check"}).code, 0);
}

TEST(Concurrency, SweepsThatShareADeviceStillRunEachTrialOnce) {
  const Installation installation("shared_device");
  const auto arguments =
      start(installation, "shared", {"-s", "lion", "--trials", "4", "--share-device"});
  Background first = installation.start(arguments), second = installation.start(arguments);
  const Result one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "4");
  EXPECT_EQ(installation.query(kDoubleRuns), "0");
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome WHERE kind = 'completed'"), "4");
}

TEST(Concurrency, ReadersReadWhileASweepWrites) {
  const Installation installation("readers");
  Background sweep =
      installation.start(start(installation, "read", {"-s", "lion", "--trials", "4"}));
  ASSERT_TRUE(installation.eventually("SELECT count(*) > 0 FROM evaluation", "1"));
  const auto copy = installation.folder() / "copy.db";
  for (const std::vector<std::string>& reader :
       {std::vector<std::string>{"score"},
        {"report", "--out", (installation.folder() / "r.md").string()},
        {"sweep", "status"},
        {"store", "query", "--sql", "SELECT * FROM v_evaluations"},
        {"store", "check"},
        {"store", "backup", copy.string()}}) {
    SCOPED_TRACE(reader.front() + " " + reader.back());
    const Result result = installation.run(reader);
    EXPECT_EQ(result.code, 0) << result.err;
  }
  // Still at work: what was read was read beside it.
  EXPECT_LT(std::atoi(installation.query("SELECT count(*) FROM outcome").c_str()), 4);
  const Result result = sweep.wait();
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST(WorkFolder, OfADeletedStoreIsSetAsideByTheNextOne) {
  const Installation installation("deleted_store");
  const auto arguments = start(installation, "again", {"-s", "lion"});
  ASSERT_EQ(installation.run(arguments).code, 0);
  const double used_s =
      std::atof(installation.query("SELECT submission_time_s FROM outcome").c_str());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(installation.store().string() + suffix);
  }
  const Result result = installation.run(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("of another run of this trial; set aside as"));
  EXPECT_GT(used_s, 0);
  EXPECT_EQ(installation.query("SELECT start_time_s FROM attempt"), "0.0");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt WHERE start_step > 0"), "0");
}

}  // namespace
}  // namespace timetrial::end_to_end
