// Training losses, divergence and the largest stable learning rate, by the real binaries.
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <signal.h>

#include <string>
#include <vector>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A search on plain momentum, which has no limit to its steps.
std::vector<std::string> search(const Installation& installation,
                                const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"stability", "nesterov",
                                     "-w",        "movielens_dlrm",
                                     "--ruleset", installation.tiny_rules(),
                                     "--into",    installation.store()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// A short one.
std::vector<std::string> short_search(const Installation& installation,
                                      const std::vector<std::string>& more) {
  auto arguments = search(installation, {"--steps", "60", "--seeds", "1"});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

nlohmann::json parsed(const Result& result) {
  EXPECT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_TRUE(json.is_object()) << result.out;
  return json;
}

TEST(Stability, BracketsTheLargestStableRateAndGoesOnFromItsStore) {
  const Installation installation("stability_bracket");
  const std::vector<std::string> range{"--steps", "60", "--seeds",      "2", "--low", "0.5",
                                       "--high",  "50", "--resolution", "4", "--json"};
  const auto found = parsed(installation.run(search(installation, range)));
  EXPECT_EQ(found["answer"], "bracketed") << found.dump(2);
  const double stable = found["max_stable_lr"], unstable = found["lowest_unstable_lr"];
  EXPECT_GT(unstable, stable);
  EXPECT_LE(unstable / stable, 4);
  EXPECT_GE(found["rates"].size(), 2U);
  for (const auto& tried : found["rates"]) {
    ASSERT_EQ(tried["seeds"].size(), 2U);
    bool diverged = false;
    for (const auto& seed : tried["seeds"]) {
      diverged |= seed["divergence"] == "full";
      EXPECT_EQ(seed["step"].is_null(), seed["divergence"] == "none");
    }
    EXPECT_EQ(tried["stable"], !diverged);
    const double rate = tried["learning_rate"];
    EXPECT_TRUE(rate != stable || !diverged);
    EXPECT_TRUE(rate != unstable || diverged);
  }
  const auto attempts = installation.query("SELECT count(*) FROM attempt");
  EXPECT_EQ(attempts, std::to_string(2 * found["rates"].size()));
  EXPECT_EQ(parsed(installation.run(search(installation, range))), found);
  EXPECT_EQ(installation.query("SELECT count(*) FROM attempt"), attempts) << "all were there";
}

TEST(Stability, GoesOnAfterAnInterruptionToTheSameAnswer) {
  const Installation interrupted("stability_interrupted"), undisturbed("stability_undisturbed");
  const std::vector<std::string> range{"--steps", "300", "--seeds",      "1", "--low", "0.5",
                                       "--high",  "50",  "--resolution", "4", "--json"};
  {
    auto running = interrupted.start(search(interrupted, range));
    ASSERT_TRUE(interrupted.eventually("SELECT count(*) >= 1 FROM outcome", "1"));
    kill(running.pid(), SIGINT);
    const Result result = running.wait();
    EXPECT_EQ(result.code, 130) << result.err;
    EXPECT_EQ(result.out, "") << "no answer";
  }
  const auto found = parsed(interrupted.run(search(interrupted, range)));
  EXPECT_EQ(found, parsed(undisturbed.run(search(undisturbed, range))));
  const auto outcomes = [](const Installation& installation) {
    return installation.query("SELECT count(*) FROM outcome");
  };
  EXPECT_EQ(outcomes(interrupted), outcomes(undisturbed));
}

TEST(Stability, SaysThatAWholeRangeIsStableOrUnstable) {
  const Installation installation("stability_range");
  const Result low =
      installation.run(short_search(installation, {"--low", "1e-4", "--high", "2e-4"}));
  EXPECT_EQ(low.code, 0) << low.err;
  EXPECT_THAT(low.out, HasSubstr("the whole range is stable: max_stable_lr is at least 0.0002"));
  const Result high =
      installation.run(short_search(installation, {"--low", "1e7", "--high", "2e7"}));
  EXPECT_EQ(high.code, 0) << high.err;
  EXPECT_THAT(high.out, HasSubstr("the whole range is unstable: max_stable_lr is below 1e+07"));
  EXPECT_THAT(high.out, HasSubstr("full at "));
}

TEST(Stability, RefusesWhatCannotBeSearched) {
  const Installation installation("stability_refuses");
  const struct Case {
    std::vector<std::string> more;
    const char* message;
  } cases[] = {
      {{"--low", "2", "--high", "1"}, "expected 0 < low < high"},
      {{"--steps", "49"}, "--steps 49: expected at least 50"},
      {{"--seeds", "0"}, "--seeds: expected at least 1"},
      {{"-p", "learning_rate=1"}, "--point learning_rate: it is what is searched for"},
      {{"-p", "momentum"}, "--point 'momentum': expected name=number"},
      {{"--metric-limit", "low"}, "--metric-limit 'low': expected a number, or none"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const Result result = installation.run(search(installation, c.more));
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

TEST(Stability, StopsAtATrialThatFails) {
  const Installation installation("stability_fails");
  const Result result = installation.run(short_search(installation, {"-p", "colour=1"}));
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("unknown hyperparameter 'colour'"));
  EXPECT_THAT(result.err, HasSubstr("a rate with a failed trial has no verdict"));
  EXPECT_THAT(result.out, Not(HasSubstr("max_stable_lr")));
}

TEST(Divergence, OfASweepIsToldFromItsRecordedLosses) {
  const Installation installation("divergence");
  const auto run = [&](const char* rate, bool records) {
    std::vector<std::string> arguments{"run",
                                       "nesterov",
                                       "movielens_dlrm",
                                       "--ruleset",
                                       installation.tiny_rules(),
                                       "--max-steps",
                                       "60",
                                       "-p",
                                       std::string("learning_rate=") + rate};
    if (records) arguments.emplace_back("--record-losses");
    EXPECT_EQ(installation.run(arguments).code, 0);
  };
  const auto newest = [&] {
    return installation.query("SELECT name FROM sweep ORDER BY id DESC LIMIT 1");
  };
  run("0.01", false);
  const Result without = installation.run({"divergence", "--sweep", newest()});
  EXPECT_EQ(without.code, 0) << without.err;
  EXPECT_THAT(without.err, HasSubstr("no training losses were recorded"));
  EXPECT_THAT(without.err, HasSubstr("--record-losses"));
  run("0.01", true);
  EXPECT_EQ(installation.query("SELECT count(DISTINCT id) FROM trial"), "2")
      << "trials with recorded losses are others";
  EXPECT_EQ(installation.query("SELECT rule_set FROM sweep ORDER BY id DESC LIMIT 1"),
            "tiny, training losses recorded");
  const auto calm = parsed(installation.run(
      {"divergence", "--sweep", newest(), "--json", "--metric-limit", "none"}))["trials"][0];
  EXPECT_NE(calm["divergence"], "full");
  EXPECT_NE(calm["divergence"], "unknown");
  EXPECT_EQ(calm["losses"], 60);
  const auto worse = parsed(installation.run(
      {"divergence", "--sweep", newest(), "--json", "--metric-limit", "1.5"}))["trials"][0];
  EXPECT_EQ(worse["sign"], "metric_beyond_limit");
  run("1e7", true);
  const auto wild = parsed(installation.run({"divergence", "--sweep", newest(), "--json"}));
  EXPECT_EQ(wild["trials"][0]["divergence"], "full");
  EXPECT_EQ(wild["counts"][0]["full"], 1);
  const Result text = installation.run({"divergence", "--sweep", newest()});
  EXPECT_THAT(text.out, HasSubstr("training losses of 1"));
  EXPECT_THAT(text.out, HasSubstr("learning_rate=1e+07"));
}

}  // namespace
}  // namespace timetrial::end_to_end
