#pragma once
// The trade-offs of a sweep, from the store: one for each of its multi-task workloads.
//
// Configurations  trials of one submission with equal points; studies are their seeds. Points that
//                 give task_weight_0, task_weight_1, … are the sweep of static weights, all others
//                 methods
// Losses          each task's metric at the end of training; one that is better when higher enters
//                 as 1 - value, so it must be a share
// Quarantined and irregularly ended trials count as not measured

#include "harness/store/store.h"
#include "scoring/article.h"
#include "scoring/tradeoff_report.h"

#include <string>
#include <vector>

namespace timetrial::scoring {

/// What steps cost a submission on the machine that ran it.
struct StepCost {
  std::string submission;
  Estimate seconds;  ///< of submission time a step, mean over trials
};

/// How often a task's own target was met at the end.
struct TaskReached {
  std::string submission, task;
  double target = 0;
  int reached = 0, trials = 0;
};

struct StoredTradeoff {
  std::string workload;
  TradeoffInput input;
  std::vector<StepCost> costs;
  std::vector<TaskReached> reached;
};

/// Empty where no workload of the sweep has several tasks.
std::vector<StoredTradeoff> read_tradeoffs(const store::Store& store, const store::Sweep& sweep);

/// Tables, plots of every pair of the first four tasks, and what they say.
Article tradeoff_article(const store::Sweep& sweep, const std::vector<StoredTradeoff>& tradeoffs);

/// Keys: schema, sweep, workloads: name, tasks, front, methods (label, point, test, excess,
/// standard_error, bracketed, beyond_noise), volume.
std::string tradeoff_json(const store::Sweep& sweep, const std::vector<StoredTradeoff>& tradeoffs);

}  // namespace timetrial::scoring
