#include "workloads/nn/scaling.h"

#include <cmath>

namespace timetrial::nn {
namespace {

double as_double(std::int64_t value) { return static_cast<double>(value); }

}  // namespace

std::int64_t width_of_vectors(const Widths& widths) {
  return widths.mup_base_width > 0 ? widths.mup_base_width : widths.width;
}

double attention_scale(const Widths& widths) {
  const double head = as_double(widths.width / widths.heads);
  return widths.mup_base_width > 0
             ? std::sqrt(as_double(widths.mup_base_width / widths.heads)) / head
             : 1 / std::sqrt(head);
}

double output_scale(const Widths& widths) {
  return as_double(width_of_vectors(widths)) / as_double(widths.width);
}

double branch_scale(std::int64_t layers, std::int64_t depth_base) {
  return depth_base > 0 ? std::sqrt(as_double(depth_base) / as_double(layers)) : 1;
}

at::Tensor times(const at::Tensor& x, double factor) { return factor == 1 ? x : x * factor; }

}  // namespace timetrial::nn
