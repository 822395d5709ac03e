// `timetrial metric check` of recorded batches of graphs.
#include <nlohmann/json.hpp>

#include "workloads/gnn/batching.h"
#include "workloads/recorded_metric.h"

namespace timetrial::gnn {
namespace {

/// Shards that differ, counting those that only one side has.
double differing_shards(const std::vector<std::vector<BatchPlan>>& found,
                        const nlohmann::json& expected) {
  double differing = 0;
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    if (i >= found.size() || i >= expected.size()) {
      ++differing;
      continue;
    }
    for (std::size_t s = 0; s < std::max(found[i].size(), expected[i].size()); ++s) {
      using Numbers = std::vector<std::int64_t>;
      differing += s >= found[i].size() || s >= expected[i].size() ||
                   found[i][s].graphs != expected[i][s].at("graph_ids").get<Numbers>() ||
                   found[i][s].n_node != expected[i][s].at("n_node").get<Numbers>() ||
                   found[i][s].n_edge != expected[i][s].at("n_edge").get<Numbers>();
    }
  }
  return differing;
}

std::vector<CheckResult> check_batching(const nlohmann::json& record,
                                        const std::filesystem::path&) {
  std::vector<GraphSize> graphs;
  for (const auto& one : record.at("graph_sizes_nodes_undirected_edges")) {
    graphs.push_back({one.at(0).get<std::int64_t>(), 2 * one.at(1).get<std::int64_t>()});
  }
  const auto batch_size = record.at("global_batch_size").get<std::int64_t>();
  const auto shards = record.at("num_shards").get<std::int64_t>();
  std::vector<CheckResult> results = {workloads::compared(
      "batches: differing shards",
      differing_shards(plan_batches(graphs, batch_size, shards), record.at("batches")), 0)};
  if (record.contains("limits_per_shard")) {
    const Limits limits = Limits::per_shard(batch_size, shards);
    const auto& expected = record["limits_per_shard"];
    const double differing = (limits.nodes != expected.at("nodes")) +
                             (limits.edges != expected.at("edges")) +
                             (limits.graphs != expected.at("graphs"));
    results.push_back(workloads::compared("limits_per_shard", differing, 0));
  }
  return results;
}

TIMETRIAL_RECORDED_METRIC("ogbg_batching", check_batching, "graph_sizes_nodes_undirected_edges",
                          "global_batch_size", "num_shards");

}  // namespace
}  // namespace timetrial::gnn
