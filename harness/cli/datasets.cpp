#include "harness/cli/datasets.h"

#include "harness/cli/workload_catalog.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <stdexcept>

namespace timetrial::cli {
namespace {

/// By data set, the workloads of a catalog.
std::vector<Dataset> group(const nlohmann::ordered_json& catalog) {
  std::map<std::string, Dataset> by_name;
  for (const auto& workload : catalog) {
    const auto name = workload.at("name").get<std::string>();
    const auto dataset = workload.at("dataset").get<std::string>();
    auto& entry = by_name[dataset];
    entry.name = dataset;
    // A worker of an earlier build does not say: it has packaged data only.
    entry.official = workload.value("data", "packages") == "official";
    const bool is_base = workload.at("base").get<std::string>() == name;
    entry.workloads.insert(is_base ? entry.workloads.begin() : entry.workloads.end(), name);
  }
  std::vector<Dataset> datasets;
  for (auto& [name, dataset] : by_name) datasets.push_back(std::move(dataset));
  return datasets;
}

std::vector<std::string> known_names(const std::vector<Dataset>& all) {
  std::vector<std::string> names;
  for (const auto& dataset : all) {
    names.push_back(dataset.name);
    names.insert(names.end(), dataset.workloads.begin(), dataset.workloads.end());
  }
  return names;
}

/// Whether the pattern picks the data set; puts a workload that it picks first.
bool picks(const std::string& pattern, Dataset& dataset) {
  auto& workloads = dataset.workloads;
  const auto picked = std::find_if(workloads.begin(), workloads.end(),
                                   [&](const auto& name) { return glob_match(pattern, name); });
  if (picked != workloads.end()) {
    std::rotate(workloads.begin(), picked, picked + 1);
    return true;
  }
  return glob_match(pattern, dataset.name);
}

}  // namespace

std::vector<Dataset> all_datasets(const Program& program) {
  return group(workload_catalog(program));
}

std::vector<Dataset> select_datasets(const std::vector<Dataset>& all,
                                     const std::vector<std::string>& names) {
  std::vector<Dataset> selected;
  if (names.empty()) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(selected),
                 [](const Dataset& dataset) { return !dataset.official; });
    return selected;
  }
  std::vector<Dataset> candidates = all;
  for (const auto& name : names) {
    bool found = false;
    for (auto& dataset : candidates) {
      if (!picks(name, dataset)) continue;
      found = true;
      const auto same = [&](const Dataset& other) { return other.name == dataset.name; };
      if (std::none_of(selected.begin(), selected.end(), same)) selected.push_back(dataset);
    }
    if (!found) throw InputError(unknown_name("workload or data set", name, known_names(all)));
  }
  return selected;
}

std::filesystem::path default_packages_dir(const Program& program) {
  if (const char* given = std::getenv("TIMETRIAL_PACKAGES"); given && *given) return given;
  if (const char* deps = std::getenv("TIMETRIAL_DEPS"); deps && *deps) {
    return std::filesystem::path(deps) / "packages";
  }
  for (auto folder = program.bin_dir; folder != folder.parent_path();
       folder = folder.parent_path()) {
    if (std::filesystem::is_directory(folder / ".deps" / "packages")) {
      return folder / ".deps" / "packages";
    }
  }
  throw InputError(
      "no folder of data packages was found; run scripts/setup.sh, or pass --packages");
}

std::string human_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

}  // namespace timetrial::cli
