// timetrial score and timetrial report, as processes, on a made-up store.
#include "harness/store/store.h"
#include "tests/harness/cli/command_runner.h"
#include "tests/support/example_results.h"
#include "tests/support/store_of_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <sstream>

namespace timetrial::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class ScoringCommands : public testing::Test {
 protected:
  void SetUp() override { test::write_to_store(test::example_results(), file("results.db")); }
  std::filesystem::path file(const std::string& name) const { return runner_.folder() / name; }
  std::string content(const std::string& name) const {
    std::ifstream in(file(name));
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  CommandResult run(const std::string& arguments) const { return runner_.run(arguments); }

  CommandRunner runner_;
};

TEST_F(ScoringCommands, ScorePrintsTheLeaderboard) {
  const auto result = run("score --store results.db");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("example: 4 submissions on 3 workloads\n"));
  EXPECT_THAT(result.out, HasSubstr("   1  adamw "));
  EXPECT_THAT(result.out, HasSubstr("1 study: no interval"));
  EXPECT_THAT(result.out, HasSubstr("note: 1 trial failed"));
  EXPECT_EQ(result.err, "");
}

TEST_F(ScoringCommands, ScoreJsonAgreesWithTheReport) {
  const auto score = json::parse(run("score --store results.db --json").out);
  const auto written = run("report --store results.db --out r.json");
  EXPECT_EQ(written.code, 0) << written.err;
  const auto report = json::parse(content("r.json"));
  EXPECT_EQ(score["schema"], "timetrial.score/1");
  EXPECT_EQ(score["scores"], report["leaderboard"]);
  EXPECT_EQ(score["scores"].size(), 4u);
  EXPECT_EQ(score["store_hash"], report["store_hash"]);
}

TEST_F(ScoringCommands, TauMaxChangesTheScore) {
  const auto result = run("score --store results.db --json --tau-max 1.2");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["scores"][3]["score"], 0.0);
}

TEST_F(ScoringCommands, AsksOtherQuestionsOfTheSameCurves) {
  const auto scores = [&](const std::string& arguments) {
    const auto result = run("score --json --from results.db " + arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    std::map<std::string, double> by_name;
    const auto data = json::parse(result.out);
    for (const auto& row : data["scores"]) {
      by_name[row["submission"]] = row["score"];
    }
    return by_name;
  };
  const auto plain = scores("");
  EXPECT_GT(plain.at("adamw"), 2.0 / 3);
  EXPECT_LE(scores("--target gcide_lm=0.001")["adamw"], 2.0 / 3);  // out of anybody's reach
  EXPECT_EQ(scores("--budget-factor 1e-6")["adamw"], 0);
  EXPECT_EQ(scores("--workload movielens_dlrm --target movielens_dlrm=9")["adamw"], 1);
  EXPECT_EQ(scores("--reference-set nesterov")["nesterov"] >= plain.at("nesterov"), true);
}

TEST_F(ScoringCommands, LeaderboardsOfOneDateAreTheSameBytes) {
  const std::string date = "SOURCE_DATE_EPOCH=1795392000";
  for (const std::string format : {"md", "csv", "json", "latex", "html"}) {
    SCOPED_TRACE(format);
    const auto arguments = "leaderboard export --from results.db --format " + format;
    const auto first = runner_.run(arguments, date), again = runner_.run(arguments, date);
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr(format == "latex" ? "schedule\\_free" : "schedule_free"));
    ASSERT_EQ(runner_.run(arguments + " --out board", date).code, 0);
    EXPECT_EQ(again.out, first.out);
    EXPECT_EQ(content("board"), first.out);
    EXPECT_THAT(first.out, HasSubstr("2026-11-23 00:00 UTC"));
  }
  const auto bad = runner_.run("score --store results.db", "SOURCE_DATE_EPOCH=yesterday");
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("expected seconds since 1970"));
}

TEST_F(ScoringCommands, WritesAnSvgFilePerPlot) {
  const auto result = run("leaderboard export --from results.db --plots figures --out board.tex");
  EXPECT_EQ(result.code, 0) << result.err;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(file("figures"))) {
    EXPECT_EQ(entry.path().extension(), ".svg");
    EXPECT_THAT(content("figures/" + entry.path().filename().string()), HasSubstr("<svg"));
    ++files;
  }
  EXPECT_GT(files, 4);
}

TEST_F(ScoringCommands, ReportTakesItsFormatFromTheExtensionAndPrintsThePath) {
  struct Case {
    const char *arguments, *file, *begins;
  };
  const Case cases[] = {
      {"--out a.html", "a.html", "<!DOCTYPE html>"}, {"--out a.md", "a.md", "# example"},
      {"--out a.csv", "a.csv", "rank,submission"},   {"--out a.json", "a.json", "{\n \"schema\""},
      {"", "report.html", "<!DOCTYPE html>"},        {"--format csv", "report.csv", "rank,"},
      {"--format md --out b.txt", "b.txt", "# "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const auto result = run(std::string("report --store results.db ") + c.arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, std::filesystem::canonical(file(c.file)).string() + "\n");
    EXPECT_THAT(content(c.file), StartsWith(c.begins));
  }
}

TEST_F(ScoringCommands, SaysWhichSweepItTookOfSeveral) {
  auto other = test::results_of_times({{10}});
  other.provenance.created_ns = 1;
  test::write_to_store(other, file("results.db"));
  const auto newest = run("score --store results.db");
  EXPECT_EQ(newest.err, "sweep 'example', the newest of 2; name another with --sweep\n");
  const auto named = run("score --store results.db --sweep times");
  EXPECT_EQ(named.err, "");
  EXPECT_THAT(named.out, StartsWith("times: 1 submission on 1 workload\n"));
}

TEST_F(ScoringCommands, NeverMixesHardwareProfilesUnlessAsked) {
  const auto add = [&](const std::string& name, const std::string& submission,
                       const std::string& profile) {
    auto results = test::results_of_times({{10}});
    results.provenance.sweep = name;
    results.provenance.hardware_profile = profile;
    results.submissions[0] = results.cells[0].submission = submission;
    test::write_to_store(results, file("machines.db"));
  };
  add("home", "adamw", "cpu-2core");
  add("away", "lion", "h100");
  add("again", "nadamw", "cpu-2core");
  const std::string from = " --store machines.db --sweep home ";
  for (const std::string command : {"score", "leaderboard export", "report"}) {
    SCOPED_TRACE(command);
    const auto refused = run(command + from + "--sweep away");
    EXPECT_EQ(refused.code, 2);
    EXPECT_EQ(refused.err,
              "timetrial: scores never mix hardware profiles, and sweeps ran 'home' on cpu-2core, "
              "'away' on h100; choose sweeps of one with --sweep, or give --mix-profiles\n");
  }
  const auto alike = json::parse(run("score --json" + from + "--sweep again --sweep home").out);
  EXPECT_EQ(alike["scores"].size(), 2U);
  EXPECT_EQ(alike["mixed_hardware_profiles"], false);
  const auto mixed = json::parse(run("score --json --mix-profiles" + from + "--sweep away").out);
  EXPECT_EQ(mixed["scores"].size(), 2U);
  EXPECT_EQ(mixed["mixed_hardware_profiles"], true);
  EXPECT_EQ(mixed["hardware_profiles"], json({"cpu-2core", "h100"}));
  EXPECT_THAT(run("score --mix-profiles" + from + "--sweep away").out,
              HasSubstr("note: Results of different machines are mixed"));
}

TEST_F(ScoringCommands, LeavesQuarantinedTrialsOutAndSaysSo) {
  std::string trial;
  {
    auto store = store::Store::open(file("results.db"), store::Store::Mode::read_write);
    for (const auto& row : store.trials(1)) {
      if (row.trial.key.submission == "adamw" && row.outcome) trial = row.trial.id;
    }
  }
  const auto whole = json::parse(run("score --json --store results.db").out);
  EXPECT_EQ(whole["quarantined"], json::array());
  ASSERT_EQ(run("quarantine add " + trial + " --reason 'a compiler ran' --store results.db").code,
            0);
  const auto without = json::parse(run("score --json --store results.db").out);
  ASSERT_EQ(without["quarantined"].size(), 1U);
  EXPECT_EQ(without["quarantined"][0]["reason"], "a compiler ran");
  EXPECT_EQ(without["quarantined_counted"], false);
  EXPECT_NE(without["scores"], whole["scores"]);
  const auto with = json::parse(run("score --json --include-quarantined --store results.db").out);
  EXPECT_EQ(with["quarantined_counted"], true);
  EXPECT_EQ(with["quarantined"].size(), 1U);
  EXPECT_EQ(with["scores"], whole["scores"]);
  ASSERT_EQ(run("quarantine lift " + trial + " --reason 'it did not' --store results.db").code, 0);
  EXPECT_EQ(json::parse(run("score --json --store results.db").out)["scores"], whole["scores"]);
}

TEST_F(ScoringCommands, RefusesBadInputInOneLine) {
  store::Store::open(file("empty.db"), store::Store::Mode::create);
  std::ofstream(file("text.db")) << "not a database, but long enough to be read as one by its name";
  struct Case {
    const char *arguments, *says;
    int code;
  };
  const Case cases[] = {
      {"score --store absent.db", "absent.db", 2},
      {"score --store text.db", "text.db", 2},
      {"score --store empty.db", "empty.db: holds no sweep", 2},
      {"score --store results.db --sweep exmple", "did you mean example?", 2},
      {"score --store results.db --mode compat",
       "unknown scoring mode 'compat'; modes: exact, compat-v0.5, compat-v0.6", 2},
      {"score --store results.db --mode compat-v0.5 --tau-max 3", "are for --mode exact", 2},
      {"score --store results.db --target gcide_lm", "expected WORKLOAD=NUMBER", 2},
      {"score --store results.db --target gcide_lm=low", "expected WORKLOAD=NUMBER", 2},
      {"score --store results.db --target gcide=3", "did you mean gcide_lm", 2},
      {"score --store results.db --budget gcide_lm=-3", "expected seconds above 0", 2},
      {"score --store results.db --workload 'v*'", "unknown workload 'v*'", 2},
      {"score --store results.db --reference-set adam", "did you mean adamw", 2},
      {"score --store results.db --baseline sgd", "unknown submission 'sgd'", 2},
      {"score --store results.db --resamples -1", "expected 0 (no intervals) or more", 2},
      {"score --store results.db --from results.db", "give one of them", 2},
      {"score --store results.db --ruleset mini-1", "are for logs", 2},
      {"score --from bin", "no AlgoPerf logs", 2},
      {"score --from absent", "absent", 2},
      {"score --store results.db --tau-max 1", "expected a number above 1", 2},
      {"report --store results.db --out r.pdf", "use .html, .md, .csv, .json or .tex", 2},
      {"report --store results.db --format pdf", "formats: html, md, csv, json, latex", 2},
      {"report --store results.db --out no/such/r.md", "no/such/r.md: cannot be written", 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments);
    const auto result = run(c.arguments);
    EXPECT_EQ(result.code, c.code);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(c.says));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(ScoringCommands, LeavesAnOldReportWholeWhenItFails) {
  std::ofstream(file("report.html")) << "old";
  EXPECT_EQ(run("report --store results.db --sweep nothing").code, 2);
  EXPECT_EQ(content("report.html"), "old");
}

}  // namespace
}  // namespace timetrial::cli
