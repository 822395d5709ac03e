#pragma once
// A submission's tuning search space and the points drawn from it.
//
// File: search_space.json, in AlgoPerf's two forms (docs/DOCUMENTATION.md, external tuning):
//   {"learning_rate": {"min": 1e-4, "max": 1e-2, "scaling": "log"}, "beta1": {"feasible_points":
//   [0.9]}}
//   [{"learning_rate": 1e-3, "beta1": 0.9}, …]           explicit points with equal keys
// Values are numbers or booleans (read as 0 and 1).

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace timetrial::tuning {

using Point = std::map<std::string, double>;

struct Range {
  double min = 0, max = 0;
  bool log = false;
};
struct Choices {
  std::vector<double> values;
};

struct SearchSpace {
  std::map<std::string, std::variant<Range, Choices>> dimensions;  ///< object form
  std::vector<Point> points;                                       ///< list form
  std::string hash;                                                ///< SHA-256 of the text, hex
  bool is_list() const { return !points.empty(); }
};

/// Throws InputError with file, line or key, expectation and remedy.
SearchSpace parse(const std::string& text, const std::string& file_name);
SearchSpace read(const std::filesystem::path& file);

/// The points of a study's trials: a function of (space, submission, study) alone, so that every
/// process computes the same ones; the first k of n points are the points for k trials. Object
/// form: a scrambled Halton sequence (Owen 2017, "A randomized Halton algorithm in R"), one draw of
/// the scrambling per (submission, study). List form: sampled without replacement in an order drawn
/// likewise; throws InputError when `trials` exceeds its length.
std::vector<Point> draw(const SearchSpace& space, const std::string& submission, int study,
                        int trials);

/// Throws InputError naming hyperparameter and range if `point` is not of `space`.
void check(const Point& point, const SearchSpace& space);

}  // namespace timetrial::tuning
