#pragma once
// The training losses of the steps since the last evaluation, in single precision. Steps beyond
// what it holds make it coarser: neighbouring points are then joined to their mean, so its size
// and its cost a step are bounded whatever the time between two evaluations.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timetrial::sdk {

/// What is known of the steps first_step, first_step + 1, …: losses[i] is the mean of `stride` of
/// them (fewer at the end).
struct LossCurve {
  std::int64_t first_step = 0, stride = 1;
  std::vector<float> losses;
};

class LossRecorder {
 public:
  static constexpr std::size_t kMostPoints = 8192;

  /// The loss of `step`, a scalar; one at most for each step counts, the first. Holds on to it:
  /// nothing waits for the device before take().
  void add(std::int64_t step, const at::Tensor& loss);
  /// What was added since the last call.
  LossCurve take();

 private:
  void read_pending();
  void push(float loss);

  std::vector<at::Tensor> pending_;
  std::int64_t last_step_ = -1;
  LossCurve curve_;
  double sum_ = 0;           ///< of the point being made
  std::int64_t joined_ = 0;  ///< losses in it
};

}  // namespace timetrial::sdk
