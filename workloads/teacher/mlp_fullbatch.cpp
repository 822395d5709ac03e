#include "workloads/teacher/mlp_fullbatch.h"

#include "workloads/multitask/generated.h"
#include "workloads/multitask/workload.h"

#include <ATen/ops/empty.h>

namespace timetrial::teacher {
namespace {

using multitask::Draws;

constexpr const char* kDataset = "teacher_mlp_fullbatch";
constexpr std::int64_t kInputs = 16, kOutputs = 5;
constexpr std::int64_t kTraining = 256, kHeldBack = 1'024;
constexpr std::uint64_t kTeacherSeed = hash_text("teacher_mlp_fullbatch/teacher");
constexpr std::uint64_t kDataSeed = hash_text("teacher_mlp_fullbatch/data");
// Of the teacher: its layers, how far they bend, and the deviation of what they say.
constexpr std::int64_t kTeacherWidth = 32, kStandardization = 4'000;
constexpr double kGain = 3, kDeviation = 3.3;

/// The network that labels, each output of mean 0.
class Teacher {
 public:
  Teacher()
      : network_({kInputs, kTeacherWidth, kTeacherWidth}, kGain,
                 derive_seed(kTeacherSeed, "network")),
        head_(
            multitask::normal_matrix(kOutputs, kTeacherWidth, derive_seed(kTeacherSeed, "head"))) {
    Draws draws(derive_seed(kTeacherSeed, "standardization"));
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
      outputs[k] = (outputs[k] - moments_[k].mean) / moments_[k].deviation * kDeviation;
    }
    return outputs;
  }

 private:
  multitask::TanhNetwork network_;
  multitask::Matrix head_;
  std::vector<multitask::Moments> moments_;
};

class MlpFullbatch final : public multitask::TabledWorkload {
 public:
  MlpFullbatch()
      : TabledWorkload({.loss_type = LossType::mean_squared_error,
                        .metric = "loss",
                        .dataset = kDataset,
                        .format = {.tasks = {multitask::regression("all", kOutputs)},
                                   .input_shape = {kInputs},
                                   .target_shape = {kOutputs},
                                   .remedy = "timetrial data prepare teacher_mlp_fullbatch"}}),
        student_{kInputs, {32, 32}, multitask::Activation::tanh} {}

  /// A single task is no multi-task workload.
  workloads::Facts facts() const override {
    auto facts = TabledWorkload::facts();
    facts.tasks.clear();
    return facts;
  }

  std::string configuration() const override { return to_text(student_); }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_student(student_, tasks(), /*one_task_per_example=*/false, device);
  }

  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto training = mlp_fullbatch_examples(derive_seed(kDataSeed, "training"), kTraining);
    multitask::write(
        out, {.training = training,
              .train_subset = training,
              .validation = mlp_fullbatch_examples(derive_seed(kDataSeed, "validation"), kHeldBack),
              .test = mlp_fullbatch_examples(derive_seed(kDataSeed, "test"), kHeldBack)});
  }

 private:
  StudentConfig student_;
};

}  // namespace

multitask::Examples mlp_fullbatch_examples(std::uint64_t seed, std::int64_t count) {
  const Teacher teacher;
  multitask::Examples examples{at::empty({count, kInputs}), at::empty({count, kOutputs}), {}};
  float* input = examples.inputs.mutable_data_ptr<float>();
  float* target = examples.targets.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    Draws draws(derive_seed(seed, "example", static_cast<std::uint64_t>(i)));
    const auto x = draws.normals(kInputs);
    for (const double value : x) *input++ = static_cast<float>(value);
    for (const double output : teacher(x)) *target++ = static_cast<float>(output);
  }
  return examples;
}

std::unique_ptr<workloads::Workload> make_mlp_fullbatch() {
  return std::make_unique<MlpFullbatch>();
}

TIMETRIAL_WORKLOAD("teacher_mlp_fullbatch", make_mlp_fullbatch);

}  // namespace timetrial::teacher
