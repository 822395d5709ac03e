#pragma once
// How the tensors of a pass are cut into the pieces that threads, or blocks of a GPU, take.

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "optim/matrices.h"

namespace timetrial::optim {

/// Of at least two dimensions.
inline Matrices matrices_of(const at::Tensor& tensor) { return {tensor.size(-2), tensor.size(-1)}; }

constexpr std::int64_t kPiece = 16'384;  ///< elements; 64 KiB of a stream

constexpr std::int64_t pieces_in(std::int64_t elements) { return (elements + kPiece - 1) / kPiece; }

/// One tensor of each stream, in one type and the same dense order.
struct Row {
  std::vector<at::Tensor> tensors;
  bool copied = false;
};

/// Pieces of all tensors, as if these lay one behind the other: piece k of a tensor begins
/// k * kPiece behind its start.
class Pieces {
 public:
  explicit Pieces(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
      start_.push_back(end_);
      first_.push_back(count_);
      end_ += row.tensors[0].numel();
      count_ += pieces_in(row.tensors[0].numel());
    }
  }
  std::int64_t blocks() const { return pieces_in(end_); }
  std::size_t count() const { return static_cast<std::size_t>(count_); }
  std::size_t first_of(std::size_t tensor) const {
    return static_cast<std::size_t>(first_[tensor]);
  }

  /// Calls f(tensor, piece of it) for all that begin in blocks [begin, end).
  template <class F>
  void visit(std::int64_t begin, std::int64_t end, const F& f) const {
    const std::int64_t from = begin * kPiece, to = end * kPiece;
    auto i = static_cast<std::size_t>(std::max<std::ptrdiff_t>(
        0, std::upper_bound(start_.begin(), start_.end(), from) - start_.begin() - 1));
    while (i > 0 && start_[i - 1] == from) --i;  // empty tensors do not begin later
    for (; i < start_.size() && start_[i] < to; ++i) {
      const std::int64_t length = (i + 1 < start_.size() ? start_[i + 1] : end_) - start_[i];
      std::int64_t k = pieces_in(std::max<std::int64_t>(0, from - start_[i]));
      for (; k * kPiece < length && start_[i] + k * kPiece < to; ++k) f(i, k);
    }
  }

 private:
  std::vector<std::int64_t> start_, first_;  // in elements and in pieces, by tensor
  std::int64_t end_ = 0, count_ = 0;
};

}  // namespace timetrial::optim
