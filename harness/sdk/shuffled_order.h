#pragma once
// Numbers 0 to n - 1 in a shuffled order that never ends: each pass is a permutation made by Fisher
// and Yates' shuffle from derive_seed(seed, "data order", pass), so a position is the number of
// draws and seeking costs one shuffle.
//
// Above kLargestShuffled numbers, whose order alone would take gigabytes, blocks of kBlock numbers
// in a row are shuffled instead, each read in its order; the last, shorter one ends the pass. Such
// a set lies on disk, where a block is one read. (AlgoPerf shuffles Criteo's files, millions of
// rows.)

#include "harness/sdk/read_ahead.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace timetrial::sdk {

inline constexpr std::int64_t kLargestShuffled = std::int64_t{1} << 27, kBlock = 1024;

/// stored: every pass in the order of the files, for comparison with a recorded run.
enum class DataOrder { shuffled, stored };

class ShuffledOrder {
 public:
  /// Of `size` numbers, at least 1.
  ShuffledOrder(std::int64_t size, std::uint64_t seed, DataOrder order);

  std::int64_t size() const { return size_; }

  /// The numbers of the draws [drawn, drawn + count), each with `offset` added: a part for each
  /// pass that they span, appended to `plan`.
  void append(BatchPlan& plan, std::int64_t drawn, std::int64_t count, std::int64_t offset = 0);
  /// The same numbers, one call each.
  void visit(std::int64_t drawn, std::int64_t count,
             const std::function<void(std::int64_t)>& visitor);

 private:
  void arrange(std::int64_t pass);
  /// The number at a place of the pass that was arranged.
  std::int64_t number(std::int64_t place) const {
    return order_[static_cast<std::size_t>(place / block_)] * block_ + place % block_;
  }

  const std::int64_t size_;
  const std::uint64_t seed_;
  const DataOrder data_order_;
  const std::int64_t block_;         ///< numbers that stay together
  std::int64_t pass_ = -1;           ///< the pass that order_ is of
  std::vector<std::int64_t> order_;  ///< of blocks
};

}  // namespace timetrial::sdk
