#include "harness/study/verdict.h"

#include "harness/sweep/blind_comparison.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::study {
namespace {

GateState state_of(const Gate& gate, const Statistic& statistic) {
  if (std::isnan(statistic.value)) return GateState::open;
  const auto holds = [&](double value) {
    return gate.at_least ? value >= *gate.at_least : value <= *gate.at_most;
  };
  const bool low = holds(statistic.low), high = holds(statistic.high);
  if (low && high) return GateState::holds;
  return low || high ? GateState::open : GateState::fails;
}

}  // namespace

const char* to_string(GateKind kind) {
  switch (kind) {
    case GateKind::gate:
      return "gate";
    case GateKind::precondition:
      return "precondition";
    case GateKind::control:
      return "control";
  }
  return "unknown";
}

const char* to_string(GateState state) {
  switch (state) {
    case GateState::holds:
      return "holds";
    case GateState::fails:
      return "fails";
    case GateState::open:
      return "open";
  }
  return "unknown";
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::reproduced:
      return "reproduced";
    case Verdict::not_reproduced:
      return "not reproduced";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "unknown";
}

std::vector<GateResult> judge(const std::vector<Gate>& gates,
                              const std::map<std::string, Statistic>& statistics,
                              const std::vector<std::string>& known) {
  std::vector<GateResult> results;
  for (const auto& gate : gates) {
    if (std::find(known.begin(), known.end(), gate.statistic) == known.end()) {
      throw InputError("gate '" + gate.name +
                       "': " + unknown_name("statistic", gate.statistic, known));
    }
    GateResult result{gate, std::nullopt, GateState::open};
    if (const auto found = statistics.find(gate.statistic); found != statistics.end()) {
      result.statistic = found->second;
      result.state = state_of(gate, found->second);
    }
    results.push_back(std::move(result));
  }
  return results;
}

Verdict verdict_of(const std::vector<GateResult>& gates) {
  bool fails = false;
  for (const auto& result : gates) {
    if (result.as_expected()) continue;
    if (result.gate.kind != GateKind::gate || result.state == GateState::open) {
      return Verdict::inconclusive;
    }
    fails = true;
  }
  return fails ? Verdict::not_reproduced : Verdict::reproduced;
}

std::optional<Statistic> mean_interval(const std::vector<double>& values, std::string meaning) {
  if (values.empty()) return std::nullopt;
  double mean = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) return std::nullopt;
    mean += value / static_cast<double>(values.size());
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Statistic statistic{mean, -kInfinity, kInfinity, std::move(meaning)};
  if (const auto interval = sweep::interval_of(values)) {
    statistic.low = interval->low;
    statistic.high = interval->high;
  }
  return statistic;
}

}  // namespace timetrial::study
