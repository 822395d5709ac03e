#include "harness/sweep/display.h"

#include <gtest/gtest.h>

namespace timetrial::sweep {
namespace {

TEST(FormatSeconds, IsShortAndHasAUnit) {
  struct Case {
    double seconds;
    const char* expected;
  };
  for (const auto& [seconds, expected] :
       {Case{0, "0.0s"}, Case{59.94, "59.9s"}, Case{60, "1m 00s"}, Case{64.4, "1m 04s"},
        Case{3600, "1h 00m"}, Case{90061, "25h 01m"}}) {
    EXPECT_EQ(format_seconds(seconds), expected);
  }
}

TEST(ProgressStyle, RefusesOtherWords) {
  EXPECT_EQ(parse_progress_style("plain"), ProgressStyle::plain);
  EXPECT_THROW(parse_progress_style("fancy"), InputError);
}

/// What a display prints to a file, which is no terminal.
std::string printed(ProgressStyle style, double target = 0.9) {
  std::FILE* file = std::tmpfile();
  const auto display = make_display(style, file);
  SweepTotals totals;
  totals.trials = 2;
  store::WorkloadRecord& workload = totals.workloads["w"];
  workload.name = "w";
  workload.metric = "accuracy";
  workload.validation_target = target;
  display->begin(totals);
  store::TrialRow row;
  row.trial.key = {"lion", "w", 0, 1};
  display->trial_started(row);
  TrialStatus status;
  status.step = 40;
  status.time_s = 12.34;
  status.value = 0.91234;
  status.outcome = "target_reached";
  display->trial_ended(row, status);
  status.outcome = "interrupted";
  status.reason = "on request";
  display->trial_ended(row, status);
  display->end();
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST(Display, PrintsPlainLinesWhereThereIsNoTerminal) {
  const std::string expected =
      "start lion on w (study 0, trial 1)\n"
      "[1/2] lion on w (study 0, trial 1): target_reached after 12.3s, 40 steps, accuracy 0.9123 "
      "(≥ 0.9000)\n"
      "[1/2] lion on w (study 0, trial 1): interrupted after 12.3s, 40 steps, accuracy 0.9123 "
      "(≥ 0.9000) – on request\n";
  EXPECT_EQ(printed(ProgressStyle::automatic), expected);
  EXPECT_EQ(printed(ProgressStyle::plain), expected);
}

TEST(Display, NamesNoTargetThatNothingReaches) {
  const std::string text = printed(ProgressStyle::plain, 1e9);
  EXPECT_NE(text.find("40 steps, accuracy 0.9123\n"), std::string::npos) << text;
}

TEST(Display, IsSilentOnRequest) { EXPECT_EQ(printed(ProgressStyle::none), ""); }

}  // namespace
}  // namespace timetrial::sweep
