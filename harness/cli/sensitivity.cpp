// timetrial sensitivity SUBMISSION -w WORKLOAD: how much training depends on the learning rate.
#include "harness/cli/command.h"
#include "harness/cli/run_options.h"
#include "harness/cli/study_run.h"
#include "harness/cli/tuning_point.h"
#include "harness/cli/whole_file.h"
#include "harness/study/rate_curves.h"
#include "harness/study/verdict.h"
#include "harness/trial/sha256.h"
#include "scoring/article.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>

namespace timetrial::cli::sensitivity_command {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kRate = "learning_rate";
constexpr std::size_t kDigitsOfHash = 8;
/// Longer stretches of losses are thinned, and their first is no longer that of the first step.
constexpr std::int64_t kUnthinned = 8192;

struct Options {
  std::string submission;
  std::vector<std::string> workloads, point, interventions;
  std::vector<double> rates{3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};
  study::CurveTerms terms{"validation/loss", 3e-3, 3e-1, 5};
  std::int64_t steps = 600;
  int seeds = 3;
  std::uint64_t seed = 0;
  std::int64_t slid = 5;
  RunFlags flags;
  std::string out;
  bool json = false;
};

/// Hyperparameters that one curve changes.
struct Intervention {
  std::string name;  ///< empty: none
  tuning::Point point;
};

/// "NAME:hyperparameter=value,hyperparameter=value"
Intervention parse_intervention(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string::npos) {
    throw InputError("--intervention '" + text +
                     "': expected NAME:hyperparameter=value, more of them after commas");
  }
  std::vector<std::string> parts;
  std::istringstream in(text.substr(colon + 1));
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  Intervention intervention{text.substr(0, colon), parse_point("--intervention", parts)};
  if (intervention.point.empty()) {
    throw InputError("--intervention '" + text + "': names no hyperparameter");
  }
  return intervention;
}

std::vector<double> sorted_rates(std::vector<double> rates) {
  std::sort(rates.begin(), rates.end());
  if (rates.size() < 2 || rates.front() <= 0 || !std::isfinite(rates.back()) ||
      std::adjacent_find(rates.begin(), rates.end()) != rates.end()) {
    throw InputError("--rate: expected at least two different numbers above 0");
  }
  return rates;
}

study::Run make_run(const Options& options, const std::string& workload,
                    const Intervention& intervention) {
  study::Run run;
  run.group = intervention.name.empty() ? workload : workload + ", " + intervention.name;
  run.submission = options.submission;
  run.workload = workload;
  tuning::Point point = parse_point("--point", options.point);
  for (const auto& [name, value] : intervention.point) point[name] = value;
  if (point.count(kRate) != 0) {
    throw InputError("learning_rate is what is swept; give its values by --rate");
  }
  for (const double rate : sorted_rates(options.rates)) {
    run.points.push_back(point);
    run.points.back()[kRate] = rate;
  }
  if (options.steps > kUnthinned) run.evaluate_at = {1};
  run.evaluate_at.push_back(options.steps);
  return run;
}

/// All that decides what is trained, as text.
std::string text_of(const study::Study& study) {
  std::string text = fmt::format("seeds = {}\n", study.seeds);
  for (const auto& run : study.runs) {
    text += fmt::format("{}: {} on {}, {} steps\n", run.group, run.submission, run.workload,
                        run.evaluate_at.back());
    for (const auto& point : run.points) text += describe_point(point) + "\n";
  }
  return text;
}

study::Study study_of(const Options& options) {
  if (options.seeds < 1) throw InputError("--seeds: expected at least 1");
  if (options.steps < 2) throw InputError("--steps: expected at least 2");
  if (!(options.terms.low > 0 && options.terms.low < options.terms.high)) {
    throw InputError("--low and --high: expected 0 < low < high");
  }
  std::vector<Intervention> interventions(1);
  for (const auto& text : options.interventions) {
    interventions.push_back(parse_intervention(text));
  }
  study::Study study;
  study.seeds = options.seeds;
  study.record_losses = true;
  for (const auto& workload : options.workloads) {
    for (const auto& intervention : interventions) {
      auto run = make_run(options, workload, intervention);
      for (const auto& other : study.runs) {
        if (other.group == run.group) throw InputError("'" + run.group + "' is asked for twice");
      }
      study.runs.push_back(std::move(run));
    }
  }
  // The same sweep of the same store finds its trials again, another one adds its own.
  study.text = text_of(study);
  study.hash = sha256_hex(study.text);
  study.name = "sensitivity " + study.hash.substr(0, kDigitsOfHash);
  study.title = "Sensitivity of " + options.submission + " to the learning rate";
  return study;
}

std::vector<study::RateCurves> curves_of(const Options& options, const study::Study& study,
                                         const fs::path& file) {
  const auto store = store::Store::open(file, store::Store::Mode::read_only);
  std::vector<study::RateCurves> curves;
  for (const auto& group : study::read_results(store, study).groups) {
    curves.push_back(study::rate_curves(group, options.terms.metric));
  }
  return curves;
}

scoring::Article article_of(const Options& options, const study::Study& study,
                            const std::vector<study::RateCurves>& curves) {
  scoring::Article article{study.title, {}};
  article.sections.push_back(
      {.paragraphs = {fmt::format("{} steps, {} seeds.", options.steps, options.seeds)},
       .tables = {study::sensitivity_table(curves, options.terms)},
       .plots = {{"losses", study::sensitivity_plot(curves, options.terms)}},
       .items = study::sensitivity_remarks(curves)});
  return article;
}

ordered_json statistic_json(const std::vector<double>& values) {
  const auto found = study::mean_interval(values, "");
  if (!found) return nullptr;
  const auto number = [](double value) {
    return std::isfinite(value) ? ordered_json(value) : ordered_json();
  };
  return {{"value", found->value}, {"low", number(found->low)}, {"high", number(found->high)}};
}

ordered_json curves_json(const Options& options, const study::RateCurves& curves,
                         const study::Run& run) {
  auto seeds = ordered_json::array();
  for (const auto& seed : curves.seeds) {
    auto losses = ordered_json::array();
    for (const auto& point : seed.losses) {
      // What is not finite has no spelling in JSON: null.
      losses.push_back({{kRate, point.rate}, {"loss", point.loss}});
    }
    seeds.push_back({{"seed", seed.seed}, {"initial_loss", seed.initial_loss}, {"rates", losses}});
  }
  const auto& terms = options.terms;
  const auto of = [&](const study::Selection& selection) {
    return statistic_json(study::sensitivities(curves, selection));
  };
  return {{"name", curves.name},
          {"workload", run.workload},
          {"point", run.points.front()},
          {"sensitivity", of(study::all_rates())},
          {"window_sensitivity", of(study::rates_within(terms.low, terms.high))},
          {"slid_sensitivity", of(study::rates_around_best(curves, terms.slid_count))},
          {"seeds", seeds},
          {"left_out", curves.left_out}};
}

std::string json_of(const Options& options, const study::Study& study,
                    const std::vector<study::RateCurves>& curves) {
  auto all = ordered_json::array();
  for (std::size_t i = 0; i < curves.size(); ++i) {
    all.push_back(curves_json(options, curves[i], study.runs[i]));
    all.back()["point"].erase(kRate);
  }
  return ordered_json{{"schema", "timetrial.sensitivity/1"},
                      {"submission", options.submission},
                      {"steps", options.steps},
                      {"low", options.terms.low},
                      {"high", options.terms.high},
                      {"slid", options.terms.slid_count},
                      {"curves", all},
                      {"remarks", study::sensitivity_remarks(curves)}}
      .dump(2);
}

void write_pages(const fs::path& folder, const scoring::Article& article) {
  fs::create_directories(folder);
  auto files = scoring::plot_files(article);
  files.emplace_back("sensitivity.md", scoring::to_markdown(article));
  files.emplace_back("sensitivity.html", scoring::to_html(article));
  for (const auto& [name, text] : files) {
    write_whole(folder / name, text);
    fmt::print(stderr, "wrote {}\n", (folder / name).lexically_normal().string());
  }
}

void sensitivity(Program& program, Options options) {
  if (options.slid < 2) throw InputError("--slid: expected at least 2");
  options.terms.slid_count = static_cast<std::size_t>(options.slid);
  const auto study = study_of(options);
  const fs::path file = options.flags.store.empty()
                            ? default_store().parent_path() / "studies" / "sensitivity.db"
                            : fs::absolute(options.flags.store);
  options.flags.store = file.string();
  const auto code = run_study(program, study, options.flags, options.seed);
  if (code != ExitCode::done) {
    program.exit_code = code;
    return;
  }
  const auto curves = curves_of(options, study, file);
  const auto article = article_of(options, study, curves);
  fmt::print("{}\n",
             options.json ? json_of(options, study, curves) : scoring::to_terminal(article));
  if (!options.out.empty()) write_pages(options.out, article);
  for (const auto& curve : curves) {
    if (curve.left_out > 0) program.exit_code = ExitCode::some_trials_failed;
  }
}

void add_sweep_options(CommandLine command, const std::shared_ptr<Options>& options) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help).group("Sweep");
  };
  add("--rate", options->rates, "A learning rate, repeatable (default: 3e-4 to 3e-1, seven)");
  add("-p,--point", options->point, "name=number, repeatable: the other hyperparameters");
  add("--intervention", options->interventions,
      "NAME:name=number,…, repeatable: a further curve on each workload, with these changed");
  add("--steps", options->steps, "Of a training, and of its schedule's horizon").show_default();
  add("--seeds", options->seeds, "Trainings at each rate").show_default();
  add("--seed", options->seed, "All randomness derives from it").show_default();
  add("--low", options->terms.low, "The lowest rate of the fixed window").show_default();
  add("--high", options->terms.high, "Its highest rate").show_default();
  add("--slid", options->slid, "Rates of the window that slides with the optimum").show_default();
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  options->flags.threads = 1;
  auto command = app.add_subcommand("sensitivity",
                                    "How much training depends on the learning rate, by a sweep");
  command.add_option("submission", options->submission, "Name, or a path to a .so").required();
  command.add_option("-w,--workload", options->workloads, "Name, repeatable: a curve for each")
      .required();
  add_sweep_options(command, options);
  add_run_flags(command, options->flags);
  command.add_option("--out", options->out, "Write a page and its plot into this folder")
      .group("Output");
  command.add_flag("--json", options->json, "One JSON object").group("Output");
  command.callback([&program, options] { sensitivity(program, *options); });
  command.footer(
      "Trains at every rate with every seed, and prints S: the mean over rates of how much worse\n"
      "training ends than at the best of them, what diverged counted as the initial loss. Variants "
      "and\n"
      "sizes are workloads; other hyperparameters are interventions. S is blind to much: read it "
      "with\n"
      "the losses beside it (docs/sensitivity.md). Trials are kept (studies/sensitivity.db beside "
      "your\n"
      "store, or --store): an interrupted sweep goes on.\n\n"
      "Example:\n"
      "  timetrial sensitivity adamw -w bytes_lm -w bytes_lm_no_qk_norm -p warmup_factor=0.05 \\\n"
      "    -p weight_decay=1e-4 -p weight_decay_form=1 --intervention "
      "coupled:weight_decay_form=0,weight_decay=0.1");
}

const bool registered = add_command({"sensitivity", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::sensitivity_command
