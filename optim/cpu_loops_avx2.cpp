#include "optim/cpu_loops.inl"

namespace timetrial::optim {

const Loops& avx2_loops() { return kLoops; }

}  // namespace timetrial::optim
