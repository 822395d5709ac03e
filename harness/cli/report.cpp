// timetrial report: a sweep's leaderboard, plots and trials as HTML, Markdown, CSV, JSON or LaTeX.
#include "harness/cli/scored_store.h"
#include "harness/cli/whole_file.h"
#include "scoring/exporters.h"
#include "scoring/from_store.h"
#include "scoring/tradeoff_store.h"

#include <fmt/core.h>

#include <memory>
#include <optional>

namespace timetrial::cli::report_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  ScoringOptions scoring;
  fs::path out;
  std::string format;
  bool tradeoff = false;
};

/// The format that was asked for, or that the file's name means.
scoring::Format format_of(const Options& options) {
  if (!options.format.empty()) return scoring::parse_format(options.format);
  return options.out.empty() ? scoring::Format::html : scoring::format_of(options.out);
}

void write_tradeoff(const scoring::Article& article, const std::string& text, const fs::path& out) {
  write_whole(out, text);
  if (out.extension() != ".md") return;
  for (const auto& [name, svg] : scoring::plot_files(article)) {
    write_whole(out.parent_path() / name, svg);
  }
}

/// Tasks beside one another, never one score.
ExitCode report_tradeoff(const Options& options) {
  const auto& asked = options.scoring;
  const auto place = !asked.from.empty()    ? asked.from
                     : !asked.store.empty() ? asked.store
                                            : default_store();
  const auto store = store::Store::open(place, store::Store::Mode::read_only);
  if (asked.sweeps.size() > 1) throw InputError("--tradeoff is of one sweep; name one --sweep");
  const auto name = asked.sweeps.empty() ? std::nullopt : std::optional(asked.sweeps.front());
  const auto sweep = scoring::choose_sweep(store, name, place.string()).sweep;
  const auto tradeoffs = scoring::read_tradeoffs(store, sweep);
  if (tradeoffs.empty()) {
    throw InputError("sweep '" + sweep.name +
                     "' has no workload with several tasks; see: timetrial workload list");
  }
  const auto format = format_of(options);
  const auto out = options.out.empty()
                       ? fs::path(std::string("tradeoff.") + scoring::extension_of(format))
                       : options.out;
  const auto article = scoring::tradeoff_article(sweep, tradeoffs);
  switch (format) {
    case scoring::Format::html:
      write_tradeoff(article, scoring::to_html(article), out);
      break;
    case scoring::Format::markdown:
      write_tradeoff(article, scoring::to_markdown(article), out);
      break;
    case scoring::Format::json:
      write_tradeoff(article, scoring::tradeoff_json(sweep, tradeoffs), out);
      break;
    default:
      throw InputError("--tradeoff writes html, md or json");
  }
  fmt::print("{}\n", fs::absolute(out).lexically_normal().string());
  return ExitCode::done;
}

ExitCode report(Options options) {
  if (options.tradeoff) return report_tradeoff(options);
  const auto format = format_of(options);
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
  command.add_flag(
      "--tradeoff", options->tradeoff,
      "Of multi-task workloads: each task, the front of static weights, who is beyond it");
  command.footer(
      "Examples:\n"
      "  timetrial report --out report.html\n"
      "  timetrial report --sweep mini-demo --out leaderboard.md\n"
      "  timetrial report --format csv --plots figures\n"
      "  timetrial report --tradeoff --sweep two-tasks --out tradeoff.md\n\n"
      "Exit codes: 0 done, 1 store or file error, 2 bad input.");
  command.callback([&program, options] { program.exit_code = report(*options); });
}

const bool registered = add_command({"report", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::report_command
