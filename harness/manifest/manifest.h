#pragma once
// What a prepared data set consists of: <data dir>/<dataset>/manifest.json, written by
// `timetrial data prepare`, checked by `timetrial data verify`, hashed into every trial's
// provenance.
//
//   {"format": 1, "dataset": "fashion_mnist", "workload": "fashion_mnist_vit",
//    "packages": {"dataset-fashion-mnist": "debian … <version> <sha256>"},
//    "files": [{"path": "training/images.bin", "bytes": 39200000, "sha256": "…"}]}
//
// Paths are relative to the data set's folder, with '/', sorted. Without LibTorch.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace timetrial::manifest {

inline constexpr const char* kFileName = "manifest.json";

struct File {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Manifest {
  std::string dataset;
  std::string workload;                         ///< whose reader prepared it
  std::map<std::string, std::string> packages;  ///< the .stamp of each package that was there;
                                                ///< none for official data
  std::vector<File> files;

  std::uint64_t bytes() const;  ///< of all files
};

/// Sizes and hashes of every regular file below `folder`, without the manifest itself. Throws
/// InputError naming a file that cannot be read or is no regular file.
std::vector<File> list_files(const std::filesystem::path& folder);

/// Writes `folder`/manifest.json. Throws std::runtime_error if the disk refuses.
void write(const std::filesystem::path& folder, const Manifest& manifest);

/// Throws InputError (file, what is wrong, `timetrial data prepare`) if there is none or it is
/// malformed.
Manifest read(const std::filesystem::path& folder);

/// One line for each file that is missing, too many, or of another size or hash; empty when all is
/// as the manifest says. Reads every byte.
std::vector<std::string> differences(const std::filesystem::path& folder, const Manifest& manifest);

/// SHA-256 over paths, sizes and hashes: what identifies the data, whatever machine prepared it.
std::string data_hash(const Manifest& manifest);

}  // namespace timetrial::manifest
