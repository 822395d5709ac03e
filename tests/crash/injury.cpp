#include "tests/crash/injury.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;

struct Named {
  Injury injury;
  const char* name;
  int weight;  ///< how often it is drawn
};
constexpr std::array kInjuries{
    Named{Injury::kill_worker, "kill_worker", 5},
    Named{Injury::kill_referee, "kill_referee", 5},
    Named{Injury::kill_sweep, "kill_sweep", 5},
    Named{Injury::kill_several, "kill_several", 5},
    Named{Injury::interrupt, "interrupt", 2},
    Named{Injury::fill_disk, "fill_disk", 3},
    Named{Injury::read_only, "read_only", 2},
    Named{Injury::lock_store, "lock_store", 2},
    Named{Injury::hold_store, "hold_store", 0},
    Named{Injury::truncate, "truncate", 3},
    Named{Injury::flip_checkpoint, "flip_checkpoint", 3},
    Named{Injury::flip_clock, "flip_clock", 2},
    Named{Injury::flip_store, "flip_store", 3},
    Named{Injury::shift_clock, "shift_clock", 2},
    Named{Injury::move_wall_clock, "move_wall_clock", 2},
    Named{Injury::second_sweep, "second_sweep", 2},
};

bool possible(Injury injury, const Machine& machine) {
  if (injury == Injury::fill_disk) return machine.small_disks;
  if (injury == Injury::shift_clock) return machine.shifted_clocks;
  return true;
}

/// Programs remove folders while they are looked through: then all is looked at once more.
std::vector<fs::path> paths_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code gone;
  do {
    paths.assign(1, folder);
    for (auto entry = fs::recursive_directory_iterator(folder, gone);
         !gone && entry != fs::recursive_directory_iterator(); entry.increment(gone)) {
      paths.push_back(entry->path());
    }
  } while (gone == std::errc::no_such_file_or_directory);
  if (gone) throw fs::filesystem_error("cannot look through", folder, gone);
  return paths;
}

}  // namespace

long draw(Random& random, long low, long high) {
  return std::uniform_int_distribution<long>(low, high)(random);
}

const char* name(Injury injury) {
  return std::find_if(kInjuries.begin(), kInjuries.end(),
                      [&](const Named& named) { return named.injury == injury; })
      ->name;
}

Injury injury_named(const std::string& name) {
  std::string known;
  for (const auto& named : kInjuries) {
    if (name == named.name) return named.injury;
    known += std::string(known.empty() ? "" : ", ") + named.name;
  }
  throw std::invalid_argument("no injury '" + name + "'; known: " + known);
}

std::vector<Injury> injuries(const Machine& machine) {
  std::vector<Injury> list;
  for (const auto& named : kInjuries) {
    if (possible(named.injury, machine)) list.insert(list.end(), named.weight, named.injury);
  }
  return list;
}

bool kill_one(Random& random, const std::string& program) {
  const auto pids = processes(program);
  if (pids.empty()) return false;
  kill(pids[static_cast<std::size_t>(draw(random, 0, static_cast<long>(pids.size()) - 1))],
       SIGKILL);
  return true;
}

bool kill_several(Random& random) {
  auto pids = processes("");
  if (pids.empty()) return false;
  std::shuffle(pids.begin(), pids.end(), random);
  pids.resize(static_cast<std::size_t>(draw(random, 1, static_cast<long>(pids.size()))));
  for (const pid_t pid : pids) kill(pid, SIGKILL);
  return true;
}

FullDisk::FullDisk(const Place& place, Random& random) : ballast_(place.folder / "ballast") {
  const int fd = open(ballast_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> block(4096, 'x');
  off_t size = 0;
  while (write(fd, block.data(), block.size()) == static_cast<ssize_t>(block.size())) {
    size += static_cast<off_t>(block.size());
  }
  // Room for some of a write, often for none.
  const off_t left = draw(random, 0, 1) * draw(random, 0, 100) * static_cast<off_t>(block.size());
  if (ftruncate(fd, std::max<off_t>(0, size - left)) != 0) throw std::runtime_error("ftruncate");
  close(fd);
}

FullDisk::~FullDisk() { unlink(ballast_.c_str()); }

ReadOnly::ReadOnly(const Place& place) : paths_(paths_below(place.folder)) {
  for (const auto& path : paths_) {
    std::error_code gone;
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::remove, gone);
  }
}

ReadOnly::~ReadOnly() {
  for (const auto& path : paths_) {
    std::error_code gone;
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add, gone);
  }
}

std::vector<std::vector<fs::path>> checkpoints(const Place& place) {
  std::vector<std::vector<fs::path>> all;
  if (!fs::exists(place.work())) return all;
  for (const auto& trial : fs::directory_iterator(place.work())) {
    if (!trial.is_directory()) continue;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(trial)) {
      if (entry.path().filename().string().starts_with("checkpoint-")) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.rbegin(), files.rend());
    if (!files.empty()) all.push_back(std::move(files));
  }
  return all;
}

bool truncate_newest(const Place& place, Random& random) {
  const auto trials = checkpoints(place);
  for (const auto& files : trials) {
    fs::resize_file(files.front(),
                    static_cast<std::uintmax_t>(
                        draw(random, 0, static_cast<long>(fs::file_size(files.front())) - 1)));
  }
  return !trials.empty();
}

bool flip_newest(const Place& place, Random& random) {
  constexpr long kBothOneIn = 4;
  const auto trials = checkpoints(place);
  const bool both = draw(random, 1, kBothOneIn) == 1;
  for (const auto& files : trials) {
    for (std::size_t i = 0; i < (both ? files.size() : 1); ++i) flip_bit(files[i], random);
  }
  return !trials.empty();
}

bool flip_clocks(const Place& place, Random& random) {
  bool found = false;
  if (!fs::exists(place.work())) return false;
  for (const auto& trial : fs::directory_iterator(place.work())) {
    if (!fs::exists(trial.path() / "clock")) continue;
    flip_bit(trial.path() / "clock", random);
    found = true;
  }
  return found;
}

void flip_bit(const fs::path& file, Random& random) {
  const long size = static_cast<long>(fs::file_size(file));
  if (size == 0) return;
  // The file that keeps the time is mostly empty.
  const long used = file.filename() == "clock" ? std::min(size, 160L) : size;
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const long at = draw(random, 0, used - 1);
  stream.seekg(at);
  const auto byte = static_cast<char>(stream.get());
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ (1 << draw(random, 0, 7))));
}

}  // namespace timetrial::crash
