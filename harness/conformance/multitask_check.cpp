#include "harness/conformance/multitask_check.h"

#include "harness/conformance/recorded_methods.h"
#include "harness/trial/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::conformance {
namespace {

struct Checked {
  RecordedCombination record;
  Answers answers;
};

double largest(const std::vector<double>& numbers) {
  double most = 0;
  for (const double number : numbers) most = std::max(most, std::fabs(number));
  return most;
}

/// What errors are relative to.
double scale(const Checked& checked) {
  double result = largest(checked.record.combined);
  for (std::size_t i = 0; i < checked.answers.divisors.size(); ++i) {
    result = std::max(result, largest(checked.record.gradients[i]) / checked.answers.divisors[i]);
  }
  return result;
}

double error(const Checked& checked, const Answer& answer) {
  double most = 0;
  std::size_t group = 0;
  for (std::size_t k = 0; k < checked.record.combined.size(); ++k) {
    if (k == checked.answers.ends[group]) ++group;
    const auto& coefficients = answer.coefficients[group];
    double off = -checked.record.combined[k];
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      off += coefficients[i] * checked.record.gradients[i][k];
    }
    if (std::isnan(off)) return std::numeric_limits<double>::infinity();
    most = std::max(most, std::fabs(off));
  }
  return most == 0 ? 0 : most / scale(checked);
}

/// The answer that comes nearest.
CheckResult compare(const Checked& checked) {
  CheckResult best{.passed = false,
                   .error = std::numeric_limits<double>::infinity(),
                   .tolerance = checked.answers.tolerance};
  for (const auto& answer : checked.answers.possible) {
    const double off = error(checked, answer);
    if (!(off < best.error)) continue;
    best.error = off;
    best.passed = off <= best.tolerance;
    best.detail = answer.detail;
  }
  if (!best.passed) best.detail = checked.record.method + " gives another gradient";
  return best;
}

}  // namespace

std::vector<CheckResult> check_multitask(const std::vector<std::filesystem::path>& records,
                                         const CheckProgress& progress) {
  if (records.empty()) throw InputError("no record given; name a .json of a recorded combination");
  std::vector<Checked> all;
  for (const auto& file : records) {
    auto record = read_combination(file);
    auto answers = answer(record);
    all.push_back({std::move(record), std::move(answers)});
  }
  Checker checker(progress, Checker::BadInput::ends);
  for (const auto& checked : all) {
    checker.run(checked.record.file.stem().string(), [&] { return compare(checked); });
  }
  return checker.take();
}

}  // namespace timetrial::conformance
