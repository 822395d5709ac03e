#include "harness/sweep/display.h"

#include "harness/sweep/step_rules.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace timetrial::sweep {
namespace {

constexpr std::chrono::seconds kPlainPeriod{10};

std::string describe(const store::TrialRow& row) {
  const TrialKey& key = row.trial.key;
  return fmt::format("{} on {} (study {}, trial {})", key.submission, key.workload, key.study,
                     key.trial);
}

std::string metric_text(const TrialStatus& status, const store::WorkloadRecord& workload) {
  const std::string value = status.value ? fmt::format("{:.4f}", *status.value) : "–";
  if (std::abs(workload.validation_target) >= kUnreachableTarget) {
    return workload.metric + " " + value;
  }
  return fmt::format("{} {} ({} {:.4f})", workload.metric, value,
                     workload.higher_is_better ? "≥" : "≤", workload.validation_target);
}

/// "1.2s of 60.0s", or the first alone where the budget is none.
std::string time_text(double used_s, double budget_s) {
  if (budget_s >= kUnspentBudget_s) return format_seconds(used_s);
  return format_seconds(used_s) + " of " + format_seconds(budget_s);
}

/// What both displays share: totals, and the line about a trial that has ended.
class CountingDisplay : public Display {
 public:
  explicit CountingDisplay(std::FILE* stream) : stream_(stream) {}
  void begin(const SweepTotals& totals) override { totals_ = totals; }

 protected:
  const store::WorkloadRecord& workload(const store::TrialRow& row) const {
    return totals_.workloads.at(row.trial.key.workload);
  }
  std::string ended_line(const store::TrialRow& row, const TrialStatus& status) {
    const bool is_open = status.outcome.empty() || status.outcome == "interrupted";
    if (!is_open) ++totals_.done;
    std::string line =
        fmt::format("[{}/{}] {}: {} after {}, {} steps, {}", totals_.done, totals_.trials,
                    describe(row), status.outcome.empty() ? "referee ended" : status.outcome,
                    format_seconds(status.time_s), status.step, metric_text(status, workload(row)));
    if (!status.reason.empty()) line += " – " + status.reason;
    return line;
  }

  std::FILE* stream_;
  SweepTotals totals_;
};

class PlainDisplay final : public CountingDisplay {
 public:
  using CountingDisplay::CountingDisplay;
  void trial_started(const store::TrialRow& row) override {
    fmt::print(stream_, "start {}\n", describe(row));
    shown_ = std::chrono::steady_clock::now();
    std::fflush(stream_);
  }
  void trial_ended(const store::TrialRow& row, const TrialStatus& status) override {
    fmt::print(stream_, "{}\n", ended_line(row, status));
    std::fflush(stream_);
  }
  void message(const std::string& text) override {
    fmt::print(stream_, "{}\n", text);
    std::fflush(stream_);
  }
  void refresh(const std::vector<const RunningTrial*>& running) override {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < kPlainPeriod) return;
    shown_ = now;
    for (const auto* trial : running) {
      const auto& status = trial->status();
      fmt::print(stream_, "  {}: step {}, {}, {}\n", describe(trial->row()), status.step,
                 time_text(status.time_s, trial->row().trial.budget_s),
                 metric_text(status, workload(trial->row())));
    }
    std::fflush(stream_);
  }
  void end() override {}

 private:
  std::chrono::steady_clock::time_point shown_{};
};

class BarDisplay final : public CountingDisplay {
 public:
  using CountingDisplay::CountingDisplay;
  void trial_started(const store::TrialRow&) override {}
  void trial_ended(const store::TrialRow& row, const TrialStatus& status) override {
    above(ended_line(row, status));
  }
  void message(const std::string& text) override { above(text); }
  void refresh(const std::vector<const RunningTrial*>& running) override {
    clear();
    for (const auto* trial : running) print_line(bar_line(*trial));
    lines_ = running.size();
    std::fflush(stream_);
  }
  void end() override {
    clear();
    std::fflush(stream_);
  }

 private:
  static constexpr int kBarCells = 20;

  static std::string bar(double share) {
    const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarCells));
    std::string text;
    for (int i = 0; i < kBarCells; ++i) text += i < full ? "█" : "░";
    return text;
  }

  std::string bar_line(const RunningTrial& trial) const {
    const auto& status = trial.status();
    const double budget = trial.row().trial.budget_s;
    const TrialKey& key = trial.row().trial.key;
    return fmt::format(
        "[{}/{}] {} {} used, {} left  {} on {} s{} t{}  step {}  {}", totals_.done + 1,
        totals_.trials, bar(status.time_s / budget), format_seconds(status.time_s),
        format_seconds(std::max(0.0, budget - status.time_s)), key.submission, key.workload,
        key.study, key.trial, status.step, metric_text(status, workload(trial.row())));
  }

  /// Cut to the terminal's width, so that a line is a row and clear() knows how many there are.
  void print_line(const std::string& text) {
    winsize size{};
    std::size_t columns = 80;
    if (ioctl(fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns = size.ws_col;
    std::size_t bytes = 0, shown = 0;
    for (; bytes < text.size(); ++bytes) {
      const bool continues = (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U;
      if (!continues && shown++ + 1 >= columns) break;
    }
    fmt::print(stream_, "{}\n", text.substr(0, bytes));
  }
  void clear() {
    for (; lines_ > 0; --lines_) fmt::print(stream_, "\x1b[1A\x1b[2K");
  }
  void above(const std::string& text) {
    clear();
    fmt::print(stream_, "{}\n", text);
    std::fflush(stream_);
  }

  std::size_t lines_ = 0;
};

class SilentDisplay final : public Display {
 public:
  void begin(const SweepTotals&) override {}
  void trial_started(const store::TrialRow&) override {}
  void trial_ended(const store::TrialRow&, const TrialStatus&) override {}
  void message(const std::string&) override {}
  void refresh(const std::vector<const RunningTrial*>&) override {}
  void end() override {}
};

bool moves_its_cursor(std::FILE* stream) {
  const char* terminal = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && terminal != nullptr && std::string(terminal) != "dumb";
}

}  // namespace

ProgressStyle parse_progress_style(const std::string& word) {
  if (word == "auto") return ProgressStyle::automatic;
  if (word == "bar") return ProgressStyle::bar;
  if (word == "plain") return ProgressStyle::plain;
  if (word == "none") return ProgressStyle::none;
  throw InputError("--progress: '" + word + "' is none of auto, bar, plain, none");
}

std::unique_ptr<Display> make_display(ProgressStyle style, std::FILE* stream) {
  if (style == ProgressStyle::none) return std::make_unique<SilentDisplay>();
  if (style == ProgressStyle::bar ||
      (style == ProgressStyle::automatic && moves_its_cursor(stream))) {
    return std::make_unique<BarDisplay>(stream);
  }
  return std::make_unique<PlainDisplay>(stream);
}

std::string format_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole / 60 % 60);
}

}  // namespace timetrial::sweep
