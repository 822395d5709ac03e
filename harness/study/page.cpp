#include "harness/study/page.h"

#include "scoring/article.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cctype>
#include <cmath>

namespace timetrial::study {
namespace {

using scoring::TextTable;

std::string number_text(double value) {
  if (std::isnan(value)) return "not measured";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  return fmt::format("{:.4g}", value);
}

std::string threshold_text(const Gate& gate) {
  return gate.at_least ? fmt::format("≥ {:.4g}", *gate.at_least)
                       : fmt::format("≤ {:.4g}", *gate.at_most);
}

std::string interval_text(const GateResult& result) {
  if (!result.statistic) return "not measured";
  const auto& s = *result.statistic;
  if (s.low == s.high) return number_text(s.value);
  return fmt::format("{} [{}, {}]", number_text(s.value), number_text(s.low), number_text(s.high));
}

TextTable gate_table(const StudyReport& report) {
  TextTable table;
  table.id = "gates";
  table.caption =
      "Written before the runs. A gate holds when the whole 95 % interval of its statistic is on "
      "the right side of the threshold. Without a precondition the experiment tells nothing, nor "
      "unless a negative control fails.";
  table.columns = {
      {"Kind"}, {"What must be true"}, {"Threshold"}, {"Measured"}, {"State"}, {"As expected"}};
  for (const auto& result : report.gates) {
    table.rows.push_back({{to_string(result.gate.kind), {}},
                          {result.gate.name, {}},
                          {threshold_text(result.gate), {}},
                          {interval_text(result), {}},
                          {to_string(result.state), {}},
                          {result.as_expected() ? "yes" : "no", {}}});
  }
  return table;
}

TextTable statistic_table(const StudyReport& report) {
  TextTable table;
  table.id = "statistics";
  table.caption = "Every statistic, with its 95 % interval over seeds where it has one.";
  table.columns = {{"Statistic"}, {"Value", true}, {"From", true}, {"To", true}, {"Meaning"}};
  for (const auto& [name, s] : report.findings.statistics) {
    const bool exact = s.low == s.high;
    table.rows.push_back({{name, {}},
                          {number_text(s.value), s.value},
                          {exact ? "" : number_text(s.low), {}},
                          {exact ? "" : number_text(s.high), {}},
                          {s.meaning, {}}});
  }
  return table;
}

scoring::Article article_of(const StudyReport& report) {
  const Study& study = report.results.study;
  scoring::Article article{study.title, {}};
  article.sections.push_back(
      {.paragraphs = {study.claim, "Source: " + study.source},
       .strong = verdict_text(report),
       .command = "timetrial study run " + study.name + (study.is_short ? " --short" : ""),
       .tables = {gate_table(report), statistic_table(report)}});
  scoring::Section found{.heading = "What was found",
                         .tables = report.findings.tables,
                         .items = report.findings.remarks};
  for (const auto& [name, plot] : report.findings.plots) {
    found.plots.emplace_back(study.name + "-" + name, plot);
  }
  article.sections.push_back(std::move(found));
  article.sections.push_back(
      {.heading = "What differs from the paper", .items = study.differences});
  scoring::Section origin{.heading = "Where the numbers come from"};
  for (const auto& [name, value] : report.provenance) origin.items.push_back(name + ": " + value);
  article.sections.push_back(std::move(origin));
  return article;
}

nlohmann::json number_json(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

}  // namespace

StudyReport make_report(Results results) {
  StudyReport report;
  const auto& analysis = find_analysis(results.study.analysis.kind);
  report.findings = analysis.analyse(results);
  report.gates = judge(results.study.gates, report.findings.statistics, analysis.statistics);
  // Of half of the runs there is nothing to judge.
  report.verdict = results.missing == 0 && !results.study.is_short ? verdict_of(report.gates)
                                                                   : Verdict::inconclusive;
  report.results = std::move(results);
  return report;
}

std::string verdict_text(const StudyReport& report) {
  if (report.results.missing > 0) {
    return fmt::format("No verdict yet: {} of {} trials have not ended", report.results.missing,
                       report.results.study.trials());
  }
  if (report.results.study.is_short) {
    return "No verdict: the short form shows that everything runs, not what is true";
  }
  std::string text = to_string(report.verdict);
  text[0] = static_cast<char>(std::toupper(text[0]));
  return text;
}

std::vector<std::pair<std::string, std::string>> pages(const StudyReport& report) {
  const auto article = article_of(report);
  const auto& name = report.results.study.name;
  auto files = scoring::plot_files(article);
  files.emplace_back(name + ".md", scoring::to_markdown(article));
  files.emplace_back(name + ".html", scoring::to_html(article));
  return files;
}

std::string to_text(const StudyReport& report) { return scoring::to_terminal(article_of(report)); }

std::string to_json(const StudyReport& report) {
  using nlohmann::json;
  json gates = json::array(), statistics = json::object();
  for (const auto& result : report.gates) {
    json gate{{"name", result.gate.name},
              {"statistic", result.gate.statistic},
              {"kind", to_string(result.gate.kind)},
              {"state", to_string(result.state)},
              {"as_expected", result.as_expected()}};
    if (result.gate.at_least) gate["at_least"] = *result.gate.at_least;
    if (result.gate.at_most) gate["at_most"] = *result.gate.at_most;
    gates.push_back(std::move(gate));
  }
  for (const auto& [name, s] : report.findings.statistics) {
    statistics[name] = {{"value", number_json(s.value)},
                        {"low", number_json(s.low)},
                        {"high", number_json(s.high)},
                        {"meaning", s.meaning}};
  }
  return json{{"schema", "timetrial.study/1"},
              {"study", report.results.study.name},
              {"hash", report.results.study.hash},
              {"short", report.results.study.is_short},
              {"missing", report.results.missing},
              {"verdict", to_string(report.verdict)},
              {"gates", gates},
              {"statistics", statistics}}
      .dump(2);
}

}  // namespace timetrial::study
