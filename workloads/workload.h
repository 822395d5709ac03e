#pragma once
// What a workload is: a model, a loss, and two halves of data that never meet.
//
//   training half     model, loss, training data; a worker may construct it
//   evaluation half   model, metrics, held-back data; only the referee constructs it
//
// A workload knows nothing of clocks, stores, targets or budgets: those are the rule set's. Data on
// disk: <data dir>/<dataset>/training/ for the first half, <data dir>/<dataset>/held_back/ for the
// second, both written by prepare().

#include "harness/trial/error.h"

#include <timetrial/batch.h>
#include <timetrial/parameter.h>
#include <timetrial/training.h>
#include <timetrial/workload_info.h>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::workloads {

/// A field of a configuration is out of its range; the message names field, value and range.
class ConfigError : public InputError {
 public:
  using InputError::InputError;
};

/// A data file is missing or malformed; the message names file, place, expectation and remedy.
class DataError : public InputError {
 public:
  using InputError::InputError;
};

/// Parameters and model state plus the forward pass. Parameters are leaves that require gradients,
/// listed in a fixed order; names are those of AlgoPerf's PyTorch state_dict.
class Model {
 public:
  virtual ~Model() = default;
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<NamedTensor>& state() const { return state_; }

  /// A fresh initialisation, in place; equal seeds give equal bits, on every device.
  virtual void initialize(std::uint64_t seed) = 0;
  virtual ModelOutput forward(const Batch& batch, const ForwardOptions& options) = 0;

 protected:
  std::vector<Parameter> parameters_;
  std::vector<NamedTensor> state_;
};

/// The training set. Thread-safe for concurrent gather() calls.
class TrainingData {
 public:
  virtual ~TrainingData() = default;
  virtual std::int64_t size() const = 0;
  /// The examples of these indices, in order, on the CPU; weights are 1. `seed` feeds random
  /// augmentation, if the workload has any: a function of (seed, index) alone.
  virtual Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const = 0;
  /// Whether gather() takes so long (decoding, augmentation) that threads should run ahead of
  /// training with it. What lies in memory is faster read when it is asked for.
  virtual bool worth_reading_ahead() const { return false; }
  /// For workloads with one task for each example: how many of them each task has. The examples of
  /// a task are neighbours, in the order of tasks. Empty: every example has labels of all tasks.
  virtual std::vector<std::int64_t> examples_of_tasks() const { return {}; }
  /// Whether the examples are a stream, to be learnt from in the order of their indices, pass after
  /// pass: such data are not shuffled.
  virtual bool keeps_order() const { return false; }
};

enum class Split { train_subset, validation, test };
constexpr const char* to_string(Split split) {
  switch (split) {
    case Split::train_subset:
      return "train";
    case Split::validation:
      return "validation";
    case Split::test:
      return "test";
  }
  return "unknown";
}

/// Held-back data and metrics.
class Evaluation {
 public:
  virtual ~Evaluation() = default;
  /// Metrics of the model over every example of a split, by name without the split, such as
  /// {"accuracy": 0.87, "loss": 0.4}. The model is in evaluation mode; results do not depend on
  /// `batch_size` beyond rounding. Throws std::invalid_argument unless batch_size >= 1.
  virtual std::map<std::string, double> evaluate(Model& model, Split split,
                                                 std::int64_t batch_size) const = 0;
  virtual std::int64_t size(Split split) const = 0;
  std::int64_t default_batch_size = 256;
};

/// Where a workload's data come from.
enum class DataSource {
  packages,  ///< Debian and PyPI packages that scripts/setup.sh fetches: `data prepare` needs no
             ///< more; also what prepare() makes from nothing, by random numbers of fixed seeds
  official,  ///< the data set that AlgoPerf trains on, which its user has to bring
};
constexpr const char* to_string(DataSource source) {
  return source == DataSource::packages ? "packages" : "official";
}

/// One of several losses that are trained together. Its metric is reported as "<name>/<metric>".
struct TaskFacts {
  std::string name;  ///< letters, digits, "_" and "-"; empty for the only task of a workload
  std::string metric;
  bool higher_is_better = true;
};

/// Facts that do not depend on data or rule set.
struct Facts {
  LossType loss_type = LossType::softmax_cross_entropy;
  std::string metric;  ///< the target's metric, such as "accuracy"
  bool higher_is_better = true;
  std::string dataset;  ///< folder below the data directory
  DataSource source = DataSource::packages;
  double default_dropout = 0;
  std::vector<TaskFacts> tasks = {};  ///< of a multi-task workload, in the order of Loss::per_task
  bool one_task_per_example = false;
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual Facts facts() const = 0;

  /// The configuration as text ("key = value" lines, sorted): hashed into every trial's provenance.
  virtual std::string configuration() const = 0;

  /// An uninitialised model; the caller moves it (Model's tensors are made on `device`).
  virtual std::unique_ptr<Model> make_model(c10::Device device) const = 0;
  virtual Loss loss(const Batch& batch, const ModelOutput& output,
                    double label_smoothing) const = 0;

  // A workload whose data no reader exists for yet throws a DataError that says so, from all three.
  virtual std::unique_ptr<TrainingData> open_training(
      const std::filesystem::path& training_dir) const;
  virtual std::unique_ptr<Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const;

  /// Reads `source` and writes <out>/training and <out>/held_back. Same input, same bytes.
  ///   packages  source has one folder per unpacked package, as scripts/setup.sh lays them out
  ///   official  source is the folder that the user brings (docs/data/<dataset>.md says how it
  ///             lies); files that an interrupted earlier call finished in `out` are kept
  ///             (workloads/data/preparation.h)
  /// Throws DataError naming what is missing or malformed.
  virtual void prepare(const std::filesystem::path& source, const std::filesystem::path& out) const;

  /// Official data: about how many bytes prepare() will write, from a look at `source` that does
  /// not read it all. Throws DataError naming the first thing that is missing.
  virtual std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const;

  // Recorded runs of a reference implementation, which `timetrial workload check --fixture`
  // compares with: one case is a model in some size, its weights, a batch, and what came out.

  /// This workload (or variant) in the sizes of a recorded case; `constructor` has AlgoPerf's names
  /// of the model's arguments, such as {"width": 16, "depth": 2}. An argument that the case leaves
  /// out has AlgoPerf's default, not this workload's value. Throws ConfigError for an argument that
  /// is not known, or that contradicts what makes this variant (a GLU case of a workload without).
  /// By default: throws ConfigError, no recorded cases.
  virtual std::unique_ptr<Workload> in_recorded_sizes(const nlohmann::json& constructor) const;

  /// The batch of a recorded case, from its `input/` tensors by name. `training`: the batch of the
  /// train-mode pass, where it is another than that of evaluation. By default: the tensors as
  /// named.
  virtual Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs,
                               bool training) const;

  /// Which logits of a batch mean something: 1 where they do, broadcastable to the logits after
  /// unsqueeze(-1); undefined: all of them. By default: where output.paddings, if defined, is 0.
  virtual at::Tensor comparable_logits(const Batch& batch, const ModelOutput& output) const;
};

// --- the registry
// ----------------------------------------------------------------------------------

struct Entry {
  std::string name;
  std::string base;  ///< equal to `name` for a base workload
  std::function<std::unique_ptr<Workload>()> make;
};

/// All workloads linked in, sorted by name. Filled before main.
const std::vector<Entry>& registry();

/// Throws std::invalid_argument naming the nearest known names.
const Entry& find(const std::string& name);

/// Called by the macros below; returns true.
bool add(Entry entry);

}  // namespace timetrial::workloads

#define TIMETRIAL_WORKLOAD_CONCAT_(a, b) a##b
#define TIMETRIAL_WORKLOAD_CONCAT(a, b) TIMETRIAL_WORKLOAD_CONCAT_(a, b)

/// TIMETRIAL_WORKLOAD("fashion_mnist_vit", make, Config{...}): make(Config) ->
/// unique_ptr<Workload>.
#define TIMETRIAL_WORKLOAD(workload_name, make_function, ...)                        \
  [[maybe_unused]] static const bool TIMETRIAL_WORKLOAD_CONCAT(registered_workload_, \
                                                               __COUNTER__) =        \
      ::timetrial::workloads::add(                                                   \
          {workload_name, workload_name, [] { return make_function(__VA_ARGS__); }})

/// TIMETRIAL_VARIANT("x_glu", "x", make, configuration): a workload that changes one thing of base.
#define TIMETRIAL_VARIANT(workload_name, base_name, make_function, ...)              \
  [[maybe_unused]] static const bool TIMETRIAL_WORKLOAD_CONCAT(registered_workload_, \
                                                               __COUNTER__) =        \
      ::timetrial::workloads::add(                                                   \
          {workload_name, base_name, [] { return make_function(__VA_ARGS__); }})
