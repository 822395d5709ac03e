#include "workloads/gnn/batching.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::gnn {
namespace {

// Averages of ogbg-molpcba, as AlgoPerf rounds them.
constexpr std::int64_t kNodesPerGraph = 26, kEdgesPerGraph = 56;

}  // namespace

Limits Limits::per_shard(std::int64_t batch_size, std::int64_t shards) {
  const std::int64_t graphs = shards < 1 ? 0 : batch_size / shards;
  if (graphs < 1) {
    throw std::invalid_argument("a batch of " + std::to_string(batch_size) + " graphs on " +
                                std::to_string(shards) +
                                " devices; every device needs at least one graph");
  }
  return {kNodesPerGraph * graphs + 1, kEdgesPerGraph * graphs, graphs + 1};
}

std::optional<BatchPlan> DynamicBatcher::add(std::int64_t graph, const GraphSize& size) {
  if (size.nodes > limits_.nodes - 1 || size.edges > limits_.edges || limits_.graphs < 2) {
    throw std::invalid_argument("graph " + std::to_string(graph) + " has " +
                                std::to_string(size.nodes) + " nodes and " +
                                std::to_string(size.edges) + " edges; a batch has room for " +
                                std::to_string(limits_.nodes - 1) + " and " +
                                std::to_string(limits_.edges) + ": use larger batches");
  }
  const auto graphs = static_cast<std::int64_t>(plan_.graphs.size());
  const bool fits = graphs + 1 <= limits_.graphs - 1 &&
                    used_.nodes + size.nodes <= limits_.nodes - 1 &&
                    used_.edges + size.edges <= limits_.edges;
  std::optional<BatchPlan> full;
  if (!fits) full = padded();
  plan_.graphs.push_back(graph);
  plan_.n_node.push_back(size.nodes);
  plan_.n_edge.push_back(size.edges);
  used_.nodes += size.nodes;
  used_.edges += size.edges;
  return full;
}

std::optional<BatchPlan> DynamicBatcher::finish() {
  if (plan_.graphs.empty()) return std::nullopt;
  return padded();
}

BatchPlan DynamicBatcher::padded() {
  plan_.n_node.push_back(limits_.nodes - used_.nodes);
  plan_.n_edge.push_back(limits_.edges - used_.edges);
  plan_.n_node.resize(static_cast<std::size_t>(limits_.graphs), 0);
  plan_.n_edge.resize(static_cast<std::size_t>(limits_.graphs), 0);
  used_ = {};
  return std::exchange(plan_, {});
}

std::vector<std::vector<BatchPlan>> plan_batches(std::span<const GraphSize> graphs,
                                                 std::int64_t batch_size, std::int64_t shards) {
  DynamicBatcher batcher(Limits::per_shard(batch_size, shards));
  std::vector<std::vector<BatchPlan>> batches;
  std::vector<BatchPlan> group;
  const auto take = [&](std::optional<BatchPlan> plan) {
    if (!plan) return;
    group.push_back(*std::move(plan));
    if (std::ssize(group) == shards) batches.push_back(std::exchange(group, {}));
  };
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    take(batcher.add(static_cast<std::int64_t>(i), graphs[i]));
  }
  take(batcher.finish());
  return batches;
}

}  // namespace timetrial::gnn
