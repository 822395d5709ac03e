#pragma once
// Runs checks one after the other, tells of each as it goes, and turns what a check throws into a
// failed result.
//
//   Checker checker({.started = …, .finished = …}, Checker::BadInput::fails);
//   checker.run("loads", [&] { return CheckResult{.passed = library.opens()}; });
//   return checker.take();

#include "harness/trial/check_result.h"

#include <functional>
#include <string>
#include <vector>

namespace timetrial {

/// Told before each check, by name, and after it, with its results.
struct CheckProgress {
  std::function<void(const std::string& name)> started;
  std::function<void(const CheckResult& result)> finished;
};

class Checker {
 public:
  /// What an InputError out of a check means.
  enum class BadInput {
    fails,  ///< that what is checked is wrong, like any other exception
    ends,   ///< that what it is checked with is wrong: run() lets it through
  };
  Checker(CheckProgress progress, BadInput bad_input)
      : progress_(std::move(progress)), bad_input_(bad_input) {}

  /// One check of several results. If it throws, its only result is a failed one of this name.
  void run_all(const std::string& name, const std::function<std::vector<CheckResult>()>& check);
  /// One check of one result, which gets this name.
  void run(const std::string& name, const std::function<CheckResult()>& check);
  /// All results so far, in order.
  std::vector<CheckResult> take() { return std::move(results_); }

 private:
  CheckProgress progress_;
  BadInput bad_input_;
  std::vector<CheckResult> results_;
};

}  // namespace timetrial
