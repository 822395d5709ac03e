#include "tests/crash/round.h"

#include "harness/store/connection.h"
#include "harness/store/store.h"
#include "harness/sweep/run.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <thread>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kSteps = "600";

}  // namespace

bool is_planned(const Place& place) {
  try {
    return fs::exists(place.store()) && store::Connection(place.store(), store::Access::read_only)
                                                .integer("SELECT COUNT(*) FROM sweep_trial") > 0;
  } catch (const store::StoreError&) {
    return false;  // its tables are not made yet
  } catch (const InputError&) {
    return false;
  }
}

long Tally::all() const {
  return std::accumulate(injuries.begin(), injuries.end(), 0L,
                         [](long sum, const auto& entry) { return sum + entry.second; });
}

std::vector<std::string> sweep_arguments() {
  const fs::path tests = TIMETRIAL_SOURCE_DIR "/tests/crash";
  return {"sweep",
          "start",
          "crash",
          "-s",
          TIMETRIAL_BINARY_DIR "/tests/hostile/exhibits/honest.so",
          "-w",
          "movielens_dlrm",
          "--ruleset",
          (tests / "crash.toml").string(),
          "--search-space",
          (tests / "space.json").string(),
          "--trials",
          std::to_string(kTrials),
          "--max-steps",
          kSteps,
          "--threads",
          "1"};
}

Round::Round(Place place, Random random, std::vector<Injury> kinds, long most, Bits undisturbed,
             Tally& tally)
    : place_(place),
      random_(random),
      kinds_(std::move(kinds)),
      most_(most),
      promises_(place, std::move(undisturbed)),
      tally_(tally),
      wall_clock_(place.wall_clock()) {}

void Round::play() {
  start();
  for (long count = 0;;) {
    if (count < most_) {
      wait_for_a_moment();
    } else if (!programs_.empty() && !programs_.front().wait(kPatience)) {
      throw Violation("the sweep does not end");
    }
    if (look_at_end()) break;
    if (count < most_) {
      promises_.note_clocks();
      const auto kind =
          kinds_[static_cast<std::size_t>(draw(random_, 0, static_cast<long>(kinds_.size()) - 1))];
      if (injure(kind)) ++count;  // else there was nothing to injure yet
      promises_.hold();
    }
    if (programs_.empty()) start();
  }
  promises_.hold_at_the_end();
  expect_moved_dates();
  ++tally_.sweeps;
  tally_.trials += kTrials;
  tally_.attempts += store::Connection(place_.store(), store::Access::read_only)
                         .integer("SELECT COUNT(*) FROM attempt");
}

void Round::start() {
  planned_ = planned_ || is_planned(place_);
  programs_.emplace_back(
      place_, planned_ ? std::vector<std::string>{"resume", "--threads", "1"} : sweep_arguments(),
      clock_shift_s_);
  kills_ = 0;
  may_fail_ = false;
}

bool Round::look_at_end() {
  for (auto program = programs_.begin(); program != programs_.end();) {
    const auto code = program->poll();
    if (!code) {
      ++program;
      continue;
    }
    expect_no_signal(*program);
    const bool good = *code == 0 || (may_fail_ && (*code == 1 || *code == 2 || *code > 128));
    if (!good) throw Violation(fmt::format("it ends with {}: {}", *code, program->errors()));
    note(fmt::format("ended with {}", *code));
    program = programs_.erase(program);
  }
  if (!programs_.empty() || !promises_.finished()) return false;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!processes("").empty()) {
    if (std::chrono::steady_clock::now() > deadline) throw Violation("processes are left over");
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

/// A process of ours that crashed by itself says so, whatever it met.
void Round::expect_no_signal(const Program& program) const {
  const std::string errors = program.errors();
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXFSZ}) {
    if (errors.find(fmt::format("signal {}", number)) != std::string::npos) {
      throw Violation("a process crashed: " + errors);
    }
  }
}

/// Mostly while a trial trains, however slow the machine is; now and then while all starts.
void Round::wait_for_a_moment() {
  constexpr long kStarting_ms = 600, kTraining_ms = 350, kOneIn = 5;
  if (draw(random_, 1, kOneIn) == 1) return wait_ms(draw(random_, 0, kStarting_ms));
  const auto progress = [&]() -> std::int64_t {
    if (!is_planned(place_)) return 0;
    return store::Connection(place_.store(), store::Access::read_only)
        .integer("SELECT (SELECT COUNT(*) FROM attempt) + (SELECT COUNT(*) FROM evaluation)");
  };
  const auto before = progress();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (progress() == before) {
    for (auto& program : programs_) {
      if (program.poll()) return;
    }
    if (std::chrono::steady_clock::now() > deadline) throw Violation("the sweep does not go on");
    std::this_thread::sleep_for(milliseconds(10));
  }
  wait_ms(draw(random_, 0, kTraining_ms));
}

void Round::wait_ms(long most) {
  const auto end = std::chrono::steady_clock::now() + milliseconds(most);
  while (std::chrono::steady_clock::now() < end) {
    if (!programs_.empty() && programs_.front().poll()) return;
    std::this_thread::sleep_for(milliseconds(2));
  }
}

void Round::note(const std::string& action) {
  static const auto began = std::chrono::steady_clock::now();
  const double now_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  actions_.push_back(fmt::format("{:.3f} s: {}", now_s, action));
}

}  // namespace timetrial::crash
