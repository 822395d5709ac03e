#include "scoring/tradeoff_store.h"

#include "scoring/number_text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace timetrial::scoring {
namespace {

using Evaluations = std::unordered_map<std::string, Evaluation>;

double loss_of(const Evaluation& evaluation, const store::TaskRecord& task, const char* split) {
  const auto found =
      evaluation.metrics.find(fmt::format("{}/{}/{}", split, task.name, task.metric));
  if (found == evaluation.metrics.end()) return std::numeric_limits<double>::quiet_NaN();
  return task.higher_is_better ? 1 - found->second : found->second;
}

Losses losses_of(const Evaluation& evaluation, const std::vector<store::TaskRecord>& tasks,
                 const char* split) {
  Losses losses;
  for (const auto& task : tasks) losses.push_back(loss_of(evaluation, task, split));
  return losses;
}

/// Trials that say something: ended in good order, measured, not quarantined.
std::vector<store::TrialRow> usable_trials(const store::Store& store, std::int64_t sweep,
                                           const std::string& workload,
                                           const Evaluations& evaluations) {
  std::set<std::string> quarantined;
  for (const auto& row : store.quarantines()) {
    if (row.quarantined) quarantined.insert(row.trial_id);
  }
  std::vector<store::TrialRow> usable;
  for (auto& row : store.trials(sweep)) {
    const auto& id = row.trial.id;
    if (row.trial.key.workload != workload || !row.outcome || !is_regular(row.outcome->kind)) {
      continue;
    }
    if (row.outcome->kind == OutcomeKind::diverged || !evaluations.contains(id)) continue;
    if (!quarantined.contains(id)) usable.push_back(std::move(row));
  }
  return usable;
}

/// Trials of one submission with equal points, by study.
struct Cell {
  std::string submission;
  std::map<std::string, double> point;
  std::map<int, const store::TrialRow*> studies;
};

std::vector<Cell> cells_of(const std::vector<store::TrialRow>& rows) {
  std::vector<Cell> cells;
  std::map<std::pair<std::string, std::map<std::string, double>>, std::size_t> places;
  for (const auto& row : rows) {
    const auto key = std::pair(row.trial.key.submission, row.trial.point);
    const auto [place, is_new] = places.try_emplace(key, cells.size());
    if (is_new) cells.push_back({key.first, key.second, {}});
    cells[place->second].studies[row.trial.key.study] = &row;
  }
  return cells;
}

Configuration configuration_of(const Cell& cell, const std::string& label,
                               const store::WorkloadRecord& workload, int studies,
                               const Evaluations& evaluations) {
  Configuration configuration{label, point_text(cell.point), {}, {}};
  for (int study = 0; study < studies; ++study) {
    const auto found = cell.studies.find(study);
    const bool measured = found != cell.studies.end();
    const Evaluation* last = measured ? &evaluations.at(found->second->trial.id) : nullptr;
    configuration.validation.push_back(last ? losses_of(*last, workload.tasks, "validation")
                                            : Losses{});
    configuration.test.push_back(last ? losses_of(*last, workload.tasks, "test") : Losses{});
  }
  return configuration;
}

std::vector<StepCost> costs_of(const std::vector<store::TrialRow>& rows,
                               const Evaluations& evaluations) {
  std::map<std::string, std::vector<double>> seconds;
  for (const auto& row : rows) {
    const auto& last = evaluations.at(row.trial.id);
    if (last.step < 1) continue;
    seconds[row.trial.key.submission].push_back(last.submission_time_s /
                                                static_cast<double>(last.step));
  }
  std::vector<StepCost> costs;
  for (const auto& [submission, values] : seconds) {
    const auto n = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / n;
    for (const double value : values) squares += std::pow(value - mean, 2);
    costs.push_back({submission,
                     {mean, n < 2 ? std::numeric_limits<double>::infinity()
                                  : std::sqrt(squares / (n - 1) / n)}});
  }
  return costs;
}

std::vector<TaskReached> reached_of(const std::vector<store::TrialRow>& rows,
                                    const store::WorkloadRecord& workload,
                                    const Evaluations& evaluations) {
  std::map<std::pair<std::string, std::size_t>, TaskReached> counts;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < workload.tasks.size(); ++i) {
      const auto& task = workload.tasks[i];
      if (!task.validation_target) continue;
      auto& count = counts[{row.trial.key.submission, i}];
      count.submission = row.trial.key.submission;
      count.task = task.name;
      count.target = *task.validation_target;
      const auto& metrics = evaluations.at(row.trial.id).metrics;
      const auto found = metrics.find("validation/" + task.name + "/" + task.metric);
      ++count.trials;
      if (found == metrics.end()) continue;
      count.reached +=
          task.higher_is_better ? found->second >= count.target : found->second <= count.target;
    }
  }
  std::vector<TaskReached> reached;
  for (auto& [key, count] : counts) reached.push_back(std::move(count));
  return reached;
}

StoredTradeoff read_tradeoff(const store::Store& store, std::int64_t sweep,
                             const store::WorkloadRecord& workload,
                             const Evaluations& evaluations) {
  StoredTradeoff tradeoff{workload.name, {}, {}, {}};
  for (const auto& task : workload.tasks) tradeoff.input.tasks.push_back(task.name);
  const auto rows = usable_trials(store, sweep, workload.name, evaluations);
  int studies = 0;
  for (const auto& row : rows) studies = std::max(studies, row.trial.key.study + 1);
  for (const auto& cell : cells_of(rows)) {
    const auto weights = weights_of(cell.point, workload.tasks.size());
    const auto label = weights ? weights_text(*weights) : cell.submission;
    auto configuration = configuration_of(cell, label, workload, studies, evaluations);
    if (weights) {
      tradeoff.input.sweep.push_back(std::move(configuration));
      tradeoff.input.weights.push_back(*weights);
    } else {
      tradeoff.input.methods.push_back(std::move(configuration));
    }
  }
  tradeoff.costs = costs_of(rows, evaluations);
  tradeoff.reached = reached_of(rows, workload, evaluations);
  return tradeoff;
}

TextTable cost_table(const std::vector<StepCost>& costs) {
  TextTable table;
  table.id = "cost";
  table.caption =
      "Submission time of a step, mean over trials ± standard error; the clock charges "
      "whatever a method computes.";
  table.columns = {{"Submission"}, {"ms a step", true}, {"Of the cheapest", true}};
  double least = std::numeric_limits<double>::infinity();
  for (const auto& cost : costs) least = std::min(least, cost.seconds.value);
  for (const auto& cost : costs) {
    table.rows.push_back({{cost.submission, {}},
                          {fmt::format("{:.3f} ± {:.3f}", 1e3 * cost.seconds.value,
                                       1e3 * cost.seconds.standard_error),
                           cost.seconds.value},
                          {ratio_text(cost.seconds.value / least), cost.seconds.value / least}});
  }
  return table;
}

TextTable reached_table(const std::vector<TaskReached>& reached) {
  TextTable table;
  table.id = "targets";
  table.caption = "Trials that meet a task's own target at their end.";
  table.columns = {{"Submission"}, {"Task"}, {"Target", true}, {"Met"}};
  for (const auto& row : reached) {
    table.rows.push_back({{row.submission, {}},
                          {row.task, {}},
                          {fmt::format("{:g}", row.target), row.target},
                          {fmt::format("{} of {}", row.reached, row.trials), {}}});
  }
  return table;
}

Section section_of(const StoredTradeoff& tradeoff) {
  const auto report = make_tradeoff(tradeoff.input);
  const auto& tasks = tradeoff.input.tasks;
  Section section{.heading = tradeoff.workload, .items = tradeoff_sentences(report)};
  for (auto table : {methods_table(report, tasks), front_table(report, tasks),
                     cost_table(tradeoff.costs), reached_table(tradeoff.reached)}) {
    if (!table.rows.empty()) section.tables.push_back(std::move(table));
  }
  if (report.front.empty()) return section;
  constexpr std::size_t kMostTasks = 4;
  const auto shown = std::min(kMostTasks, tasks.size());
  for (std::size_t i = 0; i < shown; ++i) {
    for (std::size_t j = i + 1; j < shown; ++j) {
      section.plots.emplace_back(fmt::format("{}-{}-{}", tradeoff.workload, tasks[i], tasks[j]),
                                 front_plot(report, tasks, i, j));
    }
  }
  return section;
}

}  // namespace

std::vector<StoredTradeoff> read_tradeoffs(const store::Store& store, const store::Sweep& sweep) {
  std::vector<StoredTradeoff> tradeoffs;
  const auto evaluations = store.last_evaluations(sweep.id);
  for (const auto& workload : store.workloads(sweep.id)) {
    if (workload.tasks.size() < 2) continue;
    tradeoffs.push_back(read_tradeoff(store, sweep.id, workload, evaluations));
  }
  return tradeoffs;
}

Article tradeoff_article(const store::Sweep& sweep, const std::vector<StoredTradeoff>& tradeoffs) {
  Article article{"Trade-offs of sweep " + sweep.name, {}};
  article.sections.push_back(
      {.paragraphs = {fmt::format("Rule set {} ({}), hardware profile {}.", sweep.rule_set,
                                  sweep.rule_set_hash.substr(0, 12), sweep.hardware_profile)}});
  for (const auto& tradeoff : tradeoffs) article.sections.push_back(section_of(tradeoff));
  return article;
}

std::string tradeoff_json(const store::Sweep& sweep, const std::vector<StoredTradeoff>& tradeoffs) {
  using nlohmann::json;
  const auto number = [](double value) { return std::isfinite(value) ? json(value) : json(); };
  json workloads = json::array();
  for (const auto& tradeoff : tradeoffs) {
    const auto report = make_tradeoff(tradeoff.input);
    json front = json::array(), methods = json::array();
    for (const auto& point : report.front) {
      front.push_back({{"weights", point.weights}, {"point", point.detail}, {"test", point.test}});
    }
    for (const auto& method : report.methods) {
      methods.push_back({{"submission", method.label},
                         {"point", method.detail},
                         {"test", method.test},
                         {"excess", number(method.excess.value)},
                         {"standard_error", number(method.excess.standard_error)},
                         {"bracketed", method.bracketed},
                         {"beyond_noise", is_beyond_noise(method)}});
    }
    workloads.push_back({{"name", tradeoff.workload},
                         {"tasks", tradeoff.input.tasks},
                         {"front", front},
                         {"methods", methods},
                         {"volume", report.volume ? json(*report.volume) : json()}});
  }
  return json{{"schema", "timetrial.tradeoff/1"}, {"sweep", sweep.name}, {"workloads", workloads}}
      .dump(2);
}

}  // namespace timetrial::scoring
