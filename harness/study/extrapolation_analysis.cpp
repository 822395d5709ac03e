// Whether the largest attention logit of a model can be foretold from smaller ones.
//
// Groups   one for each size, all with one point
// Words    held_out   the group that is not fitted, but predicted
// Numbers  a group's name   how many parameters its model has
//          limit            log10 of the logit above which training is expected to diverge
//
// The logit is the largest |attention logit| of the first block at the end of the runs, which are
// short, recorded by `diagnose`. Its logarithm is fitted as a quadratic in the logarithm of the
// number of parameters, seed by seed.
//
// Source   Wortsman et al. 2023, "Small-scale proxies for large-scale Transformer training
//          instabilities", section 3.3, where the quadratic is one in the number of parameters; in
//          logarithms it is ours
#include "harness/study/analysis.h"
#include "harness/study/rate_curves.h"
#include "scoring/polynomial_fit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::study {
namespace {

constexpr std::size_t kDegree = 2;

/// log10 of a group's logits, by seed.
struct Size {
  std::string name;
  double log_parameters = 0;
  std::map<int, double> log_logits;
};

Size size_of(const Group& group, const AnalysisTerms& terms) {
  Size size{group.run.group, std::log10(terms.number(group.run.group)), {}};
  for (const auto& result : group.results) {
    if (result.evaluations.empty()) continue;
    const auto& recorded = result.evaluations.back().recorded;
    const auto found = recorded.find("diagnose/layers.0.attention_logit_max");
    if (found != recorded.end()) size.log_logits[result.seed] = std::log10(found->second);
  }
  return size;
}

struct Prediction {
  double fitted = 0, constant = 0, measured = 0;
};

/// Of the seeds that every size has.
std::vector<Prediction> predictions(const std::vector<Size>& fitted, const Size& held_out) {
  std::vector<Prediction> found;
  for (const auto& [seed, measured] : held_out.log_logits) {
    std::vector<scoring::FitPoint> points;
    for (const auto& size : fitted) {
      const auto logit = size.log_logits.find(seed);
      if (logit != size.log_logits.end()) points.push_back({size.log_parameters, logit->second});
    }
    if (points.size() != fitted.size() || points.size() <= kDegree) continue;
    found.push_back({scoring::fitted_value(points, kDegree, held_out.log_parameters),
                     scoring::fitted_value(points, 0, held_out.log_parameters), measured});
  }
  return found;
}

double mean_of(const Size& size) {
  double sum = 0;
  for (const auto& [seed, value] : size.log_logits) sum += value;
  return sum / static_cast<double>(size.log_logits.size());
}

scoring::TextTable table_of(const std::vector<Size>& sizes, const std::string& held_out) {
  scoring::TextTable table;
  table.id = "sizes";
  table.caption = "log10 of the first block's largest |attention logit|, by seed.";
  table.columns = {{"Size"}, {"Parameters", true}, {"Mean", true}, {"Seeds"}, {"Fitted"}};
  for (const auto& size : sizes) {
    std::string seeds;
    for (const auto& [seed, value] : size.log_logits) seeds += fmt::format("{:.2f} ", value);
    const double mean = mean_of(size);
    table.rows.push_back({{size.name, {}},
                          {fmt::format("{:.0f}", std::pow(10, size.log_parameters)), {}},
                          {size.log_logits.empty() ? "–" : fmt::format("{:.2f}", mean), {}},
                          {seeds, {}},
                          {size.name == held_out ? "no, predicted" : "yes", {}}});
  }
  return table;
}

scoring::Scatter plot_of(const std::vector<Size>& sizes, const std::vector<Prediction>& predicted,
                         const Size& held_out) {
  scoring::Scatter plot;
  plot.title = "The largest attention logit against the number of parameters";
  plot.description = "Each seed of each size, and what the fit of the smaller sizes predicts.";
  plot.x = {"parameters without embedding and head", true};
  plot.y = {"largest |attention logit|, first block", true};
  scoring::ScatterSeries measured{"measured", {}}, foretold{"predicted", {}};
  for (const auto& size : sizes) {
    for (const auto& [seed, value] : size.log_logits) {
      measured.points.push_back(
          {std::pow(10, size.log_parameters), std::pow(10, value), 0, 0,
           fmt::format("{}, seed {}: {:.3g}", size.name, seed, std::pow(10, value))});
    }
  }
  for (const auto& prediction : predicted) {
    foretold.points.push_back({std::pow(10, held_out.log_parameters),
                               std::pow(10, prediction.fitted), 0, 0,
                               fmt::format("predicted {:.3g}", std::pow(10, prediction.fitted))});
  }
  plot.series = {measured, foretold};
  return plot;
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  const auto& held_out_name = results.group(terms.word("held_out")).run.group;
  const double limit = terms.number("limit");
  std::vector<Size> sizes, fitted;
  Size held_out;
  for (const auto& group : results.groups) {
    sizes.push_back(size_of(group, terms));
    if (group.run.group == held_out_name) {
      held_out = sizes.back();
    } else {
      fitted.push_back(sizes.back());
    }
  }
  const auto found = predictions(fitted, held_out);
  Findings findings;
  std::vector<double> errors, constant_errors;
  double predicted = 0, measured = 0;
  for (const auto& prediction : found) {
    errors.push_back(std::abs(prediction.fitted - prediction.measured));
    constant_errors.push_back(std::abs(prediction.constant - prediction.measured));
    predicted += prediction.fitted / static_cast<double>(found.size());
    measured += prediction.measured / static_cast<double>(found.size());
  }
  const auto add = [&](const std::string& name, const std::vector<double>& values,
                       const std::string& meaning) {
    if (const auto statistic = mean_interval(values, meaning)) {
      findings.statistics[name] = *statistic;
    }
  };
  add("prediction_error", errors, "|log10 predicted − log10 measured| of the held-out size");
  add("constant_error", constant_errors,
      "the same of the prediction that logits do not depend on size");
  if (!found.empty()) {
    findings.statistics["predicted"] =
        Statistic::exact(predicted, "log10 of the predicted logit, mean over seeds");
    findings.statistics["measured"] =
        Statistic::exact(measured, "log10 of the measured logit, mean over seeds");
    findings.statistics["call_is_right"] =
        Statistic::exact((predicted > limit) == (measured > limit) ? 1 : 0,
                         fmt::format("1: both are above 10^{:g}, or neither is", limit));
  }
  findings.tables = {table_of(sizes, held_out_name)};
  findings.plots = {{"logits", plot_of(sizes, found, held_out)}};
  return findings;
}

}  // namespace

const Analysis kExtrapolationAnalysis{
    "extrapolation",
    {"prediction_error", "constant_error", "predicted", "measured", "call_is_right"},
    analyse};

}  // namespace timetrial::study
