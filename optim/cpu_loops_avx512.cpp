#include "optim/cpu_loops.inl"

namespace timetrial::optim {

const Loops& avx512_loops() { return kLoops; }

}  // namespace timetrial::optim
