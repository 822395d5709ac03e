#pragma once
// What referee and worker say to each other.
//
//   referee: Configure        Go           [Diagnose]           [SaveCheckpoint]               Go …
//   Stop worker:             Ready     Snapshot             Diagnosed                  Checkpointed
//
// The worker may send Failed in place of any answer, and ends after it. Everything else is a
// breach. Go starts the scored clock, the arrival of Snapshot stops it.

#include "harness/trial/diagnosis.h"
#include "harness/trial/trial.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace timetrial::protocol {

/// All that a worker needs to build its half of a trial. Nothing in it leads to held-back data.
struct Configure {
  std::string workload;
  std::string library;       ///< the submission's .so
  std::string training_dir;  ///< prepared training half
  std::string device;        ///< "cpu" or "cuda:N"
  std::int64_t threads = 1;
  std::uint64_t trial_seed = 0;
  std::map<std::string, double> point;
  std::int64_t max_steps = 0;  ///< 0: no limit
  bool resume = false;         ///< a checkpoint's descriptor travels with this message
  // Terms a submission may know.
  double budget_s = 0;
  double validation_target = 0;
  std::int64_t step_hint = 0;
  std::vector<Evaluation> evaluations;  ///< those before the checkpoint, for a resumed trial
  // Conditions other than those of a score.
  bool blind = false;          ///< the submission is not told names, nor the order of parameters
  bool deterministic = false;  ///< LibTorch's deterministic algorithms
  std::vector<std::int64_t> snapshot_at;  ///< steps after which a snapshot is due, rising
  bool record_losses = false;             ///< send the training losses of the steps
  Diagnosis diagnose;                     ///< what Diagnose will ask for
};

struct Go {
  double time_used_s = 0;
  bool has_evaluation = false;  ///< the evaluation just made follows
  Evaluation evaluation;
};

struct SaveCheckpoint {};  ///< the descriptor to write to travels with it
struct Diagnose {};        ///< measure what Configure named, of the model as it stands
struct Stop {};

struct Ready {
  std::int64_t step = 0;
  std::int64_t batch_size = 0;
  std::uint64_t layout_hash = 0;  ///< of SnapshotLayout; must equal the referee's
};

enum class SnapshotReason : std::uint64_t { due = 0, complete = 1, step_limit = 2 };

/// What a snapshot may bring at most: recorded values (512 of the submission, the rest of the
/// queue), bytes of their names, losses.
inline constexpr std::size_t kMostRecorded = 576, kLongestRecordedName = 100;
inline constexpr std::size_t kMostLosses = 8192;

struct Snapshot {
  std::int64_t step = 0;
  SnapshotReason reason = SnapshotReason::due;
  double data_wait_s = 0;  ///< that training waited for data since the attempt began; finite, >= 0
  std::map<std::string, double> recorded = {};  ///< what the submission says of itself
  TrainingLosses losses = {};                   ///< since the last snapshot, where asked for
};

struct Checkpointed {
  std::int64_t step = 0;
};

/// What a diagnosis may bring at most: numbers, bytes of their names.
inline constexpr std::size_t kMostDiagnosed = 880, kLongestDiagnosedName = 128;

struct Diagnosed {
  std::int64_t step = 0;
  std::map<std::string, double> values = {};  ///< by name, without kDiagnosisPrefix
};

enum class FailureKind : std::uint64_t {
  exception = 0,
  out_of_memory_host = 1,
  out_of_memory_device = 2,
  bad_input = 3,  ///< the submission refused its hyperparameters, a file could not be read …
  storage = 4,    ///< the harness could not write its file: no fault of the submission
};

struct Failed {
  FailureKind kind = FailureKind::exception;
  std::string where;   ///< hook, such as "update"
  std::string reason;  ///< one line
  std::int64_t step = 0;
};

using Message = std::variant<Configure, Go, SaveCheckpoint, Stop, Ready, Snapshot, Checkpointed,
                             Failed, Diagnose, Diagnosed>;

/// Version of this protocol; both sides are built together, a mismatch is an installation error.
inline constexpr std::uint64_t kProtocolVersion = 5;
/// Largest message, bytes. Texts are cut to kMaxText before sending.
inline constexpr std::size_t kMaxMessage = 128 * 1024;
inline constexpr std::size_t kMaxText = 2000;

std::vector<std::byte> encode(const Message& message);
/// Throws ProtocolError for anything that encode() does not produce.
Message decode(std::span<const std::byte> bytes);
const char* name(const Message& message);

}  // namespace timetrial::protocol
