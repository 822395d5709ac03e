#include "harness/sdk/rehearsal.h"

#include "harness/sdk/state_archive.h"
#include "harness/sdk/workload_info.h"

#include <ATen/core/grad_mode.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace timetrial::sdk {
namespace {

constexpr std::uint64_t kSeed = 20;  // any: the checks compare runs of one seed
constexpr char kPrefix[] = "submission/";

/// The archive as a safetensors file that never touches a disk.
std::unique_ptr<tensorfile::Reader> through_memory(const StateArchiveWriter& archive) {
  const int fd = memfd_create("timetrial-check", MFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  const std::unique_ptr<const int, void (*)(const int*)> closing(&fd,
                                                                 [](const int* d) { close(*d); });
  tensorfile::write(fd, archive.tensors(), archive.metadata());
  return std::make_unique<tensorfile::Reader>(fd, "state in memory");
}

}  // namespace

WorkloadInfo fixture_info(const Problem& problem) {
  WorkloadInfo info = info_of("fixture_network", problem.workload->facts(), *problem.data);
  info.budget_s = 60;
  info.step_hint = 20;
  return info;
}

Rehearsal::Rehearsal(const SubmissionLibrary& library, const Problem& problem)
    : submission_(library.create()) {
  const auto info = fixture_info(problem);
  batch_size_ = submission_->batch_size(info);
  training_ = std::make_unique<LocalTraining>(LocalTrainingOptions{
      .workload = *problem.workload,
      .model = problem.workload->make_model(c10::kCPU),
      .data = *problem.data,
      .info = info,
      .hyperparameters = problem.point,
      .trial_seed = kSeed,
      .model_seed = kSeed,
      .device = c10::kCPU,
      .batch_size = problem.batch_size > 0 ? problem.batch_size : batch_size_,
      .data_order = problem.data_order,
      // Steps of a millisecond: a clock that ran would differ from run to run.
      .time_used_s = [this] { return training_ ? 1e-3 * double(training_->step()) : 0.0; }});
  set_weights(problem.initial);
  training_->begin_hook("init");
  submission_->init(*training_);
}

void Rehearsal::set_weights(const std::map<std::string, at::Tensor>& values) {
  const at::NoGradGuard no_grad;
  for (const auto& parameter : training_->parameters()) {
    const auto found = values.find(parameter.name);
    if (found != values.end()) parameter.tensor.copy_(found->second);
  }
}

void Rehearsal::step() {
  training_->begin_hook("select_batch");
  const Batch batch = submission_->select_batch(*training_, training_->batches());
  training_->begin_hook("update");
  submission_->update(*training_, batch);
  training_->complete_step();
}

void Rehearsal::evaluate() {
  training_->begin_hook("prepare_for_eval");
  submission_->prepare_for_eval(*training_);
}

SavedRehearsal Rehearsal::save() const {
  StateArchiveWriter archive(kPrefix);
  submission_->save(archive);
  SavedRehearsal saved{{}, training_->position(), through_memory(archive)};
  for (const auto& parameter : training_->parameters()) {
    saved.weights[parameter.name] = parameter.tensor.detach().clone();
  }
  return saved;
}

void Rehearsal::load(const SavedRehearsal& saved) {
  set_weights(saved.weights);
  training_->restore(saved.position);
  StateArchiveReader archive(*saved.state, kPrefix);
  submission_->load(*training_, archive);
}

std::vector<at::Tensor> Rehearsal::weights() const {
  std::vector<at::Tensor> result;
  for (const auto& parameter : training_->parameters()) {
    result.push_back(parameter.tensor.detach().clone());
  }
  return result;
}

}  // namespace timetrial::sdk
