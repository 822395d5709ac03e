#include "harness/store/store.h"

#include "harness/trial/sha256.h"

#include <fmt/core.h>

namespace timetrial::store {
namespace {

/// Length before content, so that no two lists of fields run together.
void add_field(Sha256& hash, const std::string& field) {
  hash.update(fmt::format("{}:", field.size())).update(field);
}

}  // namespace

std::string trial_id(const Sweep& sweep, const SubmissionRecord& submission,
                     const WorkloadRecord& workload, const Trial& trial) {
  Sha256 hash;
  for (const auto& field :
       {std::string("timetrial trial 1"), sweep.rule_set_hash, sweep.tuning, sweep.hardware_profile,
        submission.name, submission.library_hash, submission.search_space_hash, workload.name,
        workload.configuration_hash, workload.data_hash, std::to_string(trial.key.study),
        std::to_string(trial.key.trial), std::to_string(trial.seed),
        fmt::format("{:.17g}", trial.budget_s),
        sweep.max_steps ? std::to_string(*sweep.max_steps) : std::string("none")}) {
    add_field(hash, field);
  }
  for (const auto& [name, value] : trial.point) {
    add_field(hash, name);
    add_field(hash, fmt::format("{:.17g}", value));
  }
  return hash.hex();
}

}  // namespace timetrial::store
