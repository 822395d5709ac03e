#pragma once
// The record that a submission's library carries, and the compiler that built this translation
// unit. Without LibTorch, so that tools which only read the record stay light; export.h fills it.

#include <timetrial/version.h>

#include <cstddef>
#include <cstdint>

namespace timetrial {

class Submission;

/// Layout is fixed for ever up to and including `sdk_patch`, so that any harness can say which SDK
/// a library was built with; later fields follow SDK versions. Texts are NUL-terminated.
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

}  // namespace timetrial
