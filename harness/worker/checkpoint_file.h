#pragma once
// The content of a checkpoint: parameters and model state, the submission's own state, the
// position. The referee decides when, holds the file, and records its hash; the worker fills it.
//
//   model/<name>        tensors of parameters() and state()
//   submission/<name>   what Submission::save wrote
//   metadata            step, drawn

#include "harness/sdk/local_training.h"

#include <timetrial/submission.h>

#include <stdexcept>

namespace timetrial::worker {

/// The file could not be written, as on a full disk. Told apart from what a submission throws.
class StorageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes to an open file. Throws StorageError, and what the submission's save throws.
void write_checkpoint(int fd, const Submission& submission, sdk::LocalTraining& training);

/// Restores from an open file: parameters, model state, the submission (through load), the
/// position. Throws InputError naming what does not fit.
void read_checkpoint(int fd, Submission& submission, sdk::LocalTraining& training);

}  // namespace timetrial::worker
