#pragma once
// Tasks of the worker executable besides training; each prints to stdout.

#include <filesystem>
#include <string>

namespace timetrial::worker {

/// Writes <out>/training and <out>/held_back from the unpacked packages. Throws InputError.
void prepare(const std::string& workload, const std::filesystem::path& packages,
             const std::filesystem::path& out);

/// One JSON object: versions of LibTorch, its build, the SDK and the compiler.
std::string version_json();

}  // namespace timetrial::worker
