#pragma once
// One line on stderr that says how far a long command has come, and the end of it by Ctrl-C.
//
//   ProgressLine line(ProgressKind::automatic, "importing");
//   while (…) line.show(done, total);   // throws Interrupted after SIGINT or SIGTERM
//   line.clear();

#include "harness/trial/error.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace timetrial::cli {

/// automatic: a bar on a terminal, else nothing. plain: a line every tenth.
enum class ProgressKind { automatic, bar, plain, none };
/// Throws InputError that lists the words.
ProgressKind parse_progress(const std::string& word);

/// The user ended the command: not an error of anybody.
struct Interrupted {
  ExitCode code = ExitCode::interrupted;
};

/// While it lives, SIGINT and SIGTERM are taken here.
class ProgressLine {
 public:
  ProgressLine(ProgressKind kind, std::string what);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::uint64_t done, std::uint64_t total);
  /// Removes the bar.
  void clear();

 private:
  void draw_bar(std::uint64_t done, std::uint64_t total);

  ProgressKind kind_;
  std::string what_;
  std::chrono::steady_clock::time_point next_{};
  int tenths_ = 0;
  bool drawn_ = false;
};

}  // namespace timetrial::cli
