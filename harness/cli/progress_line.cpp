#include "harness/cli/progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace timetrial::cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(50);
constexpr int kWidth = 32;

// Written by the signal handler, which may do no more than that.
volatile std::sig_atomic_t signal_taken = 0;

void take_signal(int number) { signal_taken = number; }

bool is_terminal() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

ProgressKind parse_progress(const std::string& word) {
  if (word == "auto") return ProgressKind::automatic;
  if (word == "bar") return ProgressKind::bar;
  if (word == "plain") return ProgressKind::plain;
  if (word == "none") return ProgressKind::none;
  throw InputError("--progress " + word + ": expected auto, bar, plain or none");
}

ProgressLine::ProgressLine(ProgressKind kind, std::string what)
    : kind_(kind), what_(std::move(what)) {
  if (kind_ == ProgressKind::automatic) {
    kind_ = is_terminal() ? ProgressKind::bar : ProgressKind::none;
  }
  signal_taken = 0;
  std::signal(SIGINT, take_signal);
  std::signal(SIGTERM, take_signal);
}

ProgressLine::~ProgressLine() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total) {
  if (signal_taken != 0) {
    throw Interrupted{signal_taken == SIGINT ? ExitCode::interrupted : ExitCode::terminated};
  }
  if (kind_ == ProgressKind::none || total == 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (kind_ == ProgressKind::bar) {
    if (now < next_) return;
    next_ = now + kInterval;
    draw_bar(done, total);
    return;
  }
  const auto tenths = static_cast<int>(10 * done / total);
  if (tenths <= tenths_) return;
  tenths_ = tenths;
  fmt::print(stderr, "{}: {} %\n", what_, 10 * tenths);
}

void ProgressLine::draw_bar(std::uint64_t done, std::uint64_t total) {
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(share * kWidth);
  fmt::print(stderr, "\r{} [{}{}] {:3.0f} %", what_, std::string(filled, '#'),
             std::string(kWidth - filled, '.'), 100 * share);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1B[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace timetrial::cli
