#include "tests/support/example_results.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>

namespace timetrial::test {
namespace {

using scoring::Cell;
using scoring::CurvePoint;
using scoring::Results;
using scoring::StudyResult;
using scoring::TrialResult;
using scoring::WorkloadTerms;

struct Kind {
  WorkloadTerms terms;
  double start = 0, floor = 1;  ///< metric before training, and where a curve tends to
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> list = {
      {{"fashion_mnist_vit", "", "accuracy", true, 0.86, 90}, 0.10, 0.89},
      {{"gcide_lm", "", "loss", false, 1.62, 110}, 4.6, 1.45},
      {{"movielens_dlrm", "", "loss", false, 0.531, 60}, 0.69, 0.515},
      {{"librispeech_conformer", "", "wer", false, 0.0858, 61000}, 1.1, 0.075},
      {{"librispeech_deepspeech", "", "wer", false, 0.1198, 55000}, 1.2, 0.105},
      {{"wmt", "", "bleu", true, 30.85, 48000}, 2, 32.4},
      {{"ogbg", "", "mean_average_precision", true, 0.28, 18000}, 0.02, 0.295},
      {{"fastmri", "", "ssim", true, 0.7235, 8900}, 0.45, 0.735},
  };
  return list;
}

Kind kind(const ExampleShape& shape, int workload) {
  const int variant = workload - (shape.workloads - shape.variants);
  if (variant >= 0) {
    Kind result = kind({.workloads = shape.workloads}, variant);
    result.terms.base = result.terms.name;
    result.terms.name += "_post_ln";
    return result;
  }
  Kind result = kinds()[static_cast<std::size_t>(workload) % kinds().size()];
  if (workload >= static_cast<int>(kinds().size())) result.terms.name += std::to_string(workload);
  return result;
}

std::string submission_name(int index) {
  static const std::vector<std::string> names = {
      "adamw",      "schedule_free_adamw", "lion",     "nesterov",   "distributed_shampoo",
      "nadamw_seq", "cyclic_lr",           "lawa_ema", "lawa_queue", "generalized_adam",
      "baseline"};
  const auto i = static_cast<std::size_t>(index);
  return i < names.size() ? names[i] : fmt::format("submission_{}", index);
}

/// Falls (or rises) exponentially with the given rate per budget, with noise that fades.
TrialResult make_trial(const Kind& kind, int number, double rate, int evaluations,
                       std::mt19937_64& random) {
  std::uniform_real_distribution<double> noise(-1, 1);
  TrialResult trial;
  trial.trial = number;
  trial.point = scoring::SharedPoint::Values{{"learning_rate", std::pow(10.0, -2.5 + noise(random))},
                                    {"beta1", 0.9 + 0.05 * noise(random)},
                                    {"weight_decay", 0.01}};
  Outcome outcome{OutcomeKind::budget_spent, "", 0, 0};
  for (int i = 1; i <= evaluations; ++i) {
    const double part = static_cast<double>(i) / evaluations;
    const double gap = std::exp(-rate * part) * (1 + 0.04 * noise(random));
    CurvePoint point{kind.terms.budget_s * part, i * 40,
                     kind.floor + (kind.start - kind.floor) * gap, i - 1};
    trial.curve.push_back(point);
    outcome.step = point.step;
    outcome.submission_time_s = point.submission_time_s;
    if (!kind.terms.reached_by(point.value)) continue;
    outcome.kind = OutcomeKind::target_reached;
    break;
  }
  trial.outcome = outcome;
  trial.submission_time_s = outcome.submission_time_s;
  trial.evaluation_time_s = 0.4 * static_cast<double>(trial.curve.size());
  return trial;
}

Cell make_cell(const ExampleShape& shape, int submission, int workload, std::mt19937_64& random) {
  std::uniform_real_distribution<double> spread(0.75, 1.25);
  const Kind what = kind(shape, workload);
  Cell cell{submission_name(submission), what.terms.name, {}};
  for (int study = 0; study < shape.studies; ++study) {
    StudyResult result{study, {}};
    for (int trial = 0; trial < shape.trials; ++trial) {
      const double rate = (9.0 - 1.6 * (submission % 4) - 0.2 * (submission / 4)) * spread(random);
      result.trials.push_back(make_trial(what, trial, rate, shape.evaluations, random));
    }
    cell.studies.push_back(std::move(result));
  }
  return cell;
}

void cut_to(TrialResult& trial, std::size_t evaluations, const Outcome& outcome) {
  trial.curve.resize(std::min(trial.curve.size(), evaluations));
  trial.outcome = outcome;
  trial.outcome->step = trial.curve.back().step;
  trial.outcome->submission_time_s = trial.curve.back().submission_time_s;
  trial.submission_time_s = trial.curve.back().submission_time_s;
}

/// Needs at least 4 submissions, 3 workloads and 2 trials.
void add_mishaps(Results& results) {
  auto& cells = results.cells;
  const std::size_t row = results.workloads.size();
  cut_to(
      cells[1].studies[0].trials[1], 3,
      {OutcomeKind::crashed, "worker ended by signal 11 (segmentation fault) in step 121", 0, 0});
  cut_to(cells[3 * row].studies[0].trials[0], 4,
         {OutcomeKind::diverged, "validation/accuracy is not finite", 0, 0});
  cells[3 * row].studies[0].trials[0].curve.back().value = std::numeric_limits<double>::quiet_NaN();
  auto& open = cells[2 * row + 2].studies[0].trials[1];
  cut_to(open, 5, {OutcomeKind::interrupted, "", 0, 0});
  open.outcome.reset();
  cells[3 * row + 2].studies.pop_back();
}

}  // namespace

Results example_results(const ExampleShape& shape) {
  std::mt19937_64 random(shape.seed);
  Results results;
  results.provenance = {.sweep = "example",
                        .rule_set = "mini-1",
                        .rule_set_hash = std::string(64, 'a'),
                        .tuning = "external",
                        .hardware_profile = "cpu-2core",
                        .store_hash = std::string(64, 'b'),
                        .versions = {{"timetrial", "0.1.0"}, {"libtorch", "2.11.0"}},
                        .created_ns = 1'795'000'000'000'000'000,
                        .max_steps = std::nullopt};
  results.planned_studies = shape.studies;
  for (int w = 0; w < shape.workloads; ++w) results.workloads.push_back(kind(shape, w).terms);
  for (int s = 0; s < shape.submissions; ++s) {
    results.submissions.push_back(submission_name(s));
    for (int w = 0; w < shape.workloads; ++w) {
      results.cells.push_back(make_cell(shape, s, w, random));
    }
  }
  if (shape.mishaps) add_mishaps(results);
  return results;
}

std::vector<CurvePoint> curve_of(const std::vector<double>& values) {
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i < values.size(); ++i) {
    curve.push_back({static_cast<double>(i + 1), static_cast<std::int64_t>(i + 1), values[i],
                     static_cast<std::int32_t>(i)});
  }
  return curve;
}

TrialResult finished_trial(int trial, std::vector<CurvePoint> curve) {
  TrialResult result;
  result.trial = trial;
  result.outcome = Outcome{OutcomeKind::budget_spent, "", 0, 0};
  if (!curve.empty()) {
    result.submission_time_s = curve.back().submission_time_s;
    result.outcome->step = curve.back().step;
    result.outcome->submission_time_s = result.submission_time_s;
  }
  result.curve = std::move(curve);
  return result;
}

Results results_of_times(const std::vector<std::vector<double>>& times) {
  Results results;
  results.provenance.sweep = "times";
  for (std::size_t s = 0; s < times.size(); ++s) {
    results.submissions.push_back(fmt::format("s{}", s));
    for (std::size_t w = 0; w < times[s].size(); ++w) {
      const std::string workload = fmt::format("w{}", w);
      if (s == 0) results.workloads.push_back({workload, "", "accuracy", true, 0.5, 1e12});
      std::vector<CurvePoint> curve;
      if (std::isfinite(times[s][w])) curve.push_back({times[s][w], 1, 0.5});
      StudyResult study{0, {finished_trial(0, std::move(curve))}};
      results.cells.push_back({results.submissions.back(), workload, {std::move(study)}});
    }
  }
  return results;
}

}  // namespace timetrial::test
