#include "workloads/gnn/evaluation.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "workloads/gnn/gnn.h"
#include "workloads/metrics/average_precision.h"

namespace timetrial::gnn {

void PropertyMetrics::add(const at::Tensor& logits, const at::Tensor& targets,
                          const at::Tensor& weights) {
  if (logits.dim() != 2 || targets.sizes() != logits.sizes() || weights.sizes() != logits.sizes() ||
      (!logits_.empty() && logits_.front().size(1) != logits.size(1))) {
    throw std::invalid_argument(
        "property metrics: logits, targets and weights must all be [G, tasks]");
  }
  const auto keep = [](const at::Tensor& x) { return x.detach().to(at::kCPU, at::kFloat); };
  logits_.push_back(keep(logits));
  targets_.push_back(keep(targets));
  weights_.push_back(keep(weights));
}

std::vector<double> PropertyMetrics::average_precisions() const {
  if (logits_.empty()) return {};
  const at::Tensor scores = at::cat(logits_).sigmoid(), targets = at::cat(targets_);
  const at::Tensor known = at::cat(weights_).ne(0);
  std::vector<double> result;
  for (std::int64_t task = 0; task < scores.size(1); ++task) {
    const at::Tensor all = targets.select(1, task), counts = known.select(1, task);
    const bool defined = all.eq(0).any().item<bool>() && all.eq(1).any().item<bool>();
    const at::Tensor chosen = scores.select(1, task).masked_select(counts);
    const at::Tensor positive = all.masked_select(counts).eq(1).to(at::kByte);
    const auto size = static_cast<std::size_t>(chosen.numel());
    result.push_back(
        defined ? metrics::average_precision({chosen.const_data_ptr<float>(), size},
                                             {positive.const_data_ptr<std::uint8_t>(), size})
                : std::numeric_limits<double>::quiet_NaN());
  }
  return result;
}

std::map<std::string, double> PropertyMetrics::values() const {
  double precision = 0, tasks = 0, nats = 0, right = 0, known = 0;
  for (const double one : average_precisions()) {
    if (!std::isnan(one)) precision += one, ++tasks;
  }
  for (std::size_t i = 0; i < logits_.size(); ++i) {
    const Loss loss = property_loss(Batch({{"targets", targets_[i]}, {"weights", weights_[i]}}),
                                    logits_[i], /*label_smoothing=*/0);
    nats += loss.per_example.sum(at::kDouble).item<double>();
    right += (logits_[i].gt(0).eq(targets_[i].eq(1)) * weights_[i]).sum(at::kDouble).item<double>();
    known += weights_[i].sum(at::kDouble).item<double>();
  }
  return {{"mean_average_precision", precision / tasks},
          {"accuracy", right / known},
          {"loss", nats / known}};
}

}  // namespace timetrial::gnn
