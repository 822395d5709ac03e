#include "workloads/teacher/imbalanced.h"

#include "workloads/multitask/generated.h"
#include "workloads/multitask/workload.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>

namespace timetrial::teacher {
namespace {

using multitask::Draws;

constexpr std::int64_t kInputs = 24, kOutputs = 8, kHigh = 0, kLow = 1;
constexpr std::int64_t kHeldBack = 8'000;  // of each task
constexpr double kCorrelation = 0.9, kLabelNoise = 0.15, kTargetNoise = 0.2;
constexpr std::uint64_t kSeed = hash_text("teacher_imbalanced");
// Of the teacher: its layers, how far they bend.
constexpr std::int64_t kTeacherWidth = 24, kStandardization = 10'000;
constexpr double kGain = 1.25;

struct Sizes {
  std::int64_t high, low;
};
Sizes training_sizes(Labels labels) {
  return labels == Labels::classes ? Sizes{60'000, 300} : Sizes{20'000, 200};
}

std::string dataset_of(Labels labels) {
  return labels == Labels::classes ? "teacher_imbalanced" : "teacher_imbalanced_regression";
}

/// What one task's head says, each output of mean 0 and variance 1.
class Teacher {
 public:
  explicit Teacher(std::int64_t task)
      : network_({kInputs, kTeacherWidth, kTeacherWidth}, kGain, derive_seed(kSeed, "network")),
        head_(multitask::normal_matrix(kOutputs, kTeacherWidth, derive_seed(kSeed, "head"))) {
    if (task == kLow) {
      head_ = multitask::correlated(head_, kCorrelation, derive_seed(kSeed, "low head"));
    }
    Draws draws(derive_seed(kSeed, "standardization"));
    std::vector<std::vector<double>> samples(kOutputs);
    for (std::int64_t i = 0; i < kStandardization; ++i) {
      const auto outputs = head_.times(network_(draws.normals(kInputs)));
      for (std::size_t k = 0; k < outputs.size(); ++k) samples[k].push_back(outputs[k]);
    }
    for (const auto& sample : samples) moments_.push_back(multitask::moments_of(sample));
  }

  std::vector<double> operator()(const std::vector<double>& x) const {
    auto outputs = head_.times(network_(x));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      outputs[k] = (outputs[k] - moments_[k].mean) / moments_[k].deviation;
    }
    return outputs;
  }

 private:
  multitask::TanhNetwork network_;
  multitask::Matrix head_;
  std::vector<multitask::Moments> moments_;
};

std::int64_t noisy_class(const std::vector<double>& outputs, Draws& draws) {
  if (draws.uniform() < kLabelNoise) return draws.below(kOutputs);
  return std::ranges::max_element(outputs) - outputs.begin();
}

class Imbalanced final : public multitask::TabledWorkload {
 public:
  explicit Imbalanced(const ImbalancedConfig& config)
      : TabledWorkload(spec_of(config.labels)),
        labels_(config.labels),
        student_{kInputs, config.widths, multitask::Activation::relu} {
    validate(student_);
  }

  std::string configuration() const override {
    return to_text(student_) +
           "labels = " + (labels_ == Labels::classes ? "classes" : "regression") + "\n";
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_student(student_, tasks(), /*one_task_per_example=*/true, device);
  }

  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto [high, low] = training_sizes(labels_);
    const auto many = of_task(kHigh, "training", high), few = of_task(kLow, "training", low);
    multitask::write(out,
                     {.training = multitask::join({many, few}),
                      .train_subset = multitask::join({multitask::rows(many, 0, kHeldBack), few}),
                      .validation = multitask::join({of_task(kHigh, "validation", kHeldBack),
                                                     of_task(kLow, "validation", kHeldBack)}),
                      .test = multitask::join(
                          {of_task(kHigh, "test", kHeldBack), of_task(kLow, "test", kHeldBack)})});
  }

 private:
  static Spec spec_of(Labels labels) {
    const bool classes = labels == Labels::classes;
    std::vector<multitask::Task> tasks;
    for (const char* name : {"high", "low"}) {
      tasks.push_back(classes ? multitask::classes(name, kOutputs)
                              : multitask::regression(name, kOutputs));
      tasks.back().metric = "loss";  // what the trade-off between the two is about
    }
    return {.loss_type = classes ? LossType::softmax_cross_entropy : LossType::mean_squared_error,
            .metric = "loss",
            .dataset = dataset_of(labels),
            .format = {.tasks = std::move(tasks),
                       .one_task_per_example = true,
                       .input_shape = {kInputs},
                       .target_type = classes ? at::kLong : at::kFloat,
                       .target_shape = classes ? std::vector<std::int64_t>{}
                                               : std::vector<std::int64_t>{kOutputs},
                       .remedy = "timetrial data prepare " + dataset_of(labels)}};
  }

  multitask::Examples of_task(std::int64_t task, const char* split, std::int64_t count) const {
    return imbalanced_examples(labels_, task, derive_seed(kSeed, dataset_of(labels_) + split),
                               count);
  }

  Labels labels_;
  StudentConfig student_;
};

}  // namespace

multitask::Examples imbalanced_examples(Labels labels, std::int64_t task, std::uint64_t seed,
                                        std::int64_t count) {
  const Teacher teacher(task);
  const bool classes = labels == Labels::classes;
  multitask::Examples examples;
  examples.inputs = at::empty({count, kInputs});
  examples.targets = classes ? at::empty({count}, at::kLong) : at::empty({count, kOutputs});
  examples.tasks = at::full({count}, task, at::kLong);
  float* input = examples.inputs.mutable_data_ptr<float>();
  const std::uint64_t seed_of_task = derive_seed(seed, "task", static_cast<std::uint64_t>(task));
  for (std::int64_t i = 0; i < count; ++i) {
    Draws draws(derive_seed(seed_of_task, "example", static_cast<std::uint64_t>(i)));
    const auto x = draws.normals(kInputs);
    for (const double value : x) *input++ = static_cast<float>(value);
    const auto outputs = teacher(x);
    if (classes) {
      examples.targets.mutable_data_ptr<std::int64_t>()[i] = noisy_class(outputs, draws);
      continue;
    }
    float* target = examples.targets.mutable_data_ptr<float>() + i * kOutputs;
    for (const double output : outputs) {
      *target++ = static_cast<float>(output + kTargetNoise * draws.normal());
    }
  }
  return examples;
}

std::unique_ptr<workloads::Workload> make_imbalanced(const ImbalancedConfig& config) {
  return std::make_unique<Imbalanced>(config);
}

TIMETRIAL_WORKLOAD("teacher_imbalanced", make_imbalanced, ImbalancedConfig{});
TIMETRIAL_VARIANT("teacher_imbalanced_regression", "teacher_imbalanced", make_imbalanced,
                  ImbalancedConfig{.labels = Labels::regression});

}  // namespace timetrial::teacher
