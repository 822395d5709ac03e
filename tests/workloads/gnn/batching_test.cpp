// Dynamic batches of graphs against AlgoPerf's recorded ones.
#include "workloads/gnn/batching.h"

#include <gmock/gmock.h>

#include "tests/support/recorded_checks.h"

namespace timetrial::gnn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/gnn/fixtures/data_ogbg_batching.json";

TEST(DynamicBatching, IsAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(DynamicBatching, TheCheckCanFail) {
  auto record = test::read_record(kRecord);
  record["batches"][1][0]["n_node"][0] = 53;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  record = test::read_record(kRecord);
  record["batches"].erase(record["batches"].size() - 1);
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

TEST(DynamicBatching, EachLimitEndsABatch) {
  const Limits limits{.nodes = 11, .edges = 20, .graphs = 4};
  struct Case {
    const char* what;
    GraphSize size;
    std::size_t graphs;  // of this size in a batch
  };
  const Case cases[] = {{"nodes", {5, 1}, 2}, {"edges", {1, 10}, 2}, {"graphs", {1, 1}, 3}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    DynamicBatcher batcher(limits);
    for (std::size_t i = 0; i < one.graphs; ++i) EXPECT_FALSE(batcher.add(0, one.size));
    const auto full = batcher.add(0, one.size);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->graphs.size(), one.graphs);
    EXPECT_EQ(full->n_node.size(), 4u);
  }
}

TEST(DynamicBatching, PaddingTakesWhatIsLeft) {
  DynamicBatcher batcher({.nodes = 11, .edges = 20, .graphs = 4});
  EXPECT_FALSE(batcher.add(7, {3, 4}));
  const auto last = batcher.finish();
  ASSERT_TRUE(last);
  EXPECT_THAT(last->graphs, ElementsAre(7));
  EXPECT_THAT(last->n_node, ElementsAre(3, 8, 0, 0));
  EXPECT_THAT(last->n_edge, ElementsAre(4, 16, 0, 0));
  EXPECT_FALSE(batcher.finish());
}

TEST(DynamicBatching, AnIncompleteGroupOfShardsIsDropped) {
  const std::vector<GraphSize> graphs(7, {26, 56});
  // Two shards of two graphs each: 4 + 3 graphs are 2 + 2 plans; of 5 graphs the third plan is
  // alone.
  EXPECT_EQ(plan_batches(graphs, 4, 2).size(), 2u);
  EXPECT_EQ(plan_batches(std::span(graphs).first(5), 4, 2).size(), 1u);
}

TEST(DynamicBatching, RefusesWhatFitsNoBatch) {
  DynamicBatcher batcher({.nodes = 11, .edges = 20, .graphs = 4});
  try {
    batcher.add(3, {11, 2});
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("graph 3 has 11 nodes and 2 edges; a batch has room for 10"));
  }
  EXPECT_THROW(batcher.add(0, {1, 21}), std::invalid_argument);
  EXPECT_THROW(Limits::per_shard(4, 8), std::invalid_argument);
  EXPECT_THROW(Limits::per_shard(4, 0), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::gnn
