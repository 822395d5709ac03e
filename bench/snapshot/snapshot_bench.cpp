// What a snapshot costs: writing is on the scored clock (once an evaluation), checking, reading and
// hashing are the referee's, off the clock. Bytes per second are of the model's parameters and
// state.
#include "harness/snapshot/model_snapshot.h"
#include "workloads/workload.h"

#include <benchmark/benchmark.h>

#include <stdexcept>

namespace timetrial {
namespace {

/// A workload's model, a region for it, and its snapshot in the region.
struct Setting {
  explicit Setting(const char* workload)
      : model(workloads::find(workload).make()->make_model(c10::kCPU)),
        layout(snapshot::layout_of(*model)),
        region(protocol::SharedRegion::create(layout.region_bytes())) {
    model->initialize(1);
    snapshot::write(*model, layout, region);
  }
  std::int64_t bytes() const { return static_cast<std::int64_t>(layout.region_bytes()); }

  std::unique_ptr<workloads::Model> model;
  protocol::SnapshotLayout layout;
  protocol::SharedRegion region;
};

/// The answer first: what is written is what is read.
void assert_round_trip(Setting& setting, const char* workload) {
  const std::string before = snapshot::hash(setting.region, setting.layout);
  const Setting other(workload);
  snapshot::read(setting.region, setting.layout, *other.model);
  snapshot::write(*other.model, setting.layout, setting.region);
  if (snapshot::hash(setting.region, setting.layout) != before) {
    throw std::logic_error("a snapshot changed on its way");
  }
}

template <typename Operation>
void run(benchmark::State& state, const char* workload, Operation operation) {
  Setting setting(workload);
  assert_round_trip(setting, workload);
  for (auto _ : state) operation(setting);
  state.SetBytesProcessed(state.iterations() * setting.bytes());
}

void write_snapshot(benchmark::State& state, const char* workload) {
  run(state, workload, [](Setting& s) { snapshot::write(*s.model, s.layout, s.region); });
}
void check_snapshot(benchmark::State& state, const char* workload) {
  run(state, workload,
      [](Setting& s) { benchmark::DoNotOptimize(snapshot::find_non_finite(s.region, s.layout)); });
}
void read_snapshot(benchmark::State& state, const char* workload) {
  run(state, workload, [](Setting& s) { snapshot::read(s.region, s.layout, *s.model); });
}
void hash_snapshot(benchmark::State& state, const char* workload) {
  run(state, workload,
      [](Setting& s) { benchmark::DoNotOptimize(snapshot::hash(s.region, s.layout)); });
}

BENCHMARK_CAPTURE(write_snapshot, fashion_mnist_vit, "fashion_mnist_vit");
BENCHMARK_CAPTURE(check_snapshot, fashion_mnist_vit, "fashion_mnist_vit");
BENCHMARK_CAPTURE(read_snapshot, fashion_mnist_vit, "fashion_mnist_vit");
BENCHMARK_CAPTURE(hash_snapshot, fashion_mnist_vit, "fashion_mnist_vit");

}  // namespace
}  // namespace timetrial

BENCHMARK_MAIN();
