#include "harness/referee/failure_outcome.h"

#include <signal.h>

namespace timetrial::referee {

Outcome outcome_of(const protocol::Failed& failed) {
  const std::string reason = failed.where + ": " + failed.reason;
  switch (failed.kind) {
    case protocol::FailureKind::out_of_memory_host:
      return {OutcomeKind::out_of_memory_host, reason, failed.step};
    case protocol::FailureKind::out_of_memory_device:
      return {OutcomeKind::out_of_memory_device, reason, failed.step};
    case protocol::FailureKind::exception:
    case protocol::FailureKind::bad_input:
    case protocol::FailureKind::storage:
      break;
  }
  return {OutcomeKind::crashed, reason, failed.step};
}

Outcome outcome_of(const sandbox::ExitStatus& status, bool out_of_memory_killer_struck,
                   const std::string& last_log_line) {
  std::string reason = "the worker " + sandbox::describe(status);
  if (status.signaled && status.code == SIGKILL) {
    if (out_of_memory_killer_struck) {
      return {OutcomeKind::out_of_memory_host, reason + " by the system's out-of-memory killer"};
    }
    return {OutcomeKind::interrupted, reason + " from outside"};
  }
  if (!last_log_line.empty()) reason += "; its last words: " + last_log_line;
  return {OutcomeKind::crashed, reason};
}

}  // namespace timetrial::referee
