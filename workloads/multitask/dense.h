#pragma once
// Tasks with a target for each pixel, of which some have none.
//
//   kind           outputs [B, n, H, W]; targets [B, H, W]            loss of a pixel
//   pixel_classes  n logits; a class in [0, n), or below 0: none      softmax cross-entropy, nats
//   pixel_values   1 value; a number above 0, such as inverse depth,  absolute error
//                  or 0: none
//
// The loss of an example is the mean over its pixels that have a target, 0 where none has. Metrics
// are over all pixels of all examples that have one, so that a batch size cannot move them:
//
//   pixel_classes  loss, pixel_accuracy, mean_iou: over the classes that occur in targets or
//                  answers, the mean of right answers / (pixels of the class or taken for it)
//   pixel_values   loss and absolute_error (the same), relative_error: of the target
//
// Source  the two tasks of Cityscapes in Liu, Johns and Davison 2019, "End-to-End Multi-Task
//         Learning with Attention" (arXiv 1803.10704)

#include "workloads/multitask/task.h"

namespace timetrial::multitask {

/// Judged by its mean_iou.
Task pixel_classes(const std::string& name, std::int64_t count);
/// Judged by its absolute_error.
Task pixel_values(const std::string& name);

/// example_losses() of either kind. Label smoothing is for classes alone.
at::Tensor pixel_losses(const Task& task, const at::Tensor& outputs, const at::Tensor& targets,
                        double label_smoothing);

// scores(), of examples on the CPU. NaN where no pixel has a target.
std::map<std::string, double> pixel_class_scores(const Task& task, const at::Tensor& outputs,
                                                 const at::Tensor& targets);
std::map<std::string, double> pixel_value_scores(const at::Tensor& outputs,
                                                 const at::Tensor& targets);

}  // namespace timetrial::multitask
