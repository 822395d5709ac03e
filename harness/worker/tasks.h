#pragma once
// Tasks of the worker executable besides training.

#include <cstdint>
#include <filesystem>
#include <string>

namespace timetrial::worker {

/// Writes <out>/training and <out>/held_back from the unpacked packages, or the official data, in
/// `source`. Throws InputError.
void prepare(const std::string& workload, const std::filesystem::path& source,
             const std::filesystem::path& out);

/// About how many bytes prepare() will write; official data only. Throws InputError naming the
/// first thing that `source` lacks.
std::uint64_t bytes_to_prepare(const std::string& workload, const std::filesystem::path& source);

/// Loads a submission's library as a trial would, and makes a submission; the process is confined
/// (sdk/confinement.h) from then on. Throws InputError.
void check_loadable(const std::filesystem::path& library);

/// One JSON object: versions of LibTorch, its build, the SDK and the compiler.
std::string version_json();

}  // namespace timetrial::worker
