// timetrial store: check, query and copy the database of results.
#include "harness/store/store.h"
#include "harness/cli/command.h"
#include "scoring/number_text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace timetrial::cli::store_command {
namespace {

struct Options {
  std::filesystem::path store;
  std::string sql;
  std::filesystem::path to;
  bool json = false, csv = false;

  /// The default is looked up when it is needed: without HOME, --help must still work.
  std::filesystem::path file() const { return store.empty() ? default_store() : store; }
};

using Row = std::vector<std::optional<std::string>>;

ExitCode check(const Options& options) {
  const auto problems = store::Store::open(options.file(), store::Store::Mode::read_write).check();
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"store", options.file().string()},
                                              {"sound", problems.empty()},
                                              {"problems", problems}}
                           .dump(2));
  } else if (problems.empty()) {
    fmt::print("{}: sound\n", options.file().string());
  } else {
    for (const auto& problem : problems) fmt::print("{}\n", problem);
  }
  return problems.empty() ? ExitCode::done : ExitCode::check_failed;
}

/// SQLite's text of a number becomes a number, of NULL null, and any other stays a text.
nlohmann::ordered_json to_json(const std::optional<std::string>& value) {
  if (!value) return nullptr;
  constexpr std::size_t kLongestNumber = 24;  // beyond, a hash of digits is likelier
  if (value->size() > kLongestNumber || value->empty()) return *value;
  if (value->find_first_not_of("0123456789+-.e") != std::string::npos) return *value;
  const auto number = nlohmann::ordered_json::parse(*value, nullptr, false);
  return number.is_number() ? number : nlohmann::ordered_json(*value);
}

/// Letters and accents count, not bytes: a UTF-8 continuation byte takes no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

void print_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i].value_or("-")));
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto text = row[i].value_or("-");
      line += text;
      if (i + 1 < row.size()) line += std::string(widths[i] - width(text) + 2, ' ');
    }
    fmt::print("{}\n", line);
  }
}

void print_csv(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += (i == 0 ? "" : ",") + scoring::csv_field(row[i].value_or(""));
    }
    fmt::print("{}\n", line);
  }
}

void query(const Options& options) {
  const auto source = store::Store::open(options.file(), store::Store::Mode::read_only);
  std::vector<Row> table;
  auto json = nlohmann::ordered_json::array();
  source.query(options.sql, [&](const auto& columns, const auto& values) {
    if (options.json) {
      auto& entry = json.emplace_back(nlohmann::ordered_json::object());
      for (std::size_t i = 0; i < columns.size(); ++i) entry[columns[i]] = to_json(values[i]);
      return;
    }
    if (table.empty()) table.emplace_back(columns.begin(), columns.end());
    table.push_back(values);
  });
  if (options.json) {
    fmt::print("{}\n", json.dump(2));
  } else if (table.empty()) {
    fmt::print(stderr, "no rows\n");
  } else if (options.csv) {
    print_csv(table);
  } else {
    print_table(table);
  }
}

void backup(const Options& options) {
  store::Store::open(options.file(), store::Store::Mode::read_only).backup(options.to);
  fmt::print("{}\n", options.to.string());
}

CommandLine add_part(CommandLine command, const std::shared_ptr<Options>& options, const char* name,
                     const char* description) {
  auto part = command.add_subcommand(name, description);
  part.add_option("--store", options->store,
                  "The database (default: TIMETRIAL_STORE, else the "
                  "one in your data folder)");
  return part;
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("store", "Check, query or copy the database of results");
  command.require_subcommand();

  auto checking = add_part(command, options, "check", "Say whether the database is sound");
  checking.add_flag("--json", options->json, "Print one JSON object");
  checking.footer(
      "Brings an older database up to date first, keeping a copy. Exit code 4: not sound.\n"
      "Example:\n  timetrial store check --store results.db");
  checking.callback([options, &program] { program.exit_code = check(*options); });

  auto querying = add_part(command, options, "query", "Run one reading SQL statement");
  querying.add_option("--sql", options->sql, "The statement").required();
  querying.add_flag("--json", options->json, "Print a JSON list with one object per row");
  querying.add_flag("--csv", options->csv, "Print comma-separated values, with a header")
      .excludes("--json");
  querying.footer(
      "Tables and the stable views v_trials, v_evaluations, v_time_to_target, v_scores_input:\n"
      "docs/store.md.\n"
      "Examples:\n"
      "  timetrial store query --sql 'SELECT * FROM v_scores_input'\n"
      "  timetrial store query --json --sql \"SELECT submission, time_to_target_s\n"
      "    FROM v_time_to_target WHERE workload = 'gcide_lm'\"");
  querying.callback([options] { query(*options); });

  auto copying = add_part(command, options, "backup",
                          "Write a consistent copy, even of a store "
                          "in use");
  copying.add_option("TO", options->to, "The new file").required();
  copying.footer("Example:\n  timetrial store backup results-2026-11.db");
  copying.callback([options] { backup(*options); });
}

const bool registered = add_command({"store", Group::upkeep, add});

}  // namespace
}  // namespace timetrial::cli::store_command
