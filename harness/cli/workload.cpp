// timetrial workload list | show | check | new: facts of the workloads, their numbers under a rule
// set, whether they do what they should, and the first files of another one.
#include "harness/cli/baseline_trial.h"
#include "harness/cli/conformance.h"
#include "harness/cli/workload_catalog.h"
#include "harness/rulesets/rule_set.h"
#include "harness/skeleton/skeleton.h"
#include "harness/sweep/suites.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::cli::workload_command {
namespace {

using Json = nlohmann::ordered_json;
using rulesets::RuleSet;

struct Options {
  std::string name;
  std::string ruleset = "mini-1";
  std::string suite;  ///< to list; empty: all workloads
  bool json = false;
};

/// null for a workload that the rule set does not score.
Json rules_json(const RuleSet& rules, const std::string& workload) {
  if (!rules.contains(workload)) return nullptr;
  const auto& row = rules.at(workload);
  return {{"name", rules.name},
          {"validation_target", row.validation_target},
          {"test_target", row.test_target},
          {"budget_s", row.budget_s},
          {"evaluation_period_s", row.evaluation_period_s},
          {"step_hint", row.step_hint},
          {"evaluation_batch_size", row.evaluation_batch_size},
          {"task_targets", row.task_targets}};
}

std::string target_text(const RuleSet& rules, const Json& workload) {
  const std::string name = workload.at("name");
  if (!rules.contains(name)) return "not in " + rules.name;
  const auto& row = rules.at(name);
  return fmt::format("{} {} in {:g} s", row.higher_is_better ? ">=" : "<=", row.validation_target,
                     row.budget_s);
}

std::vector<std::string> names_in(const Json& catalog) {
  std::vector<std::string> names;
  for (const auto& workload : catalog) names.push_back(workload.at("name"));
  return names;
}

/// Workloads with the names of their suites; of one suite alone if it is asked for.
Json in_suites(Json catalog, const std::string& wanted) {
  if (!wanted.empty()) sweep::find_suite(wanted);
  const auto names = names_in(catalog);
  std::map<std::string, std::vector<std::string>> suites_of;
  for (const auto& suite : sweep::suites()) {
    for (const auto& name : sweep::members(suite, names)) suites_of[name].push_back(suite.name);
  }
  Json chosen = Json::array();
  for (auto& workload : catalog) {
    const auto& suites = suites_of[workload.at("name")];
    if (!wanted.empty() && std::find(suites.begin(), suites.end(), wanted) == suites.end())
      continue;
    workload["suites"] = suites;
    chosen.push_back(std::move(workload));
  }
  return chosen;
}

ExitCode list(const Program& program, const Options& options) {
  const auto rules = rulesets::load(options.ruleset);
  auto catalog = in_suites(workload_catalog(program), options.suite);
  if (options.json) {
    for (auto& workload : catalog) {
      workload.erase("parameters");
      workload["rule_set"] = rules_json(rules, workload.at("name"));
    }
    const Json answer = {{"schema", "timetrial.workloads/1"}, {"workloads", catalog}};
    fmt::print("{}\n", answer.dump(2));
    return ExitCode::done;
  }
  constexpr auto kRow = "{:<28} {:<26} {:<14} {:<14} {:>10}  {}\n";
  fmt::print(kRow, "workload", "base", "data", "metric", "parameters", "target");
  for (const auto& workload : catalog) {
    const std::string name = workload.at("name"), base = workload.at("base");
    fmt::print(kRow, name, base == name ? "" : base, workload.at("dataset").get<std::string>(),
               workload.at("metric").get<std::string>(),
               workload.at("parameter_count").get<std::int64_t>(), target_text(rules, workload));
  }
  return ExitCode::done;
}

void print_line(const std::string& key, const std::string& value) {
  fmt::print("{:<18} {}\n", key, value);
}

void print_rules(const RuleSet& rules, const Json& workload) {
  const std::string name = workload.at("name");
  if (!rules.contains(name)) {
    print_line("rule set", rules.name + " does not score it");
    return;
  }
  const auto& row = rules.at(name);
  const auto* reaches = row.higher_is_better ? "at least" : "at most";
  print_line("rule set", rules.name);
  const auto test = std::isfinite(row.test_target) ? fmt::format("{} in test", row.test_target)
                                                   : std::string("none in test");
  print_line("target",
             fmt::format("{} {} in validation, {}", reaches, row.validation_target, test));
  print_line("budget", fmt::format("{:g} s", row.budget_s));
  print_line("evaluation", fmt::format("every {:g} s, in batches of {}", row.evaluation_period_s,
                                       row.evaluation_batch_size));
  print_line("step hint", fmt::format("{}", row.step_hint));
}

/// Of a workload or of one of its tasks.
std::string metric_text(const Json& described) {
  return fmt::format("{}, {} is better", described.at("metric").get<std::string>(),
                     described.at("higher_is_better").get<bool>() ? "higher" : "lower");
}

/// A task's own target, where the rule set has one.
std::string task_target_text(const RuleSet& rules, const std::string& workload,
                             const std::string& task) {
  if (!rules.contains(workload)) return "";
  const auto& targets = rules.at(workload).task_targets;
  const auto found = targets.find(task);
  return found == targets.end() ? "" : fmt::format(", target {}", found->second);
}

ExitCode show(const Program& program, const Options& options) {
  const auto rules = rulesets::load(options.ruleset);
  auto workload = workload_facts(program, options.name);
  if (options.json) {
    workload["rule_set"] = rules_json(rules, options.name);
    Json answer = {{"schema", "timetrial.workload/1"}};
    answer.update(workload);
    fmt::print("{}\n", answer.dump(2));
    return ExitCode::done;
  }
  print_line("workload", options.name);
  print_line("base", workload.at("base"));
  const bool official = workload.value("data", "packages") == "official";
  print_line("dataset",
             workload.at("dataset").get<std::string>() + (official ? ", official data" : ""));
  print_line("loss", workload.at("loss"));
  print_line("metric", metric_text(workload));
  for (const auto& task : workload.value("tasks", Json::array())) {
    const std::string name = task.at("name");
    print_line("task", fmt::format("{}: {}{}", name, metric_text(task),
                                   task_target_text(rules, options.name, name)));
  }
  if (workload.value("one_task_per_example", false)) print_line("", "one task per example");
  print_rules(rules, workload);
  fmt::print("\n{}", workload.at("configuration").get<std::string>());
  fmt::print("\n{} parameters\n", workload.at("parameter_count").get<std::int64_t>());
  for (const auto& parameter : workload.at("parameters")) {
    const auto shape = parameter.at("shape").get<std::vector<std::int64_t>>();
    fmt::print("  {:<48} {:<18} {}\n", parameter.at("name").get<std::string>(),
               parameter.at("type").get<std::string>(), fmt::join(shape, " x "));
  }
  return ExitCode::done;
}

/// The suites, a line each.
std::string suite_help() {
  std::string text = "Those of a suite, which a selection of workloads calls suite:NAME:";
  for (const auto& suite : sweep::suites()) {
    text += fmt::format("\n{}: {}", suite.name, suite.meaning);
  }
  return text;
}

struct CheckOptions {
  std::string name;
  std::vector<std::filesystem::path> fixtures;
  std::filesystem::path data;
  bool trial = false;
  std::string ruleset = "mini-1";
  bool json = false;
};

ExitCode check(const Program& program, const CheckOptions& options) {
  const auto data = options.data.empty() ? default_data_dir() : options.data;
  std::vector<std::string> arguments{"workload", options.name, "--data", data};
  for (const auto& file : options.fixtures) {
    arguments.insert(arguments.end(), {"--fixture", file});
  }
  if (!options.trial) return run_and_print_checks(program, arguments, options.json);
  // Before the checks, which take a while: is there a baseline to run?
  const auto rules = rulesets::load(options.ruleset);
  check_has_baseline(rules, options.name);
  try {
    auto checks = run_checks(program, arguments);
    checks.push_back(check_baseline_trial(program, rules, options.name, data));
    return print_checks(checks, options.json);
  } catch (const BadInputSaid&) {
    return ExitCode::bad_input;
  }
}

void add_check(CommandLine command, Program& program) {
  auto options = std::make_shared<CheckOptions>();
  auto verb = command.add_subcommand("check", "Run the conformance checks of a workload");
  verb.add_option("name", options->name, "Such as fashion_mnist_vit").required();
  verb.add_option("--fixture", options->fixtures,
                  "Recorded case F.safetensors to compare with, F.json beside it; may be repeated");
  verb.add_option("--data", options->data,
                  "Prepared data, for the checks without one (TIMETRIAL_DATA)");
  verb.add_flag("--trial", options->trial,
                "Also train the rule set's baseline until it reaches the target");
  verb.add_option("--ruleset", options->ruleset, "Of --trial: a rule set, or a .toml file")
      .show_default();
  verb.add_flag("--json", options->json, "Print JSON");
  verb.callback([&program, options] { program.exit_code = check(program, *options); });
}

void add_new(CommandLine command) {
  struct NewOptions {
    std::string name;
    std::filesystem::path source = ".";
  };
  auto options = std::make_shared<NewOptions>();
  auto verb = command.add_subcommand("new", "Write the first files of a new workload");
  verb.add_option("NAME", options->name, "Its name, such as fashion_mnist_vit").required();
  verb.add_option("--dir", options->source, "Timetrial's source folder (here)");
  verb.callback([options] {
    for (const auto& folder : skeleton::write_workload(options->name, options->source)) {
      fmt::print("{}\n", folder.string());
    }
    fmt::print(
        "It builds and trains as it is; put your data and model in its place, then:\n"
        "  scripts/build.sh\n"
        "  build/bin/timetrial data prepare {0}\n"
        "  build/bin/timetrial workload check {0}\n",
        options->name);
  });
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("workload", "List, show, check and begin workloads");
  command.require_subcommand();
  auto options = std::make_shared<Options>();
  const auto common = [&options](CommandLine verb) {
    verb.add_option("--ruleset", options->ruleset, "Rule set, or a .toml file, for the targets")
        .show_default();
    verb.add_flag("--json", options->json, "Print JSON");
  };
  auto listing = command.add_subcommand("list", "All workloads, with their targets");
  common(listing);
  listing.add_option("--suite", options->suite, suite_help());
  listing.callback([&program, options] { program.exit_code = list(program, *options); });
  auto showing = command.add_subcommand("show", "One workload: facts, targets, parameters");
  showing.add_option("name", options->name, "Such as fashion_mnist_vit").required();
  common(showing);
  showing.callback([&program, options] { program.exit_code = show(program, *options); });
  add_check(command, program);
  add_new(command);
}

[[maybe_unused]] const bool registered = add_command({"workload", Group::discovery, add});

}  // namespace
}  // namespace timetrial::cli::workload_command
