#include "workloads/data/preparation.h"

#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace timetrial::data {
namespace {

using Clock = std::chrono::steady_clock;

std::string remaining(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + " s left";
  const auto minutes = (seconds + 59) / 60;
  if (minutes < 60) return std::to_string(minutes) + " min left";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min left";
}

}  // namespace

Preparation::Preparation(std::filesystem::path out, std::string units, std::int64_t total)
    : out_(std::move(out)),
      units_(std::move(units)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      started_(Clock::now()),
      reported_(started_) {
  if (total < 1) throw std::invalid_argument("preparation: nothing to prepare");
}

Preparation::~Preparation() {
  if (terminal_ && reported_ != started_) std::fputc('\n', stderr);
}

void Preparation::file(const std::filesystem::path& name, std::int64_t units,
                       const std::function<void(const std::filesystem::path& partial)>& write) {
  const auto path = out_ / name;
  const auto done_after = done_ + units;
  if (std::filesystem::exists(path)) {
    found_ += units;
  } else {
    std::filesystem::create_directories(path.parent_path());
    auto partial = path;
    partial += ".partial";
    try {
      write(partial);
      std::filesystem::rename(partial, path);
    } catch (...) {
      std::error_code ignored;
      std::filesystem::remove(partial, ignored);
      throw;
    }
  }
  done_ = done_after;
  report(done_ == total_);
}

void Preparation::advance(std::int64_t units) {
  done_ += units;
  report(false);
}

void Preparation::report(bool now) {
  const auto time = Clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
  if (!now && time - reported_ < pause) return;
  reported_ = time;
  const double seconds = std::chrono::duration<double>(time - started_).count();
  const auto made = done_ - found_;
  std::string left;
  if (made > 0 && done_ < total_) {
    left = ", " + remaining(static_cast<std::int64_t>(
                      seconds * static_cast<double>(total_ - done_) / static_cast<double>(made)));
  }
  const double percent = 100 * static_cast<double>(done_) / static_cast<double>(total_);
  std::fprintf(stderr, "%s%lld of %lld %s (%.0f %%)%s%s", terminal_ ? "\r\033[K" : "",
               static_cast<long long>(done_), static_cast<long long>(total_), units_.c_str(),
               percent, left.c_str(), terminal_ ? "" : "\n");
}

}  // namespace timetrial::data
