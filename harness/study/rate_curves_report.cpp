#include "harness/study/rate_curves.h"

#include "harness/study/verdict.h"

#include <fmt/core.h>

#include <cmath>
#include <map>
#include <set>

namespace timetrial::study {
namespace {

using scoring::RateLoss;
using scoring::TableCell;

std::string interval_text(const std::vector<double>& values) {
  const auto found = mean_interval(values, "");
  if (!found) return "–";
  if (!std::isfinite(found->low)) return fmt::format("{:.3f}", found->value);
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", found->value, found->low, found->high);
}

TableCell sensitivity_cell(const RateCurves& curves, const Selection& selection) {
  const auto values = sensitivities(curves, selection);
  const auto found = mean_interval(values, "");
  return {interval_text(values), found ? std::optional(found->value) : std::nullopt};
}

/// How many seeds count as their initial loss at a rate.
int at_initial(const RateCurves& curves, std::size_t rate) {
  int count = 0;
  for (const auto& seed : curves.seeds) {
    const double loss = seed.losses[rate].loss;
    if (!std::isfinite(loss) || loss >= seed.initial_loss) ++count;
  }
  return count;
}

std::string loss_text(const RateCurves& curves, std::size_t rate, double mean) {
  std::string text = std::isfinite(mean) ? fmt::format("{:.3f}", mean) : "–";
  const int lost = at_initial(curves, rate);
  if (lost > 0) text += fmt::format(" ({} lost)", lost);
  return text;
}

const RateLoss* best_of(const std::vector<RateLoss>& curve) {
  const RateLoss* best = nullptr;
  for (const auto& point : curve) {
    if (std::isfinite(point.loss) && (best == nullptr || point.loss < best->loss)) best = &point;
  }
  return best;
}

std::set<double> rates_of(const std::vector<RateCurves>& all) {
  std::set<double> rates;
  for (const auto& curves : all) {
    for (const auto& point : mean_curve(curves)) rates.insert(point.rate);
  }
  return rates;
}

}  // namespace

scoring::TextTable sensitivity_table(const std::vector<RateCurves>& all, const CurveTerms& terms) {
  scoring::TextTable table;
  table.id = "sensitivity";
  table.caption = fmt::format(
      "Mean {} at the end by learning rate, and S, the mean over rates of what lies above the "
      "best: "
      "over all rates, over {:g} to {:g}, and over the {} rates around each curve's own best (95 % "
      "intervals over seeds). Lost: ended at or above the initial loss, or not finite, and counted "
      "as it.",
      terms.metric, terms.low, terms.high, terms.slid_count);
  table.columns = {
      {"What"}, {"S, all", true}, {"S, window", true}, {"S, slid", true}, {"Best", true}};
  const auto rates = rates_of(all);
  for (const double rate : rates) table.columns.push_back({fmt::format("{:g}", rate), true});
  for (const auto& curves : all) {
    const auto means = mean_curve(curves);
    const auto* best = best_of(means);
    std::vector<TableCell> row{
        {curves.name, {}},
        sensitivity_cell(curves, all_rates()),
        sensitivity_cell(curves, rates_within(terms.low, terms.high)),
        sensitivity_cell(curves, rates_around_best(curves, terms.slid_count)),
        {best ? fmt::format("{:.3f} ({:g})", best->loss, best->rate) : "–",
         best ? std::optional(best->loss) : std::nullopt}};
    std::map<double, TableCell> cells;
    for (std::size_t i = 0; i < means.size(); ++i) {
      cells[means[i].rate] = {loss_text(curves, i, means[i].loss), means[i].loss};
    }
    for (const double rate : rates) {
      const auto found = cells.find(rate);
      row.push_back(found == cells.end() ? TableCell{"", {}} : found->second);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

scoring::Scatter sensitivity_plot(const std::vector<RateCurves>& all, const CurveTerms& terms) {
  scoring::Scatter plot;
  plot.title = "Loss against the learning rate";
  plot.description = "Means over seeds of " + terms.metric +
                     " at the end; a run that diverged, or ended above its initial loss, is drawn "
                     "at it. Whiskers: 95 % intervals.";
  plot.x = {"learning rate", true};
  plot.y = {terms.metric, false};
  for (const auto& curves : all) {
    scoring::ScatterSeries series{curves.name, {}, true};
    const auto means = mean_curve(curves);
    for (std::size_t i = 0; i < means.size(); ++i) {
      std::vector<double> losses;
      for (const auto& seed : curves.seeds) losses.push_back(seed.losses[i].loss);
      const auto interval = mean_interval(losses, "");
      const bool spread = interval && std::isfinite(interval->low);
      series.points.push_back({means[i].rate, means[i].loss, 0,
                               spread ? (interval->high - interval->low) / 2 : 0,
                               fmt::format("{}, rate {:g}: {}", curves.name, means[i].rate,
                                           loss_text(curves, i, means[i].loss))});
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

std::vector<std::string> sensitivity_remarks(const std::vector<RateCurves>& all) {
  std::vector<std::string> remarks{
      "S does not see where the optimum is: over a fixed window, a curve whose optimum has moved "
      "shows another part of itself. Read it with the losses.",
      "What never learns has S = 0, and short training leaves low rates unfinished, which looks "
      "like sensitivity.",
      "Where an intervention changes what a learning rate means (another optimizer, rates by "
      "role), "
      "S over one window does not compare."};
  std::set<double> optima;
  for (const auto& curves : all) {
    if (curves.left_out > 0) {
      remarks.push_back(fmt::format("{}: seeds left out, with a run that is missing or failed: {}.",
                                    curves.name, curves.left_out));
    }
    const auto means = mean_curve(curves);
    if (const auto* best = best_of(means)) optima.insert(best->rate);
    std::vector<double> initial;
    for (const auto& seed : curves.seeds) initial.push_back(seed.initial_loss);
    const auto start = mean_interval(initial, "");
    if (means.empty() || !start) continue;
    for (const auto& sentence : scoring::blind_spots(scoring::sensitivity(means, start->value))) {
      remarks.push_back(curves.name + ": " + sentence + ".");
    }
  }
  if (optima.size() > 1) {
    remarks.push_back(fmt::format("The best rates differ, from {:g} to {:g}.", *optima.begin(),
                                  *optima.rbegin()));
  }
  return remarks;
}

}  // namespace timetrial::study
