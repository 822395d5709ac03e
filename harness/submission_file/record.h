#pragma once
// What a submission's library says of itself, read from the file without loading it: no code of the
// library runs. The record is the section ".timetrial" of a 64-bit ELF file (timetrial/export.h).
// Without LibTorch.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace timetrial::submission_file {

struct SubmissionFile {
  std::filesystem::path path;
  std::string name, author;
  std::string sdk;       ///< version, such as "0.1.0"
  std::string libtorch;  ///< version, such as "2.11.0"
  std::string compiler;  ///< family and major version, such as "gcc 12"
  bool cxx11_abi = true;
};

/// What this harness was built with; a submission must agree (check_compatible).
struct Toolchain {
  std::string sdk, libtorch, compiler;
  bool cxx11_abi = true;
};
Toolchain harness_toolchain();

/// Reads the record. Throws InputError (one line: file, what is wrong, remedy) for a file that is
/// missing or no regular file, not an ELF file, not a shared library of this machine, without a
/// record, or cut short. If the SDK's major.minor differs from the harness's, only `path` and `sdk`
/// are filled: the rest of the record is that SDK's own.
SubmissionFile read_record(const std::filesystem::path& file);

/// Throws InputError naming all that differs from `harness` (SDK major.minor, LibTorch version,
/// compiler family, C++ library ABI) and how to rebuild.
void check_compatible(const SubmissionFile& file, const Toolchain& harness = harness_toolchain());

/// The bytes of a section of a 64-bit little-endian ELF image; empty if there is none of the name.
/// Throws InputError naming `file` if the image is malformed: every offset is checked against it.
std::span<const std::byte> elf_section(std::span<const std::byte> image, const std::string& section,
                                       const std::filesystem::path& file);

}  // namespace timetrial::submission_file
