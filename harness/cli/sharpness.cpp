// timetrial sharpness TRIAL: how sharp the loss was along training, beside the update's threshold.
#include "scoring/sharpness.h"
#include "harness/cli/command.h"
#include "harness/cli/whole_file.h"
#include "harness/sweep/recorded_trial.h"
#include "scoring/plot_scatter.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>
#include <optional>

namespace timetrial::cli::sharpness_command {
namespace {

using scoring::SharpnessPoint;

struct Options {
  std::string trial;
  std::optional<std::string> sweep;
  std::filesystem::path store, plot;
  bool json = false;
};

constexpr std::size_t kShownOfId = 12;

bool has_threshold(const std::vector<SharpnessPoint>& points) {
  return points.back().ratio().has_value();
}

std::string verdict_line(const std::vector<SharpnessPoint>& points) {
  if (!has_threshold(points)) {
    return "no threshold: the submission has no preconditioner to judge by; raw sharpness alone";
  }
  const auto later = scoring::later_ratios(points);
  const auto spread = later ? fmt::format("; second half: mean {:.3f} [{:.3f}, {:.3f}]",
                                          later->mean, later->least, later->largest)
                            : std::string();
  const auto reached = scoring::first_reached(points);
  if (!reached) {
    return fmt::format("not reached: the ratio stayed below {}{}", scoring::kReachedRatio, spread);
  }
  return fmt::format("reached at step {}: ratio {:.3f}{}", reached->step, *reached->ratio(),
                     spread);
}

std::string number(const std::optional<double>& value, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value) : std::string("-");
}

void print_text(const sweep::RecordedTrial& recorded, const std::vector<SharpnessPoint>& points) {
  const auto& trial = recorded.row.trial;
  fmt::print("{} ({})\n\n", to_string(trial.key), trial.id.substr(0, kShownOfId));
  fmt::print("{:>10} {:>14} {:>12} {:>8} {:>12} {:>10}\n", "step", "preconditioned", "threshold",
             "ratio", "raw", "residual");
  for (const auto& point : points) {
    fmt::print("{:>10} {:>14} {:>12} {:>8} {:>12.5g} {:>10.2g}\n", point.step,
               number(point.preconditioned, "{:.5g}"), number(point.threshold, "{:.5g}"),
               number(point.ratio(), "{:.3f}"), point.raw, point.residual);
  }
  fmt::print("\n{}\n", verdict_line(points));
}

nlohmann::ordered_json number_json(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return *value;
}

void print_json(const sweep::RecordedTrial& recorded, const std::vector<SharpnessPoint>& points) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& point : points) {
    rows.push_back({{"step", point.step},
                    {"preconditioned_sharpness", number_json(point.preconditioned)},
                    {"threshold", number_json(point.threshold)},
                    {"ratio", number_json(point.ratio())},
                    {"raw_sharpness", number_json(point.raw)},
                    {"residual", number_json(point.residual)}});
  }
  const auto reached = scoring::first_reached(points);
  const auto later = scoring::later_ratios(points);
  const auto& trial = recorded.row.trial;
  fmt::print(
      "{}\n",
      nlohmann::ordered_json{
          {"schema", "timetrial.sharpness/1"},
          {"trial", trial.id},
          {"submission", trial.key.submission},
          {"workload", trial.key.workload},
          {"study", trial.key.study},
          {"number", trial.key.trial},
          {"measurements", rows},
          {"reached_at", reached ? nlohmann::ordered_json(reached->step) : nullptr},
          {"later_mean_ratio", number_json(later ? std::optional(later->mean) : std::nullopt)}}
          .dump(2));
}

scoring::Scatter plot_of(const sweep::RecordedTrial& recorded,
                         const std::vector<SharpnessPoint>& points) {
  const bool judged = has_threshold(points);
  scoring::Scatter plot;
  plot.title = "Sharpness of " + to_string(recorded.row.trial.key);
  plot.description = judged ? "Preconditioned sharpness over the update's threshold, by step."
                            : "Largest eigenvalue of the Hessian, by step.";
  plot.x = {"step", false};
  plot.y = {judged ? "sharpness / threshold" : "raw sharpness", false};
  scoring::ScatterSeries series{judged ? "ratio" : "raw", {}, /*line=*/true};
  for (const auto& point : points) {
    series.points.push_back({static_cast<double>(point.step), point.ratio().value_or(point.raw)});
  }
  plot.series = {std::move(series)};
  if (judged) plot.marks = {{true, 1, "threshold"}};
  return plot;
}

void sharpness(const Options& options) {
  const auto file = options.store.empty() ? default_store() : options.store;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  const auto recorded = sweep::find_recorded_trial(store, options.trial, options.sweep);
  const auto points = scoring::sharpness_of(recorded.evaluations);
  if (points.empty()) {
    const auto& key = recorded.row.trial.key;
    throw InputError(fmt::format(
        "trial {} of sweep '{}' recorded no sharpness; record it: timetrial run {} {} --diagnose "
        "sharpness, or sweep start … --diagnose sharpness",
        recorded.row.trial.id.substr(0, kShownOfId), recorded.sweep.name, key.submission,
        key.workload));
  }
  if (!options.plot.empty()) {
    write_whole(options.plot, scoring::scatter_plot(plot_of(recorded, points)));
  }
  if (options.json) {
    print_json(recorded, points);
  } else {
    print_text(recorded, points);
  }
}

void add(CommandLine app, Program&) {
  auto options = std::make_shared<Options>();
  auto command =
      app.add_subcommand("sharpness", "Curvature along a trial, beside the update's threshold");
  command
      .add_option("TRIAL", options->trial,
                  "Its id, the beginning of it, or SUBMISSION/WORKLOAD[/STUDY[/TRIAL]]")
      .required();
  command.add_option("--sweep", options->sweep, "The sweep that it belongs to");
  command.add_option("--store", options->store, "The database (TIMETRIAL_STORE)");
  command.add_option("--plot", options->plot, "Also write a plot over steps to this .svg file");
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options] { sharpness(*options); });
  command.footer(
      "Needs what --diagnose sharpness records. A trial has reached its threshold with the first "
      "ratio\nof at least 0.95.\n\n"
      "Example:\n"
      "  timetrial run adamw teacher_mlp_fullbatch -p learning_rate=0.003 --max-steps 4000 "
      "--diagnose sharpness\n"
      "  timetrial sharpness adamw/teacher_mlp_fullbatch");
}

const bool registered = add_command({"sharpness", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::sharpness_command
