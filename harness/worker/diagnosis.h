#pragma once
// What a worker measures of its model when the referee asks (Diagnose), off the scored clock.
//
//   sharpness    preconditioned_sharpness, sharpness_threshold where the submission has a
//                preconditioner; raw_sharpness; sharpness_residual of the first of them that there
//                is, raw_sharpness_residual; sharpness_products, all together
//   gradients    gradient_rms over all parameters; gradient_rms_over_epsilon where the tuning point
//                has an epsilon; <parameter>.gradient_rms, <parameter>.update_rms of the last step
//   activations  what the model reports to nn::Taps
//
// All of it on one fixed batch of training examples, in training mode without dropout and without
// remembering batch statistics, of the model as the evaluation saw it (after prepare_for_eval).
// Nothing here touches parameters, model state, `.grad()`, the queue, or a random number that
// training will draw.

#include "workloads/workload.h"

#include "harness/trial/diagnosis.h"

#include <timetrial/submission.h>

#include <map>
#include <string>
#include <vector>

namespace timetrial::worker {

class Diagnostician {
 public:
  /// The fixed batch has so many examples at most: all of a smaller training set.
  static constexpr std::int64_t kExamples = 256;
  /// Of a model with more parameter tensors, those with the most elements are told one by one.
  static constexpr std::size_t kMostParameters = 256;

  /// Borrows all but `kinds`.
  Diagnostician(Diagnosis kinds, const workloads::Workload& workload,
                const workloads::TrainingData& data, workloads::Model& model, c10::Device device);

  bool wants_updates() const { return kinds_.gradients; }
  /// Around an update that may be the last one before an evaluation.
  void before_update();
  void after_update();

  /// By name, without kDiagnosisPrefix; NaN where a number is not finite. Throws std::runtime_error
  /// for more numbers, or a longer name, than a message has room for.
  std::map<std::string, double> measure(const Submission& submission, const Training& training);

 private:
  using Values = std::map<std::string, double>;
  const Batch& batch();
  at::Tensor loss();
  void add_sharpness(const Submission& submission, const Training& training, Values& values);
  void add_gradients(const Training& training, Values& values);
  void add_activations(Values& values);

  Diagnosis kinds_;
  const workloads::Workload& workload_;
  const workloads::TrainingData& data_;
  workloads::Model& model_;
  c10::Device device_;
  Batch batch_;
  std::vector<std::size_t> told_;   ///< places of the parameters that are told one by one
  std::vector<at::Tensor> before_;  ///< these parameters before the update
  std::vector<double> update_rms_;  ///< by place in told_; empty: no update yet
};

}  // namespace timetrial::worker
