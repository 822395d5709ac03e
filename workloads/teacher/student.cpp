#include "workloads/teacher/student.h"

#include "workloads/multitask/config_text.h"

namespace timetrial::teacher {
namespace {

class Student final : public nn::BuiltModel {
 public:
  Student(const StudentConfig& config, const std::vector<multitask::Task>& tasks,
          bool one_task_per_example, c10::Device device)
      : BuiltModel(device),
        trunk_(builder(), "trunk", config.inputs, config.widths, config.activation),
        heads_(builder(), tasks, config.widths.back()),
        one_task_per_example_(one_task_per_example) {}

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const at::Tensor representation = trunk_(batch.inputs());
    return one_task_per_example_ ? heads_.of_each(representation, batch.at("tasks"))
                                 : heads_.of_all(representation);
  }

 private:
  multitask::Trunk trunk_;
  multitask::Heads heads_;
  bool one_task_per_example_;
};

}  // namespace

void validate(const StudentConfig& config) { multitask::require_widths("widths", config.widths); }

std::string to_text(const StudentConfig& config) {
  return std::string("activation = ") + to_string(config.activation) +
         "\ninputs = " + multitask::text_of(config.inputs) +
         "\nwidths = " + multitask::text_of(config.widths) + "\n";
}

std::unique_ptr<workloads::Model> make_student(const StudentConfig& config,
                                               const std::vector<multitask::Task>& tasks,
                                               bool one_task_per_example, c10::Device device) {
  validate(config);
  return std::make_unique<Student>(config, tasks, one_task_per_example, device);
}

}  // namespace timetrial::teacher
