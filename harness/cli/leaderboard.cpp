// timetrial leaderboard export: a sweep's leaderboard for people, papers and programs.
#include "harness/cli/scored_store.h"
#include "harness/cli/whole_file.h"
#include "scoring/exporters.h"

#include <fmt/core.h>

#include <memory>

namespace timetrial::cli::leaderboard_command {
namespace {

struct Options {
  ScoringOptions scoring;
  std::filesystem::path out;
  std::string format;
};

void export_leaderboard(const Options& options) {
  auto format = scoring::Format::markdown;
  if (!options.format.empty()) {
    format = scoring::parse_format(options.format);
  } else if (!options.out.empty()) {
    format = scoring::format_of(options.out);
  }
  const auto report = scored_report(options.scoring, scoring::Detail::leaderboard);
  const auto text = scoring::export_as(format, report);
  write_plots(options.scoring, report);
  if (options.out.empty()) {
    fmt::print("{}", text);
    return;
  }
  write_whole(options.out, text);
  fmt::print("{}\n", std::filesystem::absolute(options.out).lexically_normal().string());
}

void add(CommandLine app, Program&) {
  auto command = app.add_subcommand("leaderboard", "Export leaderboards");
  command.require_subcommand();
  auto sub = command.add_subcommand("export", "Write the leaderboard, without the single trials");
  auto options = std::make_shared<Options>();
  sub.add_option("-o,--out", options->out, "The file to write (default: standard output)");
  sub.add_option("--format", options->format,
                 "html, md, csv, json or latex (default: by the file's extension, else md)");
  add_scoring_options(sub, options->scoring);
  add_plots_option(sub, options->scoring);
  sub.footer(
      "Examples:\n"
      "  timetrial leaderboard export --format md\n"
      "  timetrial leaderboard export --from v05-external.tar.xz --mode compat-v0.5 -o v05.html\n"
      "  timetrial leaderboard export --from results.db --reference-set adamw --format latex\n\n"
      "Exit codes: 0 done, 1 store or file error, 2 bad input. What the numbers mean: "
      "docs/scoring.md");
  sub.callback([options] { export_leaderboard(*options); });
}

[[maybe_unused]] const bool registered = add_command({"leaderboard", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::leaderboard_command
