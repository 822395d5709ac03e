#include "harness/sdk/read_ahead.h"

#include "harness/device/device.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::sdk {

ReadAhead::ReadAhead(int threads, std::size_t streams, Plan plan, Read read)
    : most_(static_cast<std::size_t>(threads) + 1),
      plan_(std::move(plan)),
      read_(std::move(read)),
      streams_(streams) {
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

Batch ReadAhead::take(std::size_t stream, std::int64_t drawn, std::int64_t size) {
  std::unique_lock lock(mutex_);
  Stream& of = streams_.at(stream);
  if (drawn != of.next || size != of.size) {
    of.slots.clear();  // whoever still reads one of them keeps it alive, for nothing
    of.next = of.planned = drawn;
    of.size = size;
  }
  to_read_.notify_all();
  was_read_.wait(lock, [&] { return !of.slots.empty() && of.slots.front()->done; });
  const auto slot = std::move(of.slots.front());
  of.slots.pop_front();
  of.next += size;
  to_read_.notify_one();
  if (slot->error) std::rethrow_exception(slot->error);
  return std::move(slot->batch);
}

ReadAhead::Stream* ReadAhead::shortest() {
  Stream* found = nullptr;
  for (auto& stream : streams_) {
    if (stream.size == 0 || stream.slots.size() >= most_) continue;
    if (!found || stream.slots.size() < found->slots.size()) found = &stream;
  }
  return found;
}

void ReadAhead::work() {
  device::compute_alone();
  std::unique_lock lock(mutex_);
  for (;;) {
    Stream* stream = nullptr;
    to_read_.wait(lock, [&] { return stopped_ || (stream = shortest()); });
    if (stopped_) return;
    const auto slot = std::make_shared<Slot>();
    stream->slots.push_back(slot);
    try {
      const auto plan =
          plan_(static_cast<std::size_t>(stream - streams_.data()), stream->planned, stream->size);
      stream->planned += stream->size;
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
