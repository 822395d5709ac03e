// timetrial sensitivity by the real binaries: sweeps, goes on, and says what it cannot sweep.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

std::vector<std::string> sweep(const Installation& installation,
                               const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
      "sensitivity", "nesterov", "-w",      "movielens_dlrm",     "--steps",    "20",
      "--seeds",     "1",        "--store", installation.store(), "--progress", "none"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(SensitivitySweep, CountsADivergedRateAsTheInitialLossAndGoesOnFromItsStore) {
  const Installation installation("sensitivity");
  const std::vector<std::string> rates{"--rate", "0.05", "--rate", "1e9", "--slid", "2", "--json"};
  const Result first = installation.run(sweep(installation, rates));
  ASSERT_EQ(first.code, 0) << first.err;
  const auto found = nlohmann::json::parse(first.out);
  const auto& curve = found["curves"][0];
  EXPECT_EQ(curve["name"], "movielens_dlrm");
  const auto& seed = curve["seeds"][0];
  const double initial = seed["initial_loss"], low = seed["rates"][0]["loss"];
  EXPECT_GT(initial, 0.5);
  EXPECT_LT(low, initial);
  EXPECT_TRUE(seed["rates"][1]["loss"].is_null() || seed["rates"][1]["loss"] > initial)
      << first.out;
  EXPECT_NEAR(curve["sensitivity"]["value"].get<double>(), (initial - low) / 2, 1e-9);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "2");

  auto again = rates;
  again.insert(again.end(), {"--out", installation.folder() / "pages"});
  EXPECT_EQ(nlohmann::json::parse(installation.run(sweep(installation, again)).out), found);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), "2") << "all were there";
  for (const char* file : {"sensitivity.md", "sensitivity.html", "losses.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(installation.folder() / "pages" / file)) << file;
  }
}

TEST(SensitivitySweep, RefusesWhatCannotBeSwept) {
  const Installation installation("sensitivity_refuses");
  const struct Case {
    std::vector<std::string> more;
    const char* message;
  } cases[] = {
      {{"--rate", "1"}, "--rate: expected at least two different numbers above 0"},
      {{"--seeds", "0"}, "--seeds: expected at least 1"},
      {{"--slid", "1"}, "--slid: expected at least 2"},
      {{"--low", "1", "--high", "0.5"}, "--low and --high: expected 0 < low < high"},
      {{"-p", "learning_rate=1"}, "learning_rate is what is swept; give its values by --rate"},
      {{"--intervention", "beta1=1"}, "--intervention 'beta1=1': expected NAME:"},
      {{"--intervention", "a:b"}, "--intervention 'b': expected name=number"},
      {{"-w", "movielens_dlrm"}, "'movielens_dlrm' is asked for twice"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    std::vector<std::string> arguments{"sensitivity",    "nesterov", "-w",
                                       "movielens_dlrm", "--store",  installation.store()};
    arguments.insert(arguments.end(), c.more.begin(), c.more.end());
    const Result result = installation.run(arguments);
    EXPECT_EQ(result.code, 2) << result.out;
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace timetrial::end_to_end
