// ogbg's data from files in the format of the Open Graph Benchmark, written here from real
// molecules.
#include "workloads/gnn/molpcba.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/support/gzip_writer.h"
#include "tests/support/temporary_folder.h"
#include "workloads/gnn/gnn.h"
#include "workloads/gnn/molecule_set.h"

namespace timetrial::gnn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr const char* kSmiles[] = {"CCO",
                                   "c1ccccc1",
                                   "CC(=O)Oc1ccccc1C(=O)O",
                                   "O",
                                   "C#N",
                                   "CC(N)C(=O)O",
                                   "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
                                   "F/C=C/F",
                                   "OCC1OC(O)C(O)C(O)C1O",
                                   "[Na+].[Cl-]",
                                   "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
                                   "NCCc1ccc(O)c(O)c1"};
constexpr std::size_t kMolecules = std::size(kSmiles);
constexpr const char* kFiles[] = {"training/train.safetensors",
                                  "held_back/train_subset.safetensors",
                                  "held_back/validation.safetensors", "held_back/test.safetensors"};

/// Of molecule i and task t: every seventh unknown.
std::int8_t label_of(std::size_t i, std::size_t t) {
  if ((i + t) % 7 == 0) return kUnknownLabel;
  return static_cast<std::int8_t>((i + t / 2) % 2);
}

class Molpcba : public testing::Test {
 protected:
  Molpcba() {
    std::string nodes, bonds, edges, labels, node_counts, bond_counts;
    for (std::size_t i = 0; i < kMolecules; ++i) {
      graphs_.push_back(read_smiles(kSmiles[i]).value());
      for (const auto& atom : graphs_[i].atoms) nodes += row(atom);
      for (const auto& bond : graphs_[i].bonds) {
        bonds += row(std::array<int, 2>{bond.from, bond.to});
        edges += row(bond.features);
      }
      node_counts += std::to_string(graphs_[i].atoms.size()) + "\n";
      bond_counts += std::to_string(graphs_[i].bonds.size()) + "\n";
      for (std::size_t t = 0; t < 128; ++t) {
        const char* texts[] = {i % 2 ? "nan" : "", "0.0", "1.0"};
        labels += std::string(t ? "," : "") + texts[label_of(i, t) + 1];
      }
      labels += "\n";
    }
    write("raw/node-feat", nodes);
    write("raw/edge", bonds);
    write("raw/edge-feat", edges);
    write("raw/graph-label", labels);
    write("raw/num-node-list", node_counts);
    write("raw/num-edge-list", bond_counts);
    write("split/scaffold/train", "0\n2\n11\n3\n4\n6\n8\n9\n");
    write("split/scaffold/valid", "10\n1\n");
    write("split/scaffold/test", "5\n7\n");
  }

  template <typename Values>
  static std::string row(const Values& values) {
    std::string text;
    for (const auto value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
    return text + "\n";
  }
  void write(const std::string& name, const std::string& text) const {
    test::write_gzip(source() / (name + ".csv.gz"), text);
  }
  std::string read(const std::string& name) const {
    gzFile in = gzopen((source() / (name + ".csv.gz")).c_str(), "rb");
    std::string text(1 << 20, '\0');
    text.resize(static_cast<std::size_t>(gzread(in, text.data(), 1 << 20)));
    gzclose_r(in);
    return text;
  }
  fs::path source() const { return folder_.path() / "ogbg_molpcba"; }
  fs::path out() const { return folder_.path() / "data"; }
  std::string refusal() const {
    try {
      prepare_molpcba(source(), folder_.path() / "refused");
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  static std::string bytes_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  const test::TemporaryFolder folder_;
  std::vector<MoleculeGraph> graphs_;
};

TEST_F(Molpcba, EveryMoleculeIsWhereItsSplitSays) {
  prepare_molpcba(source(), out());
  const std::vector<std::size_t> expected[] = {{0, 2, 3, 4, 6, 8, 9, 11}, {0, 6}, {1, 10}, {5, 7}};
  for (std::size_t part = 0; part < 4; ++part) {
    SCOPED_TRACE(kFiles[part]);
    const MoleculeSet set = open_molecules(out() / kFiles[part], 128, "");
    ASSERT_EQ(set.size(), std::ssize(expected[part]));
    MoleculeSetBuilder wanted(128);
    for (const std::size_t i : expected[part]) {
      std::vector<std::int8_t> labels;
      for (std::size_t t = 0; t < 128; ++t) labels.push_back(label_of(i, t));
      wanted.add(graphs_[i].atoms, graphs_[i].bonds, labels);
    }
    const MoleculeSet right = wanted.finish();
    for (const auto field :
         {&MoleculeSet::node_begin, &MoleculeSet::bond_begin, &MoleculeSet::nodes,
          &MoleculeSet::bonds, &MoleculeSet::edges, &MoleculeSet::labels}) {
      EXPECT_TRUE(at::equal(set.*field, right.*field));
    }
  }
}

TEST_F(Molpcba, AModelTrainsOnItAndIsEvaluated) {
  const auto workload = make({.latent_dim = 8, .hidden_dims = {8}, .steps = 1});
  workload->prepare(source(), out());
  const auto training = workload->open_training(out() / "training");
  const auto evaluation = workload->open_evaluation(out() / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const std::int64_t indices[] = {7, 0, 3};
  const Batch batch = training->gather(indices, 1);
  EXPECT_EQ(batch.size(), 3);
  const auto loss = [&] { return workload->loss(batch, model->forward(batch, {.dropout = 0}), 0); };
  const double before = loss().mean().item<double>();
  loss().mean().backward();
  {
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      at::Tensor tensor = parameter.tensor;
      tensor.sub_(tensor.grad(), 0.01);
    }
  }
  EXPECT_LT(loss().mean().item<double>(), before);
  for (const Split split : {Split::train_subset, Split::validation, Split::test}) {
    const auto metrics = evaluation->evaluate(*model, split, 2);
    EXPECT_GT(metrics.at("mean_average_precision"), 0);
    EXPECT_LE(metrics.at("mean_average_precision"), 1);
    EXPECT_GT(metrics.at("loss"), 0);
  }
}

TEST_F(Molpcba, WhatAnInterruptedCallFinishedIsKept) {
  prepare_molpcba(source(), out());
  const auto again = folder_.path() / "again";
  fs::create_directories(again / "training");
  fs::copy_file(out() / kFiles[0], again / kFiles[0]);
  const auto made = fs::last_write_time(again / kFiles[0]);
  std::ofstream(again / "training/train.safetensors.partial") << "cut sh";
  prepare_molpcba(source(), again);
  EXPECT_EQ(fs::last_write_time(again / kFiles[0]), made);
  for (const char* name : kFiles) EXPECT_TRUE(bytes_of(out() / name) == bytes_of(again / name));
}

TEST_F(Molpcba, TheEstimateIsWhatIsWritten) {
  const auto workload = workloads::find("ogbg").make();
  workload->prepare(source(), out());
  double written = 0;
  for (const char* name : kFiles) written += static_cast<double>(fs::file_size(out() / name));
  const double headers = 4 * 700;
  EXPECT_NEAR(static_cast<double>(workload->bytes_to_prepare(source())), written, headers);
}

TEST_F(Molpcba, MissingFilesAreNamed) {
  fs::remove(source() / "split/scaffold/valid.csv.gz");
  EXPECT_THAT(refusal(), HasSubstr("split/scaffold/valid.csv.gz: No such file or directory; "
                                   "docs/data/ogbg.md says how the folder must lie"));
  fs::remove(source() / "raw/num-node-list.csv.gz");
  EXPECT_THAT(refusal(), HasSubstr("raw/num-node-list.csv.gz: No such file"));
  EXPECT_THROW(bytes_of_molpcba(source()), workloads::DataError);
}

TEST_F(Molpcba, MalformedFilesAreNamedByLine) {
  struct Case {
    const char* file;
    std::string text;
    const char* message;
  };
  const std::string nodes = read("raw/node-feat"), sizes = read("raw/num-node-list");
  const Case cases[] = {
      {"raw/node-feat", "5,0,4\n" + nodes,
       "node-feat.csv.gz:1: expected 9 whole numbers from 0 to 255, got '5,0,4'"},
      {"raw/node-feat", "5,0,4,5,3,0,2,0,300\n" + nodes, "node-feat.csv.gz:1: expected 9 whole"},
      {"raw/node-feat", nodes + nodes, "has more lines than the lists of sizes say"},
      {"raw/node-feat", nodes.substr(0, nodes.size() / 2), "node-feat.csv.gz:"},
      {"raw/edge", "0,3\n" + read("raw/edge"),
       "edge.csv.gz:1: expected 2 whole numbers from 0 to 2, got '0,3'"},
      {"raw/graph-label", "1.0,0.0\n", "graph-label.csv.gz:1: expected 128 labels"},
      {"raw/num-node-list", sizes + "3\n", "num-node-list.csv.gz lists 13 molecules"},
      {"raw/num-node-list", "x\n", "num-node-list.csv.gz:1: expected a whole number"},
      {"split/scaffold/test", "12\n", "test.csv.gz:1: expected a molecule from 0 to 11, got '12'"},
      {"split/scaffold/test", "5\n0\n", "test.csv.gz:2: molecule 0 is in the splits twice"},
      {"split/scaffold/test", "", "test.csv.gz:0: names no molecule"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    const std::string right = read(one.file);
    write(one.file, one.text);
    EXPECT_THAT(refusal(), HasSubstr(one.message));
    write(one.file, right);
    fs::remove_all(folder_.path() / "refused");
  }
  EXPECT_EQ(refusal(), "accepted");
}

}  // namespace
}  // namespace timetrial::gnn
