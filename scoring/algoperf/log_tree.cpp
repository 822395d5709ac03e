#include "scoring/algoperf/log_tree.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace timetrial::algoperf {
namespace {

constexpr std::string_view kTrialPrefix = "trial_";
constexpr std::string_view kStudyPrefix = "study_";
constexpr int kNoNumber = -1;
constexpr int kLargestNumber = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits after the prefix; kNoNumber when there are none.
int number_after(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return kNoNumber;
  name.remove_prefix(prefix.size());
  int number = kNoNumber;
  const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
  if (result.ec != std::errc() || number < 0 || number > kLargestNumber) return kNoNumber;
  return number;
}

/// A number for each name, all different. Plain names keep theirs before others may take it.
std::map<std::string, int> number_all(const std::set<std::string>& names, std::string_view prefix) {
  std::map<std::string, int> numbers;
  std::set<int> taken;
  const auto keep = [&](const std::string& name, int number) {
    if (number != kNoNumber && taken.insert(number).second) numbers[name] = number;
  };
  for (const auto& name : names) {
    const int number = number_after(prefix, name);
    if (name == std::string(prefix) + std::to_string(number)) keep(name, number);
  }
  for (const auto& name : names) {
    if (!numbers.contains(name)) keep(name, number_after(prefix, name));
  }
  for (const auto& name : names) {
    if (!numbers.contains(name)) keep(name, taken.empty() ? 0 : *taken.rbegin() + 1);
  }
  return numbers;
}

void number_trials(WorkloadFolder& folder) {
  std::set<std::string> names;
  for (const auto& trial : folder.trials) names.insert(trial.name);
  const auto numbers = number_all(names, kTrialPrefix);
  for (auto& trial : folder.trials) trial.number = numbers.at(trial.name);
  std::sort(folder.trials.begin(), folder.trials.end(),
            [](const TrialFolder& a, const TrialFolder& b) { return a.number < b.number; });
}

}  // namespace

bool is_trial_name(std::string_view name) {
  return name.starts_with(kTrialPrefix) && name.size() > kTrialPrefix.size() &&
         is_digit(name[kTrialPrefix.size()]) && is_folder_name(name);
}

bool is_folder_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;  // of a file system
  return !name.empty() && name.front() != '.' && name.size() <= kLongest &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' '; }) &&
         simdjson::validate_utf8(name.data(), name.size());
}

void split_framework(WorkloadFolder& folder) {
  folder.workload = folder.name;
  for (const std::string_view framework : {"jax", "pytorch"}) {
    const std::string suffix = "_" + std::string(framework);
    if (!folder.name.ends_with(suffix) || folder.name.size() == suffix.size()) continue;
    folder.workload.resize(folder.name.size() - suffix.size());
    folder.framework = framework;
  }
}

std::size_t LogTree::trials() const {
  std::size_t count = 0;
  for (const auto& folder : workloads) count += folder.trials.size();
  return count;
}

void LogTree::arrange(Findings& findings) {
  std::sort(workloads.begin(), workloads.end(), [](const auto& a, const auto& b) {
    return std::tie(a.submission, a.study_name, a.name) <
           std::tie(b.submission, b.study_name, b.name);
  });
  for (const auto& folder : workloads) {
    if (folder.trials.empty()) findings.add(Finding::no_trials, folder.path());
  }
  std::erase_if(workloads, [](const WorkloadFolder& folder) { return folder.trials.empty(); });
  std::map<std::string, std::set<std::string>> studies;
  for (const auto& folder : workloads) studies[folder.submission].insert(folder.study_name);
  std::map<std::string, std::map<std::string, int>> numbers;
  for (const auto& [submission, names] : studies) {
    numbers[submission] = number_all(names, kStudyPrefix);
  }
  for (auto& folder : workloads) {
    folder.study = numbers.at(folder.submission).at(folder.study_name);
    number_trials(folder);
  }
  std::stable_sort(workloads.begin(), workloads.end(), [](const auto& a, const auto& b) {
    return std::tie(a.submission, a.study) < std::tie(b.submission, b.study);
  });
}

void LogTree::require_one_framework(const std::string& place) const {
  std::map<std::pair<std::string, std::string>, const WorkloadFolder*> first;
  for (const auto& folder : workloads) {
    const auto [at, is_new] = first.try_emplace({folder.submission, folder.workload}, &folder);
    if (is_new || at->second->framework == folder.framework) continue;
    throw InputError(fmt::format(
        "{}: {} and {} are one workload in two frameworks; a submission is scored in one, so move "
        "the other's folders away or give them a submission of their own",
        place, at->second->path(), folder.path()));
  }
}

}  // namespace timetrial::algoperf
