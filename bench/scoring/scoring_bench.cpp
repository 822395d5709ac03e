// What it costs to score a sweep and to write its reports, from results in memory. The first
// argument is the number of trials; cost per trial should stay flat.
#include "scoring/exporters.h"
#include "tests/support/example_results.h"

#include <benchmark/benchmark.h>

#include <string>

namespace timetrial::scoring {
namespace {

/// `trials` trials of 50 evaluations: 10 submissions x 5 studies x 5 trials, and as many workloads
/// as it takes.
Results results_with(std::int64_t trials) {
  return test::example_results({.submissions = 10,
                                .workloads = static_cast<int>(trials / 250),
                                .studies = 5,
                                .trials = 5,
                                .evaluations = 50,
                                .mishaps = false});
}

void score_sweep(benchmark::State& state) {
  const auto results = results_with(state.range(0));
  const auto once = score(results);
  if (once.rows.size() != 10 || once.rows.front().score <= once.rows.back().score) {
    state.SkipWithError("the scores are wrong");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(score(results, {.resamples = 0}));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(score_sweep)->RangeMultiplier(10)->Range(1000, 100000)->Unit(benchmark::kMillisecond);

/// The shape of AlgoPerf v0.5, external tuning: 11 submissions, 14 workloads, 5 studies of 5
/// trials.
void intervals_of_v0_5(benchmark::State& state) {
  const auto results = test::example_results({.submissions = 11,
                                              .workloads = 14,
                                              .studies = 5,
                                              .trials = 5,
                                              .evaluations = 60,
                                              .mishaps = false});
  const Options options{.resamples = static_cast<int>(state.range(0))};
  const auto once = score(results, options);
  if (options.resamples > 0 &&
      !(once.rows.front().score_interval->high >= once.rows.front().score)) {
    state.SkipWithError("the first interval does not hold its score");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(score(results, options));
}
BENCHMARK(intervals_of_v0_5)->Arg(0)->Arg(10'000)->Unit(benchmark::kMillisecond);

void write_report(benchmark::State& state) {
  const auto results = results_with(state.range(0));
  const auto report = make_report(results, score(results), 0);
  const auto format = static_cast<Format>(state.range(1));
  if (export_as(format, report).find("adamw") == std::string::npos) {
    state.SkipWithError("the report lacks a submission");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(export_as(format, report));
  state.SetLabel(to_string(format));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(write_report)
    ->ArgsProduct({{1000, 10000},
                   {static_cast<int>(Format::html), static_cast<int>(Format::markdown),
                    static_cast<int>(Format::csv), static_cast<int>(Format::json)}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace timetrial::scoring

BENCHMARK_MAIN();
