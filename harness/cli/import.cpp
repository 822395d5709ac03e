// timetrial import: results of another harness, from its logs into a store.
#include "scoring/algoperf/import.h"
#include "harness/cli/command.h"
#include "harness/cli/progress_line.h"
#include "harness/store/store.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace timetrial::cli::import_command {
namespace {

struct Options {
  std::filesystem::path path, store;
  std::string name;
  std::optional<std::string> rule_set;
  std::optional<rulesets::Tuning> tuning;
  ProgressKind progress = ProgressKind::automatic;
  bool json = false, dry_run = false;

  /// The default is looked up when it is needed: without HOME, --help must still work.
  std::filesystem::path store_file() const { return store.empty() ? default_store() : store; }
};

std::int64_t utc_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A store that was made for an import that then failed goes again: nothing is left behind.
class NewStore {
 public:
  explicit NewStore(std::filesystem::path file)
      : file_(std::move(file)), is_new_(!std::filesystem::exists(file_)) {}
  NewStore(const NewStore&) = delete;
  NewStore& operator=(const NewStore&) = delete;
  void keep() { is_new_ = false; }
  ~NewStore() {
    if (!is_new_) return;
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::filesystem::remove(file_.string() + suffix, ignored);
    }
  }

 private:
  std::filesystem::path file_;
  bool is_new_;
};

algoperf::ImportReport import_logs(const Options& options, const algoperf::Progress& progress) {
  algoperf::Findings findings;
  algoperf::LogOptions log_options;
  log_options.rule_set = options.rule_set;
  log_options.tuning = options.tuning;
  log_options.name = options.name;
  log_options.progress = progress;
  auto logs = algoperf::open_under_rules(options.path, log_options, findings);
  if (options.dry_run) return algoperf::try_import(logs, findings, progress);
  NewStore made(options.store_file());
  auto store = store::Store::open(options.store_file(), store::Store::Mode::create);
  auto report = algoperf::import_into(store, logs, findings, utc_now_ns(), progress);
  made.keep();
  return report;
}

void print_json(const Options& options, const algoperf::ImportReport& report) {
  nlohmann::ordered_json json{
      {"schema", "timetrial.import/1"},
      {"sweep", report.sweep},
      {"rule_set", report.rule_set},
      {"tuning", report.tuning},
      {"store", options.dry_run ? nlohmann::ordered_json(nullptr)
                                : nlohmann::ordered_json(options.store_file().string())},
      {"submissions", report.submissions},
      {"trials", report.trials},
      {"trials_added", report.counts.added},
      {"trials_known", report.counts.known},
      {"evaluations_added", options.dry_run ? 0 : report.counts.evaluations},
      {"remarks", report.remarks}};
  fmt::print("{}\n", json.dump(2));
}

void print_text(const Options& options, const algoperf::ImportReport& report) {
  fmt::print("{}: {} trials of {} submissions, rule set {}, {} tuning\n", report.sweep,
             report.trials, report.submissions, report.rule_set, report.tuning);
  for (const auto& remark : report.remarks) fmt::print("  {}\n", remark);
  if (options.dry_run) {
    fmt::print("nothing stored (--dry-run): {} evaluations\n", report.counts.evaluations);
  } else if (report.counts.added == 0) {
    fmt::print("{}: nothing added, all of it was there\n", options.store_file().string());
  } else {
    fmt::print("{}: added {} trials with {} evaluations; {} were there\n",
               options.store_file().string(), report.counts.added, report.counts.evaluations,
               report.counts.known);
  }
}

ExitCode import_algoperf(const Options& options) {
  ProgressLine line(options.progress, "importing");
  try {
    const auto report = import_logs(
        options, [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); });
    line.clear();
    if (options.json) {
      print_json(options, report);
    } else {
      print_text(options, report);
    }
    return ExitCode::done;
  } catch (const Interrupted& interrupted) {
    line.clear();
    fmt::print(stderr, "timetrial: import interrupted; nothing was stored\n");
    return interrupted.code;
  }
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("import", "Take results of another harness into a store");
  command.require_subcommand();
  auto part = command.add_subcommand("algoperf", "Import AlgoPerf's logs");
  auto options = std::make_shared<Options>();
  part.footer(
      "PATH is a folder, or a .tar, .tar.xz or .tar.zst, of\n"
      "<submission>/study_<N>/<workload>_<jax|pytorch>/trial_<N>/eval_measurements.csv.\n"
      "Importing again adds only what is new. What is passed over is counted and listed.\n"
      "Examples:\n"
      "  timetrial import algoperf logs/external_tuning --name v0.5\n"
      "  timetrial import algoperf v06.tar.xz --ruleset algoperf-v0.6 --store results.db\n\n"
      "Exit codes: 0 done, 1 store error, 2 bad input, 130/143 interrupted with nothing stored.\n"
      "What is kept of the logs: docs/import.md");
  part.add_option("PATH", options->path, "Folder or archive of logs").required();
  part.add_option("--name", options->name,
                  "Name of the sweep (default: the folder's or archive's)");
  part.add_option(
      "--ruleset", [options](const std::string& word) { options->rule_set = word; },
      "Rule set (default: told from the budgets in the logs)");
  part.add_option(
      "--tuning",
      [options](const std::string& word) { options->tuning = rulesets::parse_tuning(word); },
      "external or self (default: told from the flags in the logs)");
  part.add_option("--store", options->store,
                  "The database, made if absent (default: TIMETRIAL_STORE, else the user's data "
                  "folder)");
  part.add_option(
      "--progress",
      [options](const std::string& word) { options->progress = parse_progress(word); },
      "auto, bar, plain or none (default: auto)");
  part.add_flag("--json", options->json, "Print one JSON object (timetrial.import/1)");
  part.add_flag("--dry-run", options->dry_run, "Read and check everything, store nothing");
  part.callback([&program, options] { program.exit_code = import_algoperf(*options); });
}

const bool registered = add_command({"import", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::import_command
