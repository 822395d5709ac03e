#include "scoring/algoperf/findings.h"

#include <fmt/core.h>

namespace timetrial::algoperf {
namespace {

constexpr std::size_t kPlaces = 5;

struct Text {
  Finding finding;
  const char* text;
};
constexpr std::array kTexts{
    Text{Finding::no_measurement_file, "trials without eval_measurements.csv, counted as crashed"},
    Text{Finding::empty_file, "empty measurement files, their trials counted as crashed"},
    Text{
        Finding::no_header,
        "measurement files without a header that names global_step and score, their trials counted "
        "as crashed"},
    Text{Finding::ragged_row, "rows skipped, with another number of cells than their header"},
    Text{Finding::truncated_row, "rows skipped, cut off at the end of their file"},
    Text{Finding::row_without_place, "rows skipped, without a submission time or a step"},
    Text{Finding::repeated_header, "repeated header lines skipped"},
    Text{Finding::duplicate_row, "rows skipped, of the same step and time as an earlier one"},
    Text{Finding::not_a_number, "cells that are no number, read as NaN"},
    Text{Finding::step_falls, "files in which the step falls, read as they are"},
    Text{Finding::time_falls, "files in which the submission time falls, read as they are"},
    Text{Finding::bad_json, "JSON files that cannot be read, passed over"},
    Text{Finding::no_trials, "folders without trials passed over"},
    Text{Finding::stray_file, "stray files passed over"},
    Text{Finding::link, "links in the archive passed over"},
    Text{Finding::other_budget, "workloads logged under another budget than the rule set's"},
};
static_assert(kTexts.size() == kFindings);

std::string places_text(const std::vector<std::string>& places, std::int64_t count) {
  std::string text;
  for (const auto& place : places) text += (text.empty() ? "" : ", ") + place;
  const auto more = count - static_cast<std::int64_t>(places.size());
  return more > 0 ? fmt::format("{} and {} more", text, more) : text;
}

}  // namespace

void Findings::add(Finding finding, const std::string& place, std::int64_t count) {
  auto& entry = entries_[static_cast<std::size_t>(finding)];
  entry.count += count;
  if (entry.places.size() < kPlaces) entry.places.push_back(place);
}

void Findings::add_unscored(const std::string& submission, const std::string& workload,
                            std::int64_t trials) {
  unscored_[submission + "/" + workload] += trials;
}

std::int64_t Findings::count(Finding finding) const {
  return entries_[static_cast<std::size_t>(finding)].count;
}

std::int64_t Findings::unscored_trials() const {
  std::int64_t trials = 0;
  for (const auto& [name, count] : unscored_) trials += count;
  return trials;
}

std::vector<std::string> Findings::remarks() const {
  std::vector<std::string> remarks;
  for (const auto& [finding, text] : kTexts) {
    const auto& entry = entries_[static_cast<std::size_t>(finding)];
    if (entry.count == 0) continue;
    remarks.push_back(
        fmt::format("{} {}: {}", entry.count, text, places_text(entry.places, entry.count)));
  }
  if (unscored_.empty()) return remarks;
  std::string names;
  for (const auto& [name, count] : unscored_) names += (names.empty() ? "" : ", ") + name;
  remarks.push_back(fmt::format("{} trials of workloads outside the rule set passed over: {}",
                                unscored_trials(), names));
  return remarks;
}

}  // namespace timetrial::algoperf
