#pragma once
// Errors that a person caused and a person can mend, and the process exit codes.

#include <stdexcept>

namespace timetrial {

/// Bad input: an argument, a file, a database. The message is one line: what, where, what was
/// expected, and the remedy. A process that ends with it exits with ExitCode::bad_input.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Documented in README.md; the numbers are a promise.
enum class ExitCode : int {
  done = 0,
  failed = 1,            ///< I/O, store or internal error
  bad_input = 2,
  some_trials_failed = 3,
  check_failed = 4,
  busy = 5,              ///< of a referee: another one runs its trial
  interrupted = 130,
  terminated = 143,
};

}  // namespace timetrial
