#include "harness/sdk/loss_curve.h"

#include <ATen/ops/stack.h>

#include <utility>

namespace timetrial::sdk {
namespace {

constexpr std::size_t kPending = 256;  ///< scalars that are read from the device together

}  // namespace

void LossRecorder::add(std::int64_t step, const at::Tensor& loss) {
  if (step == last_step_) return;
  if (curve_.losses.empty() && pending_.empty() && joined_ == 0) curve_.first_step = step;
  last_step_ = step;
  pending_.push_back(loss.detach());
  if (pending_.size() >= kPending) read_pending();
}

void LossRecorder::read_pending() {
  if (pending_.empty()) return;
  const at::Tensor values = at::stack(pending_).to(at::kCPU, at::kFloat).contiguous();
  pending_.clear();
  const float* value = values.const_data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) push(value[i]);
}

void LossRecorder::push(float loss) {
  sum_ += loss;
  if (++joined_ < curve_.stride) return;
  curve_.losses.push_back(static_cast<float>(sum_ / static_cast<double>(joined_)));
  sum_ = 0, joined_ = 0;
  if (curve_.losses.size() < kMostPoints) return;
  for (std::size_t i = 0; i < kMostPoints / 2; ++i) {
    curve_.losses[i] = (curve_.losses[2 * i] + curve_.losses[2 * i + 1]) / 2;
  }
  curve_.losses.resize(kMostPoints / 2);
  curve_.stride *= 2;
}

LossCurve LossRecorder::take() {
  read_pending();
  if (joined_ > 0) {
    curve_.losses.push_back(static_cast<float>(sum_ / static_cast<double>(joined_)));
  }
  sum_ = 0, joined_ = 0, last_step_ = -1;
  return std::exchange(curve_, {});
}

}  // namespace timetrial::sdk
