#pragma once
// Data sets by name: which workload reads which, and where packages and prepared data lie.

#include "harness/cli/command.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::cli {

struct Dataset {
  std::string name;                    ///< folder below the data directory
  std::vector<std::string> workloads;  ///< that read it, base workloads first
  /// What AlgoPerf trains on, which its user has to bring.
  bool official = false;
};

/// All data sets of the workloads of this build, sorted by name.
std::vector<Dataset> all_datasets(const Program& program);

/// Those that a workload's name, a data set's name or a glob of either picks; without names, all
/// but the official ones. A picked workload comes first in its data set's list. Throws InputError
/// for a name that picks none.
std::vector<Dataset> select_datasets(const std::vector<Dataset>& all,
                                     const std::vector<std::string>& names);

/// Unpacked packages: TIMETRIAL_PACKAGES, else $TIMETRIAL_DEPS/packages, else .deps/packages of the
/// source tree that `program` was built in. Throws InputError when there is none.
std::filesystem::path default_packages_dir(const Program& program);

/// "54.2 MB": decimal units, three digits.
std::string human_bytes(double bytes);

}  // namespace timetrial::cli
