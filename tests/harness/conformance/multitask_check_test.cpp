#include "harness/conformance/multitask_check.h"

#include "harness/trial/error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::conformance {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

const fs::path kRecords = fs::path(FIXTURES) / "multitask";

class MultitaskCheck : public testing::Test {
 protected:
  static Json record(const std::string& name) {
    return Json::parse(std::ifstream(kRecords / (name + ".json")));
  }
  /// Two tasks that do not conflict; each test changes something.
  static Json small(const std::string& method, const Json& options, std::vector<double> combined) {
    return {{"method", method},
            {"options", options},
            {"task_gradients", {{1.0, 0.0}, {0.5, 2.0}}},
            {"task_losses", {0.5, 2.0}},
            {"combined_gradient", combined}};
  }
  CheckResult check(const Json& json) const {
    const auto results = check_multitask({put(json.dump())}, {});
    return results.size() == 1 ? results.front() : CheckResult{};
  }
  std::string refusal(const std::string& text) const {
    try {
      check_multitask({put(text)}, {});
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  fs::path put(const std::string& text) const {
    std::ofstream(folder_.path() / "case.json") << text;
    return folder_.path() / "case.json";
  }
  const test::TemporaryFolder folder_;
};

TEST_F(MultitaskCheck, AllRecordsPass) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kRecords)) files.push_back(entry.path());
  const auto results = check_multitask(files, {});
  EXPECT_EQ(results.size(), 26U);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
    const bool iterative = result.name.starts_with("cagrad") || result.name.starts_with("nash_mtl");
    EXPECT_EQ(result.tolerance, iterative ? 1e-3 : 1e-5) << result.name;
  }
}

TEST_F(MultitaskCheck, AnotherNumberInAnyOfThemFails) {
  for (const auto& entry : fs::directory_iterator(kRecords)) {
    SCOPED_TRACE(entry.path());
    auto json = record(entry.path().stem().string());
    auto& numbers = json["combined_gradient"];
    double most = 0;
    for (const auto& number : numbers) most = std::max(most, std::abs(number.get<double>()));
    for (const auto& row : json["task_gradients"]) {
      if (json["method"] != "MGDA") break;  // whose error is relative to what is combined
      for (const auto& number : row) most = std::max(most, std::abs(number.get<double>()));
    }
    numbers[3] = numbers[3].get<double>() + 5e-3 * most;
    const auto result = check(json);
    EXPECT_FALSE(result.passed);
    EXPECT_GT(result.error, 2e-3);
    EXPECT_THAT(result.detail, HasSubstr("gives another gradient"));
  }
}

TEST_F(MultitaskCheck, OptionsChangeTheAnswer) {
  const struct {
    const char *record, *option;
    Json value;
  } cases[] = {
      {"cagrad_3tasks_plain", "calpha", 0.4},        {"cagrad_3tasks_plain", "rescale", 0},
      {"cagrad_3tasks_plain", "rescale", 2},         {"mgda_3tasks_plain", "mgda_gn", "l2"},
      {"mgda_3tasks_l2", "mgda_gn", "loss+"},        {"nash_mtl_3tasks_solved_1", "optim_niter", 2},
      {"nash_mtl_3tasks_solved_20", "max_norm", 0.9}};
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.record) + " " + c.option);
    auto json = record(c.record);
    json["options"][c.option] = c.value;
    EXPECT_FALSE(check(json).passed);
  }
}

TEST_F(MultitaskCheck, MethodsThatBeginAsASimpleWeighting) {
  const double half = std::exp(0.5) / 2;
  const struct {
    const char* method;
    Json options;
    double first, second;
  } cases[] = {{"EW", Json::object(), 1, 1},
               {"UW", Json::object(), half, half},
               {"GradNorm", {{"alpha", 0.5}}, 1, 1},
               {"DWA", {{"T", 3.0}}, 1, 1},
               {"GLS", Json::object(), 1, 0.25},  // the root of 0.5 * 2, over 2 and the loss
               {"FAMO", {{"FAMO_w_lr", 0.1}}, 0.8, 0.2}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.method);
    const std::vector<double> combined{c.first + 0.5 * c.second, 2 * c.second};
    EXPECT_TRUE(check(small(c.method, c.options, combined)).passed);
    EXPECT_FALSE(check(small(c.method, c.options, {combined[0] + 0.01, combined[1]})).passed);
  }
}

TEST_F(MultitaskCheck, GradVacTurnsEachGroupByItself) {
  // Of the first group's (1, 0) and (-1, 1) each loses what points against the other: (0.5, 0.5)
  // and (0, 1). The second group's agree, and so do the whole gradients.
  Json json = small("GradVac", {{"GradVac_group_type", 1}}, {0.5, 1.5, 3});
  json["task_gradients"] = {{1, 0, 2}, {-1, 1, 1}};
  json["group_sizes"] = {2, 1};
  EXPECT_TRUE(check(json).passed);
  json["options"]["GradVac_group_type"] = 2;
  EXPECT_TRUE(check(json).passed);
  json["group_sizes"] = {1, 2};
  EXPECT_FALSE(check(json).passed);
  json["options"]["GradVac_group_type"] = 0;
  EXPECT_FALSE(check(json).passed);
  json["combined_gradient"] = {0, 1, 3};
  EXPECT_TRUE(check(json).passed);
  json["options"]["GradVac_group_type"] = 1;
  json["group_sizes"] = {3};
  EXPECT_TRUE(check(json).passed) << "one group is the whole";
}

TEST_F(MultitaskCheck, SaysWhichRecordsOfNashWereMadeWithoutASolver) {
  EXPECT_THAT(check(record("nash_mtl_3tasks_plain")).detail, HasSubstr("without a solver"));
  EXPECT_EQ(check(record("nash_mtl_3tasks_solved_20")).detail, "");
}

TEST_F(MultitaskCheck, BadRecordsAreRefusedInOneLine) {
  const auto with = [](const char* name, const Json& value) {
    auto json = small("EW", Json::object(), {1.5, 2});
    json[name] = value;
    return json.dump();
  };
  const auto option = [](const char* method, const char* name, const Json& value) {
    return small(method, {{name, value}}, {1.5, 2}).dump();
  };
  auto lacking = small("EW", Json::object(), {1.5, 2});
  lacking.erase("task_losses");
  auto crowd = small("PCGrad", Json::object(), {1.5, 2});
  crowd["task_gradients"].push_back({1, 1});
  crowd["task_losses"].push_back(1);
  auto negative = small("GLS", Json::object(), {1.5, 2});
  negative["task_losses"][1] = -1;
  const struct {
    std::string text;
    const char* message;
  } cases[] = {
      {"{", "case.json:1:"},
      {"[]", "expected a JSON object"},
      {lacking.dump(), "\"task_losses\" is missing"},
      {with("method", 3), "method: expected a name"},
      {with("method", "MoCo"), "unknown method 'MoCo'; known are Aligned_MTL, CAGrad"},
      {with("options", 3), "options: expected an object"},
      {with("task_gradients", 3), "task_gradients: expected a list of rows"},
      {with("task_gradients", {{1, 2}, {1}}), "task_gradients[1]: expected 2 numbers as in row 0"},
      {with("task_gradients", {{1, "x"}, {1, 2}}),
       "task_gradients[0][1]: expected a finite number"},
      {with("task_gradients", {{1, nullptr}, {1, 2}}), "task_gradients[0][1]: expected a finite"},
      {R"({"method": "EW", "task_gradients": [[1e999]]})", "case.json"},
      {with("task_losses", {1, 2, 3}), "task_losses: expected 2 numbers, one per row"},
      {with("combined_gradient", {1}), "combined_gradient: expected 2 numbers, one per column"},
      {with("combined_gradient", Json::array()), "combined_gradient: expected a list of numbers"},
      {option("EW", "c", 1), "options: expected none for EW, found \"c\""},
      {option("CAGrad", "c", 1), "options: expected calpha, rescale for CAGrad, found \"c\""},
      {option("CAGrad", "calpha", -1), "options.calpha: expected a number of at least 0, found -1"},
      {option("CAGrad", "rescale", 3), "options.rescale: expected a number from 0 to 2, found 3"},
      {option("CAGrad", "rescale", 0.5), "options.rescale: expected a whole number, found 0.5"},
      {option("MGDA", "mgda_gn", "max"), "options.mgda_gn: expected one of none, l2, loss, loss+"},
      {option("GradVac", "GradVac_group_type", 3), "options.GradVac_group_type: expected"},
      {option("GradVac", "GradVac_group_type", 1), "groups need \"group_sizes\""},
      {with("group_sizes", {1, 2}), "group_sizes: expected numbers of sum 2, the columns"},
      {with("group_sizes", {1}), "group_sizes: expected numbers of sum 2, the columns"},
      {with("group_sizes", {0, 2}), "group_sizes[0]: expected a whole number of at least 1"},
      {with("group_sizes", {0.5, 1.5}), "group_sizes[0]: expected a whole number of at least 1"},
      {with("group_sizes", 2), "group_sizes: expected a list of numbers"},
      {crowd.dump(), "task_gradients: expected at most 2 rows for PCGrad"},
      {negative.dump(), "task_losses[1]: expected a number above 0 for GLS"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto message = refusal(c.text);
    EXPECT_THAT(message, HasSubstr(c.message));
    EXPECT_THAT(message, HasSubstr("case.json"));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  EXPECT_THROW(check_multitask({}, {}), InputError);
  EXPECT_THROW(check_multitask({folder_.path() / "none.json"}, {}), InputError);
}

}  // namespace
}  // namespace timetrial::conformance
