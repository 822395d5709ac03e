#include "tests/hostile/exhibit.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <timetrial/submission.h>

#include <memory>
#include <vector>

namespace timetrial::hostile {
namespace {

class Lent final : public Scene {
 public:
  Moment moment() const override { return moment_; }
  std::int64_t step() const override { return training_ != nullptr ? training_->step() : 0; }
  void fill_parameters(float value) override {
    const at::NoGradGuard no_grad;
    for (const auto& p : training_->parameters()) p.tensor.fill_(value);
  }
  void resize_a_parameter() override {
    const at::NoGradGuard no_grad;
    // As LibTorch itself would not let it.
    training_->parameters()[0].tensor.unsafeGetTensorImpl()->set_sizes_contiguous({3, 5});
  }

  void complete_training() override { throw TrainingComplete(); }

  void lend(Training& training) { training_ = &training; }
  void act(Moment moment) {
    moment_ = moment;
    attack(*this);
  }

 private:
  Training* training_ = nullptr;
  Moment moment_ = Moment::batch_size;
};

/// Stochastic gradient descent with momentum.
class Honest final : public Submission {
 public:
  ~Honest() override { scene_->act(Moment::destructor); }

  std::int64_t batch_size(const WorkloadInfo&) const override {
    scene_->act(Moment::batch_size);
    return 256;
  }

  void init(Training& training) override {
    scene_->lend(training);
    for (const auto& p : training.parameters()) momentum_.push_back(at::zeros_like(p.tensor));
    scene_->act(Moment::init);
  }

  Batch select_batch(Training& training, BatchQueue& batches) override {
    scene_->act(Moment::select_batch);
    return Submission::select_batch(training, batches);
  }

  void update(Training& training, const Batch& batch) override {
    scene_->act(Moment::update);
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < momentum_.size(); ++i) {
      const at::Tensor& weight = training.parameters()[i].tensor;
      at::Tensor gradient = weight.grad();
      if (!gradient.defined()) continue;
      momentum_[i].mul_(0.9).add_(gradient);
      weight.add_(momentum_[i], -0.01);
      gradient.zero_();
    }
  }

  void prepare_for_eval(Training&) override { scene_->act(Moment::prepare_for_eval); }

  void save(StateWriter& out) const override {
    scene_->act(Moment::save);
    out.put("momentum", momentum_);
  }
  void load(Training&, StateReader& in) override { momentum_ = in.tensors("momentum"); }

 private:
  std::unique_ptr<Lent> scene_ = std::make_unique<Lent>();
  std::vector<at::Tensor> momentum_;
};

}  // namespace

Submission* create() { return new Honest(); }
void destroy(Submission* submission) { delete submission; }

}  // namespace timetrial::hostile
