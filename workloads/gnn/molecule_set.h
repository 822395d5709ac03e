#pragma once
// Many molecules, one after the other in few arrays, as prepared data keep them.
//
//   MoleculeSetBuilder builder(tasks);            const MoleculeSet set = open_molecules(file, …);
//   for (…) builder.add(atoms, bonds, labels);    const Batch batch = collate(set, plan);
//   write_molecules(file, builder.finish());
//
// On disk  safetensors: node_begin, bond_begin I64 [M + 1]; nodes U8 [N, 9]; bonds I16 [B, 2], rows
//          of the molecule's own nodes; edges U8 [B, 3]; labels I8 [M, tasks], 0 or 1, -1 unknown.
//          Molecule i has the rows from begin[i] up to begin[i + 1]

#include "workloads/gnn/batching.h"
#include "workloads/gnn/molecule_graph.h"

#include <timetrial/batch.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace timetrial::gnn {

constexpr std::int8_t kUnknownLabel = -1;

struct MoleculeSet {
  at::Tensor node_begin, bond_begin, nodes, bonds, edges, labels;

  std::int64_t size() const { return labels.size(0); }
  std::int64_t tasks() const { return labels.size(1); }
  /// Both directions of a bond count. Throws std::out_of_range for an index that is not in [0,
  /// size()).
  GraphSize graph(std::int64_t index) const;
};

/// Maps the file. Throws DataError naming the file and `remedy`, the command that makes it, when it
/// is not there, or when it is not such a file with this number of tasks.
MoleculeSet open_molecules(const std::filesystem::path& file, std::int64_t tasks,
                           const std::string& remedy);

/// Whole or not at all.
void write_molecules(const std::filesystem::path& file, const MoleculeSet& set);

class MoleculeSetBuilder {
 public:
  explicit MoleculeSetBuilder(std::int64_t tasks) : tasks_(tasks) {}

  /// Throws std::invalid_argument unless there are as many labels as tasks and every bond joins two
  /// of the atoms.
  void add(std::span<const AtomFeatures> atoms, std::span<const BondFeatures> bonds,
           std::span<const std::int8_t> labels);
  /// A molecule of another set with as many tasks.
  void add(const MoleculeSet& set, std::int64_t index);
  std::int64_t size() const { return static_cast<std::int64_t>(node_begin_.size()) - 1; }
  MoleculeSet finish() const;

 private:
  std::int64_t tasks_;
  std::vector<std::int64_t> node_begin_{0}, bond_begin_{0};
  std::vector<std::uint8_t> nodes_, edges_;
  std::vector<std::int16_t> bonds_;
  std::vector<std::int8_t> labels_;
};

/// The molecules of these indices, in order, without padding.
BatchPlan unpadded(const MoleculeSet& set, std::span<const std::int64_t> indices);

/// The molecules of a plan, indices of the set in its order, as the batch that gnn.h describes.
/// Each bond becomes two edges; unknown labels become targets 0 of weight 0; padding's edges join
/// its first node. Throws std::invalid_argument when the plan has other sizes than the molecules.
Batch collate(const MoleculeSet& set, const BatchPlan& plan);

}  // namespace timetrial::gnn
