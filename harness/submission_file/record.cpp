#include "harness/submission_file/record.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <timetrial/export_record.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

namespace timetrial::submission_file {
namespace {

/// Any shared library is smaller; a stray data set is not read whole to be told so.
constexpr std::uintmax_t kLargestFile = std::uintmax_t{1} << 31;

std::string version(std::uint32_t major, std::uint32_t minor, std::uint32_t patch) {
  return fmt::format("{}.{}.{}", major, minor, patch);
}

std::string major_minor(const std::string& version) {
  return version.substr(0, version.rfind('.'));
}

std::string family(const std::string& compiler) { return compiler.substr(0, compiler.find(' ')); }

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    throw InputError(file.string() + ": no such file; give the .so that the build wrote");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw InputError(file.string() + ": not a file; give the .so that the build wrote");
  }
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw InputError(file.string() + ": " + error.message());
  if (size > kLargestFile) {
    throw InputError(file.string() + ": larger than 2 GiB, which no submission is");
  }
  std::vector<std::byte> bytes(size);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    throw InputError(file.string() + ": cannot be read: " + std::strerror(errno));
  }
  return bytes;
}

template <std::size_t N>
std::string text(const char (&field)[N], const std::filesystem::path& file, const char* what) {
  const std::size_t length = strnlen(field, N);
  if (length == N) {
    throw InputError(fmt::format("{}: the record's {} has no end; rebuild it with this SDK",
                                 file.string(), what));
  }
  const std::string result(field, length);
  // It is quoted in messages of one line, and in reports.
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(result.begin(), result.end(), is_control)) {
    throw InputError(
        fmt::format("{}: the record's {} holds control characters; rebuild it with "
                    "timetrial_add_submission()",
                    file.string(), what));
  }
  return result;
}

/// The part of the layout that never changes.
constexpr std::size_t kFixedBytes = offsetof(ExportRecord, libtorch);

ExportRecord copy_record(std::span<const std::byte> section, const std::filesystem::path& file) {
  if (section.empty()) {
    throw InputError(file.string() +
                     ": a shared library, but not a submission (no .timetrial record); end its "
                     "source with TIMETRIAL_SUBMISSION(Class, \"name\", \"author\")");
  }
  ExportRecord record{};
  std::memcpy(&record, section.data(), std::min(section.size(), sizeof(record)));
  if (section.size() < kFixedBytes ||
      std::memcmp(record.magic, kExportMagic, sizeof(kExportMagic)) != 0) {
    throw InputError(file.string() +
                     ": its .timetrial record is damaged; rebuild it with "
                     "timetrial_add_submission()");
  }
  return record;
}

bool same_layout(const ExportRecord& record) {
  return record.sdk_major == TIMETRIAL_SDK_VERSION_MAJOR &&
         record.sdk_minor == TIMETRIAL_SDK_VERSION_MINOR;
}

}  // namespace

Toolchain harness_toolchain() {
  return {version(TIMETRIAL_SDK_VERSION_MAJOR, TIMETRIAL_SDK_VERSION_MINOR,
                  TIMETRIAL_SDK_VERSION_PATCH),
          TIMETRIAL_BUILT_WITH_LIBTORCH, TIMETRIAL_COMPILER, _GLIBCXX_USE_CXX11_ABI != 0};
}

SubmissionFile read_record(const std::filesystem::path& file) {
  const auto bytes = read_bytes(file);
  const auto section = elf_section(bytes, kExportSection, file);
  const ExportRecord record = copy_record(section, file);
  SubmissionFile result;
  result.path = file;
  result.sdk = version(record.sdk_major, record.sdk_minor, record.sdk_patch);
  if (!same_layout(record)) return result;
  if (record.struct_size != sizeof(ExportRecord) || section.size() < sizeof(ExportRecord)) {
    throw InputError(
        fmt::format("{}: its .timetrial record has {} bytes, expected {}; rebuild it with "
                    "timetrial_add_submission()",
                    file.string(), std::min<std::size_t>(record.struct_size, section.size()),
                    sizeof(ExportRecord)));
  }
  result.name = text(record.name, file, "name");
  result.author = text(record.author, file, "author");
  result.libtorch = text(record.libtorch, file, "LibTorch version");
  result.compiler = text(record.compiler, file, "compiler");
  result.cxx11_abi = record.cxx11_abi != 0;
  return result;
}

void check_compatible(const SubmissionFile& file, const Toolchain& harness) {
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, const std::string& theirs,
                           const std::string& ours) {
    differences.push_back(fmt::format("{} {} (this harness: {})", what, theirs, ours));
  };
  if (major_minor(file.sdk) != major_minor(harness.sdk)) {
    compare("SDK", file.sdk, harness.sdk);
  } else {
    if (file.libtorch != harness.libtorch) compare("LibTorch", file.libtorch, harness.libtorch);
    if (family(file.compiler) != family(harness.compiler)) {
      compare("compiler", file.compiler, harness.compiler);
    }
    if (file.cxx11_abi != harness.cxx11_abi) {
      compare("_GLIBCXX_USE_CXX11_ABI", file.cxx11_abi ? "1" : "0", harness.cxx11_abi ? "1" : "0");
    }
  }
  if (differences.empty()) return;
  throw InputError(fmt::format(
      "{}: built with {}; rebuild it with the SDK of this harness: find_package(Timetrial {}), "
      "LibTorch {}, {}",
      file.path.string(), fmt::join(differences, ", "), major_minor(harness.sdk), harness.libtorch,
      family(harness.compiler)));
}

}  // namespace timetrial::submission_file
