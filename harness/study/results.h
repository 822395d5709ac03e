#pragma once
// What the runs of a study gave, as analyses see it.

#include "harness/store/store.h"
#include "harness/study/study.h"

#include <string>
#include <vector>

namespace timetrial::study {

/// One trial that has ended.
struct Result {
  std::string submission;
  tuning::Point point;
  int seed = 0;  ///< the study's number within the sweep
  Outcome outcome;
  std::vector<Evaluation> evaluations;  ///< those that led to its end, oldest first
  std::vector<TrainingLosses> losses;   ///< where the study records them
};

/// The runs' groups with their results.
struct Group {
  Run run;
  std::vector<Result> results;  ///< by point as the run lists them, then by seed

  /// Those of one point, by seed; shorter than the study's seeds while some have not ended.
  std::vector<const Result*> of(const tuning::Point& point) const;
};

struct Results {
  Study study;
  std::vector<Group> groups;
  std::size_t missing = 0;  ///< trials that have no outcome yet

  /// Throws InputError naming the group that the study's file lacks.
  const Group& group(const std::string& name) const;
  bool has(const std::string& name) const;
};

/// The sweep of a run, by name.
std::string sweep_name(const Study& study, const Run& run);

/// Reads what the store has of the study's sweeps.
Results read_results(const store::Store& store, const Study& study);

/// A metric of the last evaluation, such as "test/a/loss"; NaN where it was not measured, because
/// the trial diverged or failed.
double last_value(const Result& result, const std::string& metric);

/// What was recorded with the last evaluation, such as "evaluator/linear_probe/accuracy"; NaN as
/// above.
double last_recorded(const Result& result, const std::string& name);

/// What tells a point from the others of its run, such as "learning_rate=0.01, task_weight_0=0.5";
/// all of it where there are no others.
std::string describe(const tuning::Point& point, const Run& run);

/// NaN where there are none.
double mean(const std::vector<double>& values);

}  // namespace timetrial::study
