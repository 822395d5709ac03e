#pragma once
// Reads a tuning point value by value, checks each, and refuses names that the submission does not
// know, so that a misspelt search space fails before it costs a trial.
//
//   timetrial::HyperparameterReader read(training.hyperparameters());
//   learning_rate_ = read.positive("learning_rate");
//   beta1_ = read.fraction("beta1", 0.9);  // 0.9 when the point has none
//   read.finish();
//
// Names that others use are understood too: "lr" for learning_rate, "eps" for epsilon, and
// "one_minus_beta1" (so too for any name) for 1 - beta1, as in AlgoPerf's search spaces.

#include <timetrial/training.h>

#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace timetrial {

/// All calls throw std::invalid_argument naming hyperparameter, value and range; without a value
/// for a missing one, a missing name is an error too.
class HyperparameterReader {
 public:
  /// Borrows `point`.
  explicit HyperparameterReader(const Hyperparameters& point) : point_(point) {}

  /// A finite value above 0.
  double positive(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value > 0 && std::isfinite(value), name, value, "a finite value above 0");
  }
  /// A finite value of at least 0.
  double non_negative(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value >= 0 && std::isfinite(value), name, value, "a finite value of at least 0");
  }
  /// A value in [0, 1).
  double fraction(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value >= 0 && value < 1, name, value, "a value in [0, 1)");
  }
  /// A value in (0, 1).
  double inner_fraction(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value > 0 && value < 1, name, value, "a value in (0, 1)");
  }
  /// A value in [0, 1].
  double closed_fraction(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value >= 0 && value <= 1, name, value, "a value in [0, 1]");
  }
  /// One of 0, 1, …, last: a choice among words.
  int choice(const std::string& name, int last, std::optional<int> otherwise = {}) {
    const double value = take(name, otherwise);
    return static_cast<int>(require(value >= 0 && value <= last && value == std::floor(value), name,
                                    value, "a whole number from 0 to " + std::to_string(last)));
  }
  /// A whole number of at least 1, no larger than a double counts exactly.
  double whole(const std::string& name, std::optional<double> otherwise = {}) {
    const double value = take(name, otherwise);
    return require(value >= 1 && value <= 0x1p53 && value == std::floor(value), name, value,
                   "a whole number of at least 1");
  }
  /// A finite value above 0 if the point has one.
  std::optional<double> optional_positive(const std::string& name) {
    known_.insert(name);
    if (!point_.contains(name)) return {};
    return positive(name);
  }
  /// A value in [0, 1) if the point has one.
  std::optional<double> optional_fraction(const std::string& name) {
    known_.insert(name);
    if (!point_.contains(name)) return {};
    return fraction(name);
  }

  bool contains(const std::string& name) {
    known_.insert(name);
    return find(name).has_value();
  }

  /// Call when all has been read: throws for a name in the point that nobody asked for.
  void finish() const {
    for (const auto& [name, value] : point_.values()) {
      if (used_.count(name) != 0 || known_.count(name) != 0) continue;
      std::string list;
      for (const auto& known : known_) list += (list.empty() ? "" : ", ") + known;
      throw std::invalid_argument("unknown hyperparameter '" + name + "'; this submission " +
                                  (list.empty() ? "has none: it tunes itself" : "has " + list));
    }
  }

 private:
  struct Found {
    std::string name;  ///< as the point spells it
    double value;
  };

  std::optional<Found> find(const std::string& name) const {
    if (point_.contains(name)) return Found{name, point_.at(name)};
    const std::string other = name == "learning_rate" ? "lr" : name == "epsilon" ? "eps" : "";
    if (!other.empty() && point_.contains(other)) return Found{other, point_.at(other)};
    const std::string complement = "one_minus_" + name;
    if (point_.contains(complement)) return Found{complement, 1 - point_.at(complement)};
    return {};
  }

  double take(const std::string& name, std::optional<double> otherwise) {
    known_.insert(name);
    const auto found = find(name);
    if (found) {
      used_.insert(found->name);
      return found->value;
    }
    if (!otherwise) {
      throw std::invalid_argument("hyperparameter '" + name + "' is missing from the tuning point");
    }
    return *otherwise;
  }

  static double require(bool good, const std::string& name, double value,
                        const std::string& range) {
    if (good) return value;
    std::ostringstream message;
    message << name << " = " << value << ", expected " << range;
    throw std::invalid_argument(message.str());
  }

  const Hyperparameters& point_;
  std::set<std::string> known_;  ///< names asked for
  std::set<std::string> used_;   ///< spellings of the point that were taken
};

}  // namespace timetrial
