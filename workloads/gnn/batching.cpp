#include "workloads/gnn/batching.h"

#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::gnn {
namespace {

// Averages of ogbg-molpcba, as AlgoPerf rounds them.
constexpr std::int64_t kNodesPerGraph = 26, kEdgesPerGraph = 56;

at::Tensor tensor_of(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong);
}

at::Tensor pad_rows(const at::Tensor& x, std::int64_t rows) {
  return at::cat({x, at::zeros({rows - x.size(0), x.size(1)}, x.options())});
}

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

Batch collate(std::span<const Molecule> molecules, const BatchPlan& plan) {
  if (molecules.empty() || molecules.size() != plan.graphs.size()) {
    throw std::invalid_argument("collate: " + std::to_string(molecules.size()) +
                                " molecules for a plan of " + std::to_string(plan.graphs.size()));
  }
  std::vector<at::Tensor> nodes, edges, senders, receivers, labels;
  std::int64_t first_node = 0;
  for (std::size_t i = 0; i < molecules.size(); ++i) {
    const Molecule& one = molecules[i];
    if (one.nodes.size(0) != plan.n_node[i] || 2 * one.bonds.size(0) != plan.n_edge[i]) {
      throw std::invalid_argument("collate: molecule " + std::to_string(i) +
                                  " has another size than in the plan");
    }
    const at::Tensor from = one.bonds.select(1, 0) + first_node;
    const at::Tensor to = one.bonds.select(1, 1) + first_node;
    nodes.push_back(one.nodes);
    edges.insert(edges.end(), {one.edges, one.edges});
    senders.insert(senders.end(), {from, to});
    receivers.insert(receivers.end(), {to, from});
    labels.push_back(one.labels);
    first_node += one.nodes.size(0);
  }
  const auto total = [](const std::vector<std::int64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  };
  const at::Tensor sent = at::cat(senders), received = at::cat(receivers);
  const at::Tensor padding = at::full({total(plan.n_edge) - sent.size(0)}, first_node, at::kLong);
  const at::Tensor targets = pad_rows(at::stack(labels), std::ssize(plan.n_node));
  const at::Tensor known = at::isnan(at::stack(labels)).logical_not().to(at::kFloat);
  Batch batch;
  batch.set("inputs", tensor_of(plan.n_node));
  batch.set("n_edge", tensor_of(plan.n_edge));
  batch.set("nodes", pad_rows(at::cat(nodes), total(plan.n_node)));
  batch.set("edges", pad_rows(at::cat(edges), total(plan.n_edge)));
  batch.set("senders", at::cat({sent, padding}));
  batch.set("receivers", at::cat({received, padding}));
  batch.set("targets", targets.nan_to_num(0));
  batch.set("weights", pad_rows(known, std::ssize(plan.n_node)));
  return batch;
}

}  // namespace timetrial::gnn
