#include "harness/study/results.h"

#include "harness/store/kept_evaluations.h"
#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace timetrial::study {
namespace {

Group read_group(const store::Store& store, const Study& study, const Run& run,
                 const std::vector<store::Sweep>& sweeps, std::size_t& missing) {
  Group group{run, {}};
  const auto name = sweep_name(study, run);
  const auto sweep = std::find_if(sweeps.begin(), sweeps.end(),
                                  [&](const store::Sweep& s) { return s.name == name; });
  const auto planned = run.points.size() * static_cast<std::size_t>(study.seeds);
  if (sweep == sweeps.end()) {
    missing += planned;
    return group;
  }
  for (const auto& row : store.trials(sweep->id)) {
    if (!row.outcome) continue;
    const auto& id = row.trial.id;
    group.results.push_back(
        {row.trial.key.submission, row.trial.point, row.trial.key.study, *row.outcome,
         store::kept_evaluations(store.evaluations(id), store.attempts(id)),
         study.record_losses ? store.training_losses(id) : std::vector<TrainingLosses>{}});
  }
  missing += planned - std::min(planned, group.results.size());
  const auto place = [&](const Result& result) {
    return std::find(run.points.begin(), run.points.end(), result.point) - run.points.begin();
  };
  std::stable_sort(group.results.begin(), group.results.end(),
                   [&](const Result& a, const Result& b) {
                     const auto first = place(a), second = place(b);
                     return first != second ? first < second : a.seed < b.seed;
                   });
  return group;
}

double of_last(const Result& result, std::map<std::string, double> Evaluation::*values,
               const std::string& name) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  if (result.outcome.kind != OutcomeKind::completed || result.evaluations.empty()) return kMissing;
  const auto& all = result.evaluations.back().*values;
  const auto found = all.find(name);
  return found == all.end() ? kMissing : found->second;
}

}  // namespace

std::vector<const Result*> Group::of(const tuning::Point& point) const {
  std::vector<const Result*> found;
  for (const auto& result : results) {
    if (result.point == point) found.push_back(&result);
  }
  return found;
}

bool Results::has(const std::string& name) const {
  return std::any_of(groups.begin(), groups.end(),
                     [&](const Group& group) { return group.run.group == name; });
}

const Group& Results::group(const std::string& name) const {
  for (const auto& group : groups) {
    if (group.run.group == name) return group;
  }
  throw InputError("study " + study.name + ": analysis '" + study.analysis.kind +
                   "' needs a group '" + name + "' of [[runs]]");
}

std::string sweep_name(const Study& study, const Run& run) {
  return study.name + (study.is_short ? ", short: " : ": ") + run.group;
}

Results read_results(const store::Store& store, const Study& study) {
  Results results{study, {}, 0};
  const auto sweeps = store.sweeps();
  for (const auto& run : study.runs) {
    results.groups.push_back(read_group(store, study, run, sweeps, results.missing));
  }
  return results;
}

double last_value(const Result& result, const std::string& metric) {
  return of_last(result, &Evaluation::metrics, metric);
}

double last_recorded(const Result& result, const std::string& name) {
  return of_last(result, &Evaluation::recorded, name);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN()
                        : sum / static_cast<double>(values.size());
}

std::string describe(const tuning::Point& point, const Run& run) {
  std::string text;
  for (const auto& entry : point) {
    const auto has_it = [&](const tuning::Point& other) {
      const auto found = other.find(entry.first);
      return found != other.end() && found->second == entry.second;
    };
    const bool is_fixed =
        run.points.size() > 1 && std::all_of(run.points.begin(), run.points.end(), has_it);
    if (is_fixed) continue;
    text += fmt::format("{}{}={:.4g}", text.empty() ? "" : ", ", entry.first, entry.second);
  }
  return text;
}

}  // namespace timetrial::study
