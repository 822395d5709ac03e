// timetrial divergence: which trials of a sweep diverged, when, and at which points.
#include "harness/cli/command.h"
#include "harness/cli/divergence_json.h"
#include "harness/cli/metric_limit.h"
#include "harness/cli/tuning_point.h"
#include "harness/store/imported.h"
#include "scoring/from_store.h"
#include "scoring/sweep_divergence.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <memory>
#include <optional>

namespace timetrial::cli::divergence_command {
namespace {

using scoring::DivergenceKind;

struct Options {
  std::filesystem::path store;
  std::optional<std::string> sweep;
  scoring::LimitChoice limit;
  bool json = false;
};

constexpr std::array kKinds{DivergenceKind::none, DivergenceKind::micro, DivergenceKind::full,
                            DivergenceKind::unknown};

/// What gave it away, or why nothing can be said.
std::string reason(const scoring::TrialDivergence& trial) {
  const auto& found = trial.divergence;
  switch (found.sign) {
    case scoring::DivergenceSign::none:
      break;
    case scoring::DivergenceSign::excursion:
      return fmt::format(
          "{} above the rolling median, and back",
          found.excursions == 1 ? "an excursion" : fmt::format("{} excursions", found.excursions));
    case scoring::DivergenceSign::loss_not_finite:
      return "the loss is not finite";
    case scoring::DivergenceSign::loss_stays_high:
      return "the loss stays above 2.5 times where it began";
    case scoring::DivergenceSign::parameters_not_finite:
      return "the parameters are not finite";
    case scoring::DivergenceSign::metric_beyond_limit:
      return fmt::format("the last metric is {:.4g}", trial.metric.value_or(0));
  }
  if (found.kind != DivergenceKind::unknown) return "";
  if (!trial.outcome) return "not run to its end";
  if (found.losses == 0) return "no losses recorded";
  return fmt::format("{} losses are too few to tell", found.losses);
}

std::string losses_text(const scoring::Divergence& found) {
  if (found.stride == 1) return fmt::format("{}", found.losses);
  return fmt::format("{}, means of up to {} steps", found.losses, found.stride);
}

void print_text(const scoring::SweepDivergence& result) {
  fmt::print("sweep {}: {} trials, training losses of {}\n\n", result.sweep, result.trials.size(),
             result.recorded);
  fmt::print("{:<44} {:<8} {:>8}  {}\n", "trial", "diverged", "step", "why; losses");
  for (const auto& trial : result.trials) {
    const auto& found = trial.divergence;
    const bool has_step = found.sign != scoring::DivergenceSign::none;
    const auto why = reason(trial);
    fmt::print("{:<44} {:<8} {:>8}  {}{}\n", to_string(trial.key), to_string(found.kind),
               has_step ? fmt::format("{}", found.step) : "", why,
               found.losses > 0 ? (why.empty() ? "" : "; ") + losses_text(found) : "");
  }
  fmt::print("\n{:<20} {:<24} {:>5} {:>5} {:>5} {:>7}  {}\n", "submission", "workload", "none",
             "micro", "full", "unknown", "point");
  for (const auto& counts : result.counts) {
    fmt::print("{:<20} {:<24}", counts.submission, counts.workload);
    for (const auto kind : kKinds) {
      const auto found = counts.trials.find(kind);
      fmt::print(" {:>{}}", found == counts.trials.end() ? 0 : found->second,
                 kind == DivergenceKind::unknown ? 7 : 5);
    }
    fmt::print("  {}\n", describe_point(counts.point));
  }
}

nlohmann::ordered_json trial_json(const scoring::TrialDivergence& trial) {
  nlohmann::ordered_json json{{"submission", trial.key.submission},
                              {"workload", trial.key.workload},
                              {"study", trial.key.study},
                              {"trial", trial.key.trial},
                              {"point", trial.point}};
  json.update(divergence_json(trial.divergence));
  json["outcome"] = trial.outcome ? nlohmann::ordered_json(to_string(*trial.outcome)) : nullptr;
  return json;
}

nlohmann::ordered_json counts_json(const scoring::DivergenceCounts& counts) {
  nlohmann::ordered_json json{
      {"submission", counts.submission}, {"workload", counts.workload}, {"point", counts.point}};
  for (const auto kind : kKinds) {
    const auto found = counts.trials.find(kind);
    json[to_string(kind)] = found == counts.trials.end() ? 0 : found->second;
  }
  return json;
}

void print_json(const scoring::SweepDivergence& result) {
  nlohmann::ordered_json trials = nlohmann::ordered_json::array(),
                         counts = nlohmann::ordered_json::array();
  for (const auto& trial : result.trials) trials.push_back(trial_json(trial));
  for (const auto& each : result.counts) counts.push_back(counts_json(each));
  fmt::print("{}\n", nlohmann::ordered_json{{"schema", "timetrial.divergence/1"},
                                            {"sweep", result.sweep},
                                            {"recorded", result.recorded},
                                            {"trials", trials},
                                            {"counts", counts}}
                         .dump(2));
}

void divergence(const Options& options) {
  const auto file = options.store.empty() ? default_store() : options.store;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  const auto sweep = scoring::choose_sweep(store, options.sweep, file.string()).sweep;
  if (store.imported(sweep.id)) {
    throw InputError("sweep '" + sweep.name +
                     "' was imported from logs, which have no training losses; name one of "
                     "trials that were run here with --sweep");
  }
  const auto result = scoring::find_divergences(store, sweep, options.limit);
  if (options.json) {
    print_json(result);
  } else {
    print_text(result);
  }
  if (result.recorded == 0) {
    fmt::print(stderr,
               "no training losses were recorded in this sweep, so only trials that ended with "
               "parameters\nor a metric out of bounds are known; record them: timetrial sweep "
               "start NAME … --record-losses\n");
  }
}

void add(CommandLine app, Program&) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("divergence", "Which trials diverged, when, at which points");
  command.add_option("--sweep", options->sweep, "The sweep's name (default: the newest)");
  command.add_option("--store", options->store, "The database (TIMETRIAL_STORE)");
  add_metric_limit(command, options->limit,
                   "A trial whose last validation metric is worse has diverged: a number, or none "
                   "(default: 0.55 for an AUC)");
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options] { divergence(*options); });
  command.footer(
      "full: a loss or the parameters not finite, losses that stay above 2.5 times the first ones, "
      "or\na metric beyond its limit. micro: losses that leave the rolling median by 5 robust "
      "standard\ndeviations and come back. Needs training losses: sweep start … "
      "--record-losses.\n\n"
      "Example:\n"
      "  timetrial divergence --sweep rates");
}

const bool registered = add_command({"divergence", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::divergence_command
