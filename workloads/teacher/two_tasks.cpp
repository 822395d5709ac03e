#include "workloads/teacher/two_tasks.h"

#include "workloads/multitask/generated.h"
#include "workloads/multitask/workload.h"

#include <ATen/ops/empty.h>

#include <array>

namespace timetrial::teacher {
namespace {

using multitask::Draws;

constexpr const char* kDataset = "teacher_two_tasks";
constexpr std::int64_t kInputs = 16, kTasks = 2;
constexpr std::int64_t kTraining = 16'384, kHeldBack = 4'096;
constexpr std::uint64_t kTeacherSeed = hash_text("teacher_two_tasks/teacher");
constexpr std::uint64_t kDataSeed = hash_text("teacher_two_tasks/data");
// Of the teachers: their layers, how far they bend, and the deviation of what they say.
constexpr std::int64_t kTeacherWidth = 16, kStandardization = 10'000;
constexpr double kGain = 1;
constexpr std::array<double, kTasks> kDeviations = {1, 3};

/// One task's teacher, with outputs of mean 0 and the deviation asked for.
class Teacher {
 public:
  Teacher(std::int64_t task, double deviation)
      : Teacher(derive_seed(kTeacherSeed, "task", static_cast<std::uint64_t>(task))) {
    Draws draws(derive_seed(kTeacherSeed, "standardization"));
    std::vector<double> sample;
    for (std::int64_t i = 0; i < kStandardization; ++i) {
      sample.push_back(raw(draws.normals(kInputs)));
    }
    const auto moments = multitask::moments_of(sample);
    mean_ = moments.mean;
    scale_ = deviation / moments.deviation;
  }

  double operator()(const std::vector<double>& x) const { return (raw(x) - mean_) * scale_; }

 private:
  explicit Teacher(std::uint64_t seed)
      : network_({kInputs, kTeacherWidth, kTeacherWidth}, kGain, derive_seed(seed, "network")),
        head_(multitask::normal_matrix(1, kTeacherWidth, derive_seed(seed, "head"))) {}
  double raw(const std::vector<double>& x) const { return head_.times(network_(x))[0]; }

  multitask::TanhNetwork network_;
  multitask::Matrix head_;
  double mean_ = 0, scale_ = 1;
};

class TwoTasks final : public multitask::TabledWorkload {
 public:
  explicit TwoTasks(const TwoTasksConfig& config)
      : TabledWorkload(
            {.loss_type = LossType::mean_squared_error,
             .metric = "loss",
             .dataset = kDataset,
             .format = {.tasks = {multitask::regression("a"), multitask::regression("b")},
                        .input_shape = {kInputs},
                        .target_shape = {kTasks},
                        .remedy = "timetrial data prepare teacher_two_tasks"}}),
        student_{kInputs, config.widths, multitask::Activation::tanh} {
    validate(student_);
  }

  std::string configuration() const override { return to_text(student_); }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_student(student_, tasks(), /*one_task_per_example=*/false, device);
  }

  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto training = two_tasks_examples(derive_seed(kDataSeed, "training"), kTraining);
    multitask::write(
        out, {.training = training,
              .train_subset = multitask::rows(training, 0, kTraining, kTraining / kHeldBack),
              .validation = two_tasks_examples(derive_seed(kDataSeed, "validation"), kHeldBack),
              .test = two_tasks_examples(derive_seed(kDataSeed, "test"), kHeldBack)});
  }

 private:
  StudentConfig student_;
};

}  // namespace

multitask::Examples two_tasks_examples(std::uint64_t seed, std::int64_t count) {
  std::vector<Teacher> teachers;
  for (std::int64_t task = 0; task < kTasks; ++task) {
    teachers.emplace_back(task, kDeviations[static_cast<std::size_t>(task)]);
  }
  multitask::Examples examples{at::empty({count, kInputs}), at::empty({count, kTasks}), {}};
  float* input = examples.inputs.mutable_data_ptr<float>();
  float* target = examples.targets.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    Draws draws(derive_seed(seed, "example", static_cast<std::uint64_t>(i)));
    const auto x = draws.normals(kInputs);
    for (const double value : x) *input++ = static_cast<float>(value);
    for (const Teacher& teacher : teachers) *target++ = static_cast<float>(teacher(x));
  }
  return examples;
}

std::unique_ptr<workloads::Workload> make_two_tasks(const TwoTasksConfig& config) {
  return std::make_unique<TwoTasks>(config);
}

TIMETRIAL_WORKLOAD("teacher_two_tasks", make_two_tasks, TwoTasksConfig{});
TIMETRIAL_VARIANT("teacher_two_tasks_wide", "teacher_two_tasks", make_two_tasks,
                  TwoTasksConfig{.widths = {20, 20}});

}  // namespace timetrial::teacher
