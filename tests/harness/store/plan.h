#pragma once
// A sweep made up for the tests of the store, in a folder of its own that goes with the test.

#include "harness/store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::store {

struct Plan {
  Sweep sweep;
  std::vector<SubmissionRecord> submissions;
  std::vector<WorkloadRecord> workloads;
  std::vector<Trial> trials;

  /// Gives each trial the id that its fields call for.
  void set_ids();
  std::int64_t add_to(Store& store) const {
    return store.add_sweep(sweep, submissions, workloads, trials);
  }
};

/// `submissions` named s0, s1, …; workloads "up" (accuracy, target 0.9) and "down" (loss, target
/// 1), budget 100 s; one study.
Plan make_plan(int submissions = 2, int trials = 2);

/// Evaluation `i` (from 0) of a run: one each 10 s and 100 steps, with the given metrics.
Evaluation evaluation_at(int i, std::map<std::string, double> metrics);

/// Attempt `number` of a trial, begun at `started_ns`.
Attempt attempt_of(const std::string& trial_id, int number = 0, std::int64_t started_ns = 1000);

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  std::filesystem::path folder() const { return folder_; }
  std::filesystem::path file(const std::string& name = "test.db") const { return folder_ / name; }
  Store create(const std::string& name = "test.db") const {
    return Store::open(file(name), Store::Mode::create);
  }

 private:
  std::filesystem::path folder_;
};

/// All rows of a query, NULL as "NULL".
std::vector<std::vector<std::string>> rows_of(const Store& store, const std::string& sql);

/// The message of the exception of type `Error` that `action` throws; empty when it throws none.
template <typename Error, typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace timetrial::store
