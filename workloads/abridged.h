#pragma once
// An evaluation half that can make do with some of its examples, where a trial is there to show
// that everything runs and not for its numbers. An Evaluation that can derives from this too.

#include <cstdint>

namespace timetrial::workloads {

class Abridged {
 public:
  virtual ~Abridged() = default;
  /// Leaves the first `examples` of each split, and of what evaluators look at; all where there are
  /// no more. At least 1.
  virtual void keep_first(std::int64_t examples) = 0;
};

}  // namespace timetrial::workloads
