#pragma once
// The one symbol that a submission's library exports, and the record behind it.
//
// The record sits in a section of its own (".timetrial"), so that the harness reads versions, name
// and author from the file and refuses a mismatch before any code of the library runs.

#include <timetrial/version.h>
#include <torch/version.h>

#include <cstddef>
#include <cstdint>

namespace timetrial {

class Submission;

/// Layout is fixed for ever up to and including `struct_size`; later fields follow SDK versions.
/// Texts are NUL-terminated and cut to fit.
struct ExportRecord {
  char magic[16];             ///< "timetrial-sdk"
  std::uint32_t struct_size;  ///< sizeof(ExportRecord) of the SDK it was built against
  std::uint32_t sdk_major, sdk_minor, sdk_patch;
  char libtorch[32];  ///< such as "2.11.0"
  char compiler[32];  ///< family and major version, such as "gcc 12"
  std::uint32_t cxx11_abi;
  char name[64];
  char author[128];
  Submission* (*create)();
  void (*destroy)(Submission*);
};

inline constexpr char kExportMagic[] = "timetrial-sdk";
inline constexpr char kExportSymbol[] = "timetrial_submission";
inline constexpr char kExportSection[] = ".timetrial";

#define TIMETRIAL_DETAIL_TEXT_(x) #x
#define TIMETRIAL_DETAIL_TEXT(x) TIMETRIAL_DETAIL_TEXT_(x)
#if defined(__clang__)
#define TIMETRIAL_COMPILER "clang " TIMETRIAL_DETAIL_TEXT(__clang_major__)
#else
#define TIMETRIAL_COMPILER "gcc " TIMETRIAL_DETAIL_TEXT(__GNUC__)
#endif
#define TIMETRIAL_LIBTORCH_VERSION                                              \
  TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_MAJOR)                                    \
  "." TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_MINOR) "." TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_PATCH)

}  // namespace timetrial

/// Exports `Class` (default-constructible, derived from timetrial::Submission) as the library's
/// submission. `name` is lower case letters, digits and underscores.
#define TIMETRIAL_SUBMISSION(Class, submission_name, submission_author)                           \
  extern "C" {                                                                                    \
  __attribute__((visibility("default"), used, section(".timetrial")))                             \
  ::timetrial::ExportRecord timetrial_submission = {                                              \
      "timetrial-sdk",                                                                            \
      sizeof(::timetrial::ExportRecord),                                                          \
      TIMETRIAL_SDK_VERSION_MAJOR,                                                                \
      TIMETRIAL_SDK_VERSION_MINOR,                                                                \
      TIMETRIAL_SDK_VERSION_PATCH,                                                                \
      TIMETRIAL_LIBTORCH_VERSION,                                                                 \
      TIMETRIAL_COMPILER,                                                                         \
      _GLIBCXX_USE_CXX11_ABI,                                                                     \
      submission_name,                                                                            \
      submission_author,                                                                          \
      []() -> ::timetrial::Submission* { return new Class(); },                                   \
      [](::timetrial::Submission* submission) { delete submission; }};                       \
  }
