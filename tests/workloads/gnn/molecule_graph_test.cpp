// SMILES to graphs, against features that the package ogb 1.3.6 computes from RDKit in Python, and
// scaffolds by hand.
#include "workloads/gnn/molecule_graph.h"

#include <gmock/gmock.h>

namespace timetrial::gnn {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

struct Case {
  const char* smiles;
  std::vector<AtomFeatures> atoms;
  std::vector<std::array<int, 5>> bonds;  // the two atoms, then the features
};

const Case kCases[] = {
    {"CC(=O)OC1=CC=CC=C1C(=O)O",
     {{5, 0, 4, 5, 3, 0, 2, 0, 0},
      {5, 0, 3, 5, 0, 0, 1, 0, 0},
      {7, 0, 1, 5, 0, 0, 1, 0, 0},
      {7, 0, 2, 5, 0, 0, 1, 0, 0},
      {5, 0, 3, 5, 0, 0, 1, 1, 1},
      {5, 0, 3, 5, 1, 0, 1, 1, 1},
      {5, 0, 3, 5, 1, 0, 1, 1, 1},
      {5, 0, 3, 5, 1, 0, 1, 1, 1},
      {5, 0, 3, 5, 1, 0, 1, 1, 1},
      {5, 0, 3, 5, 0, 0, 1, 1, 1},
      {5, 0, 3, 5, 0, 0, 1, 0, 0},
      {7, 0, 1, 5, 0, 0, 1, 0, 0},
      {7, 0, 2, 5, 1, 0, 1, 0, 0}},
     {{0, 1, 0, 0, 0},
      {1, 2, 1, 0, 1},
      {1, 3, 0, 0, 1},
      {3, 4, 0, 0, 1},
      {4, 5, 3, 0, 1},
      {5, 6, 3, 0, 1},
      {6, 7, 3, 0, 1},
      {7, 8, 3, 0, 1},
      {8, 9, 3, 0, 1},
      {9, 10, 0, 0, 1},
      {10, 11, 1, 0, 1},
      {10, 12, 0, 0, 1},
      {9, 4, 3, 0, 1}}},
    {"C[C@H](N)C(=O)[O-].[Na+]",
     {{5, 0, 4, 5, 3, 0, 2, 0, 0},
      {5, 2, 4, 5, 1, 0, 2, 0, 0},
      {6, 0, 3, 5, 2, 0, 2, 0, 0},
      {5, 0, 3, 5, 0, 0, 1, 0, 0},
      {7, 0, 1, 5, 0, 0, 1, 0, 0},
      {7, 0, 1, 4, 0, 0, 1, 0, 0},
      {10, 0, 0, 6, 0, 0, 5, 0, 0}},
     {{0, 1, 0, 0, 0}, {1, 2, 0, 0, 0}, {1, 3, 0, 0, 0}, {3, 4, 1, 0, 1}, {3, 5, 0, 0, 1}}},
    {"C[C@@H](N)C(=O)O",
     {{5, 0, 4, 5, 3, 0, 2, 0, 0},
      {5, 1, 4, 5, 1, 0, 2, 0, 0},
      {6, 0, 3, 5, 2, 0, 2, 0, 0},
      {5, 0, 3, 5, 0, 0, 1, 0, 0},
      {7, 0, 1, 5, 0, 0, 1, 0, 0},
      {7, 0, 2, 5, 1, 0, 1, 0, 0}},
     {{0, 1, 0, 0, 0}, {1, 2, 0, 0, 0}, {1, 3, 0, 0, 0}, {3, 4, 1, 0, 1}, {3, 5, 0, 0, 1}}},
    {"F/C=C/F",
     {{8, 0, 1, 5, 0, 0, 2, 0, 0},
      {5, 0, 3, 5, 1, 0, 1, 0, 0},
      {5, 0, 3, 5, 1, 0, 1, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0}},
     {{0, 1, 0, 0, 0}, {1, 2, 1, 2, 0}, {2, 3, 0, 0, 0}}},
    {"F/C=C\\F",
     {{8, 0, 1, 5, 0, 0, 2, 0, 0},
      {5, 0, 3, 5, 1, 0, 1, 0, 0},
      {5, 0, 3, 5, 1, 0, 1, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0}},
     {{0, 1, 0, 0, 0}, {1, 2, 1, 1, 0}, {2, 3, 0, 0, 0}}},
    {"C#N", {{5, 0, 2, 5, 1, 0, 0, 0, 0}, {6, 0, 1, 5, 0, 0, 0, 0, 0}}, {{0, 1, 2, 0, 0}}},
    {"[CH3]", {{5, 0, 3, 5, 3, 1, 2, 0, 0}}, {}},
    {"F[P-](F)(F)(F)(F)F",
     {{8, 0, 1, 5, 0, 0, 2, 0, 0},
      {14, 0, 6, 4, 0, 0, 4, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0},
      {8, 0, 1, 5, 0, 0, 2, 0, 0}},
     {{0, 1, 0, 0, 0},
      {1, 2, 0, 0, 0},
      {1, 3, 0, 0, 0},
      {1, 4, 0, 0, 0},
      {1, 5, 0, 0, 0},
      {1, 6, 0, 0, 0}}},
    {"*C", {{118, 0, 1, 5, 0, 0, 5, 0, 0}, {5, 0, 4, 5, 3, 0, 2, 0, 0}}, {{0, 1, 0, 0, 0}}},
};

TEST(MoleculeGraph, HasTheFeaturesOfTheOpenGraphBenchmark) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.smiles);
    const auto graph = read_smiles(one.smiles);
    ASSERT_TRUE(graph);
    EXPECT_THAT(graph->atoms, ElementsAreArray(one.atoms));
    std::vector<std::array<int, 5>> bonds;
    for (const BondFeatures& bond : graph->bonds) {
      const auto& f = bond.features;
      bonds.push_back({bond.from, bond.to, f[0], f[1], f[2]});
    }
    EXPECT_THAT(bonds, ElementsAreArray(one.bonds));
  }
}

TEST(MoleculeGraph, RefusesWhatIsNoMolecule) {
  for (const char* smiles : {"", "C(", "notamolecule", "FC(F)(F)(F)F", "c1ccc1c"}) {
    EXPECT_FALSE(read_smiles(smiles)) << smiles;
  }
}

std::string scaffold(const char* smiles) {
  const auto graph = read_smiles(smiles);
  return graph ? graph->scaffold : "refused";
}

TEST(MoleculeGraph, LookAlikesShareAScaffold) {
  EXPECT_EQ(scaffold("CC(=O)OC1=CC=CC=C1C(=O)O"), "c1ccccc1");
  EXPECT_EQ(scaffold("N[C@@H](CC1=CNC2=CC=CC=C21)C(=O)O"), scaffold("N[C@H](Cc1c[nH]c2ccccc12)C"));
  EXPECT_EQ(scaffold("c1ccccc1CCc1ccccc1"), "c1ccc(CCc2ccccc2)cc1");
  // Without a ring the molecule itself: stereo and counter-ions do not part it.
  EXPECT_EQ(scaffold("F/C=C/F"), scaffold("F/C=C\\F"));
  EXPECT_EQ(scaffold("CCCCCC(=O)[O-].[Na+]"), scaffold("[K+].[O-]C(=O)CCCCC"));
  EXPECT_NE(scaffold("CCO"), scaffold("CCN"));
}

}  // namespace
}  // namespace timetrial::gnn
