#include "harness/worker/trial_worker.h"

#include "harness/clock/clock.h"
#include "harness/device/device.h"
#include "harness/sdk/confinement.h"
#include "harness/sdk/loader.h"
#include "harness/sdk/local_training.h"
#include "harness/sdk/workload_info.h"
#include "harness/snapshot/model_snapshot.h"
#include "harness/worker/checkpoint_file.h"
#include "harness/worker/diagnosis.h"
#include "harness/worker/failure.h"
#include "workloads/workload.h"

#include <timetrial/random.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace timetrial::worker {
namespace {

/// The submission's clock: an estimate from what the referee last said.
struct TimeEstimate {
  clock::SteadyClock clock;
  double at_go_s = 0;
  clock::Duration go{};
  double used_s() const { return at_go_s + clock::seconds(clock.now() - go); }
};

class TrialWorker {
 public:
  TrialWorker(protocol::Channel channel, protocol::FileDescriptor region)
      : channel_(std::move(channel)), region_fd_(std::move(region)) {}

  int run() {
    try {
      build();
      while (wait_for_go()) train_until_snapshot();
      return 0;
    } catch (const protocol::ChannelClosed&) {
      return 1;  // the referee has gone; nobody is left to tell
    } catch (...) {
      channel_.send(describe_current_exception(hook_, training_ ? training_->step() : 0));
      return 1;
    }
  }

 private:
  template <typename Expected>
  Expected expect(protocol::Received& received) {
    auto* message = std::get_if<Expected>(&received.message);
    if (message == nullptr) {
      throw std::runtime_error(std::string("unexpected message ") +
                               protocol::name(received.message));
    }
    return std::move(*message);
  }

  void build() {
    hook_ = "configure";
    protocol::Received received = channel_.receive();
    configure_ = expect<protocol::Configure>(received);
    sdk::confine({.device = configure_.device,
                  .readable = {configure_.training_dir, configure_.library},
                  .scratch = std::filesystem::current_path()});
    if (configure_.deterministic) device::use_deterministic_algorithms();
    device_ = device::open_device(configure_.device, configure_.threads);
    workload_ = workloads::find(configure_.workload).make();
    data_ = workload_->open_training(configure_.training_dir);
    hook_ = "load";
    library_.emplace(configure_.library);
    submission_ = library_->create();
    make_training();
    hook_ = "init";
    training_->begin_hook(hook_);
    submission_->init(*training_);
    if (configure_.resume) {
      hook_ = "load";
      read_checkpoint(received.descriptor.get(), *submission_, *training_);
    }
    if (configure_.diagnose.any()) {
      diagnostician_.emplace(configure_.diagnose, *workload_, *data_, training_->model(), device_);
    }
    layout_.emplace(snapshot::layout_of(training_->model()));
    region_.emplace(protocol::SharedRegion::map(std::move(region_fd_), layout_->region_bytes()));
    region_->control().step = training_->step();
    channel_.send(protocol::Ready{training_->step(), batch_size_, layout_->hash()});
  }

  /// The rules let the answer go by the workload's name, so a submission that runs blind is asked
  /// through an object of its own, and again, for the order of calls, without the name.
  std::int64_t ask_batch_size(WorkloadInfo info) const {
    if (!configure_.blind) return submission_->batch_size(info);
    const std::int64_t batch_size = library_->create()->batch_size(info);
    sdk::hide_names(info);
    submission_->batch_size(info);
    return batch_size;
  }

  void make_training() {
    WorkloadInfo info = sdk::info_of(configure_.workload, workload_->facts(), *data_);
    info.validation_target = configure_.validation_target;
    info.budget_s = configure_.budget_s;
    info.step_hint = configure_.step_hint;
    hook_ = "batch_size";
    batch_size_ = ask_batch_size(info);
    if (batch_size_ < 1) {
      throw std::invalid_argument("batch_size returned " + std::to_string(batch_size_) +
                                  "; it must be at least 1");
    }
    std::vector<EvaluationResult> evaluations;
    for (const auto& e : configure_.evaluations) {
      evaluations.push_back({e.step, e.submission_time_s, e.metrics});
    }
    training_.emplace(
        sdk::LocalTrainingOptions{.workload = *workload_,
                                  .model = workload_->make_model(device_),
                                  .data = *data_,
                                  .info = std::move(info),
                                  .hyperparameters = Hyperparameters(configure_.point),
                                  .trial_seed = configure_.trial_seed,
                                  .model_seed = derive_seed(configure_.trial_seed, "model"),
                                  .device = device_,
                                  .batch_size = batch_size_,
                                  .reader_threads = reader_threads(),
                                  .time_used_s = [this] { return time_.used_s(); },
                                  .evaluations = std::move(evaluations),
                                  .blind = configure_.blind,
                                  .record_losses = configure_.record_losses});
  }

  /// On a processor they take turns with the threads that compute.
  int reader_threads() const {
    if (!data_->worth_reading_ahead()) return 0;
    const auto threads = static_cast<int>(configure_.threads);
    return device_.is_cpu() ? std::max(1, threads / 2) : threads;
  }

  /// False when told to stop.
  bool wait_for_go() {
    while (true) {
      protocol::Received received = channel_.receive();
      if (std::holds_alternative<protocol::Stop>(received.message)) return false;
      if (std::holds_alternative<protocol::SaveCheckpoint>(received.message)) {
        hook_ = "save";
        write_checkpoint(received.descriptor.get(), *submission_, *training_);
        channel_.send(protocol::Checkpointed{training_->step()});
        continue;
      }
      if (std::holds_alternative<protocol::Diagnose>(received.message)) {
        diagnose();
        continue;
      }
      const auto go = expect<protocol::Go>(received);
      time_.at_go_s = go.time_used_s;
      time_.go = time_.clock.now();
      if (go.has_evaluation) {
        const Evaluation& e = go.evaluation;
        training_->add_evaluation({e.step, e.submission_time_s, e.metrics});
      }
      return true;
    }
  }

  void diagnose() {
    hook_ = "diagnose";
    if (!diagnostician_) throw std::runtime_error("a diagnosis that was not configured");
    training_->begin_hook(hook_);
    channel_.send(
        protocol::Diagnosed{training_->step(), diagnostician_->measure(*submission_, *training_)});
  }

  void train_until_snapshot() {
    protocol::ControlPage& control = region_->control();
    protocol::SnapshotReason reason = protocol::SnapshotReason::due;
    do {
      if (!step()) {
        reason = protocol::SnapshotReason::complete;
        break;
      }
      control.step.store(training_->step(), std::memory_order_relaxed);
      if (configure_.max_steps > 0 && training_->step() >= configure_.max_steps) {
        reason = protocol::SnapshotReason::step_limit;
        break;
      }
    } while (control.evaluation_due.load(std::memory_order_relaxed) == 0 && !is_scheduled());
    hook_ = "prepare_for_eval";
    training_->begin_hook(hook_);
    submission_->prepare_for_eval(*training_);
    device::drain(device_);
    snapshot::write(training_->model(), *layout_, *region_);
    send_snapshot(reason);
  }

  void send_snapshot(protocol::SnapshotReason reason) {
    auto losses = training_->take_losses();
    channel_.send(protocol::Snapshot{training_->step(),
                                     reason,
                                     training_->data_wait_s(),
                                     training_->take_recorded(),
                                     {losses.first_step, losses.stride, std::move(losses.losses)}});
  }

  bool is_scheduled() const {
    const auto& steps = configure_.snapshot_at;
    return std::binary_search(steps.begin(), steps.end(), training_->step());
  }

  /// Whether the referee may evaluate what this step leaves: any, unless the steps are known.
  bool may_be_measured() const {
    const auto next = training_->step() + 1;
    const auto& steps = configure_.snapshot_at;
    return steps.empty() || next == configure_.max_steps ||
           std::binary_search(steps.begin(), steps.end(), next);
  }

  /// One step; false when the submission says that training is complete.
  bool step() {
    hook_ = "select_batch";
    training_->begin_hook(hook_);
    const Batch batch = submission_->select_batch(*training_, training_->batches());
    hook_ = "update";
    training_->begin_hook(hook_);
    const bool is_watched = diagnostician_ && diagnostician_->wants_updates() && may_be_measured();
    if (is_watched) diagnostician_->before_update();
    try {
      submission_->update(*training_, batch);
    } catch (const TrainingComplete&) {
      return false;
    }
    if (is_watched) diagnostician_->after_update();
    training_->complete_step();
    return true;
  }

  protocol::Channel channel_;
  protocol::FileDescriptor region_fd_;
  protocol::Configure configure_;
  const char* hook_ = "configure";
  TimeEstimate time_;
  c10::Device device_ = c10::kCPU;
  std::int64_t batch_size_ = 0;
  std::unique_ptr<workloads::Workload> workload_;
  std::unique_ptr<workloads::TrainingData> data_;
  std::optional<sdk::SubmissionLibrary> library_;
  sdk::SubmissionPtr submission_{nullptr, [](Submission*) {}};
  std::optional<sdk::LocalTraining> training_;
  std::optional<Diagnostician> diagnostician_;
  std::optional<protocol::SnapshotLayout> layout_;
  std::optional<protocol::SharedRegion> region_;
};

}  // namespace

int serve(protocol::Channel channel, protocol::FileDescriptor region) {
  return TrialWorker(std::move(channel), std::move(region)).run();
}

}  // namespace timetrial::worker
