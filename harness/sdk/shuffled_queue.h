#pragma once
// The training set in a shuffled order that never ends.
//
// Each pass is a permutation made by Fisher and Yates' shuffle from derive_seed(seed, "data order",
// pass), so the whole position is the number of examples drawn: a checkpoint is one integer, and
// seeking costs one shuffle. Threads may read ahead; batches are the same for any number of them.
//
// Above kLargestShuffled examples, whose order alone would take gigabytes, blocks of kBlock
// examples in a row are shuffled instead, each read in its order; the last, shorter one ends the
// pass. Such a set lies on disk, where a block is one read. (AlgoPerf shuffles Criteo's files,
// millions of rows.)

#include "harness/sdk/read_ahead.h"
#include "workloads/workload.h"

#include <c10/core/Device.h>
#include <timetrial/batch.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace timetrial::sdk {

inline constexpr std::int64_t kLargestShuffled = std::int64_t{1} << 27, kBlock = 1024;

/// stored: every pass in the order of the files, for comparison with a recorded run.
enum class DataOrder { shuffled, stored };

class ShuffledQueue final : public BatchQueue {
 public:
  /// Borrows `data`. Batches are moved to `device`. `reader_threads` read batches ahead from the
  /// first one on; 0: each is read when it is asked for. Throws std::invalid_argument for an empty
  /// data set or a batch size below 1.
  ShuffledQueue(const workloads::TrainingData& data, std::uint64_t seed, std::int64_t batch_size,
                c10::Device device, DataOrder order = DataOrder::shuffled, int reader_threads = 0);

  Batch next(std::int64_t batch_size) override;
  Batch next() override { return next(batch_size_); }
  Batch examples(const std::vector<std::int64_t>& indices) override;
  std::int64_t drawn() const override { return drawn_; }

  /// Seconds that next() has taken so far, in all: what training waited for data.
  double waited_s() const { return waited_s_; }

  /// Goes to where `drawn` examples have been drawn, forwards or back.
  void seek(std::int64_t drawn);

 private:
  void arrange(std::int64_t pass);
  /// The example at a place of the pass that was arranged.
  std::int64_t example(std::int64_t place) const {
    return order_[static_cast<std::size_t>(place / block_)] * block_ + place % block_;
  }
  BatchPlan plan(std::int64_t drawn, std::int64_t size);
  Batch read(const BatchPlan& plan) const;
  Batch gather(std::span<const std::int64_t> indices, std::int64_t pass) const;

  const workloads::TrainingData& data_;
  const std::uint64_t seed_;
  const std::int64_t batch_size_;
  const c10::Device device_;
  const DataOrder data_order_;
  std::int64_t drawn_ = 0;
  double waited_s_ = 0;
  std::int64_t pass_ = -1;               ///< the pass that order_ is of
  std::int64_t block_ = 1;               ///< examples that stay together
  std::vector<std::int64_t> order_;      ///< indices of blocks
  std::optional<ReadAhead> read_ahead_;  ///< last: its threads use all of the above
};

}  // namespace timetrial::sdk
