#include "scoring/sweep_divergence.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace timetrial::scoring {
namespace {

constexpr double kLeastAuc = 0.55;  // 0.5 is chance

const store::WorkloadRecord& find(const std::vector<store::WorkloadRecord>& workloads,
                                  const std::string& name) {
  return *std::find_if(workloads.begin(), workloads.end(),
                       [&](const store::WorkloadRecord& w) { return w.name == name; });
}

bool is_settled(const TrialDivergence& trial) {
  return trial.outcome || trial.divergence.sign == DivergenceSign::loss_not_finite;
}

std::vector<DivergenceCounts> count(const std::vector<TrialDivergence>& trials) {
  using Group = std::tuple<std::string, std::string, std::map<std::string, double>>;
  std::map<Group, std::map<DivergenceKind, int>> groups;
  for (const auto& trial : trials) {
    ++groups[{trial.key.submission, trial.key.workload, trial.point}][trial.divergence.kind];
  }
  std::vector<DivergenceCounts> counts;
  for (const auto& [group, kinds] : groups) {
    const auto& [submission, workload, point] = group;
    counts.push_back({submission, workload, point, kinds});
  }
  return counts;
}

}  // namespace

std::optional<MetricLimit> usual_limit(const std::string& metric, bool higher_is_better) {
  if (!higher_is_better || !(metric == "auc" || metric.ends_with("_auc"))) return {};
  return MetricLimit{kLeastAuc, higher_is_better};
}

TrialEnding ending_of(const store::TrialRow& row, const store::WorkloadRecord& workload,
                      const Evaluation* last, const LimitChoice& limit) {
  TrialEnding ending;
  if (row.outcome && row.outcome->kind == OutcomeKind::diverged) {
    ending.not_finite_at = row.outcome->step;
  }
  if (limit.value) {
    ending.limit = MetricLimit{*limit.value, workload.higher_is_better};
  } else if (limit.usual) {
    ending.limit = usual_limit(workload.metric, workload.higher_is_better);
  }
  if (last == nullptr) return ending;
  const auto metric = last->metrics.find("validation/" + workload.metric);
  if (metric != last->metrics.end()) ending.metric = metric->second;
  ending.metric_step = last->step;
  return ending;
}

SweepDivergence find_divergences(const store::Store& store, const store::Sweep& sweep,
                                 const LimitChoice& limit) {
  SweepDivergence result;
  result.sweep = sweep.name;
  const auto workloads = store.workloads(sweep.id);
  const auto evaluations = store.last_evaluations(sweep.id);
  for (const auto& row : store.trials(sweep.id)) {
    const auto last = evaluations.find(row.trial.id);
    const TrialEnding ending =
        ending_of(row, find(workloads, row.trial.key.workload),
                  last == evaluations.end() ? nullptr : &last->second, limit);
    const auto losses = store.training_losses(row.trial.id);
    if (!losses.empty()) ++result.recorded;
    TrialDivergence trial{row.trial.key, row.trial.point, {}, ending.metric, {}};
    if (row.outcome) trial.outcome = row.outcome->kind;
    trial.divergence = find_divergence(losses, ending);
    if (!is_settled(trial)) {
      trial.divergence = {.losses = trial.divergence.losses, .stride = trial.divergence.stride};
    }
    result.trials.push_back(std::move(trial));
  }
  result.counts = count(result.trials);
  return result;
}

}  // namespace timetrial::scoring
