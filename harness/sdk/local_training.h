#pragma once
// Training, made real in one process: what a worker lends to a submission.
//
// Order of calls by the worker, for each hook H of the submission:
//
//   begin_hook("init")  submission.init(t)  [ restore(position) ]
//   ( begin_hook("select_batch")  select_batch(t, t.batches())
//     begin_hook("update")  update(t, batch)  complete_step()
//     … begin_hook("prepare_for_eval")  prepare_for_eval(t) … add_evaluation(result) )*
//
// All randomness of a hook, dropout included, comes from generators that begin_hook seeds from
// (trial seed, hook, step); so a checkpoint holds no generator state: parameters, model state,
// evaluations and position() are all there is.

#include "harness/sdk/loss_curve.h"
#include "harness/sdk/shuffled_queue.h"
#include "workloads/workload.h"

#include <ATen/core/Generator.h>
#include <timetrial/training.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace timetrial::sdk {

struct LocalTrainingOptions {
  const workloads::Workload& workload;      ///< borrowed
  std::unique_ptr<workloads::Model> model;  ///< made on `device`; initialised by LocalTraining
  const workloads::TrainingData& data;      ///< borrowed
  WorkloadInfo info;
  Hyperparameters hyperparameters;
  std::uint64_t trial_seed = 0;
  std::uint64_t model_seed = 0;  ///< such as derive_seed(study seed, "model")
  c10::Device device = c10::kCPU;
  std::int64_t batch_size = 1;  ///< what Submission::batch_size said
  DataOrder data_order = DataOrder::shuffled;
  int reader_threads = 0;  ///< that read batches ahead of their use
  std::function<double()> time_used_s = [] { return 0.0; };
  std::vector<EvaluationResult> evaluations = {};  ///< of earlier attempts, oldest first
  bool blind = false;          ///< the submission sees blind_view.h's parameters, and no names
  bool record_losses = false;  ///< of the steps, for take_losses()
};

/// Where training is, apart from the values of tensors.
struct TrainingPosition {
  std::int64_t step = 0;   ///< completed updates
  std::int64_t drawn = 0;  ///< examples drawn by next()
  /// Examples drawn by next_of_tasks(); empty where there are no tasks to choose from.
  std::vector<std::int64_t> drawn_by_task = {};
};

class LocalTraining final : public Training {
 public:
  /// Initialises the model from `model_seed`. Throws std::invalid_argument for an empty data set or
  /// a batch size below 1.
  explicit LocalTraining(LocalTrainingOptions options);
  ~LocalTraining() override;

  // --- for the worker
  // -----------------------------------------------------------------------------
  /// Seeds generator() and LibTorch's default generator of the device for this hook and step.
  void begin_hook(const std::string& name);
  /// One more update is done.
  void complete_step() { ++step_; }
  void add_evaluation(EvaluationResult result) { evaluations_.push_back(std::move(result)); }
  /// Seconds that the submission waited for batches, in all.
  double data_wait_s() const { return queue_.waited_s(); }
  TrainingPosition position() const { return {step_, queue_.drawn(), queue_.drawn_by_task()}; }
  /// What the submission and the queue told of themselves since the last call.
  std::map<std::string, double> take_recorded();
  /// The mean training losses since the last call, if they are recorded.
  LossCurve take_losses() { return losses_.take(); }
  void restore(const TrainingPosition& position);
  workloads::Model& model() { return *options_.model; }

  // --- for the submission
  // -------------------------------------------------------------------------
  const WorkloadInfo& workload() const override { return options_.info; }
  const Hyperparameters& hyperparameters() const override { return options_.hyperparameters; }
  c10::Device device() const override { return options_.device; }
  std::int64_t step() const override { return step_; }
  std::uint64_t seed(const std::string& purpose) const override;
  at::Generator generator() override { return generator_; }
  double time_used_s() const override { return options_.time_used_s(); }
  std::vector<EvaluationResult> evaluations() const override { return evaluations_; }

  const std::vector<Parameter>& parameters() const override {
    return options_.blind ? shown_parameters_ : options_.model->parameters();
  }
  const std::vector<NamedTensor>& model_state() const override {
    return options_.blind ? shown_state_ : options_.model->state();
  }
  void reinitialize(std::uint64_t seed) override { options_.model->initialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) override;

  BatchQueue& batches() override { return queue_; }
  Collective& collective() override { return *collective_; }
  std::vector<at::Tensor> gradients(const at::Tensor& scalar, bool keep_graph) override;
  std::vector<at::Tensor> gradients_of(const at::Tensor& scalar,
                                       const std::vector<at::Tensor>& tensors,
                                       bool keep_graph) override;
  std::vector<at::Tensor> hessian_vector_product(const std::function<at::Tensor()>& loss,
                                                 const std::vector<at::Tensor>& vectors) override;
  void record(const std::string& name, double value) override;

 private:
  std::vector<at::Tensor> leaves() const;

  LocalTrainingOptions options_;
  ShuffledQueue queue_;
  std::unique_ptr<Collective> collective_;
  at::Generator generator_;
  std::vector<EvaluationResult> evaluations_;
  std::vector<Parameter> shown_parameters_;  ///< to a submission that runs blind
  std::vector<NamedTensor> shown_state_;
  std::int64_t step_ = 0;
  std::map<std::string, double> recorded_;
  LossRecorder losses_;
};

}  // namespace timetrial::sdk
