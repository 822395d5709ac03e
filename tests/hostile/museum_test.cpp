// Every hostile submission in one sweep: each is one recorded trial with the right outcome, and no
// file, row, clock or neighbour is affected.
#include "harness/sandbox/namespaces.h"
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace timetrial::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Exhibit {
  const char* name;
  const char* outcome;
  const char* reason;
};

// Those that a wall stops end as an honest one would: completed, at the step limit.
constexpr const char* kHonest = "the sweep's step limit";
constexpr Exhibit kExhibits[] = {
    {"honest", "completed", kHonest},
    {"reads_held_back_data", "completed", kHonest},
    {"reads_the_database", "completed", kHonest},
    {"writes_elsewhere", "completed", kHonest},
    {"fills_its_scratch_folder", "completed", kHonest},
    {"fills_the_disk", "crashed", "signal 25"},
    {"prints_without_end", "completed", kHonest},
    {"holds_descriptors_of_others", "completed", kHonest},
    {"opens_connections", "completed", kHonest},
    {"makes_processes", "completed", kHonest},
    {"starts_threads_without_end", "protocol_broken", "threads, more than the 2000 it may"},
    {"signals_others", "completed", kHonest},
    {"looks_into_others", "completed", kHonest},
    {"leaves_its_namespaces", "completed", kHonest},
    {"raises_its_limits", "completed", kHonest},
    {"computes_in_a_thread", "completed", kHonest},
    {"goes_on_when_stopped", "completed", kHonest},
    {"orders_a_signal", "completed", kHonest},
    {"uses_io_uring", "completed", kHonest},
    {"patches_the_clock", "completed", kHonest},
    {"sets_the_clock", "completed", kHonest},
    {"forges_steps", "budget_spent", ""},
    {"overwrites_the_snapshot", "completed", kHonest},
    {"sends_garbage", "protocol_broken", ""},
    {"sends_huge_lengths", "protocol_broken", ""},
    {"sends_unasked_snapshots", "protocol_broken", "a snapshot that nobody had asked for"},
    {"sends_steps_backwards", "protocol_broken", "does not follow step"},
    {"floods_the_channel", "protocol_broken", ""},
    {"claims_a_full_disk", "crashed", "No space left on device"},
    {"closes_the_channel", "crashed", ""},
    {"resizes_a_parameter", "crashed", "prepare_for_eval"},
    {"leaves_no_numbers", "diverged", "non-finite"},
    {"leaves_denormals", "completed", kHonest},
    {"allocates_without_end", "out_of_memory_host", ""},
    {"shares_memory_without_end", "completed", kHonest},
    {"ends_at_once", "completed", "the submission ended training"},
    {"exits_early", "crashed", "exited with code 0"},
    {"crashes", "crashed", "signal 11"},
    {"kills_itself", "crashed", "killed in 3 attempts"},
    {"hangs_when_loaded", "hung", "initialisation took longer than 12 s"},
    {"hangs_in_batch_size", "hung", "initialisation took longer than 12 s"},
    {"hangs_in_init", "hung", "initialisation took longer than 12 s"},
    {"hangs_in_update", "hung", "no step was completed for 5 s"},
    {"hangs_in_select_batch", "hung", "no step was completed for 5 s"},
    {"hangs_in_prepare_for_eval", "hung", "no step was completed for 5 s"},
    {"hangs_in_save", "hung", "saving a checkpoint"},
    {"hangs_in_destructor", "completed", kHonest},
    {"throws_in_batch_size", "crashed", "batch_size"},
    {"throws_in_init", "crashed", "init"},
    {"throws_in_update", "crashed", "update"},
    {"throws_in_select_batch", "crashed", "select_batch"},
    {"throws_in_prepare_for_eval", "crashed", "prepare_for_eval"},
    {"throws_in_save", "crashed", "save"},
    {"throws_in_destructor", "completed", kHonest},
};

std::vector<std::string> arguments(const Installation& installation,
                                   const std::vector<std::string>& exhibits) {
  const auto space = installation.folder() / "space.json";
  std::ofstream(space) << "[{\"learning_rate\": 0.01}]\n";
  std::vector<std::string> words{"sweep",
                                 "start",
                                 "museum",
                                 "-w",
                                 "movielens_dlrm",
                                 "--ruleset",
                                 TIMETRIAL_SOURCE_DIR "/tests/hostile/museum.toml",
                                 "--search-space",
                                 space.string(),
                                 "--max-steps",
                                 "40",
                                 "--threads",
                                 "1",
                                 "--jobs",
                                 "2"};
  for (const auto& name : exhibits) {
    words.insert(words.end(), {"-s", (fs::path(EXHIBITS) / (name + ".so")).string()});
  }
  return words;
}

/// Everything in a folder, with sizes.
std::set<std::string> listing(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    names.insert(entry.path().string() +
                 (entry.is_regular_file() ? " " + std::to_string(entry.file_size()) : ""));
  }
  return names;
}

class Museum : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = sandbox::why_no_namespaces();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  std::string outcome(const Installation& installation, const char* column, const char* name) {
    return installation.query(std::string("SELECT ") + column +
                              " FROM outcome JOIN trial ON trial.id = outcome.trial_id"
                              " WHERE trial.submission = '" +
                              name + "'");
  }

  void expect_outcomes(const Installation& installation) {
    for (const auto& exhibit : kExhibits) {
      SCOPED_TRACE(exhibit.name);
      EXPECT_EQ(outcome(installation, "kind", exhibit.name), exhibit.outcome)
          << outcome(installation, "reason", exhibit.name);
      EXPECT_THAT(outcome(installation, "reason", exhibit.name), HasSubstr(exhibit.reason));
    }
  }
};

TEST_F(Museum, EveryExhibitIsOneTrialWithItsOutcomeAndNothingElse) {
  const fs::path data = fs::path(TIMETRIAL_BINARY_DIR) / "test-data" / "movielens_100k";
  ASSERT_TRUE(fs::exists(data / "held_back")) << "or there is nothing to read";
  const auto data_before = listing(data);
  const Installation alone("museum_alone");
  ASSERT_EQ(alone.run(arguments(alone, {"honest"})).code, 0);

  const Installation installation("museum");
  std::vector<std::string> names;
  for (const auto& exhibit : kExhibits) names.emplace_back(exhibit.name);
  Background sweep = installation.start(arguments(installation, names));
  const Result result = sweep.wait();
  EXPECT_EQ(result.code, 3) << result.err;  // some trials failed, as they should
  expect_outcomes(installation);

  EXPECT_EQ(installation.query("SELECT count(*) FROM trial"), std::to_string(names.size()));
  EXPECT_EQ(installation.query("SELECT count(*) FROM outcome"), std::to_string(names.size()));
  EXPECT_EQ(installation.run({"store", "check"}).code, 0);
  // The neighbour has the bits that it has alone.
  const std::string bits =
      "SELECT group_concat(parameter_hash) FROM evaluation JOIN attempt ON attempt.id = attempt_id "
      "JOIN trial ON trial.id = trial_id WHERE submission = 'honest' AND step = 40";
  EXPECT_EQ(installation.query(bits), alone.query(bits));
  EXPECT_EQ(listing(data), data_before);
  for (const auto& entry : fs::recursive_directory_iterator(installation.folder())) {
    EXPECT_NE(entry.path().filename(), "written_by_a_submission") << entry.path();
  }
  // Clocks are the referee's: it saw the two seconds that the submission did not.
  EXPECT_GE(std::atof(outcome(installation, "submission_time_s", "patches_the_clock").c_str()),
            2.0);
  EXPECT_GE(std::atof(outcome(installation, "submission_time_s", "forges_steps").c_str()), 12.0);
  EXPECT_LT(std::atof(outcome(installation, "submission_time_s", "forges_steps").c_str()), 13.0);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt_end WHERE frozen_cpu_s > 0.001"), "0");
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt WHERE "
                               "json_extract(host_json, '$.sandbox') IS NOT 'full'"),
            "0");
}

TEST_F(Museum, HasAllExhibits) {
  std::set<std::string> expected, found;
  for (const auto& exhibit : kExhibits) expected.insert(exhibit.name);
  for (const auto& entry : fs::directory_iterator(EXHIBITS)) found.insert(entry.path().stem());
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace timetrial::end_to_end
