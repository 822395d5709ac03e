#include "optim/cpu_loops.inl"

namespace timetrial::optim {

const Loops& baseline_loops() { return kLoops; }

}  // namespace timetrial::optim
