#pragma once
// What the built-in baselines share, as AlgoPerf's do: batch sizes by workload, and the
// hyperparameters that have nothing to do with the update rule. A submission that chooses otherwise
// leaves this out.
//
//   learning_rate      the peak of the schedule, above 0; has no default
//   weight_decay       at least 0; default 0. How it acts is the update rule's
//   label_smoothing    in [0, 1); default 0
//   dropout_rate       in [0, 1); default: the workload's
//   grad_clip, grad_clip_embeddings    gradient_clip.h
//   warmup_factor, decay_steps_factor, end_factor, linear_decay    learning_rate.h
//
// Source  AlgoPerf's baselines (reference_algorithms/paper_baselines), commit 2c90454fc05d

#include <timetrial/gradient_clip.h>
#include <timetrial/learning_rate.h>
#include <timetrial/submission.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace timetrial {

struct BaselineOptions {
  double peak_learning_rate = 0, weight_decay = 0, label_smoothing = 0;
  std::optional<GradientClip> gradient_clip;
  ForwardOptions forward;
  LearningRateSchedule schedule;

  /// In the update number `step`, from 0.
  double learning_rate(std::int64_t step) const {
    return peak_learning_rate * schedule.factor(step);
  }
};

/// Throws std::invalid_argument as the reader does.
inline BaselineOptions read_baseline(HyperparameterReader& read, const WorkloadInfo& workload,
                                     DefaultDecay decay = DefaultDecay::cosine) {
  BaselineOptions options;
  options.peak_learning_rate = read.positive("learning_rate");
  options.weight_decay = read.non_negative("weight_decay", 0);
  options.label_smoothing = read.fraction("label_smoothing", 0);
  options.forward.dropout = read.optional_fraction("dropout_rate");
  options.gradient_clip = read_gradient_clip(read);
  options.schedule = read_schedule(read, workload, decay);
  return options;
}

/// Examples a step: AlgoPerf's for its workloads, what two cores make good use of for the small
/// ones, 128 for the rest. A variant has its base's.
inline std::int64_t baseline_batch_size(const WorkloadInfo& workload) {
  constexpr std::pair<std::string_view, std::int64_t> kByPrefix[] = {
      {"asterisk", 16},
      {"bytes_lm", 16},
      {"criteo1tb", 262'144},
      {"ctr_drift", 256},
      {"fastmri", 32},
      {"finewebedu_lm", 64},
      {"gcide_lm", 8},
      {"imagenet_resnet", 1024},
      {"imagenet_vit", 1024},
      {"libreoffice", 8},
      {"librispeech_conformer", 256},
      {"librispeech_deepspeech", 256},
      {"mnist", 16},
      {"mri_heads", 8},
      {"ogbg", 512},
      {"shapes", 32},
      {"teacher_mlp_fullbatch", 256},  // all that there are
      {"teacher", 64},
      {"wmt", 128},
  };
  for (const auto& [prefix, size] : kByPrefix) {
    if (workload.name.starts_with(prefix)) return size;
  }
  return 128;
}

/// What the built-in baselines derive from.
class BaselineSubmission : public Submission {
 public:
  std::int64_t batch_size(const WorkloadInfo& workload) const override {
    return baseline_batch_size(workload);
  }
};

}  // namespace timetrial
