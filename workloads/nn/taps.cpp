#include "workloads/nn/taps.h"

namespace timetrial::nn {
namespace {

thread_local Taps* innermost = nullptr;

}  // namespace

Taps::Taps() : outer_(innermost) { innermost = this; }

Taps::~Taps() { innermost = outer_; }

bool tapping() { return innermost != nullptr; }

void tap(const std::string& name, double value) {
  if (innermost != nullptr) innermost->values_[name] = value;
}

}  // namespace timetrial::nn
