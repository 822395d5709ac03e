#pragma once
// The examples of each task, cut out of blocks that threads read ahead.
//
// How many examples of a task the next batch has is known when it is asked for; which ones is known
// before, since each task has an order of its own. So it is these orders that are read ahead, a
// block at a time. An example is the same in whatever company it is read
// (TrainingData::gather), and batches are therefore those that are read when they are asked for.

#include "harness/sdk/read_ahead.h"

#include <timetrial/batch.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timetrial::sdk {

class TaskBlocks {
 public:
  /// Borrows `reader`, whose streams from `first_stream` on are the orders of the tasks.
  TaskBlocks(ReadAhead& reader, std::size_t first_stream, std::size_t tasks);

  /// The draws [drawn, drawn + count) of a task's order, in one or more parts with memory of their
  /// own, appended to `parts`. A block is as long as the most that was asked for at once, so that
  /// no more is kept of a task than ReadAhead keeps batches, and one. Throws what reading threw.
  void append(std::vector<Batch>& parts, std::size_t task, std::int64_t drawn, std::int64_t count);

 private:
  /// The one that is being used up: its draws are [begin, end).
  struct Block {
    Batch batch;
    std::int64_t begin = 0, end = 0;
    std::int64_t length = 0;  ///< of the next ones
  };
  static Batch take_out(Block& block, std::int64_t drawn, std::int64_t count);

  ReadAhead& reader_;
  const std::size_t first_stream_;
  std::vector<Block> blocks_;
};

}  // namespace timetrial::sdk
