#pragma once
// A trade-off as tables and a plot: the front that a sweep of static weights reaches, and where
// each method lies beside it. Never one average over tasks.

#include "scoring/plot_scatter.h"
#include "scoring/report_tables.h"
#include "scoring/tradeoff.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

/// What was run, each configuration with the same seeds.
struct TradeoffInput {
  std::vector<std::string> tasks;    ///< names, in the order of losses
  std::vector<Configuration> sweep;  ///< of static weights; label: the weights
  std::vector<Losses> weights;       ///< of each configuration of the sweep
  std::vector<Configuration> methods;
  int between = 31;  ///< points between two neighbours of the front; see interpolated()
};

struct TradeoffReport {
  std::vector<FrontPoint> front;  ///< empty: nothing to compare with
  std::vector<MethodComparison> methods;
  std::optional<double> volume;  ///< of the front, as a share of the box up to its worst losses
};

TradeoffReport make_tradeoff(const TradeoffInput& input);

/// The front's worst test loss of each task: the corner that hypervolumes are measured from.
Losses worst_losses(const std::vector<FrontPoint>& front);
/// The test losses of the front's points.
std::vector<Losses> test_losses(const std::vector<FrontPoint>& front);

/// An excess that two standard errors do not explain.
bool is_beyond_noise(const MethodComparison& method);

TextTable methods_table(const TradeoffReport& report, const std::vector<std::string>& tasks);
TextTable front_table(const TradeoffReport& report, const std::vector<std::string>& tasks);
/// Of two tasks (`first`, `second`: their places), both axes logarithmic.
Scatter front_plot(const TradeoffReport& report, const std::vector<std::string>& tasks,
                   std::size_t first, std::size_t second);
/// What the report says in words: who lies beyond the front, what the sweep does not bracket.
std::vector<std::string> tradeoff_sentences(const TradeoffReport& report);

/// The weights that a point gives to K tasks by the hyperparameters task_weight_0, task_weight_1,
/// …, of sum 1; nothing if it gives none.
std::optional<Losses> weights_of(const std::map<std::string, double>& point, std::size_t tasks);
/// "0.9:0.1"
std::string weights_text(const Losses& weights);

}  // namespace timetrial::scoring
