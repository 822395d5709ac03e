#pragma once
// `timetrial data prepare`: brings data sets into the project's format, whole or not at all.

#include "harness/cli/command.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::cli {

struct PrepareOptions {
  std::vector<std::string> names;  ///< workloads, data sets or globs; none: all but official data
  std::filesystem::path data;      ///< where prepared data go
  std::filesystem::path packages;  ///< unpacked packages; empty: where setup puts them
  std::filesystem::path from;      ///< official data as the user has them; empty: none
  std::FILE* out = stdout;         ///< where it says what it did: stderr where that is no answer
};

/// Prepares what is not yet there and whole. Packaged data are made anew; official data, which take
/// hours, go on with the finished files of an interrupted run. Throws InputError for unknown names,
/// a missing folder or too little room; returns the worker's verdict otherwise.
ExitCode prepare_data(const Program& program, PrepareOptions options);

/// What is wrong with a prepared data set; empty when it is whole. Reads every byte.
std::vector<std::string> data_problems(const std::filesystem::path& folder);

}  // namespace timetrial::cli
