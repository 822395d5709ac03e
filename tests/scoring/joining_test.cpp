#include "scoring/joining.h"

#include "harness/trial/error.h"
#include "scoring/exporters.h"
#include "scoring/score.h"
#include "tests/support/example_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace timetrial::scoring {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A sweep of one submission, which takes `time_s` on one workload.
Results sweep(const std::string& name, const std::string& submission, double time_s,
              const std::string& profile = "cpu-2core") {
  auto results = test::results_of_times({{time_s}});
  results.provenance.sweep = name;
  results.provenance.hardware_profile = profile;
  results.provenance.hardware_profiles = {profile};
  results.submissions[0] = results.cells[0].submission = submission;
  return results;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Joining, PutsTheSubmissionsOfSweepsSideBySide) {
  const auto all = joined({sweep("monday", "adamw", 10), sweep("tuesday", "lion", 20)});
  EXPECT_EQ(all.provenance.sweep, "monday + tuesday");
  EXPECT_EQ(all.provenance.hardware_profile, "cpu-2core");
  EXPECT_THAT(all.submissions, ElementsAre("adamw", "lion"));
  const auto table = score(all);
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].submission, "adamw");
  EXPECT_NEAR(table.rows[1].score, 2.0 / 3, 1e-12);  // twice as slow
}

TEST(Joining, OneSweepStaysAsItIs) {
  const auto one = sweep("monday", "adamw", 10);
  EXPECT_EQ(to_csv(make_report(joined({one}), score(one), 0)),
            to_csv(make_report(one, score(one), 0)));
}

TEST(Joining, SweepsUnderOtherTermsAreRefused) {
  struct Case {
    const char* says;
    std::function<void(Results&)> change;
  };
  for (const auto& test : {
           Case{"differ in rule set", [](Results& r) { r.provenance.rule_set_hash = "x"; }},
           Case{"differ in tuning", [](Results& r) { r.provenance.tuning = "self"; }},
           Case{"differ in step limit", [](Results& r) { r.provenance.max_steps = 5; }},
           Case{"target or budget of", [](Results& r) { r.workloads[0].budget_s = 1e6; }},
           Case{"both ran adamw on", [](Results& r) { r.cells[0].submission = "adamw"; }},
       }) {
    SCOPED_TRACE(test.says);
    auto other = sweep("tuesday", "lion", 20);
    test.change(other);
    const auto error = error_of([&] { joined({sweep("monday", "adamw", 10), other}); });
    EXPECT_THAT(error, HasSubstr(test.says));
    EXPECT_THAT(error, HasSubstr("sweeps 'monday' and 'tuesday'"));
  }
}

TEST(Joining, SeveralHardwareProfilesAreRefusedByName) {
  EXPECT_EQ(error_of([] {
              require_one_profile({sweep("a", "adamw", 1), sweep("b", "lion", 1)});
            }),
            "");
  EXPECT_EQ(error_of([] {
              require_one_profile({sweep("a", "adamw", 1), sweep("b", "lion", 1, "h100")});
            }),
            "scores never mix hardware profiles, and sweeps ran 'a' on cpu-2core, 'b' on h100; "
            "choose sweeps of one with --sweep, or give --mix-profiles");
  auto one = sweep("a", "adamw", 1);
  one.provenance.hardware_profiles = {"cpu-2core", "other (Test CPU, 8 CPUs)"};
  EXPECT_THAT(error_of([&] { require_one_profile({one}); }),
              HasSubstr("sweep ran 'a' on cpu-2core and other (Test CPU, 8 CPUs)"));
}

TEST(Joining, AMixtureSaysSoInEveryFormat) {
  const auto all = joined({sweep("a", "adamw", 10), sweep("b", "lion", 20, "h100")});
  const auto report = make_report(all, score(all), 0);
  const std::string note = "Results of different machines are mixed, as --mix-profiles asks";
  for (const auto& text : {to_terminal(report), to_html(report), to_json(report),
                           to_score_json(report), to_markdown(report)}) {
    EXPECT_THAT(text, HasSubstr(note));
  }
  for (const auto& text : {to_csv(report), to_latex(report)}) {
    EXPECT_THAT(text, HasSubstr("cpu-2core + h100"));
  }
  EXPECT_THAT(to_score_json(report), HasSubstr("\"mixed_hardware_profiles\": true"));
  const auto pure = sweep("a", "adamw", 10);
  EXPECT_THAT(to_json(make_report(pure, score(pure), 0)),
              HasSubstr("\"mixed_hardware_profiles\": false"));
}

TEST(Joining, AnotherMachineThanTheRuleSetsIsNamed) {
  auto results = sweep("a", "adamw", 10, "other (Test CPU, 8 CPUs)");
  results.provenance.intended_profile = "cpu-2core";
  const auto text = to_markdown(make_report(results, score(results), 0));
  EXPECT_THAT(text,
              HasSubstr("The rule set is for hardware profile cpu-2core; trials ran on other"));
  EXPECT_THAT(to_markdown(make_report(sweep("a", "b", 1), score(sweep("a", "b", 1)), 0)),
              Not(HasSubstr("The rule set is for hardware profile")));
}

}  // namespace
}  // namespace timetrial::scoring
