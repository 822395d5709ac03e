#pragma once
// The worker's half of a trial: builds the training half, runs the submission's hooks, and hands
// over a snapshot when an evaluation is due. It holds no clock that counts and no held-back data.

#include "harness/protocol/channel.h"
#include "harness/protocol/snapshot.h"

namespace timetrial::worker {

/// Serves one trial over `channel`; `region` is the shared memory made by the referee. Returns the
/// process's exit code: 0 when told to stop, 1 after it has reported a failure.
int serve(protocol::Channel channel, protocol::FileDescriptor region);

}  // namespace timetrial::worker
