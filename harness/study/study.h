#pragma once
// A finding of a paper as an experiment that may come out either way: runs, statistics of them, and
// thresholds that are written down before anything has run. Studies are TOML files of the folder
// studies/, compiled in.
//
//   name = "multitask_tradeoff"        title, claim, source, differences: what a page says of it
//   workload = "teacher_two_tasks"
//   seeds = 8                          studies of a sweep; the same in every run
//   steps = 3000, evaluations = 1      evenly spread, the last one at the end
//   diagnose = ["sharpness"]           what every trial measures with its evaluations, if anything
//   evaluators = ["linear_probe"]      what looks at every model in the end (docs/evaluators.md)
//   [analysis]                         kind = "tradeoff" and what that analysis asks for
//   [short]                            what --short makes of it: seeds, steps, points; and, if not
//                                      all of them, groups and examples (short_form.h)
//   [[runs]]                           one sweep: group, submission, its points
//   diagnose = ["activations"]         instead of the study's, which costs time in every trial
//   points = [{ … }], grid = { learning_rate = [ … ] }, fixed = { … }     all combinations
//   [[gates]]                          name, statistic, at_least or at_most
//   precondition = true                without it the experiment cannot tell anything
//   control = true                     a negative control: the gate must not hold

#include "harness/trial/diagnosis.h"
#include "harness/tuning/search_space.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::study {

/// One submission on one workload with several points: a sweep of its own.
struct Run {
  std::string group;  ///< what it is to the analysis; unique
  std::string submission, workload;
  std::vector<tuning::Point> points;
  std::vector<std::int64_t> evaluate_at;   ///< steps, rising
  std::optional<Diagnosis> diagnose = {};  ///< instead of the study's
};

enum class GateKind {
  gate,          ///< the claim, or a part of it
  precondition,  ///< must hold, or the experiment cannot tell anything of the claim
  control,       ///< a negative control: must not hold, or the same
};
const char* to_string(GateKind kind);

/// A threshold on a statistic.
struct Gate {
  std::string name;       ///< a sentence: what must be true
  std::string statistic;  ///< of the analysis
  std::optional<double> at_least, at_most;
  GateKind kind = GateKind::gate;
};

/// The words of a text, which blanks separate: the names of groups in AnalysisTerms::words.
std::vector<std::string> words_of(const std::string& text);

/// What the analysis is and what it needs to know.
struct AnalysisTerms {
  std::string kind;
  std::vector<std::string> metrics;  ///< of the tasks, such as "a/loss"
  std::vector<std::string> tasks;    ///< names for pages, one for each metric
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> words;

  /// Throw InputError naming what the study's file lacks.
  double number(const std::string& name) const;
  const std::string& word(const std::string& name) const;
};

/// What --short makes of a study: enough to see that everything runs, too little for a verdict.
struct ShortForm {
  int seeds = 1;
  std::int64_t steps = 1;
  std::size_t points = 1;           ///< of each run, the first ones
  std::vector<std::string> groups;  ///< the runs that are left, with their words; none: all
  std::int64_t examples = 0;        ///< of each held-back split, the first ones; 0: all
};

struct Study {
  std::string name, title, claim, source;
  std::vector<std::string> differences;  ///< from the paper, a sentence each
  std::string text, hash;                ///< the file's, for provenance
  int seeds = 3;
  bool record_losses = false;
  Diagnosis diagnose;                   ///< what every trial measures with its evaluations
  std::vector<std::string> evaluators;  ///< what looks at every model in the end, if anything
  std::int64_t evaluate_examples = 0;   ///< of each held-back split, the first ones; 0: all
  bool is_short = false;
  AnalysisTerms analysis;
  ShortForm short_form;
  std::vector<Run> runs;
  std::vector<Gate> gates;

  /// Throws std::out_of_range for an unknown group.
  const Run& run(const std::string& group) const;
  std::size_t trials() const;
};

/// Names of the studies, sorted.
std::vector<std::string> names();
/// The study of that name, or the TOML file at `name` when it ends in ".toml". Throws InputError:
/// unknown name (nearest ones listed), unknown key or wrong type (file:line:column).
Study load(const std::string& name);
/// From its text; `origin` stands for the file in errors.
Study parse(const std::string& text, const std::string& origin);
/// As `timetrial study run --short` runs it.
Study shortened(Study study);

}  // namespace timetrial::study
