// timetrial workload list and show, with a stand-in for timetrial-worker.
#include "command_runner.h"
#include "tests/support/small_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kWorker = R"(
echo called >> "$HOME/calls"
cat <<'END'
[{"name": "digits_vit", "base": "digits_vit", "dataset": "digits",
   "loss": "softmax_cross_entropy", "metric": "accuracy", "higher_is_better": true,
   "tasks": [{"name": "left", "metric": "accuracy", "higher_is_better": true},
             {"name": "right", "metric": "loss", "higher_is_better": false}],
   "one_task_per_example": true, "configuration": "depth = 2\n", "parameter_count": 12,
   "parameters": [{"name": "head.weight", "shape": [3, 4], "type": "weight"}]},
  {"name": "fashion_mnist_vit", "base": "digits_vit", "dataset": "fashion_mnist",
   "loss": "softmax_cross_entropy", "metric": "accuracy", "higher_is_better": true,
   "configuration": "depth = 3\n", "parameter_count": 5,
   "parameters": [{"name": "head.bias", "shape": [5], "type": "bias"}]}]
END
)";

class WorkloadCommand : public ::testing::Test {
 protected:
  void SetUp() override { runner_.write_sibling("timetrial-worker", kWorker); }
  std::string calls() const {
    std::ifstream in(runner_.folder() / "calls");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  CommandRunner runner_;
};

TEST_F(WorkloadCommand, ShowJsonHasTheKeysOthersRelyOn) {
  const auto result = runner_.run("workload show digits_vit --json");
  ASSERT_EQ(result.code, 0) << result.err;
  const auto answer = nlohmann::json::parse(result.out);
  EXPECT_EQ(answer["schema"], "timetrial.workload/1");
  EXPECT_EQ(answer["name"], "digits_vit");
  EXPECT_EQ(answer["base"], "digits_vit");
  EXPECT_EQ(answer["metric"], "accuracy");
  EXPECT_EQ(answer["parameter_count"], 12);
  EXPECT_EQ(
      answer["parameters"],
      nlohmann::json::parse(R"([{"name": "head.weight", "shape": [3, 4], "type": "weight"}])"));
  EXPECT_TRUE(answer["rule_set"].is_null());
}

TEST_F(WorkloadCommand, ShowTakesTargetAndBudgetFromTheRuleSet) {
  const auto answer =
      nlohmann::json::parse(runner_.run("workload show fashion_mnist_vit --json").out);
  EXPECT_EQ(answer["rule_set"]["name"], "mini-1");
  EXPECT_GT(answer["rule_set"]["validation_target"], 0);
  EXPECT_GT(answer["rule_set"]["budget_s"], 0);
  const auto text = runner_.run("workload show fashion_mnist_vit");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("metric             accuracy, higher is better\n"));
  EXPECT_THAT(text.out, HasSubstr("target             at least "));
  EXPECT_THAT(text.out, HasSubstr("5 parameters\n  head.bias "));
}

TEST_F(WorkloadCommand, ShowNamesTheTasks) {
  const auto text = runner_.run("workload show digits_vit").out;
  EXPECT_THAT(text, HasSubstr("task               left: accuracy, higher is better\n"
                              "task               right: loss, lower is better\n"
                              "                   one task per example\n"));
  EXPECT_THAT(runner_.run("workload show fashion_mnist_vit").out, Not(HasSubstr("task ")));
}

TEST_F(WorkloadCommand, ShowHasTheTargetsThatSomeTasksHave) {
  std::ofstream(runner_.folder() / "own.toml")
      << test::small_rules({{.workload = "digits_vit",
                             .metric = "accuracy",
                             .more = "task_targets = { right = 0.25 }\n"}});
  const auto rules = " --ruleset " + (runner_.folder() / "own.toml").string();
  const auto text = runner_.run("workload show digits_vit" + rules);
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out,
              HasSubstr("task               left: accuracy, higher is better\n"
                        "task               right: loss, lower is better, target 0.25\n"));
  const auto json =
      nlohmann::json::parse(runner_.run("workload show digits_vit --json" + rules).out);
  EXPECT_EQ(json["rule_set"]["task_targets"], nlohmann::json::parse(R"({"right": 0.25})"));
}

TEST_F(WorkloadCommand, ListNamesEveryWorkloadAndLeavesParametersOut) {
  const auto text = runner_.run("workload list").out;
  EXPECT_THAT(text, HasSubstr("digits_vit "));
  EXPECT_THAT(text, HasSubstr("not in mini-1\n"));
  const auto result = runner_.run("workload list --json");
  EXPECT_EQ(nlohmann::json::parse(result.out)["workloads"].size(), 2u);
  EXPECT_THAT(result.out, Not(HasSubstr("head.weight")));
}

TEST_F(WorkloadCommand, AsksTheWorkerOncePerBuild) {
  runner_.run("workload list");
  runner_.run("workload show digits_vit");
  EXPECT_EQ(calls(), "called\n");
  runner_.write_sibling("timetrial-worker", std::string(kWorker) + "# another build\n");
  runner_.run("workload list");
  EXPECT_EQ(calls(), "called\ncalled\n");
}

TEST_F(WorkloadCommand, ASpoiltCacheIsMadeAgain) {
  runner_.run("workload list");
  int spoilt = 0;
  for (const auto& file : fs::directory_iterator(runner_.folder() / ".cache" / "timetrial")) {
    std::ofstream(file.path()) << "[{";
    ++spoilt;
  }
  EXPECT_EQ(spoilt, 1);
  const auto result = runner_.run("workload show digits_vit");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(calls(), "called\ncalled\n");
}

TEST_F(WorkloadCommand, AnUnknownNameGetsTheNearestOnes) {
  const auto result = runner_.run("workload show digit_vit");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown workload 'digit_vit'; did you mean digits_vit"));
}

TEST_F(WorkloadCommand, AWorkerThatFailsIsSaid) {
  runner_.write_sibling("timetrial-worker", "exit 3");
  const auto result = runner_.run("workload list");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("timetrial-worker describe"));
  EXPECT_THAT(result.err, HasSubstr("run: timetrial doctor"));
}

}  // namespace
}  // namespace timetrial::cli
