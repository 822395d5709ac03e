// Whether a change of a model makes training less sensitive to the learning rate, and bounds its
// attention logits.
//
// Groups   one for each variant, over the same rates (hyperparameter learning_rate)
// Metrics  the loss, of one task; losses must be recorded, for the initial ones
// Words    reference  the group without the change
//          subject    the group with it
//          control    a group whose sensitivity must not fall below the reference's; may be left
//                     out
//          reference_logits, subject_logits   the groups whose logits are compared, if others: a
//                     study need not diagnose every run
// Numbers  low, high  the window of rates that S is compared over
//          rate       at which losses and logits are compared
//          low_rate   at which the reference's logits must still be small, or losses alike
//          slid       rates of the window that slides with the optimum
//
// Logits are the largest |logit| of any block in any recorded evaluation (`diagnose`). A loss that
// is not finite counts as the initial one. log Z is the logarithm of the output softmax's
// denominator at the end, of the same groups. Statistics are seed by seed: subject and reference of
// a seed begin with the same bits where they have the same parameters, and see the same batches.
//
// Source   Wortsman et al. 2023, "Small-scale proxies for large-scale Transformer training
//          instabilities"
#include "harness/study/analysis.h"
#include "harness/study/rate_curves.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace timetrial::study {
namespace {

using ByRate = std::map<double, std::vector<double>>;

const std::vector<double>& at(const ByRate& values, double rate) {
  static const std::vector<double> none;
  for (const auto& [key, list] : values) {
    if (std::abs(key - rate) <= 1e-6 * rate) return list;
  }
  return none;
}

/// Seed by seed, what remains of the reference's S is missing from 1.
std::vector<double> falls(const RateCurves& subject, const RateCurves& reference,
                          const Selection& selection) {
  const auto less = sensitivities(subject, selection), more = sensitivities(reference, selection);
  std::vector<double> values;
  if (less.size() != more.size()) return values;
  for (std::size_t i = 0; i < less.size(); ++i) values.push_back(1 - less[i] / more[i]);
  return values;
}

/// Seed by seed, the reference's loss at a rate less the subject's, each at most the initial one.
std::vector<double> loss_differences(const RateCurves& subject, const RateCurves& reference,
                                     double rate) {
  const auto losses = [&](const RateCurves& curves) {
    std::vector<double> values;
    for (const auto& seed : curves.seeds) {
      for (const auto& point : scoring::within(seed.losses, rate, rate)) {
        const bool counts = std::isfinite(point.loss) && point.loss < seed.initial_loss;
        values.push_back(counts ? point.loss : seed.initial_loss);
      }
    }
    return values;
  };
  const auto low = losses(subject), high = losses(reference);
  std::vector<double> values;
  if (low.size() != high.size()) return values;
  for (std::size_t i = 0; i < low.size(); ++i) values.push_back(high[i] - low[i]);
  return values;
}

std::vector<double> log10_of(const std::vector<double>& values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log10(value));
  return logs;
}

/// Adds a mean with its interval, and on request the mean alone, which has none.
void add(Findings& findings, const std::string& name, const std::vector<double>& values,
         const std::string& meaning, const std::string& mean_name = "") {
  const auto found = mean_interval(values, meaning);
  if (!found) return;
  findings.statistics[name] = *found;
  if (!mean_name.empty()) {
    findings.statistics[mean_name] = Statistic::exact(found->value, meaning + ", mean over seeds");
  }
}

/// Without columns where nothing was recorded.
scoring::TextTable recorded_table(
    const Results& results, const std::string& id, const std::string& caption,
    const std::function<ByRate(const Group&)>& read,
    const std::function<std::string(const std::vector<double>&)>& text) {
  std::map<std::string, ByRate> rows;
  std::map<double, int> rates;
  for (const auto& group : results.groups) {
    rows[group.run.group] = read(group);
    for (const auto& [rate, values] : rows[group.run.group]) ++rates[rate];
  }
  scoring::TextTable table;
  table.id = id;
  table.caption = caption;
  if (rates.empty()) return table;
  table.columns = {{"What"}};
  for (const auto& [rate, count] : rates) {
    table.columns.push_back({fmt::format("{:g}", rate), true});
  }
  for (const auto& group : results.groups) {
    std::vector<scoring::TableCell> cells{{group.run.group, {}}};
    for (const auto& [rate, count] : rates) {
      const auto& values = at(rows[group.run.group], rate);
      cells.push_back({values.empty() ? "–" : text(values), {}});
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

scoring::Scatter logit_plot(const Results& results) {
  scoring::Scatter plot;
  plot.title = "The largest attention logit against the learning rate";
  plot.description = "Geometric means over seeds of the largest |logit| of any block.";
  plot.x = {"learning rate", true};
  plot.y = {"largest |attention logit|", true};
  for (const auto& group : results.groups) {
    scoring::ScatterSeries series{group.run.group, {}, true};
    for (const auto& [rate, values] : logit_maxima(group)) {
      const double mean = geometric_mean(values);
      series.points.push_back(
          {rate, mean, 0, 0, fmt::format("{}, rate {:g}: {:.3g}", group.run.group, rate, mean)});
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

void add_recorded(const Results& results, Findings& findings) {
  const auto add_table = [&](scoring::TextTable table) {
    if (!table.columns.empty()) findings.tables.push_back(std::move(table));
  };
  add_table(recorded_table(
      results, "logits",
      "The largest |attention logit| of any block and recorded evaluation, geometric mean over "
      "seeds, by learning rate.",
      logit_maxima,
      [](const auto& values) { return fmt::format("{:.3g}", geometric_mean(values)); }));
  add_table(recorded_table(
      results, "log_z",
      "The mean logarithm of the output softmax's denominator at the end, mean over seeds, by "
      "learning rate.",
      [](const Group& group) { return recorded_at_end(group, "log_z"); },
      [](const auto& values) { return fmt::format("{:.2f}", mean_interval(values, "")->value); }));
  auto plot = logit_plot(results);
  if (std::any_of(plot.series.begin(), plot.series.end(),
                  [](const auto& series) { return !series.points.empty(); })) {
    findings.plots.emplace_back("logits", std::move(plot));
  }
}

/// Logits at both rates and log Z at the higher one.
void compare_recorded(const Results& results, const Group& reference, const Group& subject,
                      Findings& findings) {
  const auto& terms = results.study.analysis;
  const double rate = terms.number("rate"), low_rate = terms.number("low_rate");
  const auto group = [&](const std::string& word, const Group& otherwise) -> const Group& {
    const auto found = terms.words.find(word);
    return found == terms.words.end() ? otherwise : results.group(found->second);
  };
  const Group &plain = group("reference_logits", reference),
              &changed = group("subject_logits", subject);
  const auto add_logit = [&](const std::string& name, const Group& of, double at_rate,
                             const std::string& how) {
    add(findings, name, log10_of(at(logit_maxima(of), at_rate)),
        fmt::format("log10 of the largest |attention logit| at rate {:g} {} the change", at_rate,
                    how));
  };
  add_logit("reference_logit", plain, rate, "without");
  add_logit("subject_logit", changed, rate, "with");
  add_logit("reference_low_rate_logit", plain, low_rate, "without");
  const auto add_log_z = [&](const std::string& name, const Group& of, const std::string& how) {
    auto sizes = at(recorded_at_end(of, "log_z"), rate);
    for (double& size : sizes) size = std::abs(size);
    add(findings, name, sizes,
        fmt::format("|mean log Z| at the end at rate {:g} {} the change", rate, how));
  };
  add_log_z("reference_log_z", plain, "without");
  add_log_z("subject_log_z", changed, "with");
}

/// Few rates, which have no S worth showing.
bool is_for_logits_alone(const std::string& group, const AnalysisTerms& terms) {
  const auto is = [&](const std::string& word) {
    const auto found = terms.words.find(word);
    return found != terms.words.end() && found->second == group;
  };
  return (is("reference_logits") && !is("reference")) || (is("subject_logits") && !is("subject"));
}

Findings analyse(const Results& results) {
  const auto& terms = results.study.analysis;
  const CurveTerms shown{"validation/" + terms.metrics.front(), terms.number("low"),
                         terms.number("high"), static_cast<std::size_t>(terms.number("slid"))};
  const double rate = terms.number("rate"), low_rate = terms.number("low_rate");
  std::map<std::string, RateCurves> curves;
  std::vector<RateCurves> all;
  for (const auto& group : results.groups) {
    if (is_for_logits_alone(group.run.group, terms)) continue;
    all.push_back(rate_curves(group, shown.metric));
    curves[group.run.group] = all.back();
  }
  const auto &reference = results.group(terms.word("reference")),
             &subject = results.group(terms.word("subject"));
  const auto &plain = curves[reference.run.group], &changed = curves[subject.run.group];
  const auto window = rates_within(shown.low, shown.high);
  Findings findings;
  add(findings, "sensitivity_fall", falls(changed, plain, window),
      "share by which S over the window is lower with the change", "mean_sensitivity_fall");
  add(findings, "full_sensitivity_fall", falls(changed, plain, all_rates()),
      "the same over all rates");
  if (terms.words.contains("control")) {
    const auto& control = curves[results.group(terms.word("control")).run.group];
    add(findings, "control_sensitivity_fall", falls(control, plain, window),
        "the same of the control, over the window", "mean_control_sensitivity_fall");
  }
  add(findings, "loss_difference", loss_differences(changed, plain, rate),
      fmt::format("loss at rate {:g} without the change less that with it", rate));
  add(findings, "low_rate_loss_difference", loss_differences(changed, plain, low_rate),
      fmt::format("loss at rate {:g} without the change less that with it", low_rate));
  compare_recorded(results, reference, subject, findings);
  findings.tables = {sensitivity_table(all, shown)};
  findings.plots = {{"losses", sensitivity_plot(all, shown)}};
  add_recorded(results, findings);
  findings.remarks = sensitivity_remarks(all);
  return findings;
}

}  // namespace

const Analysis kSensitivityAnalysis{
    "sensitivity",
    {"sensitivity_fall", "mean_sensitivity_fall", "full_sensitivity_fall",
     "control_sensitivity_fall", "mean_control_sensitivity_fall", "loss_difference",
     "low_rate_loss_difference", "reference_logit", "subject_logit", "reference_low_rate_logit",
     "reference_log_z", "subject_log_z"},
    analyse};

}  // namespace timetrial::study
