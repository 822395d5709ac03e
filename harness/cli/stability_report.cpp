#include "harness/cli/stability_report.h"

#include "harness/cli/divergence_json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace timetrial::cli {
namespace {

std::string describe(const scoring::TrialDivergence& seed) {
  const auto& found = seed.divergence;
  std::string text = to_string(found.kind);
  if (found.sign != scoring::DivergenceSign::none) text += fmt::format(" at {}", found.step);
  if (found.stride > 1) text += fmt::format(" (losses are means of {} steps)", found.stride);
  return text;
}

nlohmann::ordered_json to_json(const TriedRate& tried) {
  auto seeds = nlohmann::ordered_json::array();
  for (const auto& seed : tried.seeds) seeds.push_back(divergence_json(seed.divergence));
  return {{kSearchedRate, tried.rate}, {"stable", tried.stable}, {"seeds", seeds}};
}

}  // namespace

void print_terms(const RateFinding& finding) {
  fmt::print("{} on {}: {} steps, {} seeds, {} from {:g} to {:g}\n", finding.submission,
             finding.workload, finding.steps, finding.seeds, kSearchedRate, finding.range.low,
             finding.range.high);
}

void print_rate(const TriedRate& tried) {
  std::string seeds;
  for (const auto& seed : tried.seeds) seeds += (seeds.empty() ? "" : ", ") + describe(seed);
  fmt::print("  {} {:<8g} {:<8}  {}\n", kSearchedRate, tried.rate,
             tried.stable ? "stable" : "unstable", seeds);
  std::fflush(stdout);
}

void print_answer(const RateFinding& finding) {
  const auto& answer = finding.answer;
  switch (answer.answer) {
    case sweep::RateAnswer::bracketed:
      fmt::print("max_stable_lr {:g}; {:g} is unstable\n", *answer.stable, *answer.unstable);
      break;
    case sweep::RateAnswer::all_stable:
      fmt::print("the whole range is stable: max_stable_lr is at least {:g}\n", *answer.stable);
      break;
    case sweep::RateAnswer::all_unstable:
      fmt::print("the whole range is unstable: max_stable_lr is below {:g}\n", *answer.unstable);
      break;
  }
  for (const double rate : answer.stable_above) {
    fmt::print("not monotone: {:g} is stable, above the unstable {:g}\n", rate, *answer.unstable);
  }
}

nlohmann::ordered_json to_json(const RateFinding& finding) {
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  auto rates = nlohmann::ordered_json::array();
  for (const auto& tried : finding.tried) rates.push_back(to_json(tried));
  return {{"schema", "timetrial.stability/1"},
          {"submission", finding.submission},
          {"workload", finding.workload},
          {"steps", finding.steps},
          {"seeds", finding.seeds},
          {"point", finding.point},
          {"low", finding.range.low},
          {"high", finding.range.high},
          {"resolution", finding.range.resolution},
          {"rates", rates},
          {"answer", to_string(finding.answer.answer)},
          {"max_stable_lr", number(finding.answer.stable)},
          {"lowest_unstable_lr", number(finding.answer.unstable)},
          {"stable_above", finding.answer.stable_above}};
}

}  // namespace timetrial::cli
