// timetrial evaluators: what was found in the models of a sweep's trials when they had ended.
#include "harness/cli/command.h"
#include "harness/cli/tuning_point.h"
#include "harness/store/imported.h"
#include "scoring/evaluator_results.h"
#include "scoring/from_store.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <optional>

namespace timetrial::cli::evaluators_command {
namespace {

struct Options {
  std::filesystem::path store;
  std::optional<std::string> sweep;
  bool json = false;
};

/// Values of one severity ("noise_3") are in JSON alone: there are twenty-five.
bool is_of_one_severity(const std::string& name) {
  return name.size() > 2 && name[name.size() - 2] == '_' && std::isdigit(name.back()) != 0;
}

void print_text(const std::vector<scoring::EvaluatorTable>& tables) {
  for (const auto& table : tables) {
    auto names = table.value_names();
    if (table.evaluator == "corruptions") std::erase_if(names, is_of_one_severity);
    fmt::print("{} on {}\n{:<44}", table.evaluator, table.workload, "trial");
    for (const auto& name : names)
      fmt::print(" {:>{}}", name, std::max<std::size_t>(8, name.size()));
    fmt::print("  point\n");
    for (const auto& row : table.rows) {
      fmt::print("{:<44}", to_string(row.key));
      for (const auto& name : names) {
        const auto value = row.values.find(name);
        fmt::print(" {:>{}}", value == row.values.end() ? "" : fmt::format("{:.4g}", value->second),
                   std::max<std::size_t>(8, name.size()));
      }
      fmt::print("  {}\n", describe_point(row.point));
    }
    fmt::print("\n");
  }
}

nlohmann::ordered_json json_of(const scoring::EvaluatorRow& row) {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (const auto& [name, value] : row.values) {
    values[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
  }
  return {{"submission", row.key.submission},
          {"study", row.key.study},
          {"trial", row.key.trial},
          {"point", row.point},
          {"values", values}};
}

void print_json(const std::string& sweep, const std::vector<scoring::EvaluatorTable>& tables) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& table : tables) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& row : table.rows) rows.push_back(json_of(row));
    all.push_back({{"evaluator", table.evaluator}, {"workload", table.workload}, {"trials", rows}});
  }
  fmt::print("{}\n",
             nlohmann::ordered_json{
                 {"schema", "timetrial.evaluators/1"}, {"sweep", sweep}, {"evaluators", all}}
                 .dump(2));
}

void evaluators(const Options& options) {
  const auto file = options.store.empty() ? default_store() : options.store;
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  const auto sweep = scoring::choose_sweep(store, options.sweep, file.string()).sweep;
  if (store.imported(sweep.id)) {
    throw InputError("sweep '" + sweep.name +
                     "' was imported from logs, whose models nobody has; name one of trials that "
                     "were run here with --sweep");
  }
  const auto tables = scoring::read_evaluators(store, sweep);
  if (tables.empty()) {
    throw InputError("sweep '" + sweep.name +
                     "': no evaluator has looked at a model; have them run with: timetrial sweep "
                     "start NAME … --evaluators all");
  }
  if (options.json) {
    print_json(sweep.name, tables);
  } else {
    print_text(tables);
  }
}

void add(CommandLine app, Program&) {
  auto options = std::make_shared<Options>();
  auto command =
      app.add_subcommand("evaluators", "What was found in trained models: probes, calibration, …");
  command.add_option("--sweep", options->sweep, "The sweep's name (default: the newest)");
  command.add_option("--store", options->store, "The database (TIMETRIAL_STORE)");
  command.add_flag("--json", options->json, "One JSON object, with every value");
  command.callback([options] { evaluators(*options); });
  command.footer(
      "Evaluators look at a trial's model once, when it has ended, off the clock: sweep start … "
      "--evaluators\ncalibration,linear_probe (or all). Which ones there are, and what they "
      "measure: docs/evaluators.md.\n\n"
      "Example:\n"
      "  timetrial evaluators --sweep shapes");
}

const bool registered = add_command({"evaluators", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::evaluators_command
