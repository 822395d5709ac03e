#include "tests/scoring/algoperf/same_results.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>

namespace timetrial::algoperf::test {
namespace {

using scoring::TrialResult;

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

std::string differences(const TrialResult& a, const TrialResult& b) {
  if (a.trial != b.trial) return "number";
  if (a.point != b.point) return "point";
  if (a.outcome->kind != b.outcome->kind) return "outcome";
  if (a.outcome->reason != b.outcome->reason) return "reason";
  if (a.outcome->step != b.outcome->step) return "last step";
  if (!same(a.outcome->submission_time_s, b.outcome->submission_time_s)) return "outcome's time";
  if (!same(a.submission_time_s, b.submission_time_s)) return "submission time";
  if (!same(a.evaluation_time_s, b.evaluation_time_s)) return "evaluation time";
  if (a.curve.size() != b.curve.size()) return "rows";
  for (std::size_t row = 0; row < a.curve.size(); ++row) {
    if (a.curve[row].step != b.curve[row].step || a.curve[row].row != b.curve[row].row ||
        !same(a.curve[row].submission_time_s, b.curve[row].submission_time_s) ||
        !same(a.curve[row].value, b.curve[row].value)) {
      return fmt::format("row {}", row);
    }
  }
  return "";
}

std::string differences(const scoring::WorkloadTerms& a, const scoring::WorkloadTerms& b) {
  if (a.name != b.name || a.base != b.base || a.metric != b.metric) return a.name + ": words";
  if (a.higher_is_better != b.higher_is_better) return a.name + ": direction";
  if (!same(a.validation_target, b.validation_target)) return a.name + ": target";
  if (!same(a.budget_s, b.budget_s)) return a.name + ": budget";
  return "";
}

std::string differences(const scoring::Cell& a, const scoring::Cell& b) {
  if (a.submission != b.submission || a.workload != b.workload) return "order";
  if (a.studies.size() != b.studies.size()) return "studies";
  for (std::size_t s = 0; s < a.studies.size(); ++s) {
    const auto &x = a.studies[s], &y = b.studies[s];
    if (x.study != y.study || x.trials.size() != y.trials.size()) return fmt::format("study {}", s);
    for (std::size_t t = 0; t < x.trials.size(); ++t) {
      const auto found = differences(x.trials[t], y.trials[t]);
      if (!found.empty()) return fmt::format("study {} trial {}: {}", s, t, found);
    }
  }
  return "";
}

}  // namespace

std::string differences(const scoring::Results& a, const scoring::Results& b) {
  if (a.provenance.sweep != b.provenance.sweep) return "sweep";
  if (a.provenance.rule_set_hash != b.provenance.rule_set_hash) return "rule set";
  if (a.provenance.tuning != b.provenance.tuning) return "tuning";
  if (a.provenance.hardware_profile != b.provenance.hardware_profile) return "hardware profile";
  if (a.provenance.versions != b.provenance.versions) return "versions";
  if (a.planned_studies != b.planned_studies) return "planned studies";
  if (a.submissions != b.submissions) return "submissions";
  if (a.remarks != b.remarks) return "remarks";
  if (a.workloads.size() != b.workloads.size()) return "workloads";
  for (std::size_t i = 0; i < a.workloads.size(); ++i) {
    const auto found = differences(a.workloads[i], b.workloads[i]);
    if (!found.empty()) return found;
  }
  if (a.cells.size() != b.cells.size()) return "cells";
  for (std::size_t i = 0; i < a.cells.size(); ++i) {
    const auto found = differences(a.cells[i], b.cells[i]);
    if (!found.empty()) {
      return fmt::format("{} / {}: {}", a.cells[i].submission, a.cells[i].workload, found);
    }
  }
  return "";
}

}  // namespace timetrial::algoperf::test
