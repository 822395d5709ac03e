#include "harness/referee/failure_outcome.h"
#include "harness/referee/trial_run.h"

namespace timetrial::referee {

using clock::from_seconds;
using clock::seconds;

std::optional<Outcome> TrialRun::diagnose(Evaluation& evaluation) {
  if (!conditions().diagnose.any()) return std::nullopt;
  std::optional<Outcome> outcome;
  evaluation_time_.start();
  try {
    worker_->thaw();
    worker_->send(protocol::Diagnose{});
    worker_waits_ = false;
    outcome = await_diagnosis(evaluation);
  } catch (const protocol::ProtocolError& error) {
    outcome = Outcome{OutcomeKind::protocol_broken, error.what(), evaluation.step};
  } catch (const protocol::ChannelClosed&) {
    outcome = ended_worker();
  }
  evaluation_time_.stop();
  evaluation.evaluation_time_s = seconds(evaluation_time_.elapsed());
  evaluation.total_time_s = seconds(total_time_.elapsed());
  return outcome;
}

std::optional<Outcome> TrialRun::await_diagnosis(Evaluation& evaluation) {
  constexpr Duration kTick = std::chrono::milliseconds(50);
  const Duration started = clock_.now(), limit = from_seconds(limits().hang_s);
  while (clock_.now() - started < limit) {
    const Wakeup wakeup = worker_->wait(kTick, signal_fd_);
    if (wakeup.closed) return ended_worker();
    if (wakeup.interrupted && !request_interrupt()) {
      return Outcome{OutcomeKind::interrupted, "at once, on a second request"};
    }
    if (!wakeup.message) {
      // Products with the Hessian take more memory than steps do.
      if (auto outcome = look(TrialTimer::Event::none, evaluation.step)) return outcome;
      continue;
    }
    if (const auto* failed = std::get_if<protocol::Failed>(&wakeup.message->message)) {
      return outcome_of(*failed);
    }
    const auto diagnosed = expect<protocol::Diagnosed>(*wakeup.message);
    if (diagnosed.step != evaluation.step) {
      throw protocol::ProtocolError("the diagnosis is of another step than the snapshot");
    }
    for (const auto& [name, value] : diagnosed.values) {
      evaluation.recorded[kDiagnosisPrefix + name] = value;
    }
    worker_waits_ = true;
    return std::nullopt;
  }
  return Outcome{
      OutcomeKind::hung,
      "the diagnosis took longer than " + std::to_string(static_cast<int>(limits().hang_s)) + " s",
      evaluation.step};
}

}  // namespace timetrial::referee
