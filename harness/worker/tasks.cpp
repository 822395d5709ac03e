#include "harness/worker/tasks.h"

#include "harness/sdk/confinement.h"
#include "harness/sdk/loader.h"
#include "harness/trial/error.h"
#include "workloads/workload.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <timetrial/export.h>

#include <nlohmann/json.hpp>

#include <string_view>

namespace timetrial::worker {
namespace {

/// "OpenMP", from the line "ATen parallel backend: OpenMP" of LibTorch's report.
std::string parallel_backend() {
  constexpr std::string_view kLabel = "ATen parallel backend: ";
  const std::string report = at::get_parallel_info();
  const auto found = report.find(kLabel);
  if (found == std::string::npos) return "unknown";
  const auto begin = found + kLabel.size();
  return report.substr(begin, report.find('\n', begin) - begin);
}

}  // namespace

void prepare(const std::string& workload, const std::filesystem::path& source,
             const std::filesystem::path& out) {
  if (!std::filesystem::is_directory(source)) {
    throw InputError(source.string() + ": no such folder; --source is that of the unpacked " +
                     "packages, which scripts/setup.sh fetches, or of the official data");
  }
  workloads::find(workload).make()->prepare(source, out);
}

std::uint64_t bytes_to_prepare(const std::string& workload, const std::filesystem::path& source) {
  return workloads::find(workload).make()->bytes_to_prepare(source);
}

void check_loadable(const std::filesystem::path& library) {
  sdk::confine({.device = "cpu", .readable = {library}, .scratch = {}});
  sdk::SubmissionLibrary(library).create();
}

std::string version_json() {
  return nlohmann::json{
      {"libtorch", TIMETRIAL_LIBTORCH_VERSION},
      {"sdk",
       TIMETRIAL_DETAIL_TEXT(TIMETRIAL_SDK_VERSION_MAJOR) "." TIMETRIAL_DETAIL_TEXT(
           TIMETRIAL_SDK_VERSION_MINOR) "." TIMETRIAL_DETAIL_TEXT(TIMETRIAL_SDK_VERSION_PATCH)},
      {"compiler", TIMETRIAL_COMPILER},
      {"cpu_capability", at::get_cpu_capability()},
      {"blas", at::show_config().find("mkl") != std::string::npos ||
                       at::show_config().find("MKL") != std::string::npos
                   ? "mkl"
                   : "other"},
      {"mkl", at::get_mkl_version()},
      {"onednn", at::get_mkldnn_version()},
      {"parallel", parallel_backend()}}
      .dump();
}

}  // namespace timetrial::worker
