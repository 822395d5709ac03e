#include "harness/study/short_form.h"

#include "harness/sweep/plan.h"
#include "harness/tomlfile/compiled_table.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <set>

namespace timetrial::study {

namespace short_forms {
/// Every TOML file of short_forms/, sorted by name; defined by CMake.
const std::vector<tomlfile::CompiledTable>& compiled_tables();
}  // namespace short_forms

namespace {

using Names = std::set<std::string>;

/// A word is a list of names, or one name that may have blanks.
std::string without(const std::string& text, const Names& left_out, const Names& kept) {
  if (kept.count(text) != 0) return text;
  if (left_out.count(text) != 0) return "";
  std::string list;
  for (const auto& name : words_of(text)) {
    if (left_out.count(name) == 0) list += (list.empty() ? "" : " ") + name;
  }
  return list;
}

/// Takes the groups that are left out from the words that list them, and words that have none left
/// from the words that list these.
void leave_out(std::map<std::string, std::string>& words, const Names& groups, const Names& kept) {
  Names emptied;
  for (auto& [name, text] : words) {
    text = without(text, groups, kept);
    if (text.empty()) emptied.insert(name);
  }
  for (auto& [name, text] : words) text = without(text, emptied, kept);
}

void keep_groups(Study& study, const Names& kept) {
  if (kept.empty()) return;
  Names left_out;
  for (const auto& run : study.runs) {
    if (kept.count(run.group) == 0) left_out.insert(run.group);
  }
  std::erase_if(study.runs, [&](const Run& run) { return left_out.count(run.group) != 0; });
  leave_out(study.analysis.words, left_out, kept);
}

}  // namespace

ShortForm read_short_form(tomlfile::Table table, const std::vector<std::string>& groups) {
  ShortForm form;
  form.seeds = static_cast<int>(table.integer("seeds", 1, 1000));
  form.steps = table.integer("steps", 1);
  form.points = static_cast<std::size_t>(table.integer("points", 1, 1000));
  if (table.contains("examples")) form.examples = table.integer("examples", 1);
  if (table.contains("groups")) form.groups = table.texts("groups");
  for (const auto& name : form.groups) {
    if (std::find(groups.begin(), groups.end(), name) != groups.end()) continue;
    table.fail("groups", unknown_name("group", name, groups));
  }
  table.refuse_others();
  return form;
}

std::optional<ShortForm> compiled_short_form(const Study& study) {
  std::vector<std::string> groups;
  for (const auto& run : study.runs) groups.push_back(run.group);
  for (const auto& table : short_forms::compiled_tables()) {
    if (table.name != study.name) continue;
    const auto document =
        tomlfile::Document::parse(table.text, "short_forms/" + table.name + ".toml");
    return read_short_form(document.root(), groups);
  }
  return std::nullopt;
}

Study shortened(Study study) {
  const ShortForm form = study.short_form;
  study.is_short = true;
  study.seeds = form.seeds;
  study.evaluate_examples = form.examples;
  const std::int64_t whole = study.runs.front().evaluate_at.back();
  for (auto& run : study.runs) {
    const std::int64_t steps =
        std::max<std::int64_t>(1, form.steps * run.evaluate_at.back() / whole);
    const auto evaluations = static_cast<int>(run.evaluate_at.size());
    run.evaluate_at = sweep::spread_steps(steps, std::min(evaluations, 2));
    run.points.resize(std::min(run.points.size(), form.points));
  }
  keep_groups(study, {form.groups.begin(), form.groups.end()});
  return study;
}

}  // namespace timetrial::study
