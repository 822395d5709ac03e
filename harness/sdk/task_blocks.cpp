#include "harness/sdk/task_blocks.h"

#include <algorithm>
#include <utility>

namespace timetrial::sdk {

TaskBlocks::TaskBlocks(ReadAhead& reader, std::size_t first_stream, std::size_t tasks)
    : reader_(reader), first_stream_(first_stream), blocks_(tasks) {}

void TaskBlocks::append(std::vector<Batch>& parts, std::size_t task, std::int64_t drawn,
                        std::int64_t count) {
  Block& block = blocks_[task];
  block.length = std::max(block.length, count);
  for (const std::int64_t end = drawn + count; drawn < end;) {
    if (drawn < block.begin || drawn >= block.end) {
      block.batch = reader_.take(first_stream_ + task, drawn, block.length);
      block.begin = drawn;
      block.end = drawn + block.length;
    }
    const std::int64_t here = std::min(end, block.end) - drawn;
    parts.push_back(take_out(block, drawn, here));
    drawn += here;
  }
}

Batch TaskBlocks::take_out(Block& block, std::int64_t drawn, std::int64_t count) {
  if (count == block.end - block.begin) {
    block.end = block.begin;
    return std::exchange(block.batch, {});
  }
  Batch part;
  for (const auto& [name, tensor] : block.batch.tensors()) {
    // A copy: whoever gets the batch may write to it, and kernels see the alignment that they see
    // in a batch of its own.
    part.set(name, tensor.narrow(0, drawn - block.begin, count).clone());
  }
  return part;
}

}  // namespace timetrial::sdk
