#include "harness/worker/checkpoint_file.h"

#include "harness/sdk/state_archive.h"
#include "harness/tensorfile/safetensors.h"
#include "harness/trial/error.h"

#include <ATen/core/grad_mode.h>

#include <system_error>
#include <vector>

namespace timetrial::worker {
namespace {

constexpr const char* kModel = "model/";
constexpr const char* kSubmission = "submission/";
constexpr const char* kPosition = "position/";

template <typename Visitor>
void for_each_tensor(workloads::Model& model, Visitor visit) {
  for (const auto& parameter : model.parameters()) visit(parameter.name, parameter.tensor);
  for (const auto& state : model.state()) visit(state.name, state.tensor);
}

void append(const sdk::StateArchiveWriter& archive, std::vector<tensorfile::TensorView>& tensors,
            std::map<std::string, std::string>& metadata) {
  tensors.insert(tensors.end(), archive.tensors().begin(), archive.tensors().end());
  metadata.insert(archive.metadata().begin(), archive.metadata().end());
}

std::vector<std::int64_t> by_task(const sdk::StateArchiveReader& position) {
  if (!position.contains("drawn_by_task")) return {};
  const at::Tensor drawn = position.tensor("drawn_by_task");
  return {drawn.const_data_ptr<std::int64_t>(),
          drawn.const_data_ptr<std::int64_t>() + drawn.numel()};
}

}  // namespace

void write_checkpoint(int fd, const Submission& submission, sdk::LocalTraining& training) {
  const at::NoGradGuard no_grad;
  sdk::StateArchiveWriter model(kModel), own(kSubmission), position(kPosition);
  for_each_tensor(training.model(), [&](const std::string& name, const at::Tensor& tensor) {
    model.put(name, tensor.detach());
  });
  submission.save(own);
  position.put("step", training.position().step);
  position.put("drawn", training.position().drawn);
  const auto by_task = training.position().drawn_by_task;
  if (!by_task.empty()) position.put("drawn_by_task", at::tensor(by_task, at::kLong));
  std::vector<tensorfile::TensorView> tensors;
  std::map<std::string, std::string> metadata;
  for (const auto* archive : {&model, &own, &position}) append(*archive, tensors, metadata);
  try {
    tensorfile::write(fd, tensors, metadata);
  } catch (const std::system_error& error) {
    throw StorageError(error.code().message());
  }
}

void read_checkpoint(int fd, Submission& submission, sdk::LocalTraining& training) {
  const tensorfile::Reader file(fd, "checkpoint");
  const sdk::StateArchiveReader model(file, kModel), position(file, kPosition);
  sdk::StateArchiveReader own(file, kSubmission);
  {
    const at::NoGradGuard no_grad;
    for_each_tensor(training.model(), [&](const std::string& name, const at::Tensor& tensor) {
      const at::Tensor saved = model.tensor(name);
      if (saved.sizes() != tensor.sizes()) {
        throw InputError("checkpoint: tensor '" + name + "' has another shape than the model's");
      }
      tensor.copy_(saved);
    });
  }
  training.restore({position.integer("step"), position.integer("drawn"), by_task(position)});
  submission.load(training, own);
}

}  // namespace timetrial::worker
