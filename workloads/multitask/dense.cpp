#include "workloads/multitask/dense.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

namespace timetrial::multitask {
namespace {

constexpr std::int64_t kNone = -1;

at::Tensor class_losses(const at::Tensor& logits, const at::Tensor& classes,
                        double label_smoothing) {
  return at::cross_entropy_loss(logits, classes, /*weight=*/{}, at::Reduction::None, kNone,
                                label_smoothing);
}

/// Whatever is below 0 is no class.
at::Tensor classes_of(const at::Tensor& targets) { return targets.to(at::kLong).clamp_min(kNone); }

}  // namespace

Task pixel_classes(const std::string& name, std::int64_t count) {
  return {name, TaskKind::pixel_classes, count, "mean_iou"};
}

Task pixel_values(const std::string& name) {
  return {name, TaskKind::pixel_values, 1, "absolute_error"};
}

at::Tensor pixel_losses(const Task& task, const at::Tensor& outputs, const at::Tensor& targets,
                        double label_smoothing) {
  at::Tensor values, has_target;
  if (task.kind == TaskKind::pixel_classes) {
    const at::Tensor classes = classes_of(targets);
    values = class_losses(outputs, classes, label_smoothing);
    has_target = classes.ge(0);
  } else {
    has_target = targets.gt(0);
    values = outputs.squeeze(1).sub(targets).abs().mul(has_target);
  }
  return values.flatten(1).sum(1).div(has_target.flatten(1).sum(1).clamp_min(1));
}

std::map<std::string, double> pixel_class_scores(const Task& task, const at::Tensor& outputs,
                                                 const at::Tensor& targets) {
  // Counts of (target, answer), and losses in double, an example at a time: copies of all outputs
  // would not fit.
  at::Tensor confusion = at::zeros({task.outputs * task.outputs}, at::kLong);
  double loss = 0;
  for (std::int64_t i = 0; i < outputs.size(0); ++i) {
    const at::Tensor classes = classes_of(targets[i]), logits = outputs[i];
    loss += class_losses(logits.to(at::kDouble).unsqueeze(0), classes.unsqueeze(0), 0)
                .sum()
                .item<double>();
    const at::Tensor known = classes.ge(0);
    const at::Tensor pairs = classes.mul(task.outputs).add(logits.argmax(0)).masked_select(known);
    confusion += at::bincount(pairs, /*weights=*/{}, task.outputs * task.outputs);
  }
  const at::Tensor counts = confusion.to(at::kDouble).view({task.outputs, task.outputs});
  const at::Tensor right = counts.diagonal();
  const at::Tensor together = counts.sum(0).add(counts.sum(1)).sub(right);
  const at::Tensor occurs = together.gt(0);
  const double pixels = counts.sum().item<double>();
  return {{"loss", loss / pixels},
          {"pixel_accuracy", right.sum().item<double>() / pixels},
          {"mean_iou",
           right.masked_select(occurs).div(together.masked_select(occurs)).mean().item<double>()}};
}

std::map<std::string, double> pixel_value_scores(const at::Tensor& outputs,
                                                 const at::Tensor& targets) {
  double absolute = 0, relative = 0, pixels = 0;
  for (std::int64_t i = 0; i < outputs.size(0); ++i) {
    const at::Tensor has_target = targets[i].gt(0);
    const at::Tensor truth = targets[i].to(at::kDouble).masked_select(has_target);
    const at::Tensor errors =
        outputs[i].squeeze(0).to(at::kDouble).masked_select(has_target).sub(truth).abs();
    absolute += errors.sum().item<double>();
    relative += errors.div(truth).sum().item<double>();
    pixels += static_cast<double>(truth.numel());
  }
  return {{"loss", absolute / pixels},
          {"absolute_error", absolute / pixels},
          {"relative_error", relative / pixels}};
}

}  // namespace timetrial::multitask
