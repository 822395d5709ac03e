// What frozen features of models of several widths know of a label that training never asked for.
//
// Groups   one for each width, with one point; the same widths again untrained, or nearly so. Every
//          trial is looked at in the end by the evaluators linear_probe, shape_bias and calibration
// Words    trained    groups, separated by blanks
//          untrained  those of the same widths, in the same order
// Numbers  a trained group's name   its width
//
// Accuracies are those of a softmax regression on features of test images; chance is the share of
// the most frequent label. Means are over seeds, each with all of its widths.
//
// Source   Dehghani et al. 2023, "Scaling Vision Transformers to 22 Billion Parameters" (arXiv
//          2302.05442), sections 4.1 and 4.2
#include "harness/study/analysis.h"

#include "harness/trial/error.h"
#include "harness/trial/evaluators.h"
#include "scoring/rank_correlation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace timetrial::study {
namespace {

/// One list for each width, one number for each seed.
using ByWidth = std::vector<std::vector<double>>;

std::string recorded_name(const std::string& value) { return kEvaluatorPrefix + value; }

std::vector<const Group*> groups_of(const Results& results, const std::string& word) {
  std::vector<const Group*> groups;
  for (const auto& name : words_of(results.study.analysis.word(word))) {
    groups.push_back(&results.group(name));
  }
  return groups;
}

std::vector<double> values_of(const Group& group, const std::string& value) {
  std::vector<double> values;
  for (const auto& result : group.results) {
    values.push_back(last_recorded(result, recorded_name(value)));
  }
  return values;
}

/// Nothing unless every seed of every group has it.
std::optional<ByWidth> read(const Results& results, const std::vector<const Group*>& groups,
                            const std::string& value) {
  const auto seeds = static_cast<std::size_t>(results.study.seeds);
  ByWidth found;
  for (const Group* group : groups) {
    found.push_back(values_of(*group, value));
    const auto& values = found.back();
    if (values.size() != seeds ||
        !std::all_of(values.begin(), values.end(), [](double one) { return std::isfinite(one); })) {
      return std::nullopt;
    }
  }
  return found;
}

/// What a probe found, over chance.
std::optional<ByWidth> over_chance(const Results& results, const std::vector<const Group*>& groups,
                                   const std::string& value) {
  auto found = read(results, groups, "linear_probe/" + value);
  const auto chance = read(results, groups, "linear_probe/chance");
  if (!found || !chance) return std::nullopt;
  for (std::size_t i = 0; i < found->size(); ++i) {
    for (std::size_t seed = 0; seed < (*found)[i].size(); ++seed) {
      (*found)[i][seed] /= (*chance)[i][seed];
    }
  }
  return found;
}

/// Of each seed, joined over its widths.
template <class Join>
std::vector<double> by_seed(const ByWidth& values, Join join) {
  std::vector<double> joined;
  for (std::size_t seed = 0; seed < values.front().size(); ++seed) {
    std::vector<double> of_seed;
    for (const auto& width : values) of_seed.push_back(width[seed]);
    joined.push_back(join(of_seed));
  }
  return joined;
}

double least(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}
double largest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}
void put(Findings& findings, const std::string& name, const std::vector<double>& values,
         const std::string& meaning) {
  if (auto statistic = mean_interval(values, meaning)) findings.statistics[name] = *statistic;
}

/// Over all pairs of a width and a seed.
Statistic correlation(const std::vector<double>& widths, const ByWidth& values,
                      const std::string& of) {
  std::vector<double> x, y;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    for (const double value : values[i]) {
      x.push_back(widths[i]);
      y.push_back(value);
    }
  }
  const auto found = scoring::spearman(x, y);
  return {found.value, found.low, found.high,
          "Spearman's rank correlation of width and " + of + ", over widths and seeds"};
}

std::string spread(const std::vector<double>& values) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", mean(values), least(values), largest(values));
}

scoring::TextTable table_of(const Results& results) {
  constexpr const char* kValues[] = {"linear_probe/accuracy", "linear_probe/shuffled",
                                     "shape_bias/shape_bias", "calibration/ece",
                                     "calibration/scaled_ece"};
  scoring::TextTable table;
  table.id = "features";
  table.caption =
      "Means over seeds [smallest, largest], of test images. The probe learns a label that "
      "training did not ask for; shuffled: labels dealt anew within each split. Shape bias: of the "
      "answers that name the shape or the texture of a conflicting image, those that name the "
      "shape. ECE: before and after a temperature that is fitted on validation.";
  table.columns = {{"Model"},
                   {"Test accuracy", true},
                   {"Probe", true},
                   {"Probe, shuffled", true},
                   {"Shape bias", true},
                   {"ECE", true},
                   {"ECE, scaled", true}};
  for (const auto& group : results.groups) {
    std::vector<double> accuracies;
    for (const auto& result : group.results) {
      accuracies.push_back(last_value(result, "test/" + results.study.analysis.metrics.front()));
    }
    std::vector<scoring::TableCell> cells{{group.run.group, {}}};
    cells.push_back({accuracies.empty() ? "–" : spread(accuracies), {}});
    for (const char* value : kValues) {
      const auto values = values_of(group, value);
      cells.push_back({values.empty() ? "–" : spread(values), {}});
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

scoring::ScatterSeries series_of(const std::string& name, const std::vector<double>& widths,
                                 const ByWidth& values) {
  scoring::ScatterSeries series{name, {}};
  for (std::size_t i = 0; i < widths.size(); ++i) {
    for (std::size_t seed = 0; seed < values[i].size(); ++seed) {
      series.points.push_back(
          {widths[i], values[i][seed], 0, 0,
           fmt::format("{}, width {:g}, seed {}: {:.3f}", name, widths[i], seed, values[i][seed])});
    }
  }
  return series;
}

/// What the probes found, over chance; nothing where a seed is missing.
struct Probes {
  std::vector<double> widths;
  std::optional<ByWidth> trained, shuffled, untrained;
};

Probes probes_of(const Results& results) {
  const auto trained = groups_of(results, "trained"), untrained = groups_of(results, "untrained");
  if (trained.empty() || trained.size() != untrained.size()) {
    throw InputError("analysis 'features': expected as many 'untrained' groups as 'trained' ones");
  }
  Probes probes;
  for (const Group* group : trained) {
    probes.widths.push_back(results.study.analysis.number(group->run.group));
  }
  probes.trained = over_chance(results, trained, "accuracy");
  probes.shuffled = over_chance(results, trained, "shuffled");
  probes.untrained = over_chance(results, untrained, "accuracy");
  return probes;
}

void add_statistics(const Probes& probes, Findings& findings) {
  auto& statistics = findings.statistics;
  if (probes.trained) {
    put(findings, "least_over_chance", by_seed(*probes.trained, least),
        "accuracy of the probe over chance, of the worst width");
    statistics["width_correlation"] =
        correlation(probes.widths, *probes.trained, "the probe's accuracy");
  }
  if (probes.untrained) {
    put(findings, "untrained_over_chance", by_seed(*probes.untrained, mean),
        "accuracy of the probe over chance on features of untrained models, mean over widths");
    statistics["untrained_width_correlation"] =
        correlation(probes.widths, *probes.untrained, "the probe's accuracy on untrained models");
  }
  if (probes.trained && probes.untrained) {
    std::vector<double> gains = by_seed(*probes.trained, mean);
    const auto less = by_seed(*probes.untrained, mean);
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= less[i];
    put(findings, "gain_over_untrained", gains,
        "accuracy over chance with trained models less that with untrained ones, mean over widths");
  }
  if (probes.shuffled) {
    put(findings, "shuffled_over_chance", by_seed(*probes.shuffled, largest),
        "accuracy over chance of a probe where each split's labels were dealt anew, of the best "
        "width");
    const auto found = correlation(probes.widths, *probes.shuffled, "the accuracy of that probe");
    statistics["shuffled_width_correlation"] = found;
    statistics["least_shuffled_width_correlation"] =
        Statistic::exact(found.low, "lower end of its interval");
  }
}

scoring::Scatter plot_of(const Probes& probes) {
  scoring::Scatter plot;
  plot.title = "What a linear probe finds, over chance, by width";
  plot.description = "Every point is a seed.";
  plot.x = {"width", false};
  plot.y = {"test accuracy of the probe over chance", false};
  const auto add = [&](const std::string& name, const std::optional<ByWidth>& values) {
    if (values) plot.series.push_back(series_of(name, probes.widths, *values));
  };
  add("trained", probes.trained);
  add("untrained", probes.untrained);
  add("shuffled labels", probes.shuffled);
  return plot;
}

Findings analyse(const Results& results) {
  const Probes probes = probes_of(results);
  Findings findings;
  add_statistics(probes, findings);
  findings.tables = {table_of(results)};
  findings.plots = {{"features", plot_of(probes)}};
  return findings;
}

}  // namespace

const Analysis kFeaturesAnalysis{
    "features",
    {"least_over_chance", "width_correlation", "untrained_over_chance",
     "untrained_width_correlation", "gain_over_untrained", "shuffled_over_chance",
     "shuffled_width_correlation", "least_shuffled_width_correlation"},
    analyse};

}  // namespace timetrial::study
