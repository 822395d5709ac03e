#include "scoring/tradeoff_report.h"

#include <fmt/core.h>

#include <algorithm>

namespace timetrial::scoring {
namespace {

std::string loss_text(double mean, double error) {
  return fmt::format("{:.4f} ± {:.4f}", mean, error);
}

void add_losses(std::vector<TableCell>& row, const Losses& mean, const Losses& error) {
  for (std::size_t task = 0; task < mean.size(); ++task) {
    row.push_back({loss_text(mean[task], error[task]), mean[task]});
  }
}

/// Of the front, as a share of the box that reaches to its worst loss in each task.
double volume_share(const std::vector<FrontPoint>& front) {
  const auto corner = worst_losses(front);
  double box = 1;
  for (const double side : corner) box *= side;
  return hypervolume(test_losses(front), corner) / box;
}

}  // namespace

Losses worst_losses(const std::vector<FrontPoint>& front) {
  Losses worst(front.front().test.size(), 0);
  for (const auto& point : front) {
    for (std::size_t k = 0; k < worst.size(); ++k) worst[k] = std::max(worst[k], point.test[k]);
  }
  return worst;
}

std::vector<Losses> test_losses(const std::vector<FrontPoint>& front) {
  std::vector<Losses> losses;
  for (const auto& point : front) losses.push_back(point.test);
  return losses;
}

TradeoffReport make_tradeoff(const TradeoffInput& input) {
  TradeoffReport report;
  report.front = choose_front(input.sweep, input.weights);
  if (report.front.empty()) return report;
  report.methods = compare_with_front(input.methods, input.sweep, report.front, input.between);
  report.volume = volume_share(report.front);
  return report;
}

bool is_beyond_noise(const MethodComparison& method) {
  return method.excess.value > 2 * method.excess.standard_error;
}

TextTable methods_table(const TradeoffReport& report, const std::vector<std::string>& tasks) {
  TextTable table;
  table.id = "methods";
  table.caption =
      "Each method at the point that validation chose. Test losses are means over seeds ± standard "
      "error; excess is the logarithm of the factor by which a method lies beyond the front of "
      "static weights (0: on it), ± the jackknife's standard error.";
  table.columns = {{"Method"}, {"Point"}};
  for (const auto& task : tasks) table.columns.push_back({"Test loss, " + task, true});
  table.columns.push_back({"Excess", true});
  table.columns.push_back({"Bracketed"});
  for (const auto& method : report.methods) {
    std::vector<TableCell> row{{method.label, {}}, {method.detail, {}}};
    add_losses(row, method.test, method.test_error);
    row.push_back(
        {fmt::format("{:+.3f} ± {:.3f}", method.excess.value, method.excess.standard_error),
         method.excess.value});
    row.push_back({method.bracketed ? "yes" : "no", {}});
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable front_table(const TradeoffReport& report, const std::vector<std::string>& tasks) {
  TextTable table;
  table.id = "front";
  table.caption = "Static weights of the tasks, each at the point that validation chose.";
  table.columns = {{"Weights"}, {"Point"}};
  for (const auto& task : tasks) table.columns.push_back({"Test loss, " + task, true});
  for (const auto& point : report.front) {
    std::vector<TableCell> row{{point.label, {}}, {point.detail, {}}};
    add_losses(row, point.test, point.test_error);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Scatter front_plot(const TradeoffReport& report, const std::vector<std::string>& tasks,
                   std::size_t first, std::size_t second) {
  Scatter plot;
  plot.title = "Test losses: static weights and methods";
  plot.description =
      "The line joins the points of the sweep of static weights that no other beats in all tasks; "
      "every method is one point.";
  plot.x = {"test loss, " + tasks[first], true};
  plot.y = {"test loss, " + tasks[second], true};
  ScatterSeries line{"front of static weights", {}, true, false}, all{"static weights", {}};
  for (const auto& point : report.front) {
    all.points.push_back({point.test[first], point.test[second], 0, 0, "weights " + point.label});
  }
  for (const auto& point : front_of(test_losses(report.front))) {
    line.points.push_back({point[first], point[second]});
  }
  if (tasks.size() == 2) plot.series.push_back(std::move(line));
  plot.series.push_back(std::move(all));
  for (const auto& method : report.methods) {
    ScatterSeries series{method.label, {}};
    series.points.push_back({method.test[first], method.test[second], method.test_error[first],
                             method.test_error[second], method.label + ", " + method.detail});
    plot.series.push_back(std::move(series));
  }
  return plot;
}

std::vector<std::string> tradeoff_sentences(const TradeoffReport& report) {
  if (report.front.empty()) {
    return {
        "No static weights were measured, so there is no front to compare with: add a "
        "submission that takes task_weight_0, task_weight_1, …, with a point for each mix."};
  }
  std::string beyond, outside;
  for (const auto& method : report.methods) {
    if (is_beyond_noise(method)) beyond += (beyond.empty() ? "" : ", ") + method.label;
    if (!method.bracketed) outside += (outside.empty() ? "" : ", ") + method.label;
  }
  if (report.methods.empty()) return {"There is no method beside the static weights."};
  std::vector<std::string> sentences{
      beyond.empty() ? "No method lies beyond the front of static weights by more than noise."
                     : "Beyond the front by more than two standard errors: " + beyond + "."};
  if (!outside.empty()) {
    sentences.push_back("The sweep of weights ends before it brackets " + outside +
                        ": their excess may be the sweep's gap, not their merit. Add weights.");
  }
  if (report.volume) {
    sentences.push_back(
        fmt::format("The front of {} weights covers {:.4f} of the box up to its worst losses.",
                    report.front.size(), *report.volume));
  }
  return sentences;
}

std::optional<Losses> weights_of(const std::map<std::string, double>& point, std::size_t tasks) {
  Losses weights;
  double sum = 0;
  for (std::size_t task = 0; task < tasks; ++task) {
    const auto found = point.find(fmt::format("task_weight_{}", task));
    weights.push_back(found == point.end() ? 0 : found->second);
    sum += weights.back();
  }
  if (!(sum > 0)) return std::nullopt;
  for (auto& weight : weights) weight /= sum;
  return weights;
}

std::string weights_text(const Losses& weights) {
  std::string text;
  for (const double weight : weights) {
    text += fmt::format("{}{:.4g}", text.empty() ? "" : ":", weight);
  }
  return text;
}

}  // namespace timetrial::scoring
