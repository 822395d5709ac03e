#pragma once
// One sweep from its start to its end, injured on the way and resumed each time.

#include "tests/crash/injury.h"
#include "tests/crash/promises.h"
#include "tests/crash/wall_clock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::crash {

/// What happened, for the last line.
struct Tally {
  std::map<std::string, long> injuries;
  long sweeps = 0, trials = 0, attempts = 0;
  /// Bits of the database that SQLite, `store check` and so Timetrial do not miss: they changed a
  /// value within a row (docs/store.md).
  long unseen_flips = 0;
  long moved_dates = 0;  ///< attempts that began by a moved wall clock
  long all() const;
};

/// Whether the store has the sweep: only then can it be resumed rather than started.
bool is_planned(const Place& place);

/// Arguments of `timetrial sweep start` for the sweep that every round runs.
std::vector<std::string> sweep_arguments();
constexpr int kTrials = 2;

class Round {
 public:
  /// Draws from `kinds`, at most `most` times.
  Round(Place place, Random random, std::vector<Injury> kinds, long most, Bits undisturbed,
        Tally& tally);

  /// Throws Violation. actions() then says what led to it.
  void play();
  const std::vector<std::string>& actions() const { return actions_; }

 private:
  void start();
  /// True when all is done.
  bool look_at_end();
  /// False when there was nothing to injure.
  bool injure(Injury injury);
  /// Whether the store is read meanwhile: on a full disk a first reader finds no room for the index
  /// of the write-ahead log, which lies beside the store.
  enum class Readers { read, wait };
  /// For something that is mended again: lets the sweep meet it for a while.
  void meanwhile(long most_ms, bool kill_referee, Readers readers = Readers::read);
  /// All processes end at once, as in a power cut; then the files are damaged.
  void stop_all();
  void move_wall_clock();
  /// Throws Violation when the programs did not see the moves: nothing would have been tested.
  void expect_moved_dates();
  bool damage(Injury injury);
  void flip_store();
  void hold_store();
  void expect_no_signal(const Program& program) const;
  void wait_for_a_moment();
  void wait_ms(long most);
  void note(const std::string& action);

  Place place_;
  Random random_;
  std::vector<Injury> kinds_;
  long most_;
  Promises promises_;
  Tally& tally_;
  std::vector<Program> programs_;  ///< those at work; none after a stop
  std::vector<std::string> actions_;
  bool planned_ = false;   ///< the sweep is in the store
  bool may_fail_ = false;  ///< the program may give up: it was told so, or the disk is full
  long kills_ = 0;         ///< below this program, which resumes a trial three times at most
  long clock_shift_s_ = 0;
  WallClock wall_clock_;
  std::optional<std::int64_t>
      moved_after_;  ///< the newest attempt when the wall clock was first moved
};

}  // namespace timetrial::crash
