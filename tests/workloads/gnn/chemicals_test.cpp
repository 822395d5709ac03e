// chemicals_gnn on the packaged data, and the evaluation of molecules by hand.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/nn/builder.h"

namespace timetrial::gnn {
namespace {

namespace fs = std::filesystem;
using workloads::Split;

constexpr const char* kFiles[] = {"training/train.safetensors",
                                  "held_back/train_subset.safetensors",
                                  "held_back/validation.safetensors", "held_back/test.safetensors"};

std::unique_ptr<workloads::Workload> chemicals() { return workloads::find("chemicals_gnn").make(); }

/// Gives every molecule and task the number of its atoms, less 3, as logit.
class CountsAtoms final : public nn::BuiltModel {
 public:
  CountsAtoms() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    return {(batch.inputs() - 3).to(at::kFloat).unsqueeze(1).expand({-1, 7}), {}};
  }
};

void add_chain(MoleculeSetBuilder& set, int atoms, bool first_label) {
  std::vector<BondFeatures> bonds;
  for (std::int16_t i = 1; i < atoms; ++i)
    bonds.push_back({static_cast<std::int16_t>(i - 1), i, {}});
  std::int8_t labels[7] = {first_label, 0, kUnknownLabel, 0, 0, 0, 0};
  set.add(std::vector<AtomFeatures>(static_cast<std::size_t>(atoms)), bonds, labels);
}

// The first task alone has both kinds of label: of molecules with 2, 3, 4 and 5 atoms, those of 3
// and 5 are positive. From the highest score: hit (precision 1), miss, hit (2 / 3), miss.
TEST(ChemicalsEvaluation, IsThatOfAHandComputedCase) {
  MoleculeSetBuilder set(7);
  for (const int atoms : {2, 3, 4, 5}) add_chain(set, atoms, atoms % 2 == 1);
  const test::TemporaryFolder folder;
  for (const char* name : kFiles) write_molecules(folder.path() / name, set.finish());
  const auto evaluation = chemicals()->open_evaluation(folder.path() / "held_back");
  EXPECT_EQ(evaluation->size(Split::test), 4);
  CountsAtoms model;
  // Logits -1, 0, 1, 2; six known tasks a molecule, of which only the first has positives.
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  const double all = softplus(-1) + softplus(0) + softplus(1) + softplus(2);
  for (const std::int64_t batch_size : {1, 3, 100}) {
    SCOPED_TRACE(batch_size);
    const auto found = evaluation->evaluate(model, Split::validation, batch_size);
    EXPECT_NEAR(found.at("mean_average_precision"), (1 + 2.0 / 3) / 2, 1e-9);
    EXPECT_NEAR(found.at("loss"), (6 * all - (0 + 2)) / 24, 1e-6);
  }
  EXPECT_THROW(evaluation->evaluate(model, Split::test, 0), std::invalid_argument);
  const auto training = chemicals()->open_training(folder.path() / "training");
  const std::int64_t indices[] = {3, 0};
  EXPECT_EQ(training->gather(indices, 1).size(), 2);
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

double prevalence(const MoleculeSet& set, std::int64_t task) {
  return set.labels.select(1, task).to(at::kDouble).mean().item<double>();
}

TEST(ChemicalsData, IsPreparedFromThePackage) {
  const auto packages = test::data_packages("chemicals");
  if (!packages) GTEST_SKIP() << test::no_data_packages("chemicals");
  const test::TemporaryFolder folder;
  chemicals()->prepare(*packages, folder.path() / "once");
  chemicals()->prepare(*packages, folder.path() / "again");
  std::vector<MoleculeSet> sets;
  for (const char* name : kFiles) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(text_of(folder.path() / "once" / name) == text_of(folder.path() / "again" / name));
    sets.push_back(open_molecules(folder.path() / "once" / name, 7, ""));
  }
  const double all = 36'500;  // half of 73,143
  EXPECT_NEAR(static_cast<double>(sets[0].size()), 0.9 * all, 0.05 * all);
  EXPECT_EQ(sets[1].size(), 500);
  EXPECT_NEAR(static_cast<double>(sets[2].size()), 0.05 * all, 0.02 * all);
  EXPECT_NEAR(static_cast<double>(sets[3].size()), 0.05 * all, 0.02 * all);
  // Shares of the whole package, counted apart from this code.
  const double shares[] = {0.454, 0.410, 0.103, 0.089, 0.045, 0.044, 0.032};
  for (std::int64_t task = 0; task < 7; ++task) {
    EXPECT_NEAR(prevalence(sets[0], task), shares[task], 0.01) << task;
    for (const MoleculeSet& set : sets) EXPECT_GT(prevalence(set, task), 0.01) << task;
  }
}

TEST(ChemicalsData, MissingPackageIsNamed) {
  const test::TemporaryFolder folder;
  try {
    chemicals()->prepare(folder.path(), folder.path() / "data");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("pubchem large.tsv: cannot be read; unpack the "
                                                 "package chemicals again (scripts/setup.sh)"));
  }
  EXPECT_FALSE(fs::exists(folder.path() / "data"));
}

}  // namespace
}  // namespace timetrial::gnn
