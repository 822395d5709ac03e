// GradDrop: of the gradients at the shared representation, one sign is kept, around any optimizer.
// Source  Chen et al. 2020, "Just Pick a Sign: Optimizing Deep Multitask Models with Gradient Sign
//         Dropout", Algorithm 1, with the masks of each unit of the representation as in LibMTL
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <vector>

namespace {

using namespace timetrial::multitask;

class GradDrop final : public TaskMethod {
 public:
  void init(const TaskFacts& /*facts*/, timetrial::HyperparameterReader& read) override {
    leak_ = read.closed_fraction("task_leak", 0);
  }
  at::Tensor combine(TaskStep& step) override {
    const auto rows = step.representation_gradients();
    const at::Tensor sign = step.representation().detach().sign();
    std::vector<at::Tensor> units;  // [D] each: whether a larger activation raises the loss
    for (const auto& row : rows) units.push_back(row.mul(sign).sum(0));
    const at::Tensor all = at::stack(units);
    const at::Tensor share = all.sum(0).div(all.abs().sum(0).add_(1e-7)).add_(1).mul_(0.5);
    auto generator = at::detail::createCPUGenerator(step.seed());
    const at::Tensor drawn = at::rand(share.sizes(), generator, at::kFloat).to(share.device());
    const at::Tensor positive = share.gt(drawn), negative = share.lt(drawn);
    at::Tensor gradient = at::zeros_like(rows.front());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const at::Tensor kept = units[i].gt(0).mul(positive).add(units[i].lt(0).mul(negative));
      gradient.add_(rows[i].mul(kept.to(rows[i].scalar_type()).mul_(1 - leak_).add_(leak_)));
    }
    return step.through_representation(gradient);
  }

 private:
  double leak_ = 0;
};

}  // namespace

TIMETRIAL_TASK_METHOD(GradDrop, "Timetrial authors")
