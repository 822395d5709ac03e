#include "harness/study/minibatch_falls.h"

#include "scoring/sharpness.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace timetrial::study {
namespace {

using Values = std::vector<double>;

/// The runs of one size.
struct Batches {
  const Group* group = nullptr;
  double size = 0;
  Values ratios;  ///< by seed
};

std::vector<Batches> read(const Results& results, const std::string& names,
                          const std::function<double(const Result&)>& ratio) {
  std::vector<Batches> all;
  for (const auto& name : words_of(names)) {
    const Group& group = results.group(name);
    const auto& point = group.run.points.front();
    const auto size = point.find("batch_size");
    all.push_back({&group, size == point.end() ? NAN : size->second, {}});
    for (const auto& result : group.results) all.back().ratios.push_back(ratio(result));
  }
  return all;
}

/// Differences of pairs; nothing unless there are as many of both.
Values less(const Values& first, const Values& second) {
  Values differences;
  if (first.size() != second.size()) return differences;
  for (std::size_t i = 0; i < first.size(); ++i) differences.push_back(first[i] - second[i]);
  return differences;
}

/// Of either sign: its size, with the interval that the signed one leaves.
Statistic size_of(const Statistic& signed_one) {
  const double low = std::max({0.0, signed_one.low, -signed_one.high});
  const double high = std::max(std::abs(signed_one.low), std::abs(signed_one.high));
  return {std::abs(signed_one.value), low, high, signed_one.meaning};
}

/// Value and both ends, each the least of all, or the largest; nothing where one is unknown.
void put_extreme(Findings& findings, const std::string& name,
                 const std::vector<std::optional<Statistic>>& all, bool largest,
                 const std::string& meaning) {
  std::optional<Statistic> found;
  for (const auto& one : all) {
    if (!one) return;
    if (!found) found = *one;
    const auto take = [&](double& kept, double other) {
      kept = largest ? std::max(kept, other) : std::min(kept, other);
    };
    take(found->value, one->value);
    take(found->low, one->low);
    take(found->high, one->high);
  }
  if (!found) return;
  found->meaning = meaning;
  findings.statistics[name] = *found;
}

/// Even seeds less odd ones; a last seed without a partner is left out.
std::optional<Statistic> chance(const Values& ratios) {
  Values even, odd;
  for (std::size_t i = 0; i + 1 < ratios.size(); i += 2) {
    even.push_back(ratios[i]);
    odd.push_back(ratios[i + 1]);
  }
  const auto signed_one = mean_interval(less(even, odd), "");
  return signed_one ? std::optional(size_of(*signed_one)) : std::nullopt;
}

/// Mean over the second half of a run's measurements, and over seeds.
double later_raw(const Group& group) {
  Values means;
  for (const auto& result : group.results) {
    const auto points = scoring::sharpness_of(result.evaluations);
    Values later;
    for (std::size_t i = points.size() / 2; i < points.size(); ++i) later.push_back(points[i].raw);
    means.push_back(mean(later));
  }
  return mean(means);
}

double final_loss(const Group& group) {
  Values losses;
  for (const auto& result : group.results) {
    losses.push_back(last_value(result, "train/loss"));
  }
  return mean(losses);
}

std::string text(double value, const char* format) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "–";
}

scoring::TextTable table_of(const std::vector<Batches>& all) {
  scoring::TextTable table;
  table.id = "batches";
  table.caption =
      "By batch size: mean ratio over seeds with its 95 % interval; raw sharpness, likewise of the "
      "second half; loss on the training set at the end.";
  table.columns = {{"Batch"}, {"Ratio"}, {"Raw sharpness"}, {"Training loss"}};
  for (const auto& batches : all) {
    const auto ratio = mean_interval(batches.ratios, "");
    table.rows.push_back(
        {{text(batches.size, "{:g}"), {}},
         {ratio ? fmt::format("{:.3f} [{:.3f}, {:.3f}]", ratio->value, ratio->low, ratio->high)
                : "–",
          {}},
         {text(later_raw(*batches.group), "{:.2f}"), {}},
         {text(final_loss(*batches.group), "{:.3g}"), {}}});
  }
  return table;
}

scoring::Scatter plot_of(const std::vector<Batches>& all) {
  scoring::Scatter plot;
  plot.title = "Preconditioned sharpness over the threshold, by batch size";
  plot.description = "Mean over the second half of each run: one dot a seed, and their means.";
  plot.x = {"batch size", true};
  plot.y = {"ratio", false};
  plot.marks = {{true, 1, "threshold"}};
  scoring::ScatterSeries seeds{"seeds", {}, /*line=*/false, /*dots=*/true};
  scoring::ScatterSeries means{"mean", {}, /*line=*/true, /*dots=*/false};
  for (const auto& batches : all) {
    for (const double ratio : batches.ratios) seeds.points.push_back({batches.size, ratio});
    means.points.push_back({batches.size, mean(batches.ratios)});
  }
  plot.series = {std::move(seeds), std::move(means)};
  return plot;
}

}  // namespace

void add_minibatches(const Results& results, const std::function<double(const Result&)>& ratio,
                     Findings& findings) {
  const auto& words = results.study.analysis.words;
  const auto named = words.find("minibatch");
  if (named == words.end()) return;
  const auto all = read(results, named->second, ratio);
  std::vector<std::optional<Statistic>> falls, chances;
  for (std::size_t i = 0; i < all.size(); ++i) {
    chances.push_back(chance(all[i].ratios));
    if (i == 0) continue;
    falls.push_back(mean_interval(less(all[i - 1].ratios, all[i].ratios), ""));
  }
  put_extreme(findings, "minibatch_fall", falls, /*largest=*/false,
              "least mean fall of the ratio from a batch size to the next smaller one");
  put_extreme(findings, "minibatch_chance", chances, /*largest=*/true,
              "largest difference between even and odd seeds of one batch size");
  if (!all.empty()) {
    put_extreme(findings, "minibatch_total_fall",
                {mean_interval(less(all.front().ratios, all.back().ratios), "")}, false,
                "fall of the ratio from the largest batch size to the smallest");
  }
  findings.tables.push_back(table_of(all));
  findings.plots.push_back({"batches", plot_of(all)});
}

}  // namespace timetrial::study
