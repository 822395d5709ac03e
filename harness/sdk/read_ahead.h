#pragma once
// Batches read by threads ahead of their use, handed out in order. There may be several streams of
// them, which share the threads.
//
// Which batch comes when depends on the order of take() calls alone: batches of a stream are
// planned one after the other under a lock, and only reading them (decoding, augmentation) is
// shared among threads. So any number of threads gives the same batches, and a checkpoint needs no
// state of theirs.

#include <timetrial/batch.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace timetrial::sdk {

/// The examples of one batch, in order: a part for each pass over the data that it spans.
struct BatchPlan {
  struct Part {
    std::int64_t pass = 0;
    std::vector<std::int64_t> indices;
  };
  std::vector<Part> parts;
};

class ReadAhead {
 public:
  /// `size` examples of a stream from position `drawn` on; called by one thread at a time.
  using Plan = std::function<BatchPlan(std::size_t stream, std::int64_t drawn, std::int64_t size)>;
  /// Called by several threads at once.
  using Read = std::function<Batch(const BatchPlan&)>;

  /// Starts `threads` threads, which wait for the first take(): nothing of a stream is read before
  /// it. At most `threads` + 1 batches of each stream are kept or under way. Throws
  /// std::invalid_argument unless threads >= 1.
  ReadAhead(int threads, std::size_t streams, Plan plan, Read read);
  /// Waits for what is being read.
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The batch at this position of a stream. Batches of the same size are then read from its end
  /// on; what was read for another position or size is dropped. Throws what reading it threw.
  Batch take(std::size_t stream, std::int64_t drawn, std::int64_t size);

 private:
  struct Slot {
    Batch batch;
    std::exception_ptr error;
    bool done = false;
  };
  struct Stream {
    std::deque<std::shared_ptr<Slot>> slots;  ///< in order, the next to be taken first
    std::int64_t next = 0;                    ///< position of the first slot
    std::int64_t planned = 0;                 ///< position after the last slot
    std::int64_t size = 0;                    ///< of the batches; 0: none was asked for yet
  };
  /// The stream that has the fewest batches, null when all have enough.
  Stream* shortest();
  void work();

  const std::size_t most_;
  const Plan plan_;
  const Read read_;
  std::mutex mutex_;
  std::condition_variable to_read_, was_read_;
  std::vector<Stream> streams_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace timetrial::sdk
