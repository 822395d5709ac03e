// timetrial study list|show|run|report: experiments that a paper's finding may fail.
#include "harness/cli/command.h"
#include "harness/cli/run_options.h"
#include "harness/cli/study_run.h"
#include "harness/cli/whole_file.h"
#include "harness/study/page.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace timetrial::cli::study_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string name;
  RunFlags flags;
  std::uint64_t seed = 0;
  bool is_short = false, json = false;
  fs::path out;
};

study::Study load(const Options& options) {
  auto study = study::load(options.name);
  return options.is_short ? study::shortened(std::move(study)) : study;
}

/// Each study has a store of its own, beside the user's.
fs::path store_of(const Options& options, const study::Study& study) {
  if (!options.flags.store.empty()) return fs::absolute(options.flags.store);
  return default_store().parent_path() / "studies" /
         (study.name + (study.is_short ? "-short.db" : ".db"));
}

std::string short_text(const study::Gate& gate) {
  const char* kind = gate.kind == study::GateKind::control        ? "control, must fail: "
                     : gate.kind == study::GateKind::precondition ? "precondition: "
                                                                  : "";
  return fmt::format("{}{}: {} {} {:g}", kind, gate.name, gate.statistic,
                     gate.at_least ? ">=" : "<=", gate.at_least ? *gate.at_least : *gate.at_most);
}

void list(const Options& options) {
  nlohmann::json all = nlohmann::json::array();
  for (const auto& name : study::names()) {
    const auto study = study::load(name);
    all.push_back({{"name", name}, {"title", study.title}, {"trials", study.trials()}});
    if (!options.json) fmt::print("{:<28} {:>5} trials  {}\n", name, study.trials(), study.title);
  }
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "timetrial.studies/1"}, {"studies", all}}.dump(2));
  }
}

void show(const Options& options) {
  const auto study = load(options);
  fmt::print("{}\n{}\nSource: {}\n\n", study.title, study.claim, study.source);
  fmt::print("{:<24} {:<32} {:<32} {:>6} {:>7}\n", "group", "submission", "workload", "points",
             "steps");
  for (const auto& run : study.runs) {
    fmt::print("{:<24} {:<32} {:<32} {:>6} {:>7}\n", run.group, run.submission, run.workload,
               run.points.size(), run.evaluate_at.back());
  }
  fmt::print("\n{} trials, {} seeds\n\n", study.trials(), study.seeds);
  for (const auto& gate : study.gates) fmt::print("{}\n", short_text(gate));
}

study::StudyReport report_of(const fs::path& file, const study::Study& study) {
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  auto report = study::make_report(study::read_results(store, study));
  for (const auto& sweep : store.sweeps()) {
    if (!sweep.name.starts_with(study.name)) continue;
    report.provenance = {{"study", study.name + ", SHA-256 " + study.hash},
                         {"seed", std::to_string(sweep.seed)},
                         {"store", "content " + store.content_hash()},
                         {"versions", sweep.versions_json}};
  }
  return report;
}

void write_pages(const fs::path& folder, const study::StudyReport& report) {
  fs::create_directories(folder);
  for (const auto& [name, text] : study::pages(report)) {
    write_whole(folder / name, text);
    fmt::print(stderr, "wrote {}\n", (folder / name).lexically_normal().string());
  }
}

void print(const Options& options, const study::StudyReport& report) {
  fmt::print("{}\n", options.json ? study::to_json(report) : study::to_text(report));
  if (!options.out.empty()) write_pages(options.out, report);
}

void run(Program& program, Options options) {
  const auto study = load(options);
  study::find_analysis(study.analysis.kind);  // or hours of runs would have no use
  const auto file = store_of(options, study);
  options.flags.store = file.string();
  const auto code = run_study(program, study, options.flags, options.seed);
  if (code != ExitCode::done) {
    program.exit_code = code;
    return;
  }
  print(options, report_of(file, study));
}

void add_run(CommandLine parent, Program& program, const std::shared_ptr<Options>& options) {
  auto command =
      parent.add_subcommand("run", "Run what is missing of a study, and say what it found");
  command.add_option("name", options->name, "A study's name, or a .toml file").required();
  command.add_flag("--short", options->is_short, "A few short runs, to see that everything works");
  command.add_option("--seed", options->seed, "All randomness derives from it")
      .show_default()
      .group("Rules");
  command.add_option("--out", options->out, "Write the study's page and plots into this folder")
      .group("Output");
  command.add_flag("--json", options->json, "One JSON object").group("Output");
  add_run_flags(command, options->flags);
  command.callback([&program, options] { run(program, *options); });
  command.footer(
      "Steps end the trials, so nothing depends on how busy the machine is; --jobs and --threads\n"
      "only decide how long it takes. Runs are kept in a store of their own: an interrupted study\n"
      "goes on, a finished one is only read.\n\n"
      "Exit code: 0 the study has run, whatever its verdict.\n\n"
      "Example:\n"
      "  timetrial study run multitask_tradeoff --jobs 2 --threads 1 --out pages");
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("study", "Findings of papers, reproduced or not");
  command.require_subcommand();
  auto options = std::make_shared<Options>();
  auto all = command.add_subcommand("list", "The studies of this build");
  all.add_flag("--json", options->json, "One JSON object");
  all.callback([options] { list(*options); });
  auto one = command.add_subcommand("show", "Claim, runs and gates of a study");
  one.add_option("name", options->name, "A study's name, or a .toml file").required();
  one.add_flag("--short", options->is_short, "Its short form");
  one.callback([options] { show(*options); });
  add_run(command, program, options);
  auto page = command.add_subcommand("report", "What the runs so far say");
  page.add_option("name", options->name, "A study's name, or a .toml file").required();
  page.add_flag("--short", options->is_short, "Its short form");
  page.add_option("--store", options->flags.store, "The study's database");
  page.add_option("--out", options->out, "Write the study's page and plots into this folder");
  page.add_flag("--json", options->json, "One JSON object");
  page.callback([options] {
    const auto study = load(*options);
    print(*options, report_of(store_of(*options, study), study));
  });
}

const bool registered = add_command({"study", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::study_command
