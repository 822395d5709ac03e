#include "harness/cli/scored_store.h"

#include "harness/cli/whole_file.h"
#include "harness/store/store.h"
#include "scoring/algoperf/log_reader.h"
#include "scoring/from_store.h"
#include "scoring/joining.h"
#include "scoring/plots.h"
#include "scoring/rescoring.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>

namespace timetrial::cli {
namespace {

/// The date of the report; nothing is measured by it. SOURCE_DATE_EPOCH (seconds since 1970, as in
/// reproducible builds) makes the same report the same bytes.
std::int64_t now_ns() {
  if (const char* given = std::getenv("SOURCE_DATE_EPOCH")) {
    std::int64_t seconds = 0;
    const char* end = given + std::string_view(given).size();
    const auto read = std::from_chars(given, end, seconds);
    constexpr std::int64_t kLast = 9'000'000'000;  // beyond, nanoseconds do not fit
    if (read.ec != std::errc() || read.ptr != end || seconds < 0 || seconds > kLast) {
      throw InputError(fmt::format("SOURCE_DATE_EPOCH: '{}': expected seconds since 1970", given));
    }
    return seconds * 1'000'000'000;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// "wmt=30.5" as a name and a number.
std::map<std::string, double> assignments(const std::string& flag,
                                          const std::vector<std::string>& texts) {
  std::map<std::string, double> values;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    double value = 0;
    const char* end = text.data() + text.size();
    const char* number = equals == std::string::npos ? end : text.data() + equals + 1;
    const auto read = std::from_chars(number, end, value);
    if (equals == 0 || read.ec != std::errc() || read.ptr != end) {
      throw InputError(
          fmt::format("{}: '{}': expected WORKLOAD=NUMBER, such as wmt=30.5", flag, text));
    }
    values[text.substr(0, equals)] = value;
  }
  return values;
}

/// SQLite's files begin with their name.
bool is_database(const std::filesystem::path& file) {
  constexpr std::string_view kMagic = "SQLite format 3";
  std::string head(kMagic.size(), '\0');
  std::ifstream(file, std::ios::binary)
      .read(head.data(), static_cast<std::streamsize>(head.size()));
  return head == kMagic;
}

/// The sweeps that are asked for, once each.
std::vector<store::Sweep> chosen_sweeps(const store::Store& store,
                                        const std::vector<std::string>& names,
                                        const std::string& place) {
  std::vector<store::Sweep> chosen;
  for (const auto& name : names) {
    const auto sweep = scoring::choose_sweep(store, name, place).sweep;
    const bool again = std::any_of(chosen.begin(), chosen.end(),
                                   [&](const auto& other) { return other.id == sweep.id; });
    if (!again) chosen.push_back(sweep);
  }
  if (!names.empty()) return chosen;
  const auto newest = scoring::choose_sweep(store, std::nullopt, place);
  if (newest.others > 0) {
    fmt::print(stderr, "sweep '{}', the newest of {}; name another with --sweep\n",
               newest.sweep.name, newest.others + 1);
  }
  return {newest.sweep};
}

scoring::Results from_store(const std::filesystem::path& file, const ScoringOptions& options) {
  using scoring::Quarantined;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  std::vector<scoring::Results> sweeps;
  for (const auto& sweep : chosen_sweeps(store, options.sweeps, file.string())) {
    sweeps.push_back(scoring::read_results(
        store, sweep, options.include_quarantined ? Quarantined::counted : Quarantined::left_out));
  }
  if (!options.mix_profiles) scoring::require_one_profile(sweeps);
  return scoring::joined(std::move(sweeps));
}

/// The rule set of logs that a compat mode is about.
std::string rule_set_of(scoring::Mode mode) {
  switch (mode) {
    case scoring::Mode::exact:
      return "";
    case scoring::Mode::compat_v0_5:
      return "algoperf-v0.5";
    case scoring::Mode::compat_v0_6:
      return "algoperf-v0.6";
  }
  return "";
}

scoring::Results from_logs(const ScoringOptions& options, scoring::Mode mode) {
  algoperf::LogOptions logs;
  const auto rule_set = options.rule_set.empty() ? rule_set_of(mode) : options.rule_set;
  if (!rule_set.empty()) logs.rule_set = rule_set;
  logs.tuning = options.tuning;
  return algoperf::read_logs(options.from, logs);
}

scoring::Results read(const ScoringOptions& options, scoring::Mode mode) {
  const bool store_given = !options.store.empty();
  if (!options.from.empty() && store_given) {
    throw InputError("--from and --store: give one of them");
  }
  const bool logs = !options.from.empty() && !is_database(options.from);
  if (logs) {
    if (!options.sweeps.empty()) throw InputError("--sweep names one in a store; logs hold none");
    return from_logs(options, mode);
  }
  if (!options.rule_set.empty() || options.tuning) {
    throw InputError(
        "--ruleset and --tuning are for logs (--from); a store knows those of its sweeps");
  }
  const auto given = store_given ? options.store : options.from;
  return from_store(given.empty() ? default_store() : given, options);
}

}  // namespace

void add_scoring_options(CommandLine command, ScoringOptions& options) {
  auto& scoring = options.scoring;
  command
      .add_option("--from", options.from,
                  "A store, or AlgoPerf logs: a folder, .tar, .tar.xz or .tar.zst")
      .group("Source");
  command.add_option("--store", options.store, "The database (TIMETRIAL_STORE)").group("Source");
  command
      .add_option("--sweep", options.sweeps,
                  "Which sweep of the store; repeatable: as one (default: the newest)")
      .group("Source");
  command.add_option("--ruleset", options.rule_set, "Rule set of logs (default: as they tell)")
      .group("Source");
  command
      .add_option(
          "--tuning",
          [&options](const std::string& word) { options.tuning = rulesets::parse_tuning(word); },
          "Tuning of logs: external or self (default: as they tell)")
      .group("Source");
  command
      .add_flag("--mix-profiles", options.mix_profiles,
                "Score results of several hardware profiles together, and say so")
      .group("Source");
  command
      .add_flag("--include-quarantined", options.include_quarantined,
                "Count trials that are quarantined, and say so")
      .group("Source");
  command.add_option("--mode", options.mode, "exact, compat-v0.5 or compat-v0.6")
      .show_default()
      .group("Scoring");
  command
      .add_option("-w,--workload", scoring.workloads, "Score these alone: name or glob; repeatable")
      .group("Scoring");
  command
      .add_option("--reference-set", scoring.reference_set,
                  "Ratios are to the best of these submissions; repeatable (default: all)")
      .group("Scoring");
  command
      .add_option("--baseline", scoring.baseline,
                  "Speed-ups are relative to it (default: 'baseline', if there is one)")
      .group("Scoring");
  command.add_option("--resamples", scoring.resamples, "Of the bootstrap; 0: no intervals")
      .show_default()
      .group("Scoring");
  command.add_option("--seed", scoring.seed, "Of the bootstrap").show_default().group("Scoring");
  const std::string exact = "Scoring in mode exact";
  command.add_option("--tau-max", scoring.tau_max, "Slower than this many times the best scores 0")
      .show_default()
      .group(exact);
  command.add_option("--target", options.targets, "WORKLOAD=VALUE: another target; repeatable")
      .group(exact);
  command.add_option("--budget", options.budgets, "WORKLOAD=SECONDS: another budget; repeatable")
      .group(exact);
  command.add_option("--budget-factor", scoring.budget_factor, "On the other budgets")
      .show_default()
      .group(exact);
  command
      .add_flag("--interpolate", scoring.interpolate,
                "Between the last evaluation that missed and the first that hit")
      .group(exact);
  command
      .add_flag("--ignore-missing-studies", scoring.ignore_missing_studies,
                "Leave them out of the median, as AlgoPerf does")
      .group(exact);
}

void add_plots_option(CommandLine command, ScoringOptions& options) {
  command.add_option("--plots", options.plots, "A folder for one SVG file per plot, for papers");
}

void write_plots(const ScoringOptions& options, const scoring::Report& report) {
  if (options.plots.empty()) return;
  std::filesystem::create_directories(options.plots);
  for (const auto& [name, svg] : scoring::plots(report)) {
    const auto file = options.plots / (name + ".svg");
    write_whole(file, svg);
    fmt::print(stderr, "{}\n", file.string());
  }
}

scoring::Report scored_report(const ScoringOptions& options, scoring::Detail detail) {
  scoring::Options terms = options.scoring;
  terms.mode = scoring::parse_mode(options.mode);
  terms.targets = assignments("--target", options.targets);
  terms.budgets_s = assignments("--budget", options.budgets);
  const auto results = scoring::rescored(read(options, terms.mode), terms);
  return scoring::make_report(results, scoring::score(results, terms), now_ns(), detail);
}

}  // namespace timetrial::cli
