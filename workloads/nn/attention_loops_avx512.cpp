#include "workloads/nn/attention_loops.inl"

namespace timetrial::nn {

const AttentionLoops& avx512_attention_loops() { return kLoops; }

}  // namespace timetrial::nn
