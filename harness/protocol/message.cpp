#include "harness/protocol/message.h"

#include "harness/protocol/bytes.h"
#include "harness/trial/evaluators.h"

#include <cmath>
#include <type_traits>
#include <utility>

namespace timetrial::protocol {
namespace {

// "TTP" and the version: the first word of each message.
constexpr std::uint64_t kMagic = 0x505454ULL << 32 | kProtocolVersion;

void put(ByteWriter& out, const std::map<std::string, double>& values) {
  out.u64(values.size());
  for (const auto& [key, value] : values) {
    out.text(key);
    out.f64(value);
  }
}

std::map<std::string, double> get_values(ByteReader& in) {
  std::map<std::string, double> values;
  for (std::uint64_t n = in.count(16); n > 0; --n) {
    std::string key = in.text();
    // As put() writes them: a value that another one hides is no message of ours.
    if (!values.empty() && key <= values.rbegin()->first) {
      throw ProtocolError("the names of values are not in order");
    }
    values[std::move(key)] = in.f64();
  }
  return values;
}

void put(ByteWriter& out, const Evaluation& evaluation) {
  out.i64(evaluation.step);
  out.f64(evaluation.submission_time_s);
  put(out, evaluation.metrics);
}

Evaluation get_evaluation(ByteReader& in) {
  Evaluation evaluation;
  evaluation.step = in.i64();
  evaluation.submission_time_s = in.f64();
  evaluation.metrics = get_values(in);
  return evaluation;
}

bool get_flag(ByteReader& in) {
  const std::uint64_t value = in.u64();
  if (value > 1) throw ProtocolError("a flag is neither 0 nor 1");
  return value == 1;
}

std::string get_short_text(ByteReader& in) {
  std::string text = in.text();
  if (text.size() > kMaxText) throw ProtocolError("a text is longer than it may be");
  return text;
}

double get_duration(ByteReader& in) {
  const double seconds = in.f64();
  if (!(seconds >= 0) || !std::isfinite(seconds)) throw ProtocolError("a duration is no duration");
  return seconds;
}

std::map<std::string, double> get_named(ByteReader& in, std::size_t most, std::size_t longest) {
  auto values = get_values(in);
  if (values.size() > most) throw ProtocolError("more recorded values than there may be");
  for (const auto& [name, value] : values) {
    if (name.empty() || name.size() > longest) {
      throw ProtocolError("the name of a recorded value is empty or too long");
    }
  }
  return values;
}

std::map<std::string, double> get_recorded(ByteReader& in) {
  auto values = get_named(in, kMostRecorded, kLongestRecordedName);
  for (const auto& [name, value] : values) {
    if (name.starts_with(kDiagnosisPrefix) || name.starts_with(kEvaluatorPrefix)) {
      throw ProtocolError("a recorded value has a name of the harness's own");
    }
  }
  return values;
}

TrainingLosses get_losses(ByteReader& in) {
  TrainingLosses curve{in.i64(), in.i64(), {}};
  if (curve.first_step < 0 || curve.stride < 1) throw ProtocolError("losses of no steps");
  const std::uint64_t count = in.count(4);
  if (count > kMostLosses) throw ProtocolError("more training losses than there may be");
  for (std::uint64_t i = 0; i < count; ++i) curve.losses.push_back(in.f32());
  return curve;
}

template <typename Enum>
Enum get_enum(ByteReader& in, Enum last) {
  const std::uint64_t value = in.u64();
  if (value > static_cast<std::uint64_t>(last)) throw ProtocolError("unknown enumerator");
  return static_cast<Enum>(value);
}

void write(ByteWriter& out, const Configure& m) {
  out.text(m.workload);
  out.text(m.library);
  out.text(m.training_dir);
  out.text(m.device);
  out.i64(m.threads);
  out.u64(m.trial_seed);
  put(out, m.point);
  out.i64(m.max_steps);
  out.u64(m.resume ? 1 : 0);
  out.f64(m.budget_s);
  out.f64(m.validation_target);
  out.i64(m.step_hint);
  out.u64(m.evaluations.size());
  for (const auto& evaluation : m.evaluations) put(out, evaluation);
  out.u64(m.blind ? 1 : 0);
  out.u64(m.deterministic ? 1 : 0);
  out.u64(m.snapshot_at.size());
  for (const std::int64_t step : m.snapshot_at) out.i64(step);
  out.u64(m.record_losses ? 1 : 0);
  out.u64(m.diagnose.sharpness ? 1 : 0);
  out.u64(m.diagnose.gradients ? 1 : 0);
  out.u64(m.diagnose.activations ? 1 : 0);
}

Configure read_configure(ByteReader& in) {
  Configure m;
  m.workload = in.text();
  m.library = in.text();
  m.training_dir = in.text();
  m.device = in.text();
  m.threads = in.i64();
  m.trial_seed = in.u64();
  m.point = get_values(in);
  m.max_steps = in.i64();
  m.resume = get_flag(in);
  m.budget_s = in.f64();
  m.validation_target = in.f64();
  m.step_hint = in.i64();
  for (std::uint64_t n = in.count(24); n > 0; --n) m.evaluations.push_back(get_evaluation(in));
  m.blind = get_flag(in);
  m.deterministic = get_flag(in);
  for (std::uint64_t n = in.count(8); n > 0; --n) m.snapshot_at.push_back(in.i64());
  m.record_losses = get_flag(in);
  m.diagnose.sharpness = get_flag(in);
  m.diagnose.gradients = get_flag(in);
  m.diagnose.activations = get_flag(in);
  return m;
}

void write(ByteWriter& out, const Go& m) {
  out.f64(m.time_used_s);
  out.u64(m.has_evaluation ? 1 : 0);
  if (m.has_evaluation) put(out, m.evaluation);
}

Go read_go(ByteReader& in) {
  Go m;
  m.time_used_s = in.f64();
  m.has_evaluation = get_flag(in);
  if (m.has_evaluation) m.evaluation = get_evaluation(in);
  return m;
}

void write(ByteWriter&, const SaveCheckpoint&) {}
void write(ByteWriter&, const Stop&) {}
void write(ByteWriter&, const Diagnose&) {}

void write(ByteWriter& out, const Ready& m) {
  out.i64(m.step);
  out.i64(m.batch_size);
  out.u64(m.layout_hash);
}

void write(ByteWriter& out, const Snapshot& m) {
  out.i64(m.step);
  out.u64(static_cast<std::uint64_t>(m.reason));
  out.f64(m.data_wait_s);
  put(out, m.recorded);
  out.i64(m.losses.first_step);
  out.i64(m.losses.stride);
  out.u64(m.losses.losses.size());
  for (const float loss : m.losses.losses) out.f32(loss);
}

void write(ByteWriter& out, const Checkpointed& m) { out.i64(m.step); }

void write(ByteWriter& out, const Failed& m) {
  out.u64(static_cast<std::uint64_t>(m.kind));
  out.text(m.where.substr(0, kMaxText));
  out.text(m.reason.substr(0, kMaxText));
  out.i64(m.step);
}

void write(ByteWriter& out, const Diagnosed& m) {
  out.i64(m.step);
  put(out, m.values);
}

// Members are read in declaration order: braced initialisers evaluate left to right.
Message read_body(std::uint64_t tag, ByteReader& in) {
  switch (tag) {
    case 0:
      return read_configure(in);
    case 1:
      return read_go(in);
    case 2:
      return SaveCheckpoint{};
    case 3:
      return Stop{};
    case 4:
      return Ready{in.i64(), in.i64(), in.u64()};
    case 5:
      return Snapshot{in.i64(), get_enum(in, SnapshotReason::step_limit), get_duration(in),
                      get_recorded(in), get_losses(in)};
    case 6:
      return Checkpointed{in.i64()};
    case 7:
      return Failed{get_enum(in, FailureKind::storage), get_short_text(in), get_short_text(in),
                    in.i64()};
    case 8:
      return Diagnose{};
    case 9:
      return Diagnosed{in.i64(), get_named(in, kMostDiagnosed, kLongestDiagnosedName)};
    default:
      throw ProtocolError("unknown message");
  }
}

}  // namespace

std::vector<std::byte> encode(const Message& message) {
  ByteWriter out;
  out.u64(kMagic);
  out.u64(message.index());
  std::visit([&](const auto& m) { write(out, m); }, message);
  return out.bytes();
}

Message decode(std::span<const std::byte> bytes) {
  ByteReader in(bytes.data(), bytes.size());
  if (in.u64() != kMagic) throw ProtocolError("not a message of this protocol version");
  const std::uint64_t tag = in.u64();
  Message message = read_body(tag, in);
  in.finish();
  return message;
}

const char* name(const Message& message) {
  constexpr const char* kNames[] = {"Configure", "Go",       "SaveCheckpoint", "Stop",
                                    "Ready",     "Snapshot", "Checkpointed",   "Failed",
                                    "Diagnose",  "Diagnosed"};
  return kNames[message.index()];
}

}  // namespace timetrial::protocol
