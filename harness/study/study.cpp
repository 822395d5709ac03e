#include "harness/study/study.h"

#include "harness/study/short_form.h"
#include "harness/sweep/plan.h"
#include "harness/tomlfile/compiled_table.h"
#include "harness/tomlfile/strict_table.h"
#include "harness/trial/error.h"
#include "harness/trial/evaluators.h"
#include "harness/trial/sha256.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

namespace timetrial::study {

/// Every TOML file of studies/, sorted by name; defined by CMake.
const std::vector<tomlfile::CompiledTable>& compiled_tables();

namespace {

using tomlfile::Document;
using tomlfile::Table;

/// Each point with each combination of the grid.
std::vector<tuning::Point> combined(std::vector<tuning::Point> points,
                                    const std::map<std::string, std::vector<double>>& grid) {
  for (const auto& [name, values] : grid) {
    std::vector<tuning::Point> next;
    for (const auto& point : points) {
      for (const double value : values) {
        next.push_back(point);
        next.back()[name] = value;
      }
    }
    points = std::move(next);
  }
  return points;
}

std::vector<tuning::Point> read_points(Table& table) {
  std::vector<tuning::Point> points;
  if (table.contains("points")) {
    for (auto& entry : table.tables("points")) points.push_back(entry.numbers());
  }
  if (points.empty()) points.emplace_back();
  if (table.contains("grid")) {
    points = combined(std::move(points), table.table("grid").number_lists());
  }
  if (table.contains("fixed")) {
    for (const auto& [name, value] : table.table("fixed").numbers()) {
      for (auto& point : points) point[name] = value;
    }
  }
  if (std::set<tuning::Point>(points.begin(), points.end()).size() != points.size()) {
    table.fail("points", "two points are equal; list each once");
  }
  return points;
}

/// Steps and number of evaluations, unless a run says otherwise.
struct Length {
  std::int64_t steps = 1;
  int evaluations = 1;
};

Length read_length(Table& table, Length otherwise) {
  if (table.contains("steps")) otherwise.steps = table.integer("steps", 1);
  if (table.contains("evaluations")) {
    otherwise.evaluations = static_cast<int>(table.integer("evaluations", 1, 1000));
  }
  return otherwise;
}

std::optional<Diagnosis> read_diagnosis(Table& table) {
  if (!table.contains("diagnose")) return std::nullopt;
  try {
    return diagnosis_of(table.texts("diagnose"));
  } catch (const InputError& error) {
    table.fail("diagnose", error.what());
  }
}

std::vector<std::string> read_evaluators(Table& table) {
  if (!table.contains("evaluators")) return {};
  auto names = table.texts("evaluators");
  try {
    require_evaluator_names(names);
  } catch (const InputError& error) {
    table.fail("evaluators", error.what());
  }
  return names;
}

Run read_run(Table& table, const std::string& workload, const Length& otherwise) {
  Run run;
  run.group = table.text("group");
  run.submission = table.text("submission");
  run.workload = table.contains("workload") ? table.text("workload") : workload;
  run.points = read_points(table);
  const auto length = read_length(table, otherwise);
  run.evaluate_at = sweep::spread_steps(length.steps, length.evaluations);
  run.diagnose = read_diagnosis(table);
  table.refuse_others();
  return run;
}

Gate read_gate(Table& table) {
  Gate gate;
  gate.name = table.text("name");
  gate.statistic = table.text("statistic");
  if (table.contains("at_least")) gate.at_least = table.number("at_least");
  if (table.contains("at_most")) gate.at_most = table.number("at_most");
  const bool control = table.contains("control") && table.boolean("control");
  const bool precondition = table.contains("precondition") && table.boolean("precondition");
  if (control && precondition) {
    table.fail("control", "a gate is a precondition or a control, not both");
  }
  if (control) gate.kind = GateKind::control;
  if (precondition) gate.kind = GateKind::precondition;
  table.refuse_others();
  if (gate.at_least.has_value() == gate.at_most.has_value()) {
    table.fail("statistic", "a gate has either at_least or at_most");
  }
  return gate;
}

AnalysisTerms read_analysis(Table table) {
  AnalysisTerms terms;
  terms.kind = table.text("kind");
  terms.metrics = table.texts("metrics");
  terms.tasks = table.texts("tasks");
  if (terms.metrics.empty() || terms.metrics.size() != terms.tasks.size()) {
    table.fail("metrics", "metrics and tasks must be lists of one length, not empty");
  }
  if (table.contains("numbers")) terms.numbers = table.table("numbers").numbers();
  if (table.contains("words")) terms.words = table.table("words").word_map();
  table.refuse_others();
  return terms;
}

Study read_study(const Document& document) {
  auto root = document.root();
  Study study;
  study.name = root.text("name");
  study.title = root.text("title");
  study.claim = root.text("claim");
  study.source = root.text("source");
  study.differences = root.texts("differences");
  study.seeds = static_cast<int>(root.integer("seeds", 1, 1000));
  if (root.contains("record_losses")) study.record_losses = root.boolean("record_losses");
  study.diagnose = read_diagnosis(root).value_or(Diagnosis{});
  study.evaluators = read_evaluators(root);
  const auto workload = root.text("workload");
  const auto length = read_length(root, {});
  study.analysis = read_analysis(root.table("analysis"));
  std::set<std::string> groups;
  for (auto& table : root.tables("runs")) {
    study.runs.push_back(read_run(table, workload, length));
    const auto& group = study.runs.back().group;
    if (!groups.insert(group).second) {
      table.fail("group", "group '" + group + "' is listed twice; join the two");
    }
  }
  study.short_form = read_short_form(root.table("short"), {groups.begin(), groups.end()});
  for (auto& table : root.tables("gates")) study.gates.push_back(read_gate(table));
  if (study.runs.empty() || study.gates.empty()) {
    root.fail("runs", "a study needs [[runs]] and [[gates]]");
  }
  root.refuse_others();
  study.text = document.text();
  study.hash = sha256_hex(study.text);
  return study;
}

template <typename Value>
const Value& entry(const std::map<std::string, Value>& values, const std::string& name,
                   const std::string& kind) {
  const auto found = values.find(name);
  if (found == values.end()) {
    throw InputError("analysis '" + kind + "' needs '" + name + "'; add it to the study's file");
  }
  return found->second;
}

}  // namespace

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

double AnalysisTerms::number(const std::string& name) const { return entry(numbers, name, kind); }

const std::string& AnalysisTerms::word(const std::string& name) const {
  return entry(words, name, kind);
}

const Run& Study::run(const std::string& group) const {
  for (const auto& run : runs) {
    if (run.group == group) return run;
  }
  throw std::out_of_range("study " + name + " has no group '" + group + "'");
}

std::size_t Study::trials() const {
  std::size_t count = 0;
  for (const auto& run : runs) count += run.points.size() * static_cast<std::size_t>(seeds);
  return count;
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& table : compiled_tables()) result.push_back(table.name);
  return result;
}

Study parse(const std::string& text, const std::string& origin) {
  return read_study(Document::parse(text, origin));
}

Study load(const std::string& name) {
  if (name.ends_with(".toml")) return read_study(Document::read(name));
  for (const auto& table : compiled_tables()) {
    if (table.name != name) continue;
    auto study = parse(table.text, name + ".toml");
    if (auto form = compiled_short_form(study)) study.short_form = std::move(*form);
    return study;
  }
  throw InputError(unknown_name("study", name, names()));
}

}  // namespace timetrial::study
