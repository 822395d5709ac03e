// Lion: step along the sign of an interpolated momentum, with decoupled weight decay.
// Source  Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", Algorithm 2
// State   one momentum tensor per parameter: same shape, dtype and device
// Tuned   learning_rate, beta1, beta2, weight_decay (ranges and scales: search_space.json)
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

namespace {

class Lion final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& /*workload*/) const override {
    return 64;
  }

  void init(timetrial::Training& training) override {
    for (const auto& parameter : training.parameters()) {
      momentum_.push_back(at::zeros_like(parameter.tensor));
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    const auto& point = training.hyperparameters();
    const double learning_rate = point.at("learning_rate");
    const double decay = 1 - learning_rate * point.at("weight_decay");
    for (std::size_t i = 0; i < momentum_.size(); ++i) {
      const at::Tensor& weight = training.parameters()[i].tensor;
      at::Tensor gradient = weight.grad();
      if (!gradient.defined()) continue;  // not reached by this batch, such as an unused head
      // The step leans on this gradient (beta1), the memory forgets more slowly (beta2).
      const at::Tensor direction = momentum_[i].lerp(gradient, 1 - point.at("beta1")).sign_();
      weight.mul_(decay).add_(direction, -learning_rate);
      momentum_[i].lerp_(gradient, 1 - point.at("beta2"));
      gradient.zero_();
    }
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    momentum_ = in.tensors("momentum");
  }

 private:
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Lion, "lion", "Timetrial authors")
