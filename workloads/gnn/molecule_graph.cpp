// The only file that sees RDKit.
#include "workloads/gnn/molecule_graph.h"

#include <GraphMol/ChemTransforms/ChemTransforms.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/RWMol.h>
#include <GraphMol/SmilesParse/SmilesParse.h>
#include <GraphMol/SmilesParse/SmilesWrite.h>
#include <RDGeneral/RDLog.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace timetrial::gnn {
namespace {

using RDKit::Atom;
using RDKit::Bond;
using RDKit::ROMol;

/// `value` where it is in [0, others), else `others`, the last index of the list.
std::uint8_t index_or_last(int value, int others) {
  return static_cast<std::uint8_t>(value >= 0 && value < others ? value : others);
}

std::uint8_t chirality(const Atom& atom) {
  constexpr std::uint8_t kOther = 4;
  switch (atom.getChiralTag()) {
    case Atom::CHI_UNSPECIFIED:
      return 0;
    case Atom::CHI_TETRAHEDRAL_CW:
      return 1;
    case Atom::CHI_TETRAHEDRAL_CCW:
      return 2;
    case Atom::CHI_OTHER:
      return 3;
    default:
      return kOther;
  }
}

std::uint8_t hybridization(const Atom& atom) {
  constexpr std::uint8_t kOther = 5;
  switch (atom.getHybridization()) {
    case Atom::SP:
      return 0;
    case Atom::SP2:
      return 1;
    case Atom::SP3:
      return 2;
    case Atom::SP3D:
      return 3;
    case Atom::SP3D2:
      return 4;
    default:
      return kOther;
  }
}

AtomFeatures atom_features(const ROMol& molecule, const Atom& atom) {
  return {index_or_last(atom.getAtomicNum() - 1, 118),
          chirality(atom),
          index_or_last(static_cast<int>(atom.getTotalDegree()), 11),
          index_or_last(atom.getFormalCharge() + 5, 11),
          index_or_last(static_cast<int>(atom.getTotalNumHs()), 9),
          index_or_last(static_cast<int>(atom.getNumRadicalElectrons()), 5),
          hybridization(atom),
          static_cast<std::uint8_t>(atom.getIsAromatic()),
          static_cast<std::uint8_t>(molecule.getRingInfo()->numAtomRings(atom.getIdx()) != 0)};
}

std::uint8_t bond_type(const Bond& bond) {
  constexpr std::uint8_t kOther = 4;
  switch (bond.getBondType()) {
    case Bond::SINGLE:
      return 0;
    case Bond::DOUBLE:
      return 1;
    case Bond::TRIPLE:
      return 2;
    case Bond::AROMATIC:
      return 3;
    default:
      return kOther;
  }
}

std::uint8_t bond_stereo(const Bond& bond) {
  switch (bond.getStereo()) {
    case Bond::STEREOZ:
      return 1;
    case Bond::STEREOE:
      return 2;
    case Bond::STEREOCIS:
      return 3;
    case Bond::STEREOTRANS:
      return 4;
    case Bond::STEREOANY:
      return 5;
    default:
      return 0;
  }
}

std::string smiles_without_stereo(const ROMol& molecule) {
  return RDKit::MolToSmiles(molecule, /*doIsomericSmiles=*/false);
}

/// Of several with as many atoms, the one whose SMILES sorts first.
std::string scaffold(const ROMol& molecule) {
  const auto parts = RDKit::MolOps::getMolFrags(molecule);
  const auto larger = [](const auto& a, const auto& b) {
    if (a->getNumAtoms() != b->getNumAtoms()) return a->getNumAtoms() > b->getNumAtoms();
    return smiles_without_stereo(*a) < smiles_without_stereo(*b);
  };
  const ROMol& largest = **std::min_element(parts.begin(), parts.end(), larger);
  if (largest.getRingInfo()->numRings() == 0) return smiles_without_stereo(largest);
  const std::unique_ptr<ROMol> rings(RDKit::MurckoDecompose(largest));
  return smiles_without_stereo(*rings);
}

/// RDKit reports what it refuses to its log as well; the caller counts it.
void silence_log() {
  static const bool once = [] {
    boost::logging::disable_logs("rdApp.*");
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

std::optional<MoleculeGraph> read_smiles(const std::string& smiles) {
  silence_log();
  std::unique_ptr<ROMol> molecule;
  try {
    molecule.reset(RDKit::SmilesToMol(smiles));
  } catch (const RDKit::MolSanitizeException&) {
    return std::nullopt;
  } catch (const RDKit::SmilesParseException&) {
    return std::nullopt;
  }
  constexpr unsigned kMost = std::numeric_limits<std::int16_t>::max();
  if (!molecule || molecule->getNumAtoms() == 0 || molecule->getNumAtoms() > kMost) {
    return std::nullopt;
  }
  MoleculeGraph graph;
  for (const Atom* atom : molecule->atoms()) graph.atoms.push_back(atom_features(*molecule, *atom));
  for (const Bond* bond : molecule->bonds()) {
    graph.bonds.push_back({static_cast<std::int16_t>(bond->getBeginAtomIdx()),
                           static_cast<std::int16_t>(bond->getEndAtomIdx()),
                           {bond_type(*bond), bond_stereo(*bond),
                            static_cast<std::uint8_t>(bond->getIsConjugated())}});
  }
  graph.scaffold = scaffold(*molecule);
  return graph;
}

}  // namespace timetrial::gnn
