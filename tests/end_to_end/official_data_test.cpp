// Data that a user brings, through the real binaries: from files in their published format to a
// finished trial. MNIST's format is that of the packaged Fashion-MNIST.
#include "tests/end_to_end/installation.h"
#include "tests/support/data_packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

/// A rule set with `mnist` alone, 30 seconds at most.
std::string write_rules(const std::filesystem::path& file) {
  std::ofstream(file) << R"(
name = "official"
description = "For the end-to-end tests"
hardware_profile = "cpu-2core"
studies = 1
trials = 1
self_tuning_budget_factor = 1.5

[limits]
init_s = 60
hang_s = 20
checkpoint_period_s = 10
checkpoint_allowance_s = 5
memory_mb = 3000

[[workloads]]
name = "mnist"
metric = "accuracy"
higher_is_better = true
validation_target = 0.5
test_target = 0.5
budget_s = 30
evaluation_period_s = 0.5
step_hint = 500
evaluation_batch_size = 2048
)";
  return file.string();
}

TEST(OfficialData, IsPreparedVerifiedAndTrainedOn) {
  const auto packages = test::data_packages("dataset-fashion-mnist");
  if (!packages) GTEST_SKIP() << test::no_data_packages("dataset-fashion-mnist");
  const auto from = *packages / "dataset-fashion-mnist/usr/share/datasets/fashion-mnist";
  const Installation installation("official_data");
  const std::string data = (installation.folder() / "data").string();
  const std::string rules = write_rules(installation.folder() / "rules.toml");
  const std::vector<std::string> trial = {
      "run", "adamw", "mnist", "-p", "learning_rate=0.003", "--ruleset", rules, "--data", data};

  const Result without = installation.run(trial);
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("data prepare mnist --from DIR"));

  const Result prepared =
      installation.run({"data", "prepare", "mnist", "--from", from.string(), "--data", data});
  ASSERT_EQ(prepared.code, 0) << prepared.err;
  const std::string said = prepared.out + prepared.err;
  EXPECT_THAT(said, HasSubstr("mnist: needs about 62.8 MB"));
  EXPECT_THAT(said, HasSubstr("mnist: prepared, 4 files"));
  EXPECT_EQ(installation.run({"data", "verify", "mnist", "--data", data}).code, 0);

  const Result trained = installation.run(trial);
  EXPECT_EQ(trained.code, 0) << trained.err;
  EXPECT_EQ(installation.query("SELECT kind FROM outcome"), "target_reached");

  // One bit of the training images.
  std::fstream file(std::filesystem::path(data) / "mnist/training/train.safetensors",
                    std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(1'000'000);
  const auto byte = static_cast<char>(file.get() ^ 1);
  file.seekp(1'000'000);
  file.put(byte);
  file.close();
  const Result damaged = installation.run({"data", "verify", "mnist", "--data", data});
  EXPECT_NE(damaged.code, 0);
  EXPECT_THAT(damaged.out + damaged.err, HasSubstr("training/train.safetensors"));
}

}  // namespace
}  // namespace timetrial::end_to_end
