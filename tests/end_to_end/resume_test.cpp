// kill -9 of any process in the middle, then resume: nothing lost, nothing doubled, the same bits.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

namespace timetrial::end_to_end {
namespace {

constexpr const char* kSteps = "1500";

std::vector<std::string> sweep_arguments(const Installation& installation) {
  return {"sweep",
          "start",
          "resumable",
          "-s",
          installation.honest().string(),
          "-w",
          "movielens_dlrm",
          "--ruleset",
          installation.tiny_rules().string(),
          "--max-steps",
          kSteps,
          "--search-space",
          (installation.folder() / "space.json").string()};
}

/// A point for the submission.
void write_search_space(const Installation& installation) {
  FILE* file = std::fopen((installation.folder() / "space.json").c_str(), "w");
  std::fputs("[{\"learning_rate\": 0.01}]\n", file);
  std::fclose(file);
}

std::string final_bits(const Installation& installation) {
  std::string sql = "SELECT parameter_hash FROM evaluation WHERE step = ";
  sql += kSteps;
  sql += " ORDER BY id DESC LIMIT 1";
  return installation.query(sql);
}

/// The bits of a run that nobody disturbed, made once.
const std::string& undisturbed_bits() {
  static const std::string bits = [] {
    const Installation installation("undisturbed");
    write_search_space(installation);
    const Result result = installation.run(sweep_arguments(installation));
    EXPECT_EQ(result.code, 0) << result.err;
    return final_bits(installation);
  }();
  return bits;
}

void expect_whole(const Installation& installation) {
  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"), "1");
  EXPECT_EQ(installation.query("SELECT group_concat(kind) FROM outcome"), "completed");
  EXPECT_EQ(final_bits(installation), undisturbed_bits());
  // Time used never goes back, from one attempt to the next either.
  EXPECT_EQ(installation.query("SELECT count(*) FROM evaluation a JOIN evaluation b ON b.id > a.id "
                               "AND b.submission_time_s < a.submission_time_s"),
            "0");
  EXPECT_GT(std::atof(installation.query("SELECT max(start_time_s) FROM attempt").c_str()), 0.0);
  EXPECT_EQ(installation.run({"store", "check"}).code, 0);
}

constexpr const char* kHasCheckpoint = "SELECT count(*) > 0 FROM checkpoint";

/// Kills a process below a running sweep, which must go on by itself with a second attempt.
void kill_one_and_expect_the_same(const std::string& name, const std::string& program) {
  const Installation installation(name);
  write_search_space(installation);
  Background sweep = installation.start(sweep_arguments(installation));
  ASSERT_TRUE(installation.eventually(kHasCheckpoint, "1"));
  const pid_t victim = find_process(sweep.pid(), program);
  ASSERT_GT(victim, 0);
  kill(victim, SIGKILL);
  const Result result = sweep.wait();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "2");
  expect_whole(installation);
}

TEST(Resume, AKilledWorkerIsResumedByItsSweep) {
  kill_one_and_expect_the_same("kill_worker", "timetrial-worker");
}

/// Waits until it is seen stopped, as while the referee evaluates.
bool is_frozen_within_a_minute(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < deadline) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(in, line);
    const auto close = line.rfind(')');
    if (close != std::string::npos && line[close + 2] == 'T') return true;
  }
  return false;
}

TEST(Resume, AWorkerKilledWhileItIsFrozenDidNotWorkThen) {
  const Installation installation("kill_frozen_worker");
  write_search_space(installation);
  Background sweep = installation.start(sweep_arguments(installation));
  ASSERT_TRUE(installation.eventually(kHasCheckpoint, "1"));
  const pid_t victim = find_process(sweep.pid(), "timetrial-worker");
  ASSERT_TRUE(is_frozen_within_a_minute(victim));
  kill(victim, SIGKILL);
  const Result result = sweep.wait();
  EXPECT_EQ(result.code, 0) << result.err;
  expect_whole(installation);
}

TEST(Resume, AKilledRefereeIsReplacedByItsSweep) {
  kill_one_and_expect_the_same("kill_referee", "timetrial-referee");
}

TEST(Resume, AWorkerKilledOnceIsNoCrashWhateverElseWentWrong) {
  const Installation installation("kill_referees_and_worker");
  write_search_space(installation);
  Background sweep = installation.start(sweep_arguments(installation));
  const char* const victims[] = {"timetrial-referee", "timetrial-referee", "timetrial-worker"};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        installation.eventually("SELECT count(*) FROM attempt", std::to_string(i + 1).c_str()));
    const pid_t victim = find_process(sweep.pid(), victims[i]);
    ASSERT_GT(victim, 0);
    kill(victim, SIGKILL);
  }
  const Result result = sweep.wait();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, testing::HasSubstr("the trial is left open"));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome"), "0");
}

TEST(Resume, AKilledSweepIsResumedByHand) {
  const Installation installation("kill_sweep");
  write_search_space(installation);
  {
    Background sweep = installation.start(sweep_arguments(installation));
    ASSERT_TRUE(installation.eventually(kHasCheckpoint, "1"));
    kill(sweep.pid(), SIGKILL);
    EXPECT_EQ(sweep.wait().code, 128 + SIGKILL);
  }
  const Result result = installation.run({"resume"});
  EXPECT_EQ(result.code, 0) << result.err;
  expect_whole(installation);
}

TEST(Resume, CtrlCStopsCleanlyAndResumeGoesOn) {
  const Installation installation("interrupt");
  write_search_space(installation);
  Background sweep = installation.start(sweep_arguments(installation));
  ASSERT_TRUE(installation.eventually(kHasCheckpoint, "1"));
  kill(sweep.pid(), SIGINT);
  const Result stopped = sweep.wait();
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.err, testing::HasSubstr("go on with: timetrial resume 'resumable'"));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome"), "0");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "1");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt_end"), "1");

  const Result result = installation.run({"resume", "resumable"});
  EXPECT_EQ(result.code, 0) << result.err;
  // It began where it stopped, not at an earlier checkpoint.
  EXPECT_GT(std::atoi(installation.query("SELECT max(start_step) FROM attempt").c_str()), 0);
  expect_whole(installation);
}

/// The trial's work folder.
std::filesystem::path work_folder(const Installation& installation) {
  for (const auto& entry :
       std::filesystem::directory_iterator(installation.store().string() + ".work")) {
    if (entry.is_directory()) return entry.path();
  }
  return {};
}

TEST(Resume, AFullDiskLeavesTheTrialOpen) {
  const Installation installation("full_disk");
  write_search_space(installation);
  {
    Background sweep = installation.start(sweep_arguments(installation));
    ASSERT_TRUE(installation.eventually(kHasCheckpoint, "1"));
    kill(sweep.pid(), SIGINT);
    ASSERT_EQ(sweep.wait().code, 130);
  }
  // Every write to this file fails as it does on a full disk.
  const auto partial = work_folder(installation) / "checkpoint.partial";
  std::filesystem::create_symlink("/dev/full", partial);
  const Result full = installation.run({"resume"});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, testing::HasSubstr("could not be written (No space left on device)"));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome"), "0");
  std::filesystem::remove(partial);
  const Result result = installation.run({"resume"});
  EXPECT_EQ(result.code, 0) << result.err;
  expect_whole(installation);
}

}  // namespace
}  // namespace timetrial::end_to_end
