// What each injury does to a round's sweep.
#include "tests/crash/round.h"

#include "harness/store/connection.h"
#include "harness/sweep/run.h"

#include <fmt/core.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr long kDay_s = 86'400;

}  // namespace

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
    case Injury::move_wall_clock:
      move_wall_clock();
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

void Round::move_wall_clock() {
  if (!moved_after_) {
    moved_after_ = is_planned(place_) ? store::Connection(place_.store(), store::Access::read_only)
                                            .integer("SELECT MAX(id) FROM attempt")
                                      : 0;
  }
  wall_clock_.move((draw(random_, 0, 1) == 0 ? 1 : -1) * draw(random_, 2, 3650) * kDay_s);
}

void Round::expect_moved_dates() {
  if (!moved_after_) return;
  const auto now_s =
      std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  store::Connection connection(place_.store(), store::Access::read_only);
  // The one after the newest may have begun in that moment.
  store::Statement attempt(connection,
                           "SELECT number, started_ns / 1000000000 FROM attempt WHERE id > ?1 + 1");
  attempt.bind_all(*moved_after_);
  while (attempt.step()) {
    if (std::abs(attempt.integer(1) - now_s) < kDay_s) {
      throw Violation(fmt::format("attempt {} is dated as if the wall clock had not been moved",
                                  attempt.integer(0)));
    }
    ++tally_.moved_dates;
  }
}

}  // namespace timetrial::crash
