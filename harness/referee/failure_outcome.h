#pragma once
// Which outcome a worker's failure is.

#include "harness/protocol/message.h"
#include "harness/sandbox/spawn.h"
#include "harness/trial/trial.h"

namespace timetrial::referee {

/// A failure that the worker reported itself.
Outcome outcome_of(const protocol::Failed& failed);

/// A worker that ended without a word. A SIGKILL that neither the referee nor the system's
/// out-of-memory killer sent came from outside: the trial is interrupted, not over.
Outcome outcome_of(const sandbox::ExitStatus& status, bool out_of_memory_killer_struck,
                   const std::string& last_log_line);

}  // namespace timetrial::referee
