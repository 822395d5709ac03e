#pragma once
// Turns whatever a submission's hook threw into a Failed message.

#include "harness/protocol/message.h"

#include <string>

namespace timetrial::worker {

/// To be called in a catch block: describes the exception in flight. Memory exhaustion is told
/// apart from other errors by its type, or by the texts of LibTorch's allocators.
protocol::Failed describe_current_exception(const std::string& where, std::int64_t step);

}  // namespace timetrial::worker
