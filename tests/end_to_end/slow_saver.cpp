// Stochastic gradient descent whose checkpoints take as long as the hyperparameter "save_s" says.
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>

#include <chrono>
#include <thread>

namespace {

class SlowSaver final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo&) const override { return 256; }

  void init(timetrial::Training& training) override {
    save_s_ = training.hyperparameters().get("save_s", 0);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : training.parameters()) {
      at::Tensor gradient = parameter.tensor.grad();
      if (!gradient.defined()) continue;
      const at::Tensor& weight = parameter.tensor;
      weight.add_(gradient, -0.01);
      gradient.zero_();
    }
  }

  void save(timetrial::StateWriter&) const override {
    std::this_thread::sleep_for(std::chrono::duration<double>(save_s_));
  }
  void load(timetrial::Training&, timetrial::StateReader&) override {}

 private:
  double save_s_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(SlowSaver, "slow_saver", "Timetrial authors")
