#include "workloads/gnn/molecule_set.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "workloads/data/tensor_io.h"
#include "workloads/gnn/gnn.h"
#include "workloads/workload.h"

namespace timetrial::gnn {
namespace {

template <typename T>
at::Tensor rows(const std::vector<T>& values, std::int64_t columns) {
  const auto count = static_cast<std::int64_t>(values.size()) / columns;
  at::Tensor out = at::empty({count, columns}, c10::CppTypeToScalarType<T>::value);
  std::copy(values.begin(), values.end(), out.mutable_data_ptr<T>());
  return out;
}

/// Row `index` and on, of a contiguous [N, columns].
template <typename T>
const T* row(const at::Tensor& x, std::int64_t index) {
  return x.const_data_ptr<T>() + index * x.size(1);
}

std::int64_t total(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// Where the next molecule of a batch is written.
struct Cursor {
  float *nodes, *edges, *targets, *weights;
  std::int64_t *senders, *receivers;
  std::int64_t first_node = 0;
};

void put_nodes(const MoleculeSet& set, std::int64_t index, std::int64_t count, Cursor& out) {
  const auto* from =
      row<std::uint8_t>(set.nodes, set.node_begin.const_data_ptr<std::int64_t>()[index]);
  out.nodes = std::copy(from, from + count * kNodeFeatures, out.nodes);
}

/// Each bond there, then each bond back.
void put_edges(const MoleculeSet& set, std::int64_t index, std::int64_t bonds, Cursor& out) {
  const std::int64_t begin = set.bond_begin.const_data_ptr<std::int64_t>()[index];
  const auto* ends = row<std::int16_t>(set.bonds, begin);
  const auto* features = row<std::uint8_t>(set.edges, begin);
  for (const int first : {0, 1}) {
    for (std::int64_t i = 0; i < bonds; ++i) {
      *out.senders++ = out.first_node + ends[2 * i + first];
      *out.receivers++ = out.first_node + ends[2 * i + 1 - first];
    }
    out.edges = std::copy(features, features + bonds * kEdgeFeatures, out.edges);
  }
}

void put_labels(const MoleculeSet& set, std::int64_t index, Cursor& out) {
  const auto* labels = row<std::int8_t>(set.labels, index);
  for (std::int64_t task = 0; task < set.tasks(); ++task) {
    const bool known = labels[task] != kUnknownLabel;
    *out.targets++ = known ? static_cast<float>(labels[task]) : 0.0F;
    *out.weights++ = known ? 1.0F : 0.0F;
  }
}

/// Whether the bonds of each molecule join atoms of its own.
bool bonds_join_own_atoms(const MoleculeSet& set) {
  const auto* node = set.node_begin.const_data_ptr<std::int64_t>();
  const auto* bond = set.bond_begin.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const auto* first = row<std::int16_t>(set.bonds, bond[i]);
    const auto* last = row<std::int16_t>(set.bonds, bond[i + 1]);
    const std::int64_t atoms = node[i + 1] - node[i];
    if (std::any_of(first, last, [&](std::int16_t end) { return end < 0 || end >= atoms; })) {
      return false;
    }
  }
  return true;
}

at::Tensor counts_tensor(const std::vector<std::int64_t>& counts) {
  return at::tensor(counts, at::kLong);
}

}  // namespace

GraphSize MoleculeSet::graph(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw std::out_of_range("molecule " + std::to_string(index) + " is not in [0, " +
                            std::to_string(size()) + ")");
  }
  const auto* node = node_begin.const_data_ptr<std::int64_t>() + index;
  const auto* bond = bond_begin.const_data_ptr<std::int64_t>() + index;
  return {node[1] - node[0], 2 * (bond[1] - bond[0])};
}

MoleculeSet open_molecules(const std::filesystem::path& path, std::int64_t tasks,
                           const std::string& remedy) {
  const auto file = data::open(path, remedy);
  MoleculeSet set;
  set.labels = data::read(file, "labels", at::kChar, {-1, tasks});
  set.node_begin = data::read(file, "node_begin", at::kLong, {set.size() + 1});
  set.bond_begin = data::read(file, "bond_begin", at::kLong, {set.size() + 1});
  set.nodes = data::read(file, "nodes", at::kByte, {-1, kNodeFeatures});
  set.bonds = data::read(file, "bonds", at::kShort, {-1, 2});
  set.edges = data::read(file, "edges", at::kByte, {set.bonds.size(0), kEdgeFeatures});
  const auto whole = [&](const at::Tensor& begin, std::int64_t end) {
    const auto* first = begin.const_data_ptr<std::int64_t>();
    return *first == 0 && first[set.size()] == end && std::is_sorted(first, first + set.size() + 1);
  };
  if (!whole(set.node_begin, set.nodes.size(0)) || !whole(set.bond_begin, set.bonds.size(0))) {
    throw workloads::DataError(path.string() +
                               ": node_begin or bond_begin do not divide the rows; run " + remedy);
  }
  if (!bonds_join_own_atoms(set)) {
    throw workloads::DataError(
        path.string() + ": a bond joins atoms that its molecule does not have; run " + remedy);
  }
  return set;
}

void write_molecules(const std::filesystem::path& file, const MoleculeSet& set) {
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(file,
                         data::views({{"node_begin", set.node_begin},
                                      {"bond_begin", set.bond_begin},
                                      {"nodes", set.nodes},
                                      {"bonds", set.bonds},
                                      {"edges", set.edges},
                                      {"labels", set.labels}}),
                         {});
}

void MoleculeSetBuilder::add(std::span<const AtomFeatures> atoms,
                             std::span<const BondFeatures> bonds,
                             std::span<const std::int8_t> labels) {
  if (std::ssize(labels) != tasks_) {
    throw std::invalid_argument("a molecule with " + std::to_string(labels.size()) +
                                " labels in a set of " + std::to_string(tasks_) + " tasks");
  }
  const auto is_atom = [&](std::int16_t row) { return row >= 0 && row < std::ssize(atoms); };
  for (const BondFeatures& bond : bonds) {
    if (!is_atom(bond.from) || !is_atom(bond.to)) {
      throw std::invalid_argument("a bond of atoms " + std::to_string(bond.from) + " and " +
                                  std::to_string(bond.to) + " in a molecule of " +
                                  std::to_string(atoms.size()) + " atoms");
    }
  }
  for (const AtomFeatures& atom : atoms) nodes_.insert(nodes_.end(), atom.begin(), atom.end());
  for (const BondFeatures& bond : bonds) {
    bonds_.insert(bonds_.end(), {bond.from, bond.to});
    edges_.insert(edges_.end(), bond.features.begin(), bond.features.end());
  }
  labels_.insert(labels_.end(), labels.begin(), labels.end());
  node_begin_.push_back(node_begin_.back() + std::ssize(atoms));
  bond_begin_.push_back(bond_begin_.back() + std::ssize(bonds));
}

void MoleculeSetBuilder::add(const MoleculeSet& set, std::int64_t index) {
  const GraphSize size = set.graph(index);
  const auto* node =
      row<std::uint8_t>(set.nodes, set.node_begin.const_data_ptr<std::int64_t>()[index]);
  const std::int64_t first_bond = set.bond_begin.const_data_ptr<std::int64_t>()[index];
  std::vector<AtomFeatures> atoms(static_cast<std::size_t>(size.nodes));
  for (AtomFeatures& atom : atoms) {
    std::copy_n(node, atom.size(), atom.begin());
    node += atom.size();
  }
  std::vector<BondFeatures> bonds(static_cast<std::size_t>(size.edges / 2));
  for (std::size_t i = 0; i < bonds.size(); ++i) {
    const std::int64_t at = first_bond + static_cast<std::int64_t>(i);
    const auto* ends = row<std::int16_t>(set.bonds, at);
    bonds[i] = {ends[0], ends[1], {}};
    std::copy_n(row<std::uint8_t>(set.edges, at), bonds[i].features.size(),
                bonds[i].features.begin());
  }
  add(atoms, bonds, {row<std::int8_t>(set.labels, index), static_cast<std::size_t>(set.tasks())});
}

MoleculeSet MoleculeSetBuilder::finish() const {
  return {.node_begin = counts_tensor(node_begin_),
          .bond_begin = counts_tensor(bond_begin_),
          .nodes = rows(nodes_, kNodeFeatures),
          .bonds = rows(bonds_, 2),
          .edges = rows(edges_, kEdgeFeatures),
          .labels = rows(labels_, tasks_)};
}

BatchPlan unpadded(const MoleculeSet& set, std::span<const std::int64_t> indices) {
  BatchPlan plan;
  plan.graphs.assign(indices.begin(), indices.end());
  for (const std::int64_t index : indices) {
    const GraphSize size = set.graph(index);
    plan.n_node.push_back(size.nodes);
    plan.n_edge.push_back(size.edges);
  }
  return plan;
}

Batch collate(const MoleculeSet& set, const BatchPlan& plan) {
  const auto graphs = std::ssize(plan.n_node);
  if (plan.graphs.empty() || std::ssize(plan.graphs) > graphs) {
    throw std::invalid_argument("collate: " + std::to_string(plan.graphs.size()) +
                                " molecules in a plan of " + std::to_string(graphs));
  }
  const std::int64_t edge_rows = total(plan.n_edge);
  const at::Tensor nodes = at::zeros({total(plan.n_node), kNodeFeatures});
  const at::Tensor edges = at::zeros({edge_rows, kEdgeFeatures});
  const at::Tensor targets = at::zeros({graphs, set.tasks()}), weights = at::zeros_like(targets);
  const at::Tensor senders = at::empty({edge_rows}, at::kLong);
  const at::Tensor receivers = at::empty({edge_rows}, at::kLong);
  Cursor out{nodes.mutable_data_ptr<float>(),          edges.mutable_data_ptr<float>(),
             targets.mutable_data_ptr<float>(),        weights.mutable_data_ptr<float>(),
             senders.mutable_data_ptr<std::int64_t>(), receivers.mutable_data_ptr<std::int64_t>()};
  for (std::size_t i = 0; i < plan.graphs.size(); ++i) {
    const GraphSize size = set.graph(plan.graphs[i]);
    if (size.nodes != plan.n_node[i] || size.edges != plan.n_edge[i]) {
      throw std::invalid_argument("collate: molecule " + std::to_string(plan.graphs[i]) +
                                  " has another size than in the plan");
    }
    put_nodes(set, plan.graphs[i], size.nodes, out);
    put_edges(set, plan.graphs[i], size.edges / 2, out);
    put_labels(set, plan.graphs[i], out);
    out.first_node += size.nodes;
  }
  // Padding's edges join its first node.
  std::fill(out.senders, senders.mutable_data_ptr<std::int64_t>() + edge_rows, out.first_node);
  std::fill(out.receivers, receivers.mutable_data_ptr<std::int64_t>() + edge_rows, out.first_node);
  Batch batch;
  batch.set("inputs", counts_tensor(plan.n_node));
  batch.set("n_edge", counts_tensor(plan.n_edge));
  batch.set("nodes", nodes);
  batch.set("edges", edges);
  batch.set("senders", senders);
  batch.set("receivers", receivers);
  batch.set("targets", targets);
  batch.set("weights", weights);
  return batch;
}

}  // namespace timetrial::gnn
