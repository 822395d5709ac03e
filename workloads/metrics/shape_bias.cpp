#include "workloads/metrics/shape_bias.h"

#include "workloads/metrics/class_scores.h"

#include <ATen/ops/zeros.h>

#include <stdexcept>

namespace timetrial::metrics {

ShapeBias shape_bias(const at::Tensor& scores, const at::Tensor& shapes,
                     const at::Tensor& textures) {
  require_scores(scores, shapes);
  require_scores(scores, textures);
  const at::Tensor answers = scores.argmax(1), differ = shapes.ne(textures);
  const auto count = [&](const at::Tensor& wanted) {
    return answers.eq(wanted).logical_and(differ).sum().item<std::int64_t>();
  };
  return {.shape = count(shapes),
          .texture = count(textures),
          .images = differ.sum().item<std::int64_t>()};
}

at::Tensor of_super_classes(const at::Tensor& probabilities, const at::Tensor& group_of,
                            std::int64_t groups) {
  if (probabilities.dim() != 2 || group_of.dim() != 1 ||
      group_of.size(0) != probabilities.size(1) || groups < 1 ||
      group_of.ge(groups).any().item<bool>()) {
    throw std::invalid_argument(
        "super-classes: probabilities [N, classes] and a group below the number of groups for each "
        "class expected");
  }
  at::Tensor means = at::zeros({probabilities.size(0), groups}, probabilities.options());
  for (std::int64_t group = 0; group < groups; ++group) {
    const at::Tensor members = group_of.eq(group).nonzero().squeeze(1);
    if (members.numel() == 0) continue;
    means.select(1, group).copy_(probabilities.index_select(1, members).mean(1));
  }
  return means;
}

}  // namespace timetrial::metrics
