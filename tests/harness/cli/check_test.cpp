// timetrial workload check, metric check and multitask check, with the real timetrial-check.
#include "command_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

const fs::path kCases = fs::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/dlrm/fixtures";
const fs::path kRecord = fs::path(TIMETRIAL_SOURCE_DIR) /
                         "tests/harness/conformance/fixtures/metric_loss_functions.json";
const fs::path kCombinations =
    fs::path(TIMETRIAL_SOURCE_DIR) / "tests/harness/conformance/fixtures/multitask";

class CheckCommand : public ::testing::Test {
 protected:
  CheckCommand() {
    runner_.write_sibling("timetrial-check", "exec " TIMETRIAL_CHECK " \"$@\"");
    for (const char* extension : {".json", ".safetensors"}) {
      const auto name = std::string("criteo1tb") + extension;
      fs::copy_file(kCases / name, runner_.folder() / name);
    }
    fs::copy_file(kRecord, runner_.folder() / "metric_loss_functions.json");
  }
  /// Changes one number of a JSON file of the folder.
  void change(const std::string& name, const std::string& pointer, double value) const {
    auto json = nlohmann::json::parse(std::ifstream(runner_.folder() / name));
    json.at(nlohmann::json::json_pointer(pointer)) = value;
    std::ofstream(runner_.folder() / name) << json;
  }
  CommandRunner runner_;
};

TEST_F(CheckCommand, ARecordedCasePasses) {
  for (const char* file : {"criteo1tb.safetensors", "criteo1tb.json"}) {
    const auto result =
        runner_.run(std::string("workload check criteo1tb --json --fixture ") + file);
    EXPECT_EQ(result.code, 0) << result.out << result.err;
    const auto checks = nlohmann::json::parse(result.out).at("checks");
    EXPECT_EQ(checks.size(), 11U);
    for (const auto& check : checks) {
      SCOPED_TRACE(check.dump());
      EXPECT_EQ(check.at("passed"), true);
      EXPECT_LE(check.at("error").get<double>(), check.at("tolerance").get<double>());
      EXPECT_THAT(check.at("name").get<std::string>(), HasSubstr("criteo1tb: "));
    }
  }
}

TEST_F(CheckCommand, AnotherNumberInTheCaseIsAFailedCheck) {
  change("criteo1tb.json", "/eval/summed", 3.05);
  const auto result = runner_.run("workload check criteo1tb --fixture criteo1tb.safetensors");
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("criteo1tb: loss_sums_eval   FAILED"));
  EXPECT_THAT(result.out, HasSubstr("criteo1tb: output_eval      passed"));
}

TEST_F(CheckCommand, ARecordPassesAndAnotherNumberInItFails) {
  const auto passed = runner_.run("metric check metric_loss_functions.json --json");
  EXPECT_EQ(passed.code, 0) << passed.out << passed.err;
  EXPECT_GT(nlohmann::json::parse(passed.out).at("checks").size(), 50U);
  change("metric_loss_functions.json", "/criteo_bce/result/summed", 37.8);
  const auto failed = runner_.run("metric check metric_loss_functions.json");
  EXPECT_EQ(failed.code, 4);
  EXPECT_THAT(failed.out, HasSubstr("criteo_bce.result summed"));
}

TEST_F(CheckCommand, RecordedCombinationsPassAndAnotherNumberInOneFails) {
  for (const char* name : {"pcgrad_2tasks_conflict.json", "cagrad_3tasks_plain.json"}) {
    fs::copy_file(kCombinations / name, runner_.folder() / name);
  }
  const std::string both = "multitask check pcgrad_2tasks_conflict.json cagrad_3tasks_plain.json";
  const auto passed = runner_.run(both + " --json");
  EXPECT_EQ(passed.code, 0) << passed.out << passed.err;
  const auto checks = nlohmann::json::parse(passed.out).at("checks");
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].at("name"), "pcgrad_2tasks_conflict");
  EXPECT_EQ(checks[1].at("tolerance"), 1e-3);
  EXPECT_LT(checks[1].at("error"), 1e-3);
  change("pcgrad_2tasks_conflict.json", "/combined_gradient/0", 2.6);
  const auto failed = runner_.run(both);
  EXPECT_EQ(failed.code, 4);
  EXPECT_THAT(failed.out, HasSubstr("pcgrad_2tasks_conflict  FAILED"));
  EXPECT_THAT(failed.out, HasSubstr("cagrad_3tasks_plain     passed"));
}

TEST_F(CheckCommand, BadInputIsOneLineAndCodeTwo) {
  std::ofstream(runner_.folder() / "no_case.json") << "{}";
  std::ofstream(runner_.folder() / "broken.json") << "{\"metric\": ";
  std::ofstream(runner_.folder() / "unknown.json") << "{\"metric\": \"beauty\"}";
  std::ofstream(runner_.folder() / "loss_functions.json") << "{\"criteo_bce\": {}}";
  const struct {
    const char *arguments, *message;
  } cases[] = {
      {"workload check criteo --fixture criteo1tb.json", "unknown workload 'criteo'; did you mean"},
      {"workload check criteo1tb --fixture absent.json", "absent.json"},
      {"workload check criteo1tb --fixture no_case.json", "no_case.json: \"constructor\""},
      {"workload check criteo1tb_layernorm --fixture criteo1tb.json", "use_layer_norm = false"},
      {"workload check imagenet_vit --fixture criteo1tb.json", "imagenet_vit"},
      {"workload check criteo1tb", "--fixture F.safetensors"},
      {"workload check criteo1tb --trial --ruleset algoperf-v0.5",
       "rule set algoperf-v0.5: no baseline for 'criteo1tb'"},
      {"workload check criteo1tb --trial", "rule set mini-1: unknown workload 'criteo1tb'"},
      {"workload check fashion_mnist_vit --data nowhere",
       "run: timetrial data prepare fashion_mnist_vit"},
      {"multitask check absent.json", "absent.json"},
      {"multitask check broken.json", "broken.json:1:"},
      {"multitask check no_case.json", "no_case.json: \"method\" is missing"},
      {"metric check absent.json", "absent.json"},
      {"metric check broken.json", "broken.json:1:"},
      {"metric check unknown.json", "unknown.json: no known metric"},
      {"metric check loss_functions.json", "loss_functions.json: "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const auto result = runner_.run(c.arguments);
    EXPECT_EQ(result.code, 2) << result.out;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, MatchesRegex("timetrial: [^\n]+\n"));
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace timetrial::cli
