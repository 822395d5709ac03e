#pragma once
// Sweeps of several processes take turns: a trial is one process's at a time, and so is a device.
// All are locks that the kernel drops when their holder dies; nothing here waits.

#include "harness/sandbox/lock.h"

#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::sweep {

/// The right to run this trial of a store; empty when another sweep has it.
std::optional<sandbox::Lock> try_claim(const std::filesystem::path& work_root,
                                       const std::string& trial_id);

/// One's turn on a device. Who waits holds a place: it gets the device before who had it last, so
/// that two sweeps go by turns, and of several none waits for ever.
class DeviceTurn {
 public:
  /// `device`: the file that stands for it (sandbox::device_lock_file).
  explicit DeviceTurn(std::filesystem::path device);

  /// True once it is one's turn, until give_back(). To be called again and again.
  bool try_take();
  /// Whether somebody waits for the device that one has.
  bool is_wanted() const;
  void give_back() { turn_.reset(); }

 private:
  std::filesystem::path device_, queue_;
  std::optional<sandbox::Lock> place_, turn_;
};

}  // namespace timetrial::sweep
