#include "scoring/exporters.h"

#include "harness/trial/error.h"
#include "scoring/number_text.h"
#include "scoring/report_tables.h"
#include "tests/support/example_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <iterator>
#include <regex>
#include <sstream>

namespace timetrial::scoring {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

Report report_of(const Results& results) {
  return make_report(results, score(results), 1'795'437'900'000'000'000);
}

/// Reads RFC 4180: the writer's opposite, written apart from it.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        rows.back().back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        rows.back().back() += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();  // after the last line's end
  return rows;
}

/// The field `name` of row `row` (1 is the first below the header).
std::string csv_field(const std::vector<std::vector<std::string>>& rows, std::size_t row,
                      const std::string& name) {
  const auto at = std::find(rows[0].begin(), rows[0].end(), name);
  EXPECT_NE(at, rows[0].end()) << name;
  return rows[row][static_cast<std::size_t>(at - rows[0].begin())];
}

TEST(Exporters, AllFormatsSayTheSameNumbers) {
  const auto report = report_of(test::example_results());
  const auto data = json::parse(to_json(report));
  const auto rows = parse_csv(to_csv(report));
  const std::string markdown = to_markdown(report), html = to_html(report);
  const std::string terminal = to_terminal(report);
  ASSERT_EQ(rows.size(), data["leaderboard"].size() + 1);
  for (std::size_t i = 0; i < report.leaderboard.size(); ++i) {
    const auto& row = data["leaderboard"][i];
    SCOPED_TRACE(row["submission"].get<std::string>());
    EXPECT_EQ(row["score"].get<double>(), report.leaderboard[i].score);
    EXPECT_EQ(std::stod(csv_field(rows, i + 1, "score")), report.leaderboard[i].score);
    EXPECT_EQ(csv_field(rows, i + 1, "submission"), row["submission"]);
    const std::string shown = score_text(row["score"].get<double>());
    EXPECT_THAT(markdown,
                HasSubstr("| " + row["submission"].get<std::string>() + " | " + shown + " |"));
    EXPECT_THAT(html,
                HasSubstr("data-value=\"" + csv_field(rows, i + 1, "score") + "\">" + shown + "<"));
    EXPECT_THAT(terminal, HasSubstr(shown));
  }
  for (const auto& cell : data["times_to_target"]) {
    if (cell["time_s"].is_null()) continue;
    const std::string shown = seconds_text(cell["time_s"].get<double>()) + " (" +
                              ratio_text(cell["ratio"].get<double>()) + ")";
    for (const auto& text : {markdown, html, terminal}) EXPECT_THAT(text, HasSubstr(shown));
  }
}

TEST(Exporters, CsvCarriesTimesWithAllDigitsAndWhyOneIsEmpty) {
  const auto report = report_of(test::example_results());
  const auto rows = parse_csv(to_csv(report));
  int empty = 0;
  for (std::size_t i = 0; i < report.times.size(); ++i) {
    const auto& cell = report.times[i].time;
    const std::size_t row = i / report.workloads.size() + 1;
    const auto time = csv_field(rows, row, cell.workload + "/time_s");
    EXPECT_EQ(csv_field(rows, row, cell.workload + "/status"), to_string(cell.status));
    EXPECT_EQ(time.empty(), !std::isfinite(cell.median_s));
    if (!time.empty()) {
      EXPECT_EQ(std::stod(time), cell.median_s);
    }
    empty += time.empty() ? 1 : 0;
  }
  EXPECT_EQ(empty, 1);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
}

TEST(Exporters, CsvQuotesWhatNeedsIt) {
  auto results = test::results_of_times({{10}, {20}});
  results.provenance.hardware_profile = "a \"fast\" one, with\nnewline";
  const auto rows = parse_csv(to_csv(report_of(results)));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(csv_field(rows, 2, "hardware_profile"), "a \"fast\" one, with\nnewline");
  EXPECT_THAT(to_csv(report_of(results)), HasSubstr("\"a \"\"fast\"\" one, with\nnewline\""));
}

TEST(Exporters, JsonHasItsSchemaAndSpellsInfinityAsNullBesideAStatus) {
  auto results = test::results_of_times({{10, INFINITY}});
  results.cells[1].studies[0].trials[0].curve = {{5, 1, std::nan("")}};
  const auto data = json::parse(to_json(report_of(results)));
  EXPECT_EQ(data["schema"], "timetrial.report/2");
  EXPECT_EQ(data["mode"], "exact");
  EXPECT_EQ(data["comparable_in_time"], true);
  EXPECT_TRUE(data["times_to_target"][1]["time_s"].is_null());
  EXPECT_TRUE(data["times_to_target"][1]["ratio"].is_null());
  EXPECT_EQ(data["times_to_target"][1]["status"], "target_missed");
  EXPECT_EQ(data["workloads"][1]["status"], "target_missed");
  EXPECT_EQ(data["learning_curves"][1]["time_s"], json::parse("[5.0]"));
  EXPECT_TRUE(data["learning_curves"][1]["value"][0].is_null());
  EXPECT_EQ(data["leave_one_out"].size(), 0u);
  EXPECT_TRUE(data["times_to_target"][1]["counted_s"].is_null());
  EXPECT_EQ(data["times_to_target"][1]["excluded_by"], "target missed");
  EXPECT_EQ(data["times_to_target"][0]["studies"][0]["trial"], 0);
}

TEST(Exporters, ScoreJsonKeepsItsPromise) {
  const auto data = json::parse(to_score_json(report_of(test::results_of_times({{10}, {20}}))));
  EXPECT_EQ(data["schema"], "timetrial.score/1");
  EXPECT_EQ(data["mode"], "exact");
  EXPECT_TRUE(data.contains("rule_set"));
  EXPECT_EQ(data["interval_status"], "1 study: no interval");
  ASSERT_EQ(data["scores"].size(), 2u);
  EXPECT_EQ(data["scores"][0]["submission"], "s0");
  EXPECT_EQ(data["scores"][0]["score"], 1.0);
  for (const char* key : {"low", "high", "rank_low", "rank_high", "first_probability"}) {
    ASSERT_TRUE(data["scores"][1].contains(key)) << key;
    EXPECT_TRUE(data["scores"][1][key].is_null()) << key;
  }
}

/// Everything a hostile name or a crashed worker's last words could hold.
Results hostile_results() {
  auto results = test::results_of_times({{10}, {20}});
  results.submissions[0] = "</script><script>alert(1)</script><!--|{{DATA}}";
  results.cells[0].submission = results.submissions[0];
  auto& outcome = *results.cells[1].studies[0].trials[0].outcome;
  outcome = {OutcomeKind::crashed, "bytes \xff\xfe | and \"quotes\" & <b>", 1, 1};
  return results;
}

TEST(Exporters, HtmlCannotBeBrokenOutOf) {
  const std::string html = to_html(report_of(hostile_results()));
  EXPECT_THAT(html, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)"));
  EXPECT_THAT(html, HasSubstr("{{DATA}}"));  // put in as text, not filled again
  const std::regex data(R"(id="report-data">([^<]*)</script>)");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(html, found, data));
  const auto parsed = json::parse(found[1].str());
  EXPECT_EQ(parsed["leaderboard"][0]["submission"], hostile_results().submissions[0]);
  EXPECT_THAT(parsed["trials"][1]["reason"].get<std::string>(), HasSubstr("\xEF\xBF\xBD"));
}

TEST(Exporters, HtmlAsksNothingOfTheNetwork) {
  const std::string html = to_html(report_of(test::example_results()));
  const std::regex request(
      R"((src|href|url\(|@import|fetch\(|XMLHttpRequest)\s*=?\s*["']?(https?:)?//)");
  EXPECT_FALSE(std::regex_search(html, request));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(Exporters, MarkdownEscapesCells) {
  const std::string markdown = to_markdown(report_of(hostile_results()));
  EXPECT_THAT(markdown,
              HasSubstr("| \\</script\\>\\<script\\>alert(1)\\</script\\>\\<!--\\|{{DATA}} |"));
  EXPECT_THAT(to_markdown(report_of(test::example_results())),
              HasSubstr("| schedule_free_adamw |"));
}

/// Ends of cells in a line of LaTeX: '&' that no backslash escapes.
std::ptrdiff_t cells_of(const std::string& line) {
  const std::regex end(R"((^|[^\\])&)");
  return 1 + std::distance(std::sregex_iterator(line.begin(), line.end(), end), {});
}

TEST(Exporters, LatexEscapesAndFitsItsColumns) {
  auto results = test::example_results({.studies = 3});
  const std::string hostile = R"(50%_of #1 & {$x^2$}~\end)";
  for (auto& cell : results.cells) {
    if (cell.submission == results.submissions[0]) cell.submission = hostile;
  }
  results.submissions[0] = hostile;
  const auto latex = to_latex(report_of(results));
  EXPECT_THAT(latex, HasSubstr(R"(50\%\_of \#1 \& \{\$x\textasciicircum{}2\$\}\textasciitilde{})"
                               R"(\textbackslash{}end & )"));
  const std::regex columns(R"(\\begin\{tabular\}\{([lr]+)\})");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(latex, found, columns));
  std::istringstream lines(latex);
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(R"(\\)")) continue;
    SCOPED_TRACE(line);
    EXPECT_EQ(cells_of(line), found[1].length());
    ++rows;
  }
  EXPECT_EQ(rows, 1 + 4);  // the head and the submissions
}

TEST(Exporters, MarkdownTellsWhoTurnsWhom) {
  const auto report = report_of(test::results_of_times({{10, 90}, {30, 30}, {35, 20}}));
  const auto sentences = leave_one_out_sentences(report);
  const auto markdown = to_markdown(report);
  EXPECT_THAT(markdown, HasSubstr("## Leave-one-out\n\n- " + sentences[0]));
  EXPECT_THAT(markdown, HasSubstr("| Left out | "));
  EXPECT_THAT(markdown, HasSubstr("## Pairwise wins"));
  EXPECT_THAT(markdown, Not(HasSubstr("  |")));  // no padding: a changed cell changes one line
}

TEST(LeaveOneOut, NamesWhoPassesWhomAndMarksTheCell) {
  Report report;
  report.leaderboard.resize(3);
  for (std::size_t i = 0; i < 3; ++i) report.leaderboard[i].submission = std::string(1, "abc"[i]);
  report.leaderboard[0].score = 0.9;
  report.leaderboard[1].score = 0.5;
  report.leaderboard[2].score = 0.4;
  report.leave_one_out = {{"a", {NAN, 0.6, 0.7}, {0, 2, 1}, true},
                          {"b", {0.9, NAN, 0.4}, {1, 0, 2}, false},
                          {"c", {0.9, 0.5, NAN}, {1, 2, 0}, false}};
  EXPECT_THAT(leave_one_out_sentences(report), testing::ElementsAre("Without a, c passes b."));
  const auto table = leave_one_out_table(report);
  EXPECT_EQ(table.rows[0][1].text, "–");
  EXPECT_EQ(table.rows[0][2].text, "↓ 2 · 0.6000");
  EXPECT_EQ(table.rows[0][3].text, "↑ 1 · 0.7000");
  EXPECT_EQ(table.rows[0][3].mark, "changed");
  EXPECT_EQ(table.rows[1][3].text, "2 · 0.4000");  // moved up only into the gap
  EXPECT_EQ(table.rows[1][3].mark, "");
  report.leave_one_out.erase(report.leave_one_out.begin());
  EXPECT_THAT(leave_one_out_sentences(report)[0], HasSubstr("Nobody's absence"));
}

TEST(Exporters, TerminalAlignsColumns) {
  EXPECT_THAT(to_terminal(report_of(test::results_of_times({{10, 5}, {25, INFINITY}}))),
              HasSubstr("Rank  Submission   Score  Interval              Reached  Mean ratio  "
                        "Submission time  Evaluation time\n"
                        "----  ----------  ------  --------------------  -------  ----------  "
                        "---------------  ---------------\n"
                        "   1  s0          1.0000  1 study: no interval      2/2       1.00×  "
                        "         15.0 s            0.0 s\n"
                        "   2  s1          0.2500  1 study: no interval      1/2       2.50×  "
                        "         25.0 s            0.0 s\n"));
  EXPECT_THAT(to_terminal(report_of(test::results_of_times({{10, 5}, {25, INFINITY}}))),
              HasSubstr("s1          25.00 s (2.50×)   target missed\n"));
}

TEST(Exporters, FormatsGoByNameOrExtension) {
  EXPECT_EQ(parse_format("md"), Format::markdown);
  EXPECT_EQ(format_of("a/report.html"), Format::html);
  EXPECT_EQ(format_of("r.csv"), Format::csv);
  EXPECT_EQ(format_of("r.json"), Format::json);
  EXPECT_EQ(format_of("r.tex"), Format::latex);
  EXPECT_THROW(format_of("report"), InputError);
  try {
    parse_format("pdf");
    FAIL() << "accepted pdf";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "unknown report format 'pdf'; formats: html, md, csv, json, latex");
  }
}

TEST(NumberText, ReadsTheSameEverywhere) {
  EXPECT_EQ(score_text(0.70624), "0.7062");
  EXPECT_EQ(seconds_text(37.416), "37.42 s");
  EXPECT_EQ(seconds_text(41094.598), "41094.6 s");
  EXPECT_EQ(seconds_text(INFINITY), "never");
  EXPECT_EQ(ratio_text(1.3628), "1.36×");
  EXPECT_EQ(ratio_text(INFINITY), "–");
  EXPECT_EQ(duration_text(59.96), "1m 00s");
  EXPECT_EQ(duration_text(45.31), "45.3 s");
  EXPECT_EQ(duration_text(725), "12m 05s");
  EXPECT_EQ(duration_text(3599.7), "1h 00m");
  EXPECT_EQ(duration_text(3870), "1h 05m");
  EXPECT_EQ(metric_text(0.123735), "0.123735");
  EXPECT_EQ(metric_text(std::nan("")), "not finite");
  EXPECT_EQ(point_text({{"lr", 0.0012345}, {"beta1", 0.9}}), "beta1=0.9, lr=0.001234");
  EXPECT_EQ(point_text({}), "–");
  EXPECT_EQ(date_text(1'795'437'900'000'000'000), "2026-11-23 12:45 UTC");
  EXPECT_EQ(std::stod(exact_text(1.0 / 3)), 1.0 / 3);
}

}  // namespace
}  // namespace timetrial::scoring
