#include "harness/trial/trial.h"

#include <array>

namespace timetrial {
namespace {
constexpr std::array kOutcomeNames{"target_reached", "budget_spent",         "completed",
                                   "diverged",       "out_of_memory_host",   "out_of_memory_device",
                                   "crashed",        "hung",                 "protocol_broken",
                                   "interrupted"};
}  // namespace

std::string to_string(const TrialKey& key) {
  return key.submission + " / " + key.workload + " / study " + std::to_string(key.study) +
         " / trial " + std::to_string(key.trial);
}

const char* to_string(OutcomeKind kind) { return kOutcomeNames.at(static_cast<std::size_t>(kind)); }

std::optional<OutcomeKind> parse_outcome(const std::string& text) {
  for (std::size_t i = 0; i < kOutcomeNames.size(); ++i) {
    if (text == kOutcomeNames.at(i)) return static_cast<OutcomeKind>(i);
  }
  return std::nullopt;
}

bool is_final(OutcomeKind kind) { return kind != OutcomeKind::interrupted; }

bool is_regular(OutcomeKind kind) {
  return kind == OutcomeKind::target_reached || kind == OutcomeKind::budget_spent ||
         kind == OutcomeKind::completed || kind == OutcomeKind::diverged;
}

}  // namespace timetrial
