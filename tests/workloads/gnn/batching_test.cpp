// Dynamic batches of graphs against AlgoPerf's recorded ones, and what a batch holds.
#include "workloads/gnn/batching.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/recorded_checks.h"
#include "workloads/gnn/gnn.h"

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

Molecule molecule(std::int64_t nodes, std::vector<std::int64_t> bonds, std::vector<float> labels) {
  const auto count = static_cast<std::int64_t>(bonds.size()) / 2;
  return {.nodes = at::arange(nodes * 9, at::kFloat).view({nodes, 9}) / 50,
          .bonds = at::tensor(bonds, at::kLong).view({count, 2}),
          .edges = at::arange(count * 3, at::kFloat).view({count, 3}) / 10,
          .labels = at::tensor(labels)};
}

TEST(Collate, DoublesBondsAndMasksUnknownLabels) {
  const Molecule molecules[] = {molecule(3, {0, 1, 1, 2}, {1, NAN}), molecule(2, {0, 1}, {0, 1})};
  DynamicBatcher batcher({.nodes = 8, .edges = 9, .graphs = 4});
  batcher.add(0, {3, 4});
  batcher.add(1, {2, 2});
  const Batch batch = collate(molecules, *batcher.finish());
  const auto numbers = [&](const char* name) {
    const at::Tensor flat = batch.at(name).to(at::kDouble).flatten().contiguous();
    const double* begin = flat.const_data_ptr<double>();
    return std::vector<double>(begin, begin + flat.numel());
  };
  EXPECT_THAT(numbers("inputs"), ElementsAre(3, 2, 3, 0));
  EXPECT_THAT(numbers("n_edge"), ElementsAre(4, 2, 3, 0));
  EXPECT_THAT(numbers("senders"), ElementsAre(0, 1, 1, 2, 3, 4, 5, 5, 5));
  EXPECT_THAT(numbers("receivers"), ElementsAre(1, 2, 0, 1, 4, 3, 5, 5, 5));
  EXPECT_THAT(numbers("targets"), ElementsAre(1, 0, 0, 1, 0, 0, 0, 0));
  EXPECT_THAT(numbers("weights"), ElementsAre(1, 0, 1, 1, 0, 0, 0, 0));
  EXPECT_EQ(batch.size(), 4);
  EXPECT_TRUE(at::equal(batch.at("edges").narrow(0, 0, 2), batch.at("edges").narrow(0, 2, 2)));
}

TEST(Collate, PaddingDoesNotChangeLogits) {
  const Molecule molecules[] = {molecule(3, {0, 1, 1, 2}, {1, 0}), molecule(2, {0, 1}, {0, 1})};
  BatchPlan tight{.graphs = {0, 1}, .n_node = {3, 2}, .n_edge = {4, 2}};
  BatchPlan padded{.graphs = {0, 1}, .n_node = {3, 2, 6, 0}, .n_edge = {4, 2, 10, 0}};
  Config config;
  config.outputs = 2;
  config.latent_dim = 8;
  config.hidden_dims = {16};
  config.steps = 2;
  const auto model = make_model(config, at::kCPU);
  model->initialize(1);
  ForwardOptions evaluation;
  evaluation.training = false;
  const at::Tensor alone = model->forward(collate(molecules, tight), evaluation).logits;
  const at::Tensor among = model->forward(collate(molecules, padded), evaluation).logits;
  EXPECT_LE((alone - among.narrow(0, 0, 2)).abs().max().item<double>(), 1e-6);
}

TEST(Collate, RefusesMoleculesThatAreNotThePlans) {
  const Molecule molecules[] = {molecule(3, {0, 1}, {1, 0})};
  EXPECT_THROW(collate(molecules, {{0}, {4}, {2}}), std::invalid_argument);
  EXPECT_THROW(collate(molecules, {{0, 1}, {3, 3}, {2, 2}}), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::gnn
