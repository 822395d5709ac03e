#include "harness/sdk/read_ahead.h"

#include "harness/device/device.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::sdk {

ReadAhead::ReadAhead(int threads, Plan plan, Read read)
    : most_(static_cast<std::size_t>(threads) + 1), plan_(std::move(plan)), read_(std::move(read)) {
  if (threads < 1) {
    throw std::invalid_argument(std::to_string(threads) + " reader threads, expected at least 1");
  }
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
  }
  to_read_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Batch ReadAhead::take(std::int64_t drawn, std::int64_t size) {
  std::unique_lock lock(mutex_);
  if (drawn != next_ || size != size_) {
    slots_.clear();  // whoever still reads one of them keeps it alive, for nothing
    next_ = planned_ = drawn;
    size_ = size;
  }
  to_read_.notify_all();
  was_read_.wait(lock, [this] { return !slots_.empty() && slots_.front()->done; });
  const auto slot = std::move(slots_.front());
  slots_.pop_front();
  next_ += size;
  to_read_.notify_one();
  if (slot->error) std::rethrow_exception(slot->error);
  return std::move(slot->batch);
}

void ReadAhead::work() {
  device::compute_alone();
  std::unique_lock lock(mutex_);
  for (;;) {
    to_read_.wait(lock, [this] { return stopped_ || (size_ > 0 && slots_.size() < most_); });
    if (stopped_) return;
    const auto slot = std::make_shared<Slot>();
    slots_.push_back(slot);
    try {
      const auto plan = plan_(planned_, size_);
      planned_ += size_;
      lock.unlock();
      slot->batch = read_(plan);
    } catch (...) {
      slot->error = std::current_exception();
    }
    if (!lock.owns_lock()) lock.lock();
    slot->done = true;
    was_read_.notify_one();
  }
}

}  // namespace timetrial::sdk
