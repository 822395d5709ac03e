// Molecules in files and batches.
#include "workloads/gnn/molecule_set.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"
#include "workloads/data/tensor_io.h"
#include "workloads/gnn/gnn.h"

namespace timetrial::gnn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A chain of 3 atoms, then one of 2; the chain's second label is unknown. Atom i has features
/// i, i + 1, …; bond i has features i, i + 1, i + 2.
MoleculeSetBuilder two_chains() {
  MoleculeSetBuilder builder(2);
  for (const int length : {3, 2}) {
    std::vector<AtomFeatures> atoms(static_cast<std::size_t>(length));
    std::vector<BondFeatures> bonds;
    for (int i = 0; i < length; ++i) {
      for (int f = 0; f < 9; ++f) {
        atoms[static_cast<std::size_t>(i)][static_cast<std::size_t>(f)] =
            static_cast<std::uint8_t>(i + f);
      }
      const auto feature = [&](int f) { return static_cast<std::uint8_t>(i + f); };
      if (i == 0) continue;
      bonds.push_back({static_cast<std::int16_t>(i - 1),
                       static_cast<std::int16_t>(i),
                       {feature(0), feature(1), feature(2)}});
    }
    const std::int8_t labels[] = {length == 3, length == 3 ? kUnknownLabel : std::int8_t{1}};
    builder.add(atoms, bonds, labels);
  }
  return builder;
}

std::vector<double> numbers(const at::Tensor& x) {
  const at::Tensor flat = x.to(at::kDouble).flatten().contiguous();
  const double* begin = flat.const_data_ptr<double>();
  return {begin, begin + flat.numel()};
}

TEST(Collate, DoublesBondsAndMasksUnknownLabels) {
  DynamicBatcher batcher({.nodes = 8, .edges = 9, .graphs = 4});
  batcher.add(0, {3, 4});
  batcher.add(1, {2, 2});
  const Batch batch = collate(two_chains().finish(), *batcher.finish());
  EXPECT_THAT(numbers(batch.inputs()), ElementsAre(3, 2, 3, 0));
  EXPECT_THAT(numbers(batch.at("n_edge")), ElementsAre(4, 2, 3, 0));
  EXPECT_THAT(numbers(batch.at("senders")), ElementsAre(0, 1, 1, 2, 3, 4, 5, 5, 5));
  EXPECT_THAT(numbers(batch.at("receivers")), ElementsAre(1, 2, 0, 1, 4, 3, 5, 5, 5));
  EXPECT_THAT(numbers(batch.targets()), ElementsAre(1, 0, 0, 1, 0, 0, 0, 0));
  EXPECT_THAT(numbers(batch.weights()), ElementsAre(1, 0, 1, 1, 0, 0, 0, 0));
  EXPECT_EQ(batch.size(), 4);
  EXPECT_THAT(numbers(batch.at("edges").narrow(0, 0, 4).select(1, 0)), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(numbers(batch.at("nodes").select(1, 8)), ElementsAre(8, 9, 10, 8, 9, 0, 0, 0));
}

TEST(Collate, WithoutPaddingABatchIsItsMoleculesInOrder) {
  const MoleculeSet set = two_chains().finish();
  const std::int64_t indices[] = {1, 0, 1};
  const Batch batch = collate(set, unpadded(set, indices));
  EXPECT_THAT(numbers(batch.inputs()), ElementsAre(2, 3, 2));
  EXPECT_THAT(numbers(batch.at("senders")), ElementsAre(0, 1, 2, 3, 3, 4, 5, 6));
  EXPECT_THAT(numbers(batch.weights()), ElementsAre(1, 1, 1, 0, 1, 1));
  const std::int64_t beyond[] = {2};
  EXPECT_THROW(unpadded(set, beyond), std::out_of_range);
}

TEST(Collate, PaddingDoesNotChangeLogits) {
  const MoleculeSet set = two_chains().finish();
  const BatchPlan tight{.graphs = {0, 1}, .n_node = {3, 2}, .n_edge = {4, 2}};
  const BatchPlan padded{.graphs = {0, 1}, .n_node = {3, 2, 6, 0}, .n_edge = {4, 2, 10, 0}};
  Config config;
  config.outputs = 2;
  config.latent_dim = 8;
  config.hidden_dims = {16};
  config.steps = 2;
  const auto model = make_model(config, at::kCPU);
  model->initialize(1);
  ForwardOptions evaluation;
  evaluation.training = false;
  const at::Tensor alone = model->forward(collate(set, tight), evaluation).logits;
  const at::Tensor among = model->forward(collate(set, padded), evaluation).logits;
  EXPECT_LE((alone - among.narrow(0, 0, 2)).abs().max().item<double>(), 1e-6);
}

TEST(Collate, RefusesMoleculesThatAreNotThePlans) {
  const MoleculeSet set = two_chains().finish();
  EXPECT_THROW(collate(set, {{0}, {4}, {4}}), std::invalid_argument);
  EXPECT_THROW(collate(set, {{0, 1}, {3}, {4}}), std::invalid_argument);
  EXPECT_THROW(collate(set, {}), std::invalid_argument);
}

TEST(MoleculeSet, RefusesBondsAndLabelsThatDoNotFit) {
  MoleculeSetBuilder builder(2);
  const AtomFeatures atoms[2] = {};
  const std::int8_t labels[] = {0, 1};
  const BondFeatures beyond[] = {{.from = 0, .to = 2}};
  EXPECT_THROW(builder.add(atoms, beyond, labels), std::invalid_argument);
  EXPECT_THROW(builder.add(atoms, {}, std::span(labels).first(1)), std::invalid_argument);
  EXPECT_EQ(builder.size(), 0);
}

TEST(MoleculeSet, ComesBackFromItsFile) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "training" / "train.safetensors";
  const MoleculeSet written = two_chains().finish();
  write_molecules(file, written);
  const MoleculeSet read = open_molecules(file, 2, "the command");
  EXPECT_EQ(read.size(), 2);
  EXPECT_EQ(read.graph(0).nodes, 3);
  EXPECT_EQ(read.graph(0).edges, 4);
  const std::int64_t all[] = {0, 1};
  const Batch expected = collate(written, unpadded(written, all));
  const Batch found = collate(read, unpadded(read, all));
  for (const auto& [name, tensor] : expected.tensors()) {
    EXPECT_TRUE(at::equal(tensor, found.at(name))) << name;
  }
}

TEST(MoleculeSet, MissingAndMalformedFilesAreNamed) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "train.safetensors";
  const auto message = [&](std::int64_t tasks) -> std::string {
    try {
      open_molecules(file, tasks, "timetrial data prepare x");
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(2), testing::AllOf(HasSubstr("train.safetensors"),
                                         HasSubstr("timetrial data prepare x")));
  MoleculeSet set = two_chains().finish();
  write_molecules(file, set);
  EXPECT_THAT(message(3), HasSubstr("tensor 'labels' is I8 [2, 2], expected I8 [-1, 3]"));
  set.node_begin = at::tensor({0, 4, 6}, at::kLong);
  write_molecules(file, set);
  EXPECT_THAT(message(2), HasSubstr("do not divide the rows"));
  set = two_chains().finish();
  set.bonds[2][1] = 2;  // of the second molecule, which has two atoms
  write_molecules(file, set);
  EXPECT_THAT(message(2), HasSubstr("a bond joins atoms that its molecule does not have"));
}

}  // namespace
}  // namespace timetrial::gnn
