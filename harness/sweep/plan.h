#pragma once
// From a request to the rows of a sweep: submissions × workloads × studies × trials, with their
// points, seeds and provenance. Nothing runs here, and nothing is written.

#include "harness/rulesets/rule_set.h"
#include "harness/store/store.h"
#include "harness/tuning/search_space.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

/// A workload of this build, as `timetrial-worker describe` tells.
struct KnownWorkload {
  std::string name, base, metric, dataset, configuration;
  bool higher_is_better = true;
  bool official_data = false;                 ///< which the user brings
  std::vector<store::TaskRecord> tasks = {};  ///< without targets, which are the rules'
};
/// Parses that answer. Throws InputError when it is not what this program expects.
std::vector<KnownWorkload> parse_described(const std::string& json);

/// What the user asked for.
struct Request {
  std::string name;  ///< of the sweep
  /// Names or globs of built-in ones, or paths to a .so. Under external tuning a glob means those
  /// that have the search space, under self-tuning those that have none.
  std::vector<std::string> submissions;
  std::vector<std::string> workloads;  ///< names or globs; none: all of the rule set
  std::string rule_set = "mini-1";
  rulesets::Tuning tuning = rulesets::Tuning::external;
  std::optional<int> studies, trials;  ///< unset: the rule set's
  std::uint64_t seed = 0;
  std::optional<std::int64_t> max_steps;
  bool blind = false;          ///< the submission is not told names, nor the order of parameters
  bool record_losses = false;  ///< the training losses of the steps go to the store
  std::vector<std::string> evaluators;    ///< what looks at the model in the end
  Diagnosis diagnose;                     ///< what is measured of the model with each evaluation
  std::int64_t evaluate_examples = 0;     ///< of each held-back split, the first ones; 0: all
  std::vector<std::int64_t> evaluate_at;  ///< steps; none: by time, as the rules say
  std::optional<tuning::Point> point;     ///< one fixed point instead of the search space's
  /// Instead of each submission's own: a file, or the word of another one that it brings.
  std::optional<std::string> search_space;
};

/// Where things are, and what the machine is.
struct Surroundings {
  std::filesystem::path submissions_dir;
  std::filesystem::path data_dir;
  std::vector<KnownWorkload> workloads;
  std::string hardware_json, versions_json;
};

struct Plan {
  store::Sweep sweep;
  std::vector<store::SubmissionRecord> submissions;
  std::vector<store::WorkloadRecord> workloads;
  std::vector<store::Trial> trials;  ///< in the order they will run
};

/// Throws InputError for anything that cannot be run: unknown names, incompatible libraries,
/// missing search spaces or data, too few points.
Plan make_plan(const Request& request, const Surroundings& surroundings);

/// For Request::evaluate_at: `count` steps in equal distances, the last one `last`; fewer if there
/// are not as many.
std::vector<std::int64_t> spread_steps(std::int64_t last, int count);

/// The most submission time that the trials may take, seconds.
double budget_s(const std::vector<store::Trial>& trials);

}  // namespace timetrial::sweep
