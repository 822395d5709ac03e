#pragma once
// Tasks of the worker executable besides training.

#include <filesystem>
#include <string>

namespace timetrial::worker {

/// Writes <out>/training and <out>/held_back from the unpacked packages. Throws InputError.
void prepare(const std::string& workload, const std::filesystem::path& packages,
             const std::filesystem::path& out);

/// Loads a submission's library as a trial would, and makes a submission. Throws InputError.
void check_loadable(const std::filesystem::path& library);

/// One JSON object: versions of LibTorch, its build, the SDK and the compiler.
std::string version_json();

}  // namespace timetrial::worker
