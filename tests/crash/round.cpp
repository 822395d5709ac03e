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

constexpr seconds kPatience{90};
constexpr const char* kSteps = "600";

/// Whether the store has the sweep: only then can it be resumed rather than started.
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

}  // namespace

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
      tally_(tally) {}

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

bool Round::injure(Injury injury) {
  // A program resumes a trial so often: beyond, all of it goes.
  if (kills_ >= sweep::kMaxTries - 1 && injury != Injury::kill_sweep) {
    note("stop all, to keep below the tries of one program");
    stop_all();
  }
  note(name(injury));
  bool done = true;
  switch (injury) {
    case Injury::kill_worker:
    case Injury::kill_referee:
      done = kill_one(random_,
                      injury == Injury::kill_worker ? "timetrial-worker" : "timetrial-referee");
      kills_ += done ? 1 : 0;
      break;
    case Injury::kill_sweep:
      may_fail_ = true;
      done = !programs_.empty();
      for (const auto& program : programs_) kill(program.pid(), SIGKILL);
      for (auto& program : programs_) program.wait(kPatience);
      programs_.clear();
      break;
    case Injury::kill_several:
      may_fail_ = true;
      ++kills_;
      done = kill_several(random_);
      break;
    case Injury::interrupt:
      may_fail_ = true;
      done = !programs_.empty();
      for (const auto& program : programs_) {
        kill(program.pid(), draw(random_, 0, 1) == 0 ? SIGINT : SIGTERM);
      }
      break;
    case Injury::fill_disk: {
      may_fail_ = true;
      const FullDisk full(place_, random_);
      meanwhile(600, draw(random_, 0, 1) == 0, Readers::wait);
      break;
    }
    case Injury::read_only: {
      may_fail_ = true;
      const ReadOnly read_only(place_);
      meanwhile(600, true);
      break;
    }
    case Injury::lock_store: {
      done = is_planned(place_);
      if (!done) break;
      store::Connection other(place_.store(), store::Access::read_write);
      const store::Transaction lock(other);
      meanwhile(1500, draw(random_, 0, 1) == 0);
      break;
    }
    case Injury::hold_store:
      hold_store();
      break;
    case Injury::shift_clock:
      stop_all();
      clock_shift_s_ = draw(random_, -5, 100'000);
      break;
    case Injury::second_sweep:
      done = is_planned(place_);
      if (!done) break;
      programs_.emplace_back(place_, std::vector<std::string>{"resume", "--threads", "1"},
                             clock_shift_s_);
      break;
    case Injury::truncate:
    case Injury::flip_checkpoint:
    case Injury::flip_clock:
    case Injury::flip_store:
      stop_all();
      done = damage(injury);
      break;
  }
  if (done) ++tally_.injuries[name(injury)];
  return done;
}

bool Round::damage(Injury injury) {
  if (injury == Injury::truncate) return truncate_newest(place_, random_);
  if (injury == Injury::flip_checkpoint) return flip_newest(place_, random_);
  if (injury == Injury::flip_clock) {
    const bool flipped = flip_clocks(place_, random_);
    promises_.note_damaged_clocks();
    return flipped;
  }
  if (!is_planned(place_)) return false;
  flip_store();
  return true;
}

void Round::meanwhile(long most_ms, bool kill_referee, Readers readers) {
  if (kill_referee && kill_one(random_, "timetrial-referee")) ++kills_;
  wait_ms(draw(random_, 0, most_ms));
  if (readers == Readers::read) promises_.hold();  // whatever happens
}

void Round::stop_all() {
  kill_everything();
  for (auto& program : programs_) program.wait(kPatience);
  programs_.clear();
}

void Round::flip_store() {
  store::Connection(place_.store(), store::Access::read_write)
      .text("PRAGMA wal_checkpoint(TRUNCATE)");
  const fs::path copy = place_.folder / "backup.db";
  fs::remove(copy);
  if (run(place_, {"store", "backup", copy.string()}).code != 0) {
    throw Violation("store backup failed");
  }
  const Rows before = rows_of(place_.store());
  flip_bit(place_.store(), random_);
  const int code = run(place_, {"store", "check"}).code;
  if (code == 0) {
    if (rows_of(place_.store()) != before) ++tally_.unseen_flips;
  } else {
    const Result result = run(place_, {"resume", "--threads", "1"});
    if (result.code != 2) {
      throw Violation(fmt::format("a damaged store (check: {}) is run, and ends with {}: {}", code,
                                  result.code, result.errors));
    }
  }
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(place_.store().string() + suffix);
  fs::rename(copy, place_.store());
}

void Round::hold_store() {
  constexpr seconds kLongerThanAnyWait{63};
  while (!is_planned(place_)) wait_ms(100);
  may_fail_ = true;
  store::Connection other(place_.store(), store::Access::read_write);
  const store::Transaction lock(other);
  std::this_thread::sleep_for(kLongerThanAnyWait);
  promises_.hold();
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
