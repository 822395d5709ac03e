#include "scoring/joining.h"

#include "harness/trial/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace timetrial::scoring {
namespace {

std::set<std::string> profiles_of(const std::vector<Results>& sweeps) {
  std::set<std::string> profiles;
  for (const auto& sweep : sweeps) {
    const auto& own = sweep.provenance.hardware_profiles;
    profiles.insert(own.begin(), own.end());
  }
  return profiles;
}

void require(bool equal, const Results& a, const Results& b, const std::string& what) {
  if (equal) return;
  throw InputError(fmt::format("sweeps '{}' and '{}' differ in {}; score them one by one (--sweep)",
                               a.provenance.sweep, b.provenance.sweep, what));
}

bool equal_terms(const WorkloadTerms& a, const WorkloadTerms& b) {
  const auto key = [](const WorkloadTerms& terms) {
    return std::tie(terms.base, terms.metric, terms.higher_is_better, terms.validation_target,
                    terms.budget_s);
  };
  return key(a) == key(b);
}

void add_workloads(Results& all, const Results& more) {
  for (const auto& terms : more.workloads) {
    const auto found = std::find_if(all.workloads.begin(), all.workloads.end(),
                                    [&](const auto& known) { return known.name == terms.name; });
    if (found == all.workloads.end()) {
      all.workloads.push_back(terms);
    } else {
      require(equal_terms(*found, terms), all, more, "target or budget of " + terms.name);
    }
  }
}

void add_cells(Results& all, Results& more) {
  for (auto& cell : more.cells) {
    const auto twice = std::any_of(all.cells.begin(), all.cells.end(), [&](const Cell& known) {
      return std::tie(known.submission, known.workload) == std::tie(cell.submission, cell.workload);
    });
    if (twice) {
      throw InputError(
          fmt::format("sweeps '{}' and '{}' both ran {} on {}; choose one of them "
                      "with --sweep",
                      all.provenance.sweep, more.provenance.sweep, cell.submission, cell.workload));
    }
    all.cells.push_back(std::move(cell));
  }
  for (const auto& name : more.submissions) {
    if (std::find(all.submissions.begin(), all.submissions.end(), name) == all.submissions.end()) {
      all.submissions.push_back(name);
    }
  }
}

void add_provenance(Provenance& all, const Provenance& more) {
  all.sweep += " + " + more.sweep;
  all.created_ns = std::max(all.created_ns, more.created_ns);
  for (const auto& [name, version] : more.versions) {
    auto& known = all.versions[name];
    if (known != version) known += (known.empty() ? "" : " / ") + version;
  }
}

void add(Results& all, Results more) {
  const auto &a = all.provenance, &b = more.provenance;
  require(a.rule_set_hash == b.rule_set_hash, all, more, "rule set");
  require(a.tuning == b.tuning, all, more, "tuning");
  require(a.max_steps == b.max_steps, all, more, "step limit");
  add_workloads(all, more);
  add_cells(all, more);
  all.planned_studies = std::max(all.planned_studies, more.planned_studies);
  std::move(more.remarks.begin(), more.remarks.end(), std::back_inserter(all.remarks));
  std::move(more.quarantined.begin(), more.quarantined.end(), std::back_inserter(all.quarantined));
  add_provenance(all.provenance, more.provenance);
}

}  // namespace

Results joined(std::vector<Results> sweeps) {
  const auto profiles = profiles_of(sweeps);
  Results all = std::move(sweeps.at(0));
  for (std::size_t i = 1; i < sweeps.size(); ++i) add(all, std::move(sweeps[i]));
  all.provenance.hardware_profiles.assign(profiles.begin(), profiles.end());
  all.provenance.hardware_profile = fmt::format("{}", fmt::join(profiles, " + "));
  return all;
}

void require_one_profile(const std::vector<Results>& sweeps) {
  if (profiles_of(sweeps).size() < 2) return;
  std::vector<std::string> named;
  for (const auto& sweep : sweeps) {
    named.push_back(fmt::format("'{}' on {}", sweep.provenance.sweep,
                                fmt::join(sweep.provenance.hardware_profiles, " and ")));
  }
  throw InputError(fmt::format(
      "scores never mix hardware profiles, and {} ran {}; choose sweeps of one with --sweep, or "
      "give --mix-profiles",
      sweeps.size() == 1 ? "sweep" : "sweeps", fmt::join(named, ", ")));
}

}  // namespace timetrial::scoring
