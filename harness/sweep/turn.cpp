#include "harness/sweep/turn.h"

#include "harness/sweep/running_trial.h"

#include <utility>

namespace timetrial::sweep {

std::optional<sandbox::Lock> try_claim(const std::filesystem::path& work_root,
                                       const std::string& trial_id) {
  // Not within the folder: the lock in there is the referee's, which may outlive its sweep.
  return sandbox::Lock::try_acquire(work_dir(work_root, trial_id).string() + ".turn");
}

DeviceTurn::DeviceTurn(std::filesystem::path device)
    : device_(std::move(device)), queue_(device_.string() + ".next") {}

bool DeviceTurn::try_take() {
  if (turn_) return true;
  if (!place_) place_ = sandbox::Lock::try_acquire(queue_);
  if (!place_) return false;
  turn_ = sandbox::Lock::try_acquire(device_);
  if (turn_) place_.reset();
  return turn_.has_value();
}

bool DeviceTurn::is_wanted() const { return !sandbox::Lock::try_acquire(queue_); }

}  // namespace timetrial::sweep
