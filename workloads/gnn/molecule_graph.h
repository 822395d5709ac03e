#pragma once
// A molecule's SMILES text as the graph that ogbg's model takes: heavy atoms as nodes, bonds as
// edges, each with the integer features of the Open Graph Benchmark.
//
// Atom     atomic number - 1 (118: another), chirality, neighbours (11: more), formal charge + 5
//          (11: another), hydrogens (9: more), radical electrons (5: more), hybridisation (SP, SP2,
//          SP3, SP3D, SP3D2, another), aromatic, in a ring
// Bond     single, double, triple, aromatic, another; stereo (none, Z, E, cis, trans, any);
//          conjugated
// Source   Hu et al. 2020, "Open Graph Benchmark" (arXiv 2005.00687); the lists of the package ogb
//          1.3.6 (ogb/utils/features.py), as facts

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::gnn {

using AtomFeatures = std::array<std::uint8_t, 9>;

struct BondFeatures {
  std::int16_t from = 0, to = 0;  ///< atoms of its molecule, counted from 0
  std::array<std::uint8_t, 3> features{};
};

struct MoleculeGraph {
  std::vector<AtomFeatures> atoms;
  std::vector<BondFeatures> bonds;

  /// What keeps look-alikes together when a data set is split: the Murcko scaffold (rings and what
  /// connects them) of the largest connected part, as canonical SMILES without stereo; without a
  /// ring, that part itself. Molecules that differ in side chains, stereo or counter-ions share it.
  std::string scaffold;
};

/// Nothing for a text that RDKit cannot read or finds chemically impossible, and for more than
/// 32,767 atoms.
std::optional<MoleculeGraph> read_smiles(const std::string& smiles);

}  // namespace timetrial::gnn
