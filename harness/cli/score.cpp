// timetrial score: the leaderboard of a sweep, in the terminal or as JSON.
#include "harness/cli/scored_store.h"
#include "scoring/exporters.h"

#include <fmt/core.h>

#include <memory>

namespace timetrial::cli::score_command {
namespace {

struct Options {
  ScoringOptions scoring;
  bool json = false;
};

ExitCode score(const Options& options) {
  const auto report = scored_report(options.scoring, scoring::Detail::leaderboard);
  fmt::print("{}", options.json ? scoring::to_score_json(report) : scoring::to_terminal(report));
  return ExitCode::done;
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("score", "Score the submissions of a sweep");
  auto options = std::make_shared<Options>();
  add_scoring_options(command, options->scoring);
  command.add_flag("--json", options->json, "One JSON object (timetrial.score/1)");
  command.footer(
      "Examples:\n"
      "  timetrial score\n"
      "  timetrial score --sweep mini-demo --json\n"
      "  timetrial score --from v05-external.tar.xz --mode compat-v0.5\n"
      "  timetrial score --target wmt=30 --budget-factor 0.5\n\n"
      "Exit codes: 0 done, 1 store error, 2 bad input. What the numbers mean: docs/scoring.md");
  command.callback([&program, options] { program.exit_code = score(*options); });
}

const bool registered = add_command({"score", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::score_command
