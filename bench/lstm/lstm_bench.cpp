// A bidirectional LSTM of DeepSpeech's size over a batch of utterances, forward and gradient, both
// ways: over whole rows and over packed frames (workloads/deepspeech/sequence_lstm.h).
#include "workloads/deepspeech/sequence_lstm.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <benchmark/benchmark.h>

#include <stdexcept>

namespace timetrial::deepspeech {
namespace {

constexpr std::int64_t kExamples = 8, kFrames = 500, kWidth = 512;

using Way = at::Tensor (SequenceLstm::*)(const at::Tensor&, const Lengths&, bool) const;

struct Setting {
  std::vector<Parameter> parameters;
  nn::Builder builder{parameters, at::kCPU};
  SequenceLstm lstm{builder, "lstm", {.in = kWidth, .hidden = kWidth / 2}};
  at::Tensor x = at::randn({kExamples, kFrames, kWidth}).requires_grad_(true);
  at::Tensor paddings = at::zeros({kExamples, kFrames});

  Setting() {
    for (std::int64_t b = 0; b < kExamples; ++b) paddings[b].slice(0, kFrames - 40 * b).fill_(1);
    const at::NoGradGuard no_grad;
    for (const auto& p : parameters) at::Tensor(p.tensor).uniform_(-0.0625, 0.0625);
  }
};

/// The answer first: both ways give the same.
void assert_same(const Setting& setting) {
  const at::NoGradGuard no_grad;
  const Lengths lengths(setting.paddings);
  if (!at::allclose(setting.lstm.over_rows(setting.x, lengths, false),
                    setting.lstm.over_packed(setting.x, lengths, false), 1e-4, 1e-5)) {
    throw std::logic_error("the two ways differ");
  }
}

void run(benchmark::State& state, Way way) {
  at::set_num_threads(2);
  const Setting setting;
  assert_same(setting);
  for (auto _ : state) {
    const Lengths lengths(setting.paddings);
    (setting.lstm.*way)(setting.x, lengths, true).sum().backward();
  }
}

BENCHMARK_CAPTURE(run, rows, &SequenceLstm::over_rows)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(run, packed, &SequenceLstm::over_packed)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(2);

}  // namespace
}  // namespace timetrial::deepspeech

BENCHMARK_MAIN();
