#pragma once
// The one symbol that a submission's library exports.
//
// The record sits in a section of its own (".timetrial"), so that the harness reads versions, name
// and author from the file and refuses a mismatch before any code of the library runs.

#include <timetrial/export_record.h>
#include <torch/version.h>

#include <cstddef>
#include <string_view>

#define TIMETRIAL_LIBTORCH_VERSION           \
  TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_MAJOR) \
  "." TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_MINOR) "." TIMETRIAL_DETAIL_TEXT(TORCH_VERSION_PATCH)

namespace timetrial {

/// Whether `name` is one or more lower case letters, digits and underscores.
constexpr bool is_submission_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

}  // namespace timetrial

/// The record of a submission that `create` makes and `destroy` deletes.
#define TIMETRIAL_DETAIL_RECORD(submission_name, submission_author, create, destroy)        \
  static_assert(::timetrial::is_submission_name(submission_name),                           \
                "the name of a submission is lower case letters, digits and _");            \
  extern "C" {                                                                              \
  __attribute__((visibility("default"), used,                                               \
                 section(".timetrial"))) ::timetrial::ExportRecord timetrial_submission = { \
      "timetrial-sdk",                                                                      \
      sizeof(::timetrial::ExportRecord),                                                    \
      TIMETRIAL_SDK_VERSION_MAJOR,                                                          \
      TIMETRIAL_SDK_VERSION_MINOR,                                                          \
      TIMETRIAL_SDK_VERSION_PATCH,                                                          \
      TIMETRIAL_LIBTORCH_VERSION,                                                           \
      TIMETRIAL_COMPILER,                                                                   \
      _GLIBCXX_USE_CXX11_ABI,                                                               \
      submission_name,                                                                      \
      submission_author,                                                                    \
      create,                                                                               \
      destroy};                                                                             \
  }

/// Exports `Class` (default-constructible, derived from timetrial::Submission) as the library's
/// submission. `submission_name` is lower case letters, digits and underscores. In a source that is
/// another submission's base (timetrial_add_submission(… BASE …)), makes it for its wrapper instead
/// (timetrial/task_wrapper.h).
#ifdef TIMETRIAL_WRAPPED_BASE
#define TIMETRIAL_SUBMISSION(Class, submission_name, submission_author) \
  ::timetrial::Submission* timetrial_wrapped_submission() { return new Class(); }
#else
#define TIMETRIAL_SUBMISSION(Class, submission_name, submission_author) \
  TIMETRIAL_DETAIL_RECORD(                                              \
      submission_name, submission_author,                               \
      []() -> ::timetrial::Submission* { return new Class(); },         \
      [](::timetrial::Submission* submission) { delete submission; })
#endif
