#pragma once
// Opens a submission's library and makes submissions from it.
//
//   const SubmissionLibrary library(file);
//   auto submission = library.create();
//
// The record in the file is checked before any code of the library runs.

#include "harness/submission_file/record.h"

#include <timetrial/submission.h>

#include <filesystem>
#include <memory>

namespace timetrial::sdk {

/// Freed by the library that made it.
using SubmissionPtr = std::unique_ptr<Submission, void (*)(Submission*)>;

class SubmissionLibrary {
 public:
  /// Throws InputError, one line, for all that read_record and check_compatible refuse, for symbols
  /// that are missing (names the first) and for a library without the entry point.
  explicit SubmissionLibrary(const std::filesystem::path& file);

  const submission_file::SubmissionFile& file() const { return file_; }
  /// A fresh, default-constructed submission; may outlive this object. Lets through what the
  /// submission's constructor throws.
  SubmissionPtr create() const;

 private:
  submission_file::SubmissionFile file_;
  // The library stays open until the process ends: its code may be on a stack or in a static.
  const ExportRecord* record_ = nullptr;
};

}  // namespace timetrial::sdk
