#pragma once
// A multi-task method around any submission, which stays as it is: the base is lent a Training
// whose loss has, by construction, the gradient that the method wants.
//
//   class PcGrad final : public timetrial::multitask::TaskMethod {
//     void init(const TaskFacts&, HyperparameterReader&) override {}
//     at::Tensor combine(TaskStep& step) override {
//       return step.combined(pcgrad(step.gram(), shuffled_orders(step.present().size(),
//       step.seed())));
//     }
//   };
//   TIMETRIAL_TASK_METHOD(PcGrad, "My Name")
//
//   timetrial_add_submission(pcgrad SOURCES pcgrad.cpp BASE ../adamw/adamw.cpp)     # CMake
//
// A method's hyperparameters begin with "task_"; the base sees only the others. On a workload of
// one task the method is left out, and the base trains as it would alone, bit for bit.
//
// Shared parameters are those that the losses of at least two tasks have reached so far, by
// gradients that were not zero: names and order tell nothing in blind runs, and a head in a stack
// of heads has gradients of zero from the other tasks. A head, reached by one, gets that task's own
// gradient from combined(), times the task's weight from weighted(). Tasks that have no example in
// the batch are left out.
//
// What a base cannot do with combined(): the scalar's second derivatives are zero, so a base that
// takes Hessian-vector products gets zeros.

#include <ATen/core/Tensor.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/multitask.h>
#include <timetrial/submission.h>
#include <timetrial/task_weights.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace timetrial::multitask {

struct TaskFacts {
  std::size_t tasks = 1;  ///< a method of one task is made and checked, but not used
  /// Of each task; all of the training set where an example has all tasks.
  std::vector<std::int64_t> examples;
  std::int64_t training_examples = 0, batch_size = 0, step_hint = 0;
};

/// What steps have found out of the model, kept from one to the next and in checkpoints.
struct ModelFacts {
  /// Whether task k has ever reached parameter p, at [p * tasks + k]; empty at first.
  std::vector<std::uint8_t> reached;
  std::vector<std::size_t> trunk;  ///< parameters that the representation depends on, by its graph
  std::optional<std::size_t> last_shared;  ///< the matrix that tasks share last
};

/// Which shared parameters a method takes together: all; those of a layer, whose names are the same
/// up to the last dot, as a weight's and its bias's (blind runs hide names, so that there each
/// tensor is a layer); or each tensor by itself.
enum class Grouping { whole, layer, tensor };

/// The tasks of one batch. The parameters are those of Training::parameters(), places in it.
class TaskStep {
 public:
  /// Borrows all. `slices` 0: as few as keep the rows that are held at once within the larger of
  /// one copy of the model and 64 MiB.
  TaskStep(Training& training, const Loss& loss, const ModelOutput& output, ModelFacts& facts,
           std::uint64_t seed, bool first_call, std::int64_t slices);

  /// The tasks that have examples in the batch, rising; at least one.
  const Present& present() const { return present_; }
  /// Their losses, in that order.
  const std::vector<double>& losses();
  /// Of this step and call, for random choices.
  std::uint64_t seed() const { return seed_; }
  /// False where the base asks for more losses in one update, as SAM does: what is learned once in
  /// a step is learned when it is true.
  bool first_call() const { return first_call_; }

  /// Inner products of the tasks' gradients, over the shared parameters; costs one backward pass
  /// per task and slice. Recorded: "task_gradient_cosine", the mean cosine.
  Gram gram();
  /// The same by groups, in the order in which these begin, for the same passes. A group that has
  /// no shared parameter has zeros.
  std::vector<Gram> grams(Grouping grouping);
  /// sum_i w_i L_i, with its own graph: one backward pass, the base's.
  at::Tensor weighted(const Coefficients& weights);
  /// A scalar with the value of the mean loss and the gradient sum_i a_i g_i at shared parameters.
  /// Without a gram() of one slice before it this costs two backward passes, of which one goes
  /// through the heads alone, and the first time in a trial one per task. `heads` multiplies the
  /// heads' own gradients; empty: ones.
  at::Tensor combined(const Coefficients& shared, const Coefficients& heads = {});
  /// The same with coefficients for each group of grams(grouping), which goes before it. Of one
  /// slice it costs nothing more; of several it takes the passes of grams() again, so that no one
  /// holds K gradients of the model. Recorded as "task_weight_0", …: the mean over groups that have
  /// shared parameters.
  at::Tensor combined(Grouping grouping, const std::vector<Coefficients>& shared);
  bool one_task_per_example() const { return training_.workload().one_task_per_example; }
  /// The mean loss as it is.
  at::Tensor plain() const { return loss_.mean(); }

  /// |g_i| at the matrix that the tasks share last: K backward passes down to it.
  std::vector<double> last_shared_norms();
  /// The tasks' gradients at ModelOutput::representation, each [B, D]: K backward passes through
  /// the heads. Throws std::invalid_argument where the workload has no representation.
  std::vector<at::Tensor> representation_gradients();
  const at::Tensor& representation() const { return output_.representation; }
  /// As combined(), where `gradient` [B, D] is what goes back from the representation: one backward
  /// pass through the trunk. Call after representation_gradients().
  at::Tensor through_representation(const at::Tensor& gradient);

  /// Recorded as "task_weight_0", …; weighted() and combined() do so themselves.
  void record_weights(const Coefficients& weights);

 private:
  std::vector<at::Tensor> tensors(const std::vector<std::size_t>& places) const;
  at::Tensor weighted_sum(const Coefficients& weights) const;
  bool is_shared(std::size_t parameter) const;
  bool any_reached(std::size_t task) const;
  void note_reached(std::size_t parameter, std::size_t task);
  std::vector<std::vector<at::Tensor>> rows_of(std::size_t begin, std::size_t end) const;
  void add_products(const std::vector<std::vector<at::Tensor>>& rows, std::size_t first,
                    const std::vector<std::size_t>& groups, std::vector<Gram>& sums);
  void record_mean_weights(const std::vector<std::size_t>& groups,
                           const std::vector<Coefficients>& of_groups);
  void find_shared();
  at::Tensor with_gradients(std::vector<at::Tensor> gradients) const;

  Training& training_;
  const Loss& loss_;
  const ModelOutput& output_;
  ModelFacts& facts_;
  std::uint64_t seed_;
  bool first_call_;
  std::int64_t slices_;
  Present present_;
  std::vector<double> losses_;
  std::vector<std::vector<at::Tensor>> rows_;  // of each task, if all were held at once
  std::vector<at::Tensor> head_gradients_;     // beside the trunk, by parameter
};

/// Inner products of gradients of one shape, in double.
Gram inner_products(const std::vector<at::Tensor>& gradients);

class TaskMethod {
 public:
  virtual ~TaskMethod() = default;
  /// Reads its hyperparameters. Called once.
  virtual void init(const TaskFacts& facts, HyperparameterReader& read) = 0;
  /// The loss that the base differentiates, a scalar.
  virtual at::Tensor combine(TaskStep& step) = 0;
  /// How often each task is to be drawn, of sum 1, where examples are of one task each; empty: as
  /// they come.
  virtual std::vector<double> shares() const { return {}; }
  /// For methods that learn from the losses after the step: an extra forward pass on its batch.
  virtual bool wants_losses_after() const { return false; }
  virtual void learn_after(const Present& /*present*/, const std::vector<double>& /*before*/,
                           const std::vector<double>& /*after*/) {}
  /// All that the next step depends on. restore is given what state gave.
  virtual std::vector<double> state() const { return {}; }
  virtual void restore(const std::vector<double>& /*state*/) {}
};

/// Fixed shares of the tasks. Where an example is of one task, tasks are drawn by them and the loss
/// stays as it is, so that d is sum w_i g_i in the mean; elsewhere they are the losses' weights.
class FixedShares : public TaskMethod {
 public:
  void init(const TaskFacts& facts, HyperparameterReader& read) final;
  at::Tensor combine(TaskStep& step) final;
  std::vector<double> shares() const final { return shares_; }

 private:
  /// Of sum above 0, none negative.
  virtual std::vector<double> read_shares(const TaskFacts& facts, HyperparameterReader& read) = 0;

  std::vector<double> shares_;
};

/// The wrapper. Keeps the method's state beside the base's own.
std::unique_ptr<Submission> wrap(std::unique_ptr<Submission> base,
                                 std::unique_ptr<TaskMethod> method);

}  // namespace timetrial::multitask

/// Made by TIMETRIAL_SUBMISSION in the base's source, which timetrial_add_submission(… BASE …)
/// compiles for it.
timetrial::Submission* timetrial_wrapped_submission();

/// Exports the library's base, wrapped in `Method` (default-constructible). Its name is the
/// target's.
#define TIMETRIAL_TASK_METHOD(Method, submission_author)                                       \
  TIMETRIAL_DETAIL_RECORD(                                                                     \
      TIMETRIAL_WRAPPER_NAME, submission_author,                                               \
      []() -> ::timetrial::Submission* {                                                       \
        return ::timetrial::multitask::wrap(                                                   \
                   std::unique_ptr<::timetrial::Submission>(::timetrial_wrapped_submission()), \
                   std::make_unique<Method>())                                                 \
            .release();                                                                        \
      },                                                                                       \
      [](::timetrial::Submission* submission) { delete submission; })
