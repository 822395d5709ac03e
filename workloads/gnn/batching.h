#pragma once
// Batches of graphs of different sizes, as AlgoPerf makes them (jraph's dynamic batching):
//
//   DynamicBatcher batcher(Limits::per_shard(512, 8));
//   for (…) if (auto full = batcher.add(index, size)) use(*full);
//   if (auto last = batcher.finish()) use(*last);
//
// Graphs are added in order until the next one would not fit; one graph of padding then takes all
// nodes and edges that are left, and empty graphs fill up, so that every batch has one shape. How
// many real graphs a batch has varies.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace timetrial::gnn {

/// Edges count once per direction: twice per bond.
struct GraphSize {
  std::int64_t nodes = 0, edges = 0;
};

/// Sizes of a padded batch.
struct Limits {
  std::int64_t nodes = 0, edges = 0, graphs = 0;

  /// For one of `shards` devices: room for batch_size / shards graphs of average size (26 nodes, 56
  /// edges in ogbg-molpcba), and one node and one graph for padding. Throws std::invalid_argument
  /// when that is no graph at all.
  static Limits per_shard(std::int64_t batch_size, std::int64_t shards);
};

/// What is in a batch: `graphs` are indices of real graphs; n_node and n_edge have limits.graphs
/// entries, padding included.
struct BatchPlan {
  std::vector<std::int64_t> graphs, n_node, n_edge;
};

class DynamicBatcher {
 public:
  explicit DynamicBatcher(const Limits& limits) : limits_(limits) {}

  /// A full batch, if this graph did not fit into it any more and began the next one. Throws
  /// std::invalid_argument for a graph that fits into no batch.
  std::optional<BatchPlan> add(std::int64_t graph, const GraphSize& size);
  /// The graphs that are left, if any.
  std::optional<BatchPlan> finish();

 private:
  BatchPlan padded();

  Limits limits_;
  BatchPlan plan_;
  GraphSize used_;
};

/// All batches of a data set, each of one plan per shard. An incomplete last group of shards is
/// dropped, as in AlgoPerf.
std::vector<std::vector<BatchPlan>> plan_batches(std::span<const GraphSize> graphs,
                                                 std::int64_t batch_size, std::int64_t shards);

}  // namespace timetrial::gnn
