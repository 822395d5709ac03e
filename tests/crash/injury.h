#pragma once
// What can happen to a sweep, each by name. All are done from outside, by means that need no root.

#include "tests/crash/machine.h"
#include "tests/crash/program.h"

#include <random>
#include <string>
#include <vector>

namespace timetrial::crash {

using Random = std::mt19937_64;

/// A number in [low, high].
long draw(Random& random, long low, long high);

enum class Injury {
  kill_worker,
  kill_referee,
  kill_sweep,
  kill_several,     ///< a random part of the tree at once
  interrupt,        ///< SIGINT or SIGTERM to the sweep
  fill_disk,        ///< for a while
  read_only,        ///< store and folder, for a while
  lock_store,       ///< another process holds the write lock for a while
  hold_store,       ///< the same for longer than any wait for it
  truncate,         ///< the newest checkpoint of each trial
  flip_checkpoint,  ///< a bit of the newest checkpoint of each trial, now and then of both
  flip_clock,       ///< a bit of the file that keeps the time used
  flip_store,       ///< a bit of the database
  shift_clock,      ///< the monotonic clock starts elsewhere, as after a reboot
  move_wall_clock,  ///< by days to years, while all runs
  second_sweep,     ///< another process resumes the same sweep at the same time
};

const char* name(Injury injury);
/// Throws std::invalid_argument naming the known ones.
Injury injury_named(const std::string& name);

/// What this machine can do, each as often as it should be drawn. `hold_store` is left out: it
/// takes more than a minute, and is asked for by name.
std::vector<Injury> injuries(const Machine& machine);

/// SIGKILL to one process of this program, to a random part of all. False when there is none.
bool kill_one(Random& random, const std::string& program);
bool kill_several(Random& random);

/// Fills the file system of `place` but for a few bytes; the destructor makes room again.
class FullDisk {
 public:
  FullDisk(const Place& place, Random& random);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  std::filesystem::path ballast_;
};

/// Takes the right to write from store, work folder and the folder around them; the destructor
/// gives it back. Processes that have the store open go on writing.
class ReadOnly {
 public:
  explicit ReadOnly(const Place& place);
  ~ReadOnly();
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;

 private:
  std::vector<std::filesystem::path> paths_;
};

/// The checkpoints of each trial below `place`, newest first.
std::vector<std::vector<std::filesystem::path>> checkpoints(const Place& place);

/// Both true when there was something to damage.
bool truncate_newest(const Place& place, Random& random);
bool flip_newest(const Place& place, Random& random);
bool flip_clocks(const Place& place, Random& random);
void flip_bit(const std::filesystem::path& file, Random& random);

}  // namespace timetrial::crash
