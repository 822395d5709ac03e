#pragma once
// A Training that hands every call on to another one: what a submission lends to one that it wraps.
// Derive from it and override what the wrapped one shall see otherwise.

#include <timetrial/training.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace timetrial {

class LentTraining : public Training {
 public:
  const WorkloadInfo& workload() const override { return lender().workload(); }
  const Hyperparameters& hyperparameters() const override { return lender().hyperparameters(); }
  c10::Device device() const override { return lender().device(); }
  std::int64_t step() const override { return lender().step(); }
  std::uint64_t seed(const std::string& purpose) const override { return lender().seed(purpose); }
  at::Generator generator() override { return lender().generator(); }
  double time_used_s() const override { return lender().time_used_s(); }
  std::vector<EvaluationResult> evaluations() const override { return lender().evaluations(); }
  const std::vector<Parameter>& parameters() const override { return lender().parameters(); }
  const std::vector<NamedTensor>& model_state() const override { return lender().model_state(); }
  void reinitialize(std::uint64_t seed) override { lender().reinitialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    return lender().forward(batch, options);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) override {
    return lender().loss(batch, output, label_smoothing);
  }
  void record(const std::string& name, double value) override { lender().record(name, value); }
  BatchQueue& batches() override { return lender().batches(); }
  Collective& collective() override { return lender().collective(); }
  std::vector<at::Tensor> gradients(const at::Tensor& scalar, bool keep_graph) override {
    return lender().gradients(scalar, keep_graph);
  }
  std::vector<at::Tensor> gradients_of(const at::Tensor& scalar,
                                       const std::vector<at::Tensor>& tensors,
                                       bool keep_graph) override {
    return lender().gradients_of(scalar, tensors, keep_graph);
  }
  std::vector<at::Tensor> hessian_vector_product(const std::function<at::Tensor()>& loss,
                                                 const std::vector<at::Tensor>& vectors) override {
    return lender().hessian_vector_product(loss, vectors);
  }

 protected:
  /// The one that stands behind until the next call; borrowed. Hooks are given it anew each time.
  void borrow(Training& lender) { lender_ = &lender; }
  /// Throws std::logic_error before the first borrow().
  Training& lender() const {
    if (lender_ == nullptr) throw std::logic_error("lent training: nothing to lend");
    return *lender_;
  }

 private:
  Training* lender_ = nullptr;
};

}  // namespace timetrial
