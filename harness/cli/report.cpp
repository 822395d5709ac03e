// timetrial report: a sweep's leaderboard, plots and trials as HTML, Markdown, CSV, JSON or LaTeX.
#include "harness/cli/scored_store.h"
#include "harness/cli/whole_file.h"
#include "scoring/exporters.h"

#include <fmt/core.h>

#include <memory>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  ScoringOptions scoring;
  fs::path out;
  std::string format;
};

ExitCode report(Options options) {
  using scoring::Format;
  Format format = Format::html;
  if (!options.format.empty()) {
    format = scoring::parse_format(options.format);
  } else if (!options.out.empty()) {
    format = scoring::format_of(options.out);
  }
  if (options.out.empty()) options.out = std::string("report.") + scoring::extension_of(format);
  const auto scored = scored_report(options.scoring, scoring::Detail::trials);
  const auto text = scoring::export_as(format, scored);
  write_plots(options.scoring, scored);
  write_whole(options.out, text);
  fmt::print("{}\n", fs::absolute(options.out).lexically_normal().string());
  return ExitCode::done;
}

void add(CommandLine app, Program& program) {
  auto command = app.add_subcommand("report", "Write a report of a sweep and print its path");
  auto options = std::make_shared<Options>();
  add_scoring_options(command, options->scoring);
  add_plots_option(command, options->scoring);
  command.add_option("-o,--out", options->out,
                     "The file to write (default: report.FORMAT in this folder)");
  command.add_option("--format", options->format,
                     "html, md, csv, json or latex (default: by the file's extension, else html)");
  command.footer(
      "Examples:\n"
      "  timetrial report --out report.html\n"
      "  timetrial report --sweep mini-demo --out leaderboard.md\n"
      "  timetrial report --format csv --plots figures\n\n"
      "Exit codes: 0 done, 1 store or file error, 2 bad input.");
  command.callback([&program, options] { program.exit_code = report(*options); });
}

const bool registered = add_command({"report", Group::results, add});

}  // namespace
}  // namespace timetrial::cli
