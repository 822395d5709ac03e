// Evaluators by the real binaries: asked for, run when a trial has ended, kept and shown.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

/// Its made-up data are prepared in a moment, and of its patches an image has few: an evaluator
/// looks at thousands of images, and what it finds in a model of any size is another test's.
constexpr const char* kWorkload = "shapes_independent_vit_16_tokens_relu_attention";

std::filesystem::path rules(const Installation& installation) {
  const auto file = installation.folder() / "shapes.toml";
  std::ofstream(file) << R"(name = "shapes"
description = "For a test"
hardware_profile = "cpu-2core"
studies = 1
trials = 1
self_tuning_budget_factor = 1.5

[limits]
init_s = 60
hang_s = 8
checkpoint_period_s = 60
checkpoint_allowance_s = 5
memory_mb = 3000

[[workloads]]
name = ")" << kWorkload
                      << R"("
metric = "accuracy"
higher_is_better = true
validation_target = 0.999
test_target = 0.999
budget_s = 120
evaluation_period_s = 60
step_hint = 30
evaluation_batch_size = 512
)";
  return file;
}

std::vector<std::string> sweep(const Installation& installation, const std::string& evaluators,
                               const std::string& name) {
  std::vector<std::string> arguments{"sweep",
                                     "start",
                                     name,
                                     "-s",
                                     "adamw",
                                     "-w",
                                     kWorkload,
                                     "--threads",
                                     "1",
                                     "--ruleset",
                                     rules(installation),
                                     "--max-steps",
                                     "12",
                                     "--data",
                                     installation.folder() / "data",
                                     "--progress",
                                     "none"};
  if (!evaluators.empty()) arguments.insert(arguments.end(), {"--evaluators", evaluators});
  return arguments;
}

TEST(Evaluators, LookAtEveryModelInTheEndAndChangeNothing) {
  const Installation installation("evaluators");
  const Result prepared =
      installation.run({"data", "prepare", kWorkload, "--data", installation.folder() / "data"});
  ASSERT_EQ(prepared.code, 0) << prepared.err;
  const Result without = installation.run(sweep(installation, "", "without"));
  ASSERT_EQ(without.code, 0) << without.err;
  EXPECT_EQ(installation.run({"evaluators"}).code, 2) << "none was asked for";
  const Result result = installation.run(sweep(installation, "all", "with"));
  ASSERT_EQ(result.code, 0) << result.err;

  const Result shown = installation.run({"evaluators", "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  std::map<std::string, nlohmann::json> found;
  const auto json = nlohmann::json::parse(shown.out);
  for (const auto& table : json["evaluators"]) {
    EXPECT_EQ(table["workload"], kWorkload);
    ASSERT_EQ(table["trials"].size(), 1U);
    found[table["evaluator"]] = table["trials"][0]["values"];
  }
  EXPECT_THAT(found, testing::SizeIs(6));
  EXPECT_GT(found["linear_probe"]["accuracy"], found["linear_probe"]["chance"]);
  EXPECT_GT(found["calibration"]["nll"], 0.1);
  EXPECT_TRUE(found["corruptions"].contains("noise_5"));
  EXPECT_THAT(installation.run({"evaluators"}).out,
              HasSubstr(std::string("shape_bias on ") + kWorkload));

  // Nothing but the last evaluation has more to say, and the model is the same.
  const std::string hashes =
      "SELECT count(DISTINCT parameter_hash) FROM evaluation WHERE step = 12";
  EXPECT_EQ(installation.query(hashes), "1");
  EXPECT_EQ(installation.query("SELECT count(DISTINCT e.step) FROM recorded r JOIN evaluation e "
                               "ON e.id = r.evaluation_id WHERE r.name LIKE 'evaluator/%'"),
            "1");
  EXPECT_EQ(installation.run({"store", "check"}).code, 0);

  const Result unknown = installation.run(sweep(installation, "calibrations", "unknown"));
  EXPECT_NE(unknown.code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("unknown evaluator 'calibrations'"));
  EXPECT_THAT(unknown.err, HasSubstr("calibration"));
}

}  // namespace
}  // namespace timetrial::end_to_end
