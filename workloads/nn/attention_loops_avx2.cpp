#include "workloads/nn/attention_loops.inl"

namespace timetrial::nn {

const AttentionLoops& avx2_attention_loops() { return kLoops; }

}  // namespace timetrial::nn
